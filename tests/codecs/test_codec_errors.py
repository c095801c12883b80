"""Mistakes are named with their path, all together, and never with the value."""

import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from enum import Enum, StrEnum
from pathlib import Path
from typing import Literal, TypeVar

import attrs
import pytest
from cattrs.errors import StructureHandlerNotFoundError
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.circulation.model import Circulation, Loan
from scld_core.errors import BadInput, InvalidValue, SettingsError
from scld_core.kernel.decision import Decision
from scld_core.kernel.devices import Imei
from scld_core.kernel.ids import ItemId, LoanId
from scld_core.kernel.page import Page
from scld_core.kernel.privacy import personal
from scld_core.kernel.time import Interval
from scld_core.kernel.validate import at_least, instance
from scld_core.plugins.spec import SecretRef

T = TypeVar("T")
SECRET = "29082000123450"  # a synthetic barcode


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Floor(Enum):
    ONE = 1


class Word(StrEnum):
    YES = "yes"


@attrs.frozen
class Carrier:
    url: str
    page_size: int = attrs.field(default=100, validator=[instance(int), at_least(1)])
    size: Size = Size.SMALL
    token: SecretRef | None = None


@attrs.frozen
class Everything:
    text: str = ""
    number: int = 0
    ratio: float = 0.0
    flag: bool = False
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    day: date = date(2026, 1, 1)
    wall: time = time(0)
    data: bytes = b""
    path: Path = Path()
    size: Size = Size.SMALL
    floor: Floor = Floor.ONE
    item: ItemId = ItemId("main", "1")
    rows: tuple[int, ...] = ()
    pair: tuple[int, str] = (0, "")
    names: frozenset[str] = frozenset()
    counts: dict[str, int] = attrs.field(factory=dict)
    word: Literal["yes", 1] = "yes"
    answer: Word = Word.YES
    inner: Carrier | None = None


def refusal(kind, data, where="x"):
    with pytest.raises(SettingsError) as caught:
        codecs.structure(kind, data, where=where)
    return caught.value


def test_cattrs_is_loaded_at_the_first_use_only():
    """Importing the codecs leaves cattrs out of the process; using them brings it in."""
    loaded = "print('cattrs' in sys.modules)"
    code = f"import sys, scld_core.codecs as c; {loaded}; c.dump(1); {loaded}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("text", 5),
        ("text", None),
        ("number", "5"),
        ("number", 5.0),
        ("number", True),
        ("ratio", "0.5"),
        ("ratio", True),
        ("ratio", float("nan")),
        pytest.param("ratio", 10**400, id="ratio-huge"),
        ("flag", 1),
        ("flag", "true"),
        ("at", "2026-01-01T00:00:00"),
        ("at", datetime(2026, 1, 1)),  # noqa: DTZ001 - naive on purpose
        ("at", date(2026, 1, 1)),
        ("at", 5),
        ("day", datetime(2026, 1, 1, tzinfo=UTC)),
        ("day", "20260101"),
        ("day", "2026-02-30"),
        ("wall", "9:30"),
        ("wall", "25:00"),
        ("wall", 930),
        ("data", "not base64!"),
        ("data", "é"),
        ("data", 5),
        ("path", 5),
        ("size", "SMALL"),
        ("size", 1),
        ("floor", "1"),
        ("floor", 2),
        ("item", "nocolon"),
        ("item", 5),
        ("rows", "123"),
        ("rows", {"a": 1}),
        ("pair", [1]),
        ("names", "abc"),
        ("counts", [["a", 1]]),
        ("word", True),
        ("word", "perhaps"),
        ("answer", "no"),
        ("inner", "http"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_and_never_converted(name, wrong):
    """No text becomes a number, no number a truth value, no guess is made; the path is named."""
    fault = refusal(Everything, {name: wrong})
    assert fault.where == f"x.{name}"


@pytest.mark.parametrize(
    ("name", "given_value", "meant"),
    [
        ("ratio", 1, 1.0),
        ("at", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        ("day", date(2026, 2, 1), date(2026, 2, 1)),
        ("wall", time(9, 30), time(9, 30)),
        ("wall", "09:30", time(9, 30)),
        ("floor", 1, Floor.ONE),
        ("answer", "yes", Word.YES),
    ],
)
def test_what_toml_writes_natively_is_accepted(name, given_value, meant):
    """TOML's dates, times and whole numbers for ratios are taken as they are."""
    assert getattr(codecs.structure(Everything, {name: given_value}, where="x"), name) == meant


def test_an_unknown_key_is_named_with_the_nearest_one():
    """A typing mistake is answered with the key that was probably meant."""
    fault = refusal(Carrier, {"url": "u", "pagesize": 5}, "backends.carrier")
    assert fault.where == "backends.carrier.pagesize"
    assert fault.remedy == "Did you mean 'page_size'?"


def test_an_unknown_key_far_from_all_lists_the_valid_ones():
    """When nothing is near, all keys are listed; a table without keys says so."""
    assert refusal(Carrier, {"url": "u", "zzzzzz": 5}).remedy == "Valid keys: page_size, size, token, url"
    assert codecs.unknown_key("a", []).remedy == "No key is valid here"


def test_all_mistakes_are_reported_together():
    """Unknown keys, missing keys, wrong types and broken rules come in one message."""
    text = str(refusal(Everything, {"inner": {"page_size": 0, "size": "smal", "ur": 1}, "rows": [1, "2", 3, "4"]}))
    assert text.startswith("x: 6 mistakes:")
    for part in (
        "x.inner.ur: unknown key. Did you mean 'url'?",
        "x.inner.url: is required",
        "x.inner.page_size: must be a number of at least 1",
        "x.inner.size: must be one of small, large; did you mean 'small'?",
        "x.rows[1]: must be a whole number",
        "x.rows[3]: must be a whole number",
    ):
        assert part in text


@attrs.frozen
class Either:
    """One of two classes, told apart by their fields."""

    one: Carrier | Interval
    rows: tuple[Carrier | Interval, ...] = ()


def test_a_table_that_is_none_of_several_classes_is_refused_without_its_content():
    """What cattrs says when it cannot tell two classes apart would repeat the table; only the path is said."""
    assert codecs.structure(Either, {"one": {"url": "u"}}, where="x").one == Carrier("u")
    fault = refusal(Either, {"one": {"else": SECRET}, "rows": [{"else": SECRET}]})
    assert "x.one: does not have the form" in str(fault)
    assert "x.rows[0]: does not have the form" in str(fault)
    assert SECRET not in str(fault)


def test_a_rule_between_fields_is_reported_at_the_field_it_names():
    """What a class checks after its fields arrives with the path of that field."""
    at, before = "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"
    assert refusal(Interval, {"start": at, "end": before}).where == "x.end"
    assert refusal(Decision, {"verdict": "deny"}).where == "x.reasons"


@attrs.frozen
class Odd:
    """A class of another house: its validators raise what they like, with the value in the text."""

    size: int = attrs.field(default=1, validator=attrs.validators.in_([1, 2]))
    imei: str = ""

    def __attrs_post_init__(self) -> None:
        if self.imei == "bad":
            raise ValueError(self.imei)
        if self.imei:
            Imei.parse(self.imei)


def test_rules_of_other_houses_are_reported_without_their_text():
    """A foreign validator's exception may hold the value, so only its kind is named."""
    assert "is refused by its validator (ValueError)" in str(refusal(Odd, {"size": 77}))
    assert "77" not in str(refusal(Odd, {"size": 77}))
    assert refusal(Odd, {"imei": "bad"}).problem == "is refused by Odd (ValueError)"
    assert "Imei: has 3 digits" in refusal(Odd, {"imei": "123"}).problem


def test_a_secret_is_given_by_reference_and_its_mistake_does_not_repeat_it():
    """A password where a reference belongs is refused without being printed."""
    assert codecs.structure(Carrier, {"url": "u", "token": "env:KEY"}, where="x").token == SecretRef("env:KEY")
    assert "hunter2" not in str(refusal(Carrier, {"url": "u", "token": "hunter2"}))


@attrs.frozen
class Register:
    """Personal data in every shape."""

    name: str | None = personal(default=None)
    notes: dict[str, int] | None = personal(default=None)
    loan: Loan | None = personal(default=None)
    plain: tuple[int, ...] = ()


nested = st.recursive(
    st.just(SECRET),
    lambda inner: st.lists(inner, min_size=1, max_size=2) | st.dictionaries(st.just(SECRET), inner, min_size=1),
)


@given(st.fixed_dictionaries({}, optional={"name": nested, "notes": nested, "loan": nested, "plain": nested}))
def test_no_message_holds_a_value_or_a_key_of_a_personal_field(data):
    """Neither the text nor the traceback of a refusal repeats what stood in a personal field."""
    if set(data) <= {"name"} and isinstance(data.get("name", ""), str):
        assert codecs.structure(Register, data, where="x").name == data.get("name")
        return
    fault = refusal(Register, data)
    assert SECRET not in str(fault)
    assert fault.__context__ is None
    assert SECRET not in "".join(traceback.format_exception(fault))


def test_a_personal_field_says_only_that_its_form_is_wrong():
    """The path stops at the field: what lies inside could name the person."""
    fault = refusal(Register, {"notes": {SECRET: "x"}})
    assert (fault.where, fault.problem) == ("x.notes", "does not have the form it must have")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"stored LoanId: is not JSON \(line 1, column 2\)"),
        ("[" * 100_000, "is not JSON that can be read"),
        ('{"v":NaN,"kind":"LoanId","body":1}', "is not JSON that can be read"),
        ("[]", "is not an envelope"),
        ('{"v":1,"kind":"LoanId"}', "is not an envelope"),
        ('{"v":true,"kind":"LoanId","body":"main:1"}', "has no version"),
        ('{"v":0,"kind":"LoanId","body":"main:1"}', "has no version"),
        ('{"v":2,"kind":"LoanId","body":"main:1"}', "written by a newer scld"),
        ('{"v":1,"kind":"ItemId","body":"main:1"}', "holds another kind of value, not LoanId"),
        ('{"v":1,"kind":"LoanId","body":7}', "stored LoanId: must be text"),
    ],
)
def test_text_that_is_not_what_was_stored_is_refused(text, message):
    """Broken JSON, foreign envelopes, newer versions and other kinds are each refused by name."""
    with pytest.raises(BadInput, match=message):
        codecs.load(LoanId, text)


def test_a_class_that_no_document_can_describe_is_a_programming_mistake():
    """A field of a kind without a codec is no user's mistake and passes as cattrs raises it."""

    @attrs.frozen
    class Wrong:
        call: Callable[[], None]

    @attrs.frozen
    class Outer:
        wrong: Wrong

    with pytest.raises(StructureHandlerNotFoundError):
        codecs.structure(Wrong, {"call": 1}, where="x")
    with pytest.raises(StructureHandlerNotFoundError):
        codecs.structure(Outer, {"wrong": {"call": 1}}, where="x")


@attrs.frozen
class Effect(Page[T]):
    """A type variable of its own as a bare field."""

    one: T = attrs.field(kw_only=True)
    rows: tuple[T, ...] = ()
    as_of: datetime = datetime(2026, 1, 1, tzinfo=UTC)


def test_mistakes_inside_generic_values_have_their_path():
    """The type variable of a page stands for its rows when mistakes are looked for."""
    at = "2026-01-01T00:00:00Z"
    with pytest.raises(SettingsError, match=r"x\.rows\[0\]\.state: is required"):
        codecs.structure(Page[Circulation], {"rows": [{"item": "main:1", "as_of": at}], "as_of": at}, where="x")
    assert refusal(Effect[int], {"one": "5"}).where == "x.one"


def test_problems_name_the_document_when_there_is_one():
    """A single mistake carries the document before its path, several are listed under it."""
    one, two = codecs.Problem(("a", 1), "is wrong"), codecs.Problem((), "is empty", "Fill it")
    with pytest.raises(BadInput, match=r"^p\.toml: a\[1\]: is wrong$"):
        codecs.raise_all("", [one], document="p.toml")
    with pytest.raises(BadInput, match=r"^the whole: is empty\. Fill it$"):
        codecs.raise_all("", [two])
    with pytest.raises(BadInput, match=r"^district\.toml: 2 mistakes:\n  a\[1\]: is wrong\n  the whole: is empty"):
        codecs.raise_all("", [one, two])
    codecs.raise_all("", [])


def test_a_leaf_that_breaks_its_own_rule_cannot_be_built_by_hand_either():
    """The codec and the constructor apply the same rule."""
    with pytest.raises(InvalidValue):
        ItemId("", "1")
    assert refusal(Everything, {"item": ":1"}).where == "x.item"
