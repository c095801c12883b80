"""Synthetic rows of agency files, with names as awkward as names are. No number here belongs to anybody."""

from datetime import date, datetime

from hypothesis import strategies as st

from scld_adapters.agencies.declarations import dialects
from scld_core.agency.dialect import Direction
from scld_core.agency.outgoing import Change, Outgoing
from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money

DIALECTS = {one.name: one for one in dialects()}
OUTBOUND = [one for one in DIALECTS.values() if one.direction is Direction.OUTBOUND]
EXPORT = DIALECTS["agency-export"]
CREATED = datetime(2026, 6, 2, 10, 45)  # noqa: DTZ001 - a file states local time

AWKWARD = (
    "O'Brien, Ann",
    'Smith "Jr"',
    "=1+1",
    "+15095550100",
    "-Dash",
    "@home",
    "'=quoted",
    "''@twice",
    '="29082"',
    "two\r\nlines",
    "lone\rreturn",
    "line\nfeed",
    "semi;colon",
    "pipe|and\ttab",
    "A\u030a\u0323sa",  # combining marks, in an order that no normal form keeps
    "\u05d0\u05d1\u05d2",
    "<b>&amp;]]>",
    "No qualifying records",
    "0012",
)

_signs = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\ufffe\uffff")
texts = st.one_of(st.sampled_from(AWKWARD), st.text(_signs, max_size=12)).map(str.strip)
numbers = st.one_of(
    st.integers(1, 10**14).map(str), st.sampled_from(["00012345678901", "=cmd", "-7", "A-12", "'@x", "1E5", ".1"])
)
amounts = st.one_of(
    st.integers(-(10**5), 10**7), st.sampled_from([0, 100_000_000, 123_456_789, 10**17 - 1, 1 - 10**17])
).map(Money)
days = st.none() | st.dates(date(1900, 1, 1), date(2199, 12, 31))
maybe_amounts = st.none() | amounts


@st.composite
def outgoing(draw):
    """One row with every fact, of which each dialect carries some."""
    facts = {
        "total_due": draw(amounts),
        "patron_id": draw(numbers),
        "cardnumber": draw(numbers | st.just("")),
        "previous_cards": tuple(draw(st.lists(numbers, max_size=3))),
        "branch": draw(texts),
        "change": draw(st.none() | st.sampled_from(Change)),
    }
    words = (
        "surname firstname full_name address address2 city zipcode state phone mobile alt_phone_1 alt_phone_2 "
        "adult_or_child email language profile"
    )
    facts |= {name: draw(texts) for name in words.split()}
    facts |= {name: draw(days) for name in ("birth_date", "most_recent_charge", "first_charge", "removed_on")}
    facts |= {name: draw(maybe_amounts) for name in ("amount_in_range", "total_plus_fee", "item_cost")}
    return Outgoing(**facts)


files = st.lists(outgoing(), max_size=5, unique_by=lambda row: row.patron_id)


def row(**facts):
    """A row of which only what matters is given."""
    return Outgoing(**{"patron_id": "100", "total_due": Money(2_500), **facts})


def refusal(make, **facts):
    """The field and rule that refuse a row."""
    try:
        make(**facts)
    except InvalidValue as fault:
        return fault.field, fault.rule
    raise AssertionError("was not refused")


def put(folder, content, name="file.csv"):
    """A file with these bytes, or this text in UTF-8."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def taken(reading):
    """The rows of a reading, and line and reason of what it quarantined."""
    rows = list(reading.rows)
    return rows, [(one.line, one.reason) for one in reading.quarantined]
