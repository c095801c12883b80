"""Two desks, each in a process of its own, take the last hold that a patron may have."""

import pytest
from hold_worker import NOW
from served import open_store

from scld_adapters.sql import ils
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.holds import EmbeddedHolds
from scld_adapters.sql.tables_catalog import ils_item_facts
from scld_core.holds.model import HoldRequest
from scld_core.kernel.ids import LocationId, PatronId, TitleId
from scld_core.kernel.time import FixedClock

PREPARED = {"at": "prepared"}
PATRON, CHENEY = PatronId("main", "p1"), LocationId("cheney")


@pytest.fixture
def address(empty_address):
    """A store with one patron who has one hold, where two are permitted, and three titles."""
    store = open_store(empty_address)
    with store.transaction() as unit:
        ils.add_patron(unit.connection, "p1")
        for number in (1, 2, 3):
            ils.add_item(unit.connection, f"i{number}", at=NOW, location="cheney", kind="book")
            row = {"item": f"i{number}", "title": f"t{number}", "call_number": "", "holdable": True}
            unit.connection.execute(sa.insert(ils_item_facts).values(**row))
    held = HoldRequest(patron=PATRON, title=TitleId("main", "t1"), pickup=CHENEY)
    EmbeddedHolds(store, FixedClock(NOW), backend="main").place(held, key="before")
    store.close()
    return empty_address


@pytest.fixture
def two(two_of, address):
    """Two desks."""
    return two_of("holds", address)


def prepared(desk, *asked):
    """Ask for a hold; everything is decided where the desk stops."""
    return desk.do("place", *asked, until="prepared")


def held(address):
    """The titles that the patron has a hold on."""
    store = open_store(address)
    pages = EmbeddedHolds(store, FixedClock(NOW), backend="main").of_patron(PATRON)
    found = [hold.title.local for page in pages for hold in page.rows]
    store.close()
    return found


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_who_take_the_last_hold_one_has_it_and_one_is_refused_by_name(two, address, first):
    """Both desks found it permitted; the ILS decides in the moment of placing, and the desk says which rule it was."""
    assert [prepared(desk, title) for desk, title in zip(two, ("t2", "t3"), strict=True)] == [PREPARED] * 2
    two[first].go()
    won = two[first].answer()
    assert (won["done"], won["result"]) == (True, "applied")
    two[1 - first].go()
    lost = two[1 - first].answer()
    assert lost == {"done": False, "codes": ["hold_limit"], "result": "failed"}
    assert held(address) == ["t1", ("t2", "t3")[first]]


def test_sent_at_the_same_moment_exactly_one_has_it(two, address):
    """Whichever comes first."""
    for desk, title in zip(two, ("t2", "t3"), strict=True):
        assert prepared(desk, title) == PREPARED
    for desk in two:
        desk.go()
    told = [desk.answer() for desk in two]
    assert sorted(answer["done"] for answer in told) == [False, True]
    assert [answer["codes"] for answer in told if not answer["done"]] == [["hold_limit"]]
    assert len(held(address)) == 2


def test_an_ils_that_leaves_the_limit_to_the_desk_gives_one_too_many(two, address):
    """The control: what is decided before it is sent alone does not keep the limit."""
    for desk, title in zip(two, ("t2", "t3"), strict=True):
        assert prepared(desk, title, True) == PREPARED
    for desk in two:
        desk.go()
        assert desk.answer()["done"]
    assert len(held(address)) == 3


def test_the_same_hold_from_two_desks_is_placed_once(two, address):
    """The second is told that the same is under way, and finds the hold afterwards; a conflict reaches nobody."""
    one, other = two
    assert prepared(one, "t2") == PREPARED
    assert other.do("place", "t2") == {"done": False, "codes": ["under_way"], "result": "waiting"}
    one.go()
    assert one.answer()["done"]
    after = other.do("place", "t2")
    assert set(after["codes"]) == {"hold_limit", "same_title"}
    assert held(address) == ["t1", "t2"]
