"""The reference ledger: staff at the desk, merged records, and keys that stay."""

import pytest
from attrs import evolve

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.fees import ChargeId, EntryId, EntryKind, Part
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons import Patron
from support.accounts import FEE, START, Book, day, terms
from support.clock import Ticking

ONE, TWO = PatronId("main", "p1"), PatronId("main", "p2")


@pytest.fixture
def clock():
    return Ticking(START)


@pytest.fixture
def patrons(clock):
    found = MemoryPatrons(clock)
    for patron in (ONE, TWO):
        found.put(Patron(id=patron, as_of=START))
    return found


@pytest.fixture
def fees(clock, patrons):
    return MemoryFees(clock, patrons)


def test_the_desk_takes_payments_waives_and_takes_back(fees, clock):
    """Each is an entry of the desk's; what the rules refuse is refused with the reason."""
    charge = fees.charge(ONE, terms(1000), key="k1")
    clock.tick(days=1)
    paid = fees.settle(EntryKind.PAYMENT, Part(charge.id, Money(400)), by="jdoe")
    fees.settle(EntryKind.WAIVER, Part(charge.id, Money(100)), by="jdoe", reason="goodwill")
    assert fees.account(ONE).balance == Money(500)
    with pytest.raises(Rejected, match="more than is owed"):
        fees.settle(EntryKind.PAYMENT, Part(charge.id, Money(501)))
    fees.take_back(paid.id)
    assert fees.account(ONE).balance == Money(900)
    with pytest.raises(Rejected, match="taken back already"):
        fees.take_back(paid.id)
    with pytest.raises(NotFound):
        fees.take_back(EntryId("main", "e99"))
    with pytest.raises(NotFound):
        fees.settle(EntryKind.PAYMENT, Part(ChargeId("main", "c99"), Money(1)))


def test_obligations_follow_a_merge(fees, patrons):
    """The surviving record owes what both owed; a key used before the merge still finds its charge."""
    gone = fees.charge(ONE, FEE, key="fee:r1")
    fees.charge(TWO, terms(500), key="k2")
    patrons.merge(ONE, TWO)
    account = fees.account(TWO)
    assert account.balance == Money(1500)
    assert {charge.patron for charge in account.charges} == {TWO}
    assert fees.charge(ONE, FEE, key="fee:r1") == evolve(gone, patron=TWO)
    with pytest.raises(NotFound):
        fees.account(ONE)
    with pytest.raises(Rejected, match="merged"):
        fees.charge(ONE, FEE, key="k3")
    fees.cancel(gone.id, key="k4", reason="error")
    assert fees.account(TWO).balance == Money(500)
    assert fees.account(TWO).posted_with("fee:r1").charge.id == gone.id


def test_a_key_is_good_for_one_thing(fees):
    """Of charging and cancelling, and with the same arguments only."""
    charge = fees.charge(ONE, FEE, key="k1")
    gone = fees.cancel(charge.id, key="k2", reason="error")
    assert fees.cancel(charge.id, key="k2", reason="error") == gone
    for act in (
        lambda: fees.charge(ONE, terms(), key="k1"),
        lambda: fees.charge(TWO, FEE, key="k1"),
        lambda: fees.charge(ONE, FEE, key="k2"),
        lambda: fees.cancel(charge.id, key="k1", reason="error"),
        lambda: fees.cancel(charge.id, key="k2", reason="other"),
    ):
        with pytest.raises(Conflict, match="the key was used for something else"):
            act()


def test_an_item_of_another_system_is_refused(fees):
    """Its prefix is never stripped."""
    with pytest.raises(Rejected, match="another system's"):
        fees.charge(ONE, evolve(terms(), item=ItemId("other", "i1")), key="k1")


def test_ids_that_are_taken_are_passed_over(fees):
    """An account that was filed may use the ledger's own words for its entries and charges."""
    book = Book(ONE)
    for _ in range(3):
        book.charge()
    entries = [
        evolve(
            entry,
            id=EntryId("main", f"entry-{place}"),
            parts=(Part(ChargeId("main", f"charge-{place}"), entry.amount),),
            charge=evolve(entry.charge, id=ChargeId("main", f"charge-{place}")),
        )
        for place, entry in enumerate(book.account.entries, 4)
    ]
    fees.put(evolve(book.account, entries=tuple(entries)))
    made = fees.charge(ONE, FEE, key="k1")
    assert made.id == ChargeId("main", "charge-7")
    assert len(fees.account(ONE).entries) == 4


def test_a_clock_that_goes_back_does_not_reorder_the_ledger(fees, clock):
    """The next entry is posted at the last one's instant."""
    clock.tick(days=9)
    fees.charge(ONE, FEE, key="k1")
    clock.at = day(2)
    fees.charge(ONE, terms(), key="k2")
    assert [entry.at for entry in fees.account(ONE).entries] == [day(9), day(9)]
    assert fees.account(ONE).as_of == day(2)
