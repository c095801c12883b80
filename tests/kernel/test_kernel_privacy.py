"""Personal data is masked wherever it could be seen, and revealed only with a purpose."""

import json
from types import MappingProxyType

import pytest
from attrs import evolve, field, fields, frozen
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.privacy import MASK, Purpose, Revealed, is_personal, masked, personal, reveal
from scld_core.kernel.validate import nonempty, optional

CANARY = "canary-Zoe-Synthetic"


@frozen
class Person:
    """A synthetic reader."""

    name: str = personal(validator=nonempty)
    note: str | None = personal(default=None, validator=optional(nonempty))
    visits: int = 0


@frozen
class Desk:
    """Holds people in every kind of container."""

    title: str
    people: object = field(default=())


CONTAINERS = [
    lambda p: p,
    lambda p: (p,),
    lambda p: [p, p],
    lambda p: {"first": p},
    lambda p: MappingProxyType({"first": [p]}),
    lambda p: frozenset({p}),
    lambda p: Desk("inner", (p,)),
    lambda p: {Desk("key", p): 1},
]


@given(st.sampled_from(CONTAINERS), st.sampled_from([Person(CANARY, CANARY), PatronId("main", CANARY)]))
def test_no_container_lets_personal_data_through(wrap, secret):
    """However deep it lies, neither the masked copy nor the repr shows it."""
    desk = Desk("front", wrap(secret))
    assert CANARY not in repr(masked(desk))
    assert CANARY not in repr(desk)


def test_what_is_not_personal_stays_readable():
    """Masking hides tagged fields and nothing else."""
    shown = masked(Desk("front", (Person("a", visits=3), ItemId("main", "7"), None, 1.5)))
    assert shown == {
        "title": "front",
        "people": [{"name": MASK, "note": None, "visits": 3}, ItemId("main", "7"), None, 1.5],
    }


@given(st.sets(st.text("abc", min_size=1), min_size=1, max_size=5))
def test_no_entry_is_lost_when_keys_are_masked(names):
    """Two patrons as keys stay two entries."""
    counts = {PatronId("main", name): 1 for name in names}
    assert list(masked(counts).values()) == [1] * len(names)
    assert masked({ItemId("main", "1"): 2, "plain": 3}) == {"main:1": 2, "plain": 3}


def test_masked_leaves_classes_alone():
    """A class is no value, even one with personal fields."""
    assert masked(Person) is Person
    assert json.dumps(masked({"a": [1, "x"]})) == '{"a": [1, "x"]}'


def test_a_tag_is_on_the_field_alone():
    """The tag is on the field and not on its neighbours."""
    assert [is_personal(a) for a in fields(Person)] == [True, True, False]
    assert is_personal(fields(PatronId).local)
    assert not is_personal(fields(ItemId).local)


def test_a_missing_value_is_shown_as_missing():
    """That nothing is known is no secret."""
    assert repr(Person(CANARY)) == f"Person(name={MASK}, note=None, visits=0)"


def test_an_error_of_a_personal_field_does_not_show_it():
    """The validator names class, field and rule."""
    with pytest.raises(InvalidValue, match=r"Person\.name"):
        Person(" ")


def test_revealing_leaves_an_audit_line_first():
    """The audit is written before the value is given; when it fails, nothing is shown."""
    lines = []
    zoe = Person(CANARY)
    why = Purpose.PATRON_REQUEST
    assert reveal(zoe, "name", actor="anne", purpose=why, record="main:9", audit=lines.append) == CANARY
    assert lines == [Revealed("anne", "main:9", "name", why)]
    assert CANARY not in repr(lines)

    def broken(line):
        raise OSError

    with pytest.raises(OSError):
        reveal(zoe, "name", actor="anne", purpose=why, record="main:9", audit=broken)


@pytest.mark.parametrize(
    ("name", "changed", "rule"),
    [
        ("name", {"purpose": "a call back"}, "purpose: must be Purpose"),
        ("name", {"actor": " "}, "actor: must be text"),
        ("name", {"record": ""}, "record: must be text"),
        ("visits", {}, "is not personal data"),
        ("shoe", {}, "is no field; masked ones are name"),
    ],
)
def test_revealing_needs_a_purpose_an_actor_a_record_and_something_to_reveal(name, changed, rule):
    """Neither a purpose of one's own wording nor an open field leaves an audit line."""
    lines = []
    asked = {"actor": "anne", "purpose": Purpose.AGENCY_ACCOUNT, "record": "main:9", "audit": lines.append, **changed}
    with pytest.raises(InvalidValue, match=rule):
        reveal(Person("a"), name, **asked)
    assert lines == []


def test_a_patron_s_id_stays_a_value():
    """Masking what is shown changes neither equality, order nor text form."""
    one = PatronId("main", "1")
    assert evolve(one, local="2") == PatronId.parse("main:2") > one
    assert str(one) == "main:1"
