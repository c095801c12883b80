"""Ids of records and places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import HoldId, ItemId, LoanId, LocationId, PatronId, RecordId, TitleId
from scld_core.kernel.page import Page, Quarantined

names = st.text("abcxyz019-_", min_size=1, max_size=12).filter(lambda s: s.strip("-_"))
locals_ = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20).filter(str.isprintable)
kinds = st.sampled_from([RecordId, ItemId, LoanId, PatronId])


@given(kinds, names, locals_)
def test_an_id_and_its_text_are_each_other_s_inverse(kind, backend, local):
    """Whatever the local id contains, colons included, it is read back as it was."""
    record = kind(backend, local)
    assert kind.parse(str(record)) == record


@given(kinds, kinds, names, locals_)
def test_ids_of_different_kinds_are_never_equal(one, other, backend, local):
    """An item is not the loan that happens to have its number."""
    assert (one(backend, local) == other(backend, local)) is (one is other)


@given(kinds, names, names, locals_, locals_)
def test_ids_sort_by_backend_then_local(kind, b1, b2, l1, l2):
    """The order is that of the pair."""
    assert (kind(b1, l1) < kind(b2, l2)) is ((b1, l1) < (b2, l2))


@pytest.mark.parametrize("text", ["", "123", ":123", "main:", "ma in:1", "main: 1", "main:1 ", "main:a\nb", "--:1"])
def test_malformed_ids_are_refused(text):
    """No part may be missing, blank, padded or unprintable."""
    with pytest.raises(InvalidValue):
        ItemId.parse(text)


@pytest.mark.parametrize("parts", [(None, "1"), (1, "1"), ("main", None), ("main", 1)])
def test_parts_of_an_id_are_text(parts):
    """A number is not silently made into text."""
    with pytest.raises(InvalidValue):
        ItemId(*parts)


@given(names, locals_)
def test_a_patron_s_id_is_not_shown_by_repr(backend, local):
    """Two patrons of one system look alike in a log."""
    assert repr(PatronId(backend, local)) == repr(PatronId(backend, "canary"))
    assert backend in repr(PatronId(backend, local))


def test_other_ids_are_shown_by_repr():
    """An item's id names no person and helps whoever reads the log."""
    assert "i7" in repr(ItemId("main", "i7"))


@given(names)
def test_a_place_is_its_short_name(name):
    """Text and value are each other's inverse."""
    assert str(LocationId.parse(name)) == name


@pytest.mark.parametrize("text", ["", "north spokane", "a/b", None])
def test_a_malformed_place_is_refused(text):
    """Only letters, digits, dash and underscore."""
    with pytest.raises(InvalidValue):
        LocationId(text)


def test_an_actor_has_the_roles_it_was_given():
    """One of several wanted roles is enough; none is never enough."""
    actor = Actor("anne", ("associate", "supervisor"))
    assert actor.has("manager", "supervisor")
    assert not actor.has("manager")
    assert not actor.has()


@pytest.mark.parametrize("wrong", [{"id": " "}, {"id": None}, {"id": "a", "roles": ["x"]}, {"id": "a", "roles": (1,)}])
def test_an_actor_without_a_name_or_with_odd_roles_is_refused(wrong):
    """A blank login name would make an audit line nobody's."""
    with pytest.raises(InvalidValue, match="Actor"):
        Actor(**wrong)


def test_a_quarantined_row_names_file_line_and_reason():
    """So that a person can open the file and find it."""
    assert str(Quarantined("hotspots.csv", 7, "no IMEI")) == "hotspots.csv:7: no IMEI"


def test_a_page_knows_its_age():
    """A page whose age is unknown cannot be made."""
    with pytest.raises(InvalidValue, match=r"Page\.as_of"):
        Page((), None)


@pytest.mark.parametrize("kind", [PatronId, ItemId, TitleId, HoldId])
def test_an_id_is_given_as_it_is_or_as_its_text(kind):
    """One of another kind, or none at all, is refused by name and not repeated."""
    one = kind("main", "7")
    assert kind.of(one) is one
    assert kind.of("main:7") == one
    other = ItemId("main", "secret") if kind is not ItemId else PatronId("main", "secret")
    for wrong in (other, None, 7):
        with pytest.raises(InvalidValue, match=f"{kind.__name__}: must be one") as told:
            kind.of(wrong)
        assert "secret" not in str(told.value)


def test_a_library_is_given_as_it_is_or_by_its_name():
    """And nothing else is one."""
    assert LocationId.of("cheney") == LocationId.of(LocationId("cheney")) == LocationId("cheney")
    with pytest.raises(InvalidValue, match="LocationId: must be one"):
        LocationId.of(None)
