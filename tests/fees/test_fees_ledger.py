"""The ledger's laws: nothing is lost or made up at any prefix, and nothing is taken back twice."""

import itertools
from collections import Counter

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.fees import (
    REFUSALS,
    Account,
    ChargeId,
    EntryId,
    EntryKind,
    Part,
    Stamp,
    cancellation,
    credit,
    may_post,
    posting_time,
    refused_text,
    reversal,
)
from scld_core.fees.ledger import FINDINGS, Finding
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.testing import strategies
from support.accounts import FEE, PATRON, START, Book, day, terms

K = EntryKind
NOBODY = ChargeId("main", "c99")


def refused(account, entry, finding):
    """The entry is denied with that reason, and cannot be made to follow."""
    decision = may_post(account, entry)
    assert finding.value in {reason.code for reason in decision.reasons}
    assert FINDINGS[finding] in refused_text(decision)
    with pytest.raises(InvalidValue, match=r"Account\.entries"):
        account.having(entry)


def books(account):
    """What was posted in all, net of reversals, told from the entries alone."""
    by_id = {entry.id: entry for entry in account.entries}
    sums = Counter()
    for entry in account.entries:
        if entry.kind is not K.REVERSAL:
            sums[entry.kind] += entry.amount.cents
        elif by_id[entry.reverses].kind is K.CHARGE:
            sums["taken back"] += entry.amount.cents
        else:
            sums[by_id[entry.reverses].kind] -= entry.amount.cents
    return sums


@given(strategies.accounts)
def test_charges_are_conserved_at_every_prefix(account):
    """Charged = paid + waived + cancelled + reduced + taken back + outstanding, and 0 <= outstanding <= amount."""
    for count in range(len(account.entries) + 1):
        prefix = evolve(account, entries=account.entries[:count])
        sums = books(prefix)
        gone = sum(sums.values()) - sums[K.CHARGE]
        assert prefix.balance.cents == sums[K.CHARGE] - gone
        assert prefix.balance.cents == sum(s.outstanding.cents for s in prefix.standings)
        for s in prefix.standings:
            assert Money(0) <= s.outstanding <= s.charge.amount
            parts = (s.paid, s.waived, s.cancelled, s.reduced, s.reversed)
            assert all(Money(0) <= part <= s.charge.amount for part in parts)
            assert sum(parts, s.outstanding) == s.charge.amount
            assert s.untouched is (s.outstanding == s.charge.amount)
        by_kind = (("paid", K.PAYMENT), ("waived", K.WAIVER), ("cancelled", K.CANCELLATION), ("reduced", K.REDUCTION))
        for word, kind in by_kind:
            assert sum(getattr(s, word).cents for s in prefix.standings) == sums[kind]


@given(strategies.accounts)
def test_taking_back_the_last_entry_restores_what_was_owed(account):
    """Reverse restores every balance, for whatever entry it is; a charge taken back owes nothing."""
    if not account.entries or account.entries[-1].kind is K.REVERSAL:
        return
    last = account.entries[-1]
    before = evolve(account, entries=account.entries[:-1])
    after = account.having(reversal(last, Stamp(id=EntryId(last.id.backend, "back"), at=last.at, by="desk")))
    assert after.balance == before.balance
    was = {s.charge.id: s.outstanding for s in before.standings}
    assert {s.charge.id: s.outstanding for s in after.standings if s.charge.id in was} == was


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 300)), max_size=6))
def test_the_order_of_independent_payments_does_not_matter(payments):
    """As long as each is allowed, what is owed at the end is the same."""
    balances = set()
    for order in itertools.islice(itertools.permutations(payments), 12):
        book = Book()
        charges = [book.charge(terms(2000)) for _ in range(3)]
        for place, cents in order:
            book.pay(charges[place], cents)
        balances.add(tuple(s.outstanding.cents for s in book.account.standings))
    assert len(balances) == 1


@given(strategies.accounts, st.integers(0, 12))
def test_before_is_half_open(account, place):
    """What is posted at the instant belongs after it; the account at an instant and what follows make the whole."""
    moments = [START, *(entry.at for entry in account.entries)]
    moment = moments[place % len(moments)]
    earlier = account.before(moment)
    assert earlier.entries == tuple(entry for entry in account.entries if entry.at < moment)
    assert account.balance_at(moment) == earlier.balance
    later = [entry for entry in account.entries if entry.at >= moment]
    assert earlier.entries + tuple(later) == account.entries


def test_what_is_owed_of_a_charge_at_an_instant():
    """Before it was charged there is no such charge; a payment counts from after its instant on."""
    book = Book()
    charge = book.charge(at=day(1))
    book.pay(charge, 400, at=day(5))
    assert book.account.outstanding(charge) == Money(600)
    assert book.account.outstanding(charge, day(5)) == Money(1000)
    assert book.account.outstanding(charge, day(6)) == Money(600)
    assert book.account.balance_at(day(1)) == Money(0)
    with pytest.raises(InvalidValue, match="the account has no such charge"):
        book.account.outstanding(charge, day(1))


def test_a_cancelled_charge_is_no_waiver():
    """It owes nothing, stays on the account, and counts toward nothing that was forgiven."""
    book = Book()
    charge = book.charge(FEE)
    book.cancel(charge)
    (standing,) = book.account.standings
    assert (standing.cancelled, standing.waived, standing.outstanding) == (Money(1000), Money(0), Money(0))
    assert book.account.charges[0].id == charge


@pytest.mark.parametrize("kind", [K.PAYMENT, K.WAIVER, K.REDUCTION])
def test_only_an_untouched_charge_is_cancelled(kind):
    """A cent is enough to keep it; once that is taken back it may go."""
    book = Book()
    charge = book.charge()
    touched = book.pay(charge, 1, kind=kind)
    refused(book.account, cancellation(book.account.standing(charge), book.stamp()), Finding.TOUCHED)
    refused(book.account, reversal(book.account.entries[0], book.stamp()), Finding.TOUCHED)
    book.take_back(touched)
    book.cancel(charge)
    refused(book.account, cancellation(book.account.standing(charge), book.stamp()), Finding.TOUCHED)


def test_a_part_of_a_charge_is_not_cancelled():
    """It was owed, or it was not."""
    book = Book()
    charge = book.charge()
    part = book.stamp().entry(K.CANCELLATION, Part(charge, Money(999)))
    refused(book.account, part, Finding.TOUCHED)


@given(strategies.accounts)
def test_nothing_is_taken_back_twice(account):
    """Each entry is reversed once at most, a reversal never, and always whole."""
    stamp = Stamp(id=EntryId(account.patron.backend, "back"), at=account.as_of, by="desk")
    undone = {entry.reverses for entry in account.entries}
    for entry in account.entries:
        if entry.id in undone:
            refused(account, reversal(entry, stamp), Finding.REVERSED_ALREADY)
        if entry.kind is K.REVERSAL:
            refused(account, reversal(entry, stamp), Finding.REVERSAL_IS_FINAL)
    taken = [entry.reverses for entry in account.entries if entry.reverses is not None]
    assert len(set(taken)) == len(taken)


@given(strategies.accounts, st.integers(1, 10**9), st.sampled_from([K.PAYMENT, K.WAIVER, K.REDUCTION]))
def test_nobody_pays_more_than_is_owed(account, cents, kind):
    """A credit is allowed exactly up to what is outstanding."""
    stamp = Stamp(id=EntryId(account.patron.backend, "new"), at=account.as_of, by="desk")
    for standing in account.standings:
        entry = credit(kind, Part(standing.charge.id, Money(cents)), stamp=stamp)
        allowed = cents <= standing.outstanding.cents
        assert may_post(account, entry).permitted is allowed
        if allowed:
            assert account.having(entry).balance == account.balance - Money(cents)
        else:
            refused(account, entry, Finding.MORE_THAN_OWED)


def test_every_other_rule_has_its_finding():
    """Ids, keys, time, currency and owner: each is refused by name."""
    book = Book()
    charge = book.charge(key="k1")
    paid = book.pay(charge, 500)
    account, stamp = book.account, book.stamp()
    other = Book(PatronId("main", "p2"))
    other.charge()
    foreign = other.account.entries[0]
    canadian = Money(100, "CAD")
    for entry, finding in (
        (evolve(foreign, charge=evolve(foreign.charge, patron=PATRON)), Finding.ENTRY_KNOWN),
        (credit(K.PAYMENT, Part(charge, Money(1)), stamp=evolve(stamp, key="k1")), Finding.KEY_KNOWN),
        (credit(K.PAYMENT, Part(charge, Money(1)), stamp=evolve(stamp, at=day(0))), Finding.GOES_BACK),
        (credit(K.PAYMENT, Part(charge, canadian), stamp=stamp), Finding.OTHER_CURRENCY),
        (evolve(foreign, id=stamp.id), Finding.OTHER_PATRON),
        (evolve(foreign, id=stamp.id), Finding.CHARGE_KNOWN),
        (credit(K.WAIVER, Part(NOBODY, Money(1)), stamp=stamp), Finding.CHARGE_UNKNOWN),
        (stamp.entry(K.CANCELLATION, Part(NOBODY, Money(1))), Finding.CHARGE_UNKNOWN),
        (reversal(evolve(paid, id=EntryId("main", "e77")), stamp), Finding.ENTRY_UNKNOWN),
        (reversal(evolve(paid, amount=Money(1), parts=(Part(charge, Money(1)),)), stamp), Finding.NOT_THE_WHOLE),
    ):
        refused(account, entry, finding)
    assert set(REFUSALS) == {finding.value for finding in Finding}


def test_a_permitted_entry_has_no_reasons():
    """The decision is a plain yes, and the same for the same arguments."""
    book = Book()
    charge = book.charge()
    entry = credit(K.PAYMENT, Part(charge, Money(1000)), stamp=book.stamp())
    assert may_post(book.account, entry) == may_post(book.account, entry)
    assert may_post(book.account, entry).permitted
    assert may_post(book.account, entry).reasons == ()


def test_one_payment_of_several_charges():
    """Its amount is the sum of its parts, and each charge is lowered by its own."""
    book = Book()
    one, two = book.charge(terms(194)), book.charge(terms(196))
    entry = credit(K.PAYMENT, Part(one, Money(194)), Part(two, Money(96)), stamp=book.stamp())
    book.post(entry)
    assert entry.amount == Money(290)
    assert [s.outstanding.cents for s in book.account.standings] == [0, 100]
    book.take_back(entry)
    assert book.account.balance == Money(390)


def test_only_what_lowers_is_a_credit():
    """A charge, a cancellation and a reversal have a way of their own; nothing at all is no entry."""
    book = Book()
    charge = book.charge()
    for kind in (K.CHARGE, K.CANCELLATION, K.REVERSAL):
        with pytest.raises(InvalidValue, match="must be payment, waiver or reduction"):
            credit(kind, Part(charge, Money(1)), stamp=book.stamp())
    with pytest.raises(InvalidValue, match="must be at least one"):
        credit(K.PAYMENT, stamp=book.stamp())


def test_entries_are_found_by_key_and_by_id():
    """Reading back after an unknown outcome asks for the key."""
    book = Book()
    book.charge(key="referral-fee:r1")
    assert book.account.posted_with("referral-fee:r1") == book.account.entries[0]
    assert book.account.posted_with("referral-fee:r2") is None
    assert book.account.entry(EntryId("main", "e0")) == book.account.entries[0]
    assert book.account.entry(EntryId("main", "e1")) is None


def test_an_account_without_entries_owes_nothing():
    """And so does one before its first entry."""
    empty = Account(patron=PATRON, as_of=START)
    assert (empty.balance, empty.charges, empty.standings) == (Money(0), (), ())
    with pytest.raises(InvalidValue, match="no such charge"):
        empty.standing(NOBODY)


def test_a_clock_that_was_set_back_posts_no_earlier_than_the_last_entry():
    """So a period that was closed stays as it was."""
    book = Book()
    assert posting_time(book.account, START) == START
    book.charge(at=day(9))
    assert posting_time(book.account, day(3)) == day(9)
    assert posting_time(book.account, day(10)) == day(10)
