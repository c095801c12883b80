"""What is written comes back equal, for every value that the rooms can hold."""

import functools
import importlib
import inspect
import json
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import Enum
from pathlib import Path

import attrs
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.catalog.call_number_shelving import PREFIXES, Shelving
from scld_core.circulation.model import Circulation
from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.devices import Iccid, Imei, Msisdn
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId, RecordId
from scld_core.kernel.page import Page
from scld_core.policies import Dated, Effective
from scld_core.runs.model import Step

ROOMS = (
    "calendars.calendar",
    "calendars.model",
    "circulation.model",
    "hotspots.model",
    "kernel.actor",
    "kernel.capability",
    "kernel.decision",
    "kernel.devices",
    "kernel.page",
    "kernel.privacy",
    "kernel.time",
    "runs.model",
    "settings",
)


NEVER_STORED = {"Operation", "Answer"}  # one holds a function, the other what a port gave


def _classes():
    for room in ROOMS:
        module = importlib.import_module(f"scld_core.{room}")
        for name, found in vars(module).items():
            if (
                inspect.isclass(found)
                and attrs.has(found)
                and found.__module__ == module.__name__
                and not name.startswith("_")
                and name not in NEVER_STORED
            ):
                yield found


words = st.text(min_size=1, max_size=12).filter(str.strip)
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
digits = functools.partial(st.text, "0123456789")
local_ids = digits(min_size=1, max_size=8)
PLAIN = {
    str: words,
    int: st.integers(-(2**70), 2**70),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bytes: st.binary(max_size=20),
    date: st.dates(),
    time: st.times(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    Path: names.map(Path),
    typing.Any: st.none() | words | st.integers() | st.lists(words, max_size=2),
    Imei: digits(min_size=14, max_size=14).map(lambda d: Imei(d + luhn_digit(d))),
    Iccid: digits(min_size=16, max_size=18).map(lambda d: Iccid("89" + d)),
    Msisdn: digits(min_size=9, max_size=9).map(lambda d: Msisdn("12" + d)),
    Barcode: digits(min_size=1, max_size=14).map(Barcode),
    LocationId: names.map(LocationId),
    Shelving: st.builds(
        Shelving,
        prefixes=st.permutations(PREFIXES).map(tuple),
        mac=st.booleans(),
        articles=st.sampled_from([(), ("the",), ("the", "a")]),
        lc=st.booleans(),
    ),
} | {kind: st.builds(kind, names, local_ids) for kind in (RecordId, ItemId, LoanId, PatronId)}
SPECIAL = {
    ("Calendar", "zone"): st.sampled_from(["America/Los_Angeles", "UTC"]),
    ("DistrictSettings", "timezone"): st.sampled_from(["America/Los_Angeles", "UTC"]),
    ("Calendar", "day_ends"): st.just(time(2)),
    ("ReferralSettings", "name"): st.sampled_from(["agency", "unique-1"]),
    ("ReferralSettings", "people"): st.sampled_from(["", "agency/people*.csv"]),
    ("CalendarSettings", "day_ends"): st.just(time(2)),
    ("WeeklyHours", None): st.just(((time(9), time(12)), (time(13), time(20, 30)))) | st.just(()),
}


def of(kind):
    """A strategy for an annotation."""
    if kind in PLAIN:
        return PLAIN[kind]
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(st.none() if a is type(None) else of(a) for a in args))
    if origin is tuple and args[-1] is not Ellipsis:
        return st.tuples(*map(of, args))
    if origin is tuple:
        return st.lists(of(args[0]), max_size=2).map(tuple)
    if origin in (Mapping, dict):
        return st.dictionaries(of(args[0]), of(args[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    return built(kind)


def built(kind):
    """Instances of an attrs class; draws that break its own rules are thrown away."""
    attrs.resolve_types(kind)
    fields = {
        a.name: SPECIAL.get((kind.__name__, a.name), of(a.type))
        if (kind.__name__, None) not in SPECIAL or a.name.startswith("valid")
        else SPECIAL[kind.__name__, None]
        for a in attrs.fields(kind)
        if a.init
    }

    @st.composite
    def draw_one(draw):
        values = {name: draw(strategy) for name, strategy in fields.items()}
        try:
            return kind(**values)
        except InvalidValue:
            assume(False)

    return draw_one()


LEAVES = (RecordId, ItemId, LoanId, PatronId, LocationId, Barcode, Imei, Iccid, Msisdn)
COMPOSITES = tuple(kind for kind in _classes() if kind not in LEAVES and not getattr(kind, "__parameters__", ()))


@pytest.mark.parametrize("kind", [*LEAVES, *COMPOSITES], ids=lambda kind: kind.__name__)
def test_every_value_comes_back_equal_and_its_text_is_canonical(kind):
    """Loading what was dumped gives an equal value, and dumping that gives the same text again."""

    @given(of(kind))
    def law(value):
        text = codecs.dump(value)
        again = codecs.load(kind, text)
        assert again == value
        assert codecs.dump(again) == text
        assert text.isascii()
        assert text == json.dumps(json.loads(text), separators=(",", ":"), sort_keys=True)

    law()


@given(of(Step))
def test_plain_data_is_made_of_json_types_and_structures_back(value):
    """What `unstructure` gives holds dicts, lists and scalars alone and builds the same value."""
    plain = codecs.unstructure(value)
    assert json.loads(json.dumps(plain)) == plain
    assert codecs.structure(Step, plain, where="step") == value


@given(of(Circulation), of(datetime))
def test_a_generic_value_comes_back_as_the_kind_it_was_made_of(row, at):
    """A page is loaded by naming what its rows are."""
    page = Page((row,), at, last=True)
    assert codecs.load(Page[Circulation], codecs.dump(page)) == page


@given(st.integers(), of(date))
def test_dated_values_come_back(value, start):
    """Effective values of whole numbers keep value and validity."""
    effective = Effective((Dated(value, "page 1", "the board", start),))
    assert codecs.load(Effective[int], codecs.dump(effective)) == effective


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001
def test_an_instant_is_stored_in_utc_whatever_zone_it_came_in(wall, hours):
    """Aware datetimes are stored as the instant they mean; naive ones are refused."""
    aware = wall.replace(tzinfo=timezone(timedelta(hours=hours)))
    text = codecs.dump((aware,))
    assert codecs.load(tuple[datetime, ...], text) == (aware,)
    assert text.endswith('Z"],"kind":"tuple","v":1}')
    with pytest.raises(InvalidValue, match="no time zone"):
        codecs.dump((wall,))


@attrs.frozen
class Box:
    """Containers and leaves that no room uses yet."""

    many: frozenset[ItemId] = frozenset()
    several: set[int] = attrs.field(factory=set)
    row: typing.Sequence[int] = ()
    listed: list[str] = attrs.field(factory=list)
    bare: tuple = ()
    by_item: Mapping[ItemId, int] = attrs.field(factory=dict)
    free: dict = attrs.field(factory=dict)
    pair: tuple[int, str] = (0, "")
    word: typing.Literal["yes", "no", 3] = "yes"


def test_sets_sequences_and_tables_keep_their_type():
    """Sets come back as sets, sequences as tuples, tables with their ids as keys."""
    box = Box(
        frozenset({ItemId("main", "2"), ItemId("main", "1")}),
        {3, 1},
        (1, 2),
        ["a"],
        (1, "x"),
        {ItemId("main", "1"): 4},
        {"k": [1]},
        (1, "x"),
        3,
    )
    text = codecs.dump(box)
    assert codecs.load(Box, text) == box
    assert json.loads(text)["body"]["many"] == ["main:1", "main:2"]
