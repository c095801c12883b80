"""The quick way of the extra `fast` and the converter say the same: the same values, the same mistakes."""

import json
import sys
import typing
from datetime import UTC, date, datetime
from enum import Enum, StrEnum

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.codecs import _msgspec, api
from scld_core.codecs.api import VERSION, carefully
from scld_core.errors import BadInput
from scld_core.kernel.decision import Reason
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.page import Page
from scld_core.runs.model import Evidence, Plan, Step, StepRecord, StepState

NOW = datetime(2026, 3, 10, 15, 0, 0, 250, tzinfo=UTC)
SECRET = "p-29082000123450"  # synthetic
LOAN = Loan(LoanId("main", "l1"), ItemId("main", "i1"), NOW, None, None, PatronId("main", SECRET))
ITEM = Circulation(ItemId("main", "i1"), ItemState.ON_LOAN, NOW, LOAN)
STEP = Step(
    action="hotspots.suspend",
    subject="main:i1",
    cause="main:l1",
    area="hotspots",
    business_day=date(2026, 3, 10),
    payload="{}",
    reasons=(Reason("overdue", (("days", "4"),)),),
    evidence=(Evidence("main", "overdue", NOW),),
)
RECORD = StepRecord(STEP, "run-1", StepState.APPLIED, NOW, attempts=(NOW,))
VALUES = (ITEM, LOAN, STEP, RECORD)


def told(load, kind, text):
    """The value, or what is said of the text."""
    try:
        return load(kind, text)
    except BadInput as refusal:
        return str(refusal)


def quick(kind):
    """The quick way, which there must be."""
    read = _msgspec.reader(kind, kind.__name__, VERSION)
    assert read is not None
    return read


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_the_quick_way_reads_what_was_written(value):
    """Both give the value that was written, and msgspec alone is enough for it."""
    text = codecs.dump(value)
    assert quick(type(value))(text) == carefully(type(value), text) == codecs.load(type(value), text) == value


def places(data, path=()):
    """Every place in a document."""
    yield path
    rows = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in rows:
        yield from places(inner, (*path, key))


def spoilt(data, path, change):
    """The document with one place changed."""
    copy = json.loads(json.dumps(data))
    if not path:
        return change(copy)
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = change(inner[path[-1]])
    return copy


WRONG = st.sampled_from(
    [
        *(None, True, 0, 1, -5, 1.0, 2**80, "", " ", "x", "on_loan", "2026-03-10", "2026-02-30", "main:", "main:i2"),
        *([], {}, ["a", "b"], [["a"]], {"v": 1}, "2026-03-10T15:00:00-08:00", "2026-03-10T15:00:00"),
        *("\ud800", "0001-01-01T00:00:00+05:00"),
    ]
)


@given(st.data())
def test_whatever_is_changed_both_say_the_same(data):
    """Of a document with one place changed both give the same value, or the same mistakes."""
    value = data.draw(st.sampled_from(VALUES))
    document = json.loads(codecs.dump(value))
    path = data.draw(st.sampled_from(list(places(document))))
    other = data.draw(WRONG)
    text = json.dumps(spoilt(document, path, lambda old: other))
    assert told(codecs.load, type(value), text) == told(carefully, type(value), text)


@pytest.mark.parametrize(
    "change",
    [
        lambda body: {name: body[name] for name in sorted(body)[1:]},
        lambda body: {**body, "unheard_of": 1},
        lambda body: {name: each for name, each in body.items() if each not in (None, "", False)},
    ],
    ids=["one is missing", "one too many", "what has a default is left out"],
)
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_other_keys_are_the_converters_affair(value, change):
    """A key that is missing or unknown is told in its words; one with a default may be absent."""
    document = json.loads(codecs.dump(value))
    text = json.dumps({**document, "body": change(document["body"])})
    assert told(codecs.load, type(value), text) == told(carefully, type(value), text)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"v":1}', "NaN", '{"v":1,"kind":"Step","body":NaN}'])
def test_what_is_no_envelope_is_told_by_the_converter(text):
    """In the same words."""
    assert told(codecs.load, Step, text) == told(carefully, Step, text)


@pytest.mark.parametrize("change", [{"v": 2}, {"v": 0}, {"v": True}, {"kind": "Plan"}, {"more": 1}])
def test_other_envelopes_are_told_by_the_converter(change):
    """A newer version, no version, another kind, another key."""
    text = json.dumps({**json.loads(codecs.dump(STEP)), **change})
    assert "stored Step" in told(codecs.load, Step, text)
    assert told(codecs.load, Step, text) == told(carefully, Step, text)


def test_a_refusal_keeps_no_value_and_no_chain():
    """What the quick way raised is gone: it may have held the value."""
    text = codecs.dump(ITEM).replace(SECRET, f" {SECRET}")
    with pytest.raises(BadInput) as caught:
        codecs.load(Circulation, text)
    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


class Number(Enum):
    """Its values are no text."""

    ONE = 1


class Word(StrEnum):
    """Text by birth."""

    YES = "yes"


@attrs.frozen
class Tree:
    """Holds itself."""

    inner: "Tree | None" = None


@attrs.frozen
class Mixed:
    """What the quick way understands beside the rooms' own classes."""

    word: Word = Word.YES
    names: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    at: tuple[datetime, ...] = ()
    pair: tuple[str, int] = ("", 0)
    maybe: str | None = None


def test_more_shapes_are_read_the_quick_way():
    """Words, days, instants and pairs; an instant of another zone becomes UTC in both."""
    value = Mixed(Word.YES, ("a",), (date(2026, 1, 31),), (NOW,), ("b", 2), None)
    text = codecs.dump(value).replace("Z", "+00:00")
    assert quick(Mixed)(text) == carefully(Mixed, text) == value
    assert quick(Mixed)(text).at[0].tzinfo is UTC


@attrs.frozen
class Odd:
    """One field of a kind that only the converter understands."""

    held: typing.Any = None


@pytest.mark.parametrize(
    "kind",
    [
        Tree,
        tuple[str, ...],
        Plan,
        Page[Circulation],
        *(
            attrs.make_class("Odd", {"held": attrs.field(type=held)}, frozen=True)
            for held in (float, Number, str | int, tuple[ItemId, int], tuple[ItemId | None, ...], dict[str, int])
        ),
        Odd,
    ],
    ids=str,
)
def test_strange_kinds_are_left_to_the_converter(kind):
    """There is no quick way for them, and nothing raises."""
    assert _msgspec.reader(kind, "Odd", VERSION) is None


def test_without_the_extra_the_converter_reads_all(monkeypatch):
    """No msgspec, no difference."""
    monkeypatch.delattr("scld_core.codecs._msgspec")
    monkeypatch.setitem(sys.modules, "scld_core.codecs._msgspec", None)
    api._quick.cache_clear()
    try:
        assert api._quick(Circulation) is None
        assert codecs.load(Circulation, codecs.dump(ITEM)) == ITEM
    finally:
        api._quick.cache_clear()
