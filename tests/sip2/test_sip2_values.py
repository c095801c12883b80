"""What stands in the fields: dates, amounts, yes-no-unknown, free text, and the settings of a dialect."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sip2_frames import recorded

from scld_adapters.sip2.dates import BLANK, format_date, parse_birth_date, parse_date
from scld_adapters.sip2.errors import BadValue
from scld_adapters.sip2.fields import TAGS, Validated, amount, number, validated
from scld_adapters.sip2.lines import FINES, ITEMS, FineLine, ItemLine, parse_fine, parse_item
from scld_adapters.sip2.settings import BirthDates, DateForm, Dialect, Sip2Settings, Timing, TlsSettings
from scld_adapters.sip2.wire import Codec
from scld_core.codecs import structure
from scld_core.errors import InvalidValue, SettingsError
from scld_core.kernel.money import Money

PACIFIC = ZoneInfo("America/Los_Angeles")
MOMENTS = st.integers(-2_200_000_000, 7_200_000_000).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@pytest.mark.parametrize("form", list(DateForm))
@given(moment=MOMENTS)
def test_a_date_comes_back_as_it_was_written(form, moment):
    """Every form keeps the second; only an hour that the autumn repeats is read as the first of the two."""
    text = format_date(moment, PACIFIC, form)
    read = parse_date(text, PACIFIC)
    assert len(text) == 18
    assert read == moment or (moment.astimezone(PACIFIC).fold and timedelta() < moment - read <= timedelta(hours=2))
    assert form is not DateForm.UTC or read == moment


def test_blank_and_zeros_are_local_time_and_z_is_utc():
    """The same wall time in the three forms."""
    local = datetime(2026, 11, 22, 18, 38, 9, tzinfo=PACIFIC).astimezone(UTC)
    assert parse_date("20261122    183809", PACIFIC) == local
    assert parse_date("202611220000183809", PACIFIC) == local
    assert parse_date("20261122   Z183809", PACIFIC) == datetime(2026, 11, 22, 18, 38, 9, tzinfo=UTC)
    assert parse_date(BLANK, PACIFIC) is None
    assert parse_date("20161231    235960", PACIFIC) == parse_date("20161231    235959", PACIFIC)


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9]{8}(    |0000|   [A-Z])[0-9]{6}", fullmatch=True)))
def test_any_text_is_a_date_or_a_bad_value(text):
    """Nothing but the declared error comes out of a date."""
    try:
        found = parse_date(text, PACIFIC)
    except BadValue:
        found = None
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["20260230    183809", "20261122   Q183809", "99991231    235959", "20261122    183861"]
)
def test_days_that_do_not_exist_and_zones_that_are_not_known_are_refused(text):
    """The thirtieth of February, Atlantic time, the end of time and the sixty-second second."""
    with pytest.raises(BadValue):
        parse_date(text, PACIFIC)


@given(st.dates(date(1000, 1, 1)))
def test_birth_dates_in_both_orders(day):
    """The dialect says where the year stands; nothing is guessed."""
    assert parse_birth_date(f"{day.year:04}{day:%m%d}", BirthDates.YEAR_FIRST) == day
    assert parse_birth_date(f"{day:%m%d}{day.year:04}", BirthDates.MONTH_FIRST) == day


@pytest.mark.parametrize("text", ["19901301", "1990-1-1", "199001"])
def test_a_wrong_birth_date_is_refused_and_a_blank_one_is_none(text):
    """A missing birth date is usual; a wrong one is told."""
    with pytest.raises(BadValue):
        parse_birth_date(text, BirthDates.YEAR_FIRST)
    assert parse_birth_date(" ", BirthDates.YEAR_FIRST) is None


def test_a_blank_validation_is_neither_yes_nor_no():
    """`BL` and `CQ` have three answers, and a blank or absent one says that nobody looked."""
    assert validated("Y") is Validated.YES
    assert validated("N") is Validated.NO
    assert validated("") is validated(" ") is validated(None) is Validated.NOT_VALIDATED
    with pytest.raises(BadValue):
        validated("maybe")


@pytest.mark.parametrize(
    ("text", "cents"), [("0", 0), ("10", 1000), ("2.5", 250), ("11.25", 1125), ("-3.00", -300), (" 5.00 ", 500)]
)
def test_amounts_with_any_number_of_decimals(text, cents):
    """Systems send no, one or two decimals."""
    assert amount(text) == Money(cents)
    assert amount(text, "CAD").currency == "CAD"


@pytest.mark.parametrize("text", ["", "abc", "1.234", "$5", "1,000.00", "NaN"])
def test_what_is_no_amount_is_refused(text):
    """An amount is never rounded and never guessed."""
    with pytest.raises(BadValue):
        amount(text)


def test_counts_and_limits():
    """Blank is None: the system does not count that."""
    assert (number("0004"), number("    "), number("")) == (4, None, None)
    for text in ("four", "-1", "²"):
        with pytest.raises(BadValue):
            number(text)


def test_every_recorded_fee_line_is_read():
    """Koha's fee lines, which a real system sent, give description and amount, and the amounts add up to `BV`."""
    codec, seen = Codec(Dialect(encoding="utf-8")), 0
    for row in recorded():
        if row.answer is None or not row.answer.startswith(b"64") or b"|AV" not in row.answer:
            continue
        message = codec.decode(row.answer).message
        lines = [parse_fine(text, "koha") for text in message.values("AV")]
        assert sum((line.amount for line in lines), Money(0)) == amount(message.text("BV"))
        seen += len(lines)
    assert seen >= 4


def test_layouts_of_free_text():
    """Each layout reads its own lines; what does not fit is kept as text and nothing is guessed."""
    assert parse_fine(" 5.00", "koha") == FineLine(" 5.00", Money(500))
    line = parse_fine('a1 3.50 "Lost item" A title', "fsip2")
    assert (line.fee, line.amount, line.kind, line.what) == ("a1", Money(350), "Lost item", "A title")
    for layout in FINES:
        assert parse_fine("no amount", layout) == FineLine("no amount")
    assert parse_fine("x 1234567890123456.00", "koha").amount is None
    assert parse_item("39999000004201", "barcode") == ItemLine("39999000004201", "39999000004201")
    assert parse_item("3999 A title", "barcode-title").what == "A title"
    assert parse_item("3999 A title", "barcode") == ItemLine("3999 A title")
    assert parse_item("", "text").item is None
    assert "3999" not in repr(parse_item("3999", "barcode")) + repr(parse_fine("3999 1.00", "koha"))


def test_the_settings_are_read_from_a_table():
    """A table of district.toml becomes settings; a wrong value is refused by its path."""
    table = {
        "host": "ils.example.org",
        "user": "terminal",
        "password": "env:SIP2_PASSWORD",
        "dialect": {"encoding": "utf-8", "terminator": "crlf", "checksum": "auto", "optional": ["AC"]},
        "timing": {"answer": 3.0},
        "tls": {"authorities": "ca.pem"},
    }
    settings = structure(Sip2Settings, table, where="backends.main")
    assert settings.dialect.terminator.data == b"\r\n"
    assert (settings.timing.answer, settings.timing.resends) == (3.0, 2)
    assert "SIP2_PASSWORD" in repr(settings)
    with pytest.raises(SettingsError, match=r"backends\.main"):
        structure(Sip2Settings, {**table, "dialect": {"encoding": "ebcdic"}}, where="backends.main")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Dialect(delimiter="A"),
        lambda: Dialect(delimiter="||"),
        lambda: Dialect(optional=("AC ",)),
        lambda: Dialect(fine_lines="nobody's"),
        lambda: Dialect(item_lines="nobody's"),
        lambda: Timing(answer=0),
        lambda: TlsSettings(key="key.pem"),
        lambda: Sip2Settings("host", user="terminal"),
    ],
)
def test_impossible_settings_are_refused(wrong):
    """Settings that cannot work are told when they are made."""
    with pytest.raises(InvalidValue):
        wrong()


def test_every_layout_has_a_name_and_every_tag_a_meaning():
    """The tables are whole: `text` is everywhere, tags are well formed, and names are not used twice."""
    assert "text" in FINES
    assert "text" in ITEMS
    names = [tag.name for tag in TAGS.values()]
    assert len(set(names)) >= len(names) - 1  # BT and 37's fixed field share a name, as in the definition
    assert all(tag.meaning for tag in TAGS.values())
