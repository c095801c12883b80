"""Two processes take the same item: one has it, and the other one is refused by name."""

import pytest
from loan_worker import NOW
from served import open_store

from scld_adapters.sql import ils
from scld_adapters.sql.loans import EmbeddedLoans
from scld_core.kernel.ids import ItemId
from scld_core.kernel.time import FixedClock

PREPARED = {"at": "prepared"}


@pytest.fixture
def address(empty_address):
    """A store with two patrons and one item on the shelf."""
    store = open_store(empty_address)
    with store.transaction() as unit:
        for patron in ("p1", "p2"):
            ils.add_patron(unit.connection, patron)
        ils.add_item(unit.connection, "i1", at=NOW, barcode="39990000000001", location="cheney", kind="book")
    store.close()
    return empty_address


@pytest.fixture
def two(two_of, address):
    """Two desks."""
    return two_of("loans", address)


def owner(address):
    """Whose the item is, and how many open loans there are of it."""
    store = open_store(address)
    port = EmbeddedLoans(store, FixedClock(NOW), backend="main")
    lent = port.get(ItemId("main", "i1")).open_loan
    every = [row for page in port.iter_overdue(FixedClock(NOW.replace(year=2099)).now()) for row in page.rows]
    store.close()
    return None if lent is None else lent.patron.local, len(every)


def test_two_desks_lend_one_item_and_the_second_is_told_that_it_is_under_way(two, address):
    """The outbox lets one through; afterwards the item is somebody else's."""
    one, other = two
    assert one.do("lend", "i1", "p1", until="prepared") == PREPARED
    assert other.do("lend", "i1", "p2") == {"done": False, "codes": ["under_way"], "result": "waiting"}
    one.go()
    assert one.answer()["done"]
    assert other.do("lend", "i1", "p2") == {"done": False, "codes": ["is_lent"], "result": ""}
    assert owner(address) == ("p1", 1)


def test_a_self_check_that_is_faster_than_the_desk_has_it(two, address):
    """The desk had found it free; the ILS refuses, and the desk says why in its own words."""
    one, other = two
    assert one.do("lend", "i1", "p1", until="prepared") == PREPARED
    assert other.do("take", "i1", "p2") == {"done": True}
    one.go()
    assert one.answer() == {"done": False, "codes": ["is_lent"], "result": "failed"}
    assert owner(address) == ("p2", 1)


def test_two_self_checks_at_the_same_moment(two, address):
    """Exactly one has it, whichever comes first; the other one is Rejected."""
    for worker, patron in zip(two, ("p1", "p2"), strict=True):
        worker.send("take", "i1", patron)
    answers = [worker.answer() for worker in two]
    assert sorted(map(str, answers)) == ["{'done': True}", "{'error': 'Rejected'}"]
    winner = ("p1", "p2")[answers.index({"done": True})]
    assert owner(address) == (winner, 1)


def test_the_tables_themselves_take_no_second_open_loan(two, address):
    """The control: a program that looks at nothing is stopped by the index."""
    one, other = two
    assert one.do("take", "i1", "p1") == {"done": True}
    assert "error" in other.do("force", "i1", "p2")
    assert owner(address) == ("p1", 1)


def test_one_return_scanned_at_two_desks_ends_the_loan_once(two, address):
    """The second is told that it is under way, or that nothing was on loan."""
    one, other = two
    one.do("take", "i1", "p1")
    assert one.do("back", "i1", until="prepared") == PREPARED
    assert other.do("back", "i1")["codes"] == ["under_way"]
    one.go()
    assert one.answer()["done"]
    assert other.do("back", "i1")["codes"] == ["check_in_permitted", "was_not_on_loan"]
    assert owner(address) == (None, 0)
