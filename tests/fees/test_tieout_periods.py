"""The sums of a period against sums made by hand, for any ledger: by charge, by axis, cut in any way, and untied."""

from collections import Counter
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.fees import Account, Axis, EntryKind, Flaw, LegalClass, Movement, Untied, examine, tie_out, tieout
from scld_core.fees.ledger import Account as LedgerAccount
from scld_core.kernel.money import Money
from scld_core.kernel.time import Interval
from scld_core.testing import strategies
from support.accounts import START, Book, day, terms

FLOWS = ("new", "paid", "waived", "cancelled", "reduced", "reversed")
COLUMNS = ("opening", *FLOWS, "closing")
NAMES = {
    EntryKind.CHARGE: "new",
    EntryKind.PAYMENT: "paid",
    EntryKind.WAIVER: "waived",
    EntryKind.CANCELLATION: "cancelled",
    EntryKind.REDUCTION: "reduced",
}
LEDGERS = st.lists(strategies.accounts, max_size=3)
ODD = tieout._sign
fewer = settings(max_examples=settings().max_examples // 2)  # each example is some ledgers over years


def moments(count):
    """So many instants in order, of the years in which entries are posted."""
    return st.lists(strategies.instants, min_size=count, max_size=count).map(sorted)


def cents(movement):
    """A row by the names of its columns."""
    return {name: getattr(movement, name).cents for name in COLUMNS}


def added(*rows):
    """Rows with the names of other rows, added up."""
    found = {}
    for row in rows:
        for name, movement in row.items():
            found.setdefault(name, Counter()).update(cents(movement))
    return {name: {column: sums[column] for column in COLUMNS} for name, sums in found.items()}


def by_hand(accounts, period, place):
    """The same sums by walking through every entry, with nothing of the code under test but its values."""
    sums = {}
    for account in accounts:
        entries = {entry.id: entry for entry in account.entries}
        charges = {entry.charge.id: entry.charge for entry in account.entries if entry.charge}
        moved = {number: Counter() for number in charges}
        for entry in account.entries:
            of = entries.get(entry.reverses, entry)
            sign = (1 if of.kind is EntryKind.CHARGE else -1) * (1 if of is entry else -1)
            for part in entry.parts:
                amount = part.amount.cents
                row = moved[part.charge]
                row["opening"] += sign * amount if entry.at < period.start else 0
                row["closing"] += sign * amount if entry.at < period.end else 0
                if period.start <= entry.at < period.end:
                    row[NAMES.get(entry.kind, "reversed")] += amount if of is entry else -sign * amount
        for number, row in moved.items():
            if any(row.values()):
                sums.setdefault(place(charges[number]), Counter()).update(row)
    return {name: {column: row[column] for column in COLUMNS} for name, row in sums.items()}


PLACES = {
    Axis.BRANCH: lambda charge: "" if charge.branch is None else str(charge.branch),
    Axis.KIND: lambda charge: charge.kind.value,
    Axis.LEGAL_CLASS: lambda charge: charge.legal_class.value,
}


@fewer
@given(LEDGERS, moments(2))
def test_sums_are_those_made_by_hand(accounts, bounds):
    """On every axis each row and column is what walking through the entries gives."""
    period = Interval(*bounds)
    found = examine(accounts, period)
    assert found.untied == ()
    for axis in Axis:
        assert {name: cents(row) for name, row in found.sums.rows[axis].items()} == by_hand(
            accounts, period, PLACES[axis]
        )
    everything = by_hand(accounts, period, lambda charge: "all").get("all", dict.fromkeys(COLUMNS, 0))
    assert cents(found.sums.total) == everything


@fewer
@given(LEDGERS, moments(5))
def test_a_period_cut_anywhere_adds_up(accounts, bounds):
    """Cut in parts, on every axis: what one closes with the next opens with, and all flows add up to the whole."""
    whole = tie_out(accounts, Interval(bounds[0], bounds[-1]))
    parts = [tie_out(accounts, Interval(*pair)) for pair in pairwise(bounds)]
    for one, following in pairwise(parts):
        assert one.total.closing == following.total.opening
    for axis in Axis:
        summed = added(*(part.rows[axis] for part in parts))
        for name, row in whole.rows[axis].items():
            assert {flow: summed[name][flow] for flow in FLOWS} == {flow: cents(row)[flow] for flow in FLOWS}
            assert parts[0].rows[axis].get(name, nothing()).opening == row.opening
            assert parts[-1].rows[axis].get(name, nothing()).closing == row.closing


def nothing():
    """A row of zeros."""
    return Movement(**dict.fromkeys(COLUMNS, Money(0)))


@fewer
@given(LEDGERS, LEDGERS, moments(2), st.randoms(use_true_random=False))
def test_two_ledgers_add_up_in_any_order(ones, others, bounds, shuffled):
    """The sums of both are the sum of each, whatever the order in which accounts are read."""
    period = Interval(*bounds)
    both = [*ones, *others]
    shuffled.shuffle(both)
    found = examine(both, period)
    apart = examine(ones, period).sums, examine(others, period).sums
    assert found.sums.total == apart[0].total + apart[1].total
    for axis in Axis:
        rows = {name: cents(row) for name, row in found.sums.rows[axis].items()}
        assert rows == added(*(sums.rows[axis] for sums in apart))


@fewer
@given(LEDGERS, moments(2))
def test_an_agency_s_cost_is_one_class_and_one_kind(accounts, bounds):
    """The law's class and the kind of charge are the same sums: collection cost is never among debts."""
    found = tie_out(accounts, Interval(*bounds)).rows
    cost = found[Axis.LEGAL_CLASS].get(LegalClass.COLLECTION_COST.value)
    assert cost == found[Axis.KIND].get("agency_fee")


def in_canada():
    """An account in another currency, with something owed."""
    book = Book()
    book.charge(evolve(terms(), amount=Money(700, "CAD")), at=day(1))
    return book.account


@fewer
@given(LEDGERS)
def test_another_currency_is_named_and_in_no_sum(accounts):
    """Its charges are set aside with what is owed of them, and the other sums are as if it were not there."""
    period = Interval(START, day(30))
    found = examine([*accounts, in_canada()], period)
    assert found.sums == examine(accounts, period).sums
    assert [(str(one.charge), one.flaw, one.off_by) for one in found.untied] == [
        ("main:c0", Flaw.OTHER_CURRENCY, Money(700, "CAD"))
    ]


# A rule gone wrong: the sums do not swallow it, and nothing is made to fit.


def _a_payment_taken_back_is_paid_again(account, entry):
    return abs(ODD(account, entry))


def _taken_back(period):
    """One charge that ties out whatever is planted, and one of which a payment of 3.00 was taken back."""
    book = Book()
    fine = book.charge(terms(5000), at=day(1))
    book.pay(fine, 1000, at=day(2))
    wrong = book.charge(terms(2000, branch="moran-prairie"), at=day(3))
    book.take_back(book.pay(wrong, 300, at=day(4)), at=day(5))
    return book.account, wrong


def test_what_does_not_close_is_named_and_in_no_sum(monkeypatch):
    """By its charge, with how much it is off; every axis still adds up over the rest, and `tie_out` refuses."""
    period = Interval(START, day(30))
    account, wrong = _taken_back(period)
    monkeypatch.setattr(tieout, "_sign", _a_payment_taken_back_is_paid_again)
    found = examine([account], period)
    assert found.untied == (Untied(wrong, Flaw.NOT_CLOSED, Money(600)),)
    assert cents(found.sums.total)["closing"] == 4000
    assert set(found.sums.rows[Axis.BRANCH]) == {"cheney"}
    with pytest.raises(InvalidValue, match=r"Movement\.closing"):
        tie_out([account], period)


@given(strategies.accounts, moments(2))
def test_what_is_named_and_what_is_summed_are_everything(account, bounds):
    """Under a planted fault each charge that moved is either in the sums or named once, and never both."""
    period = Interval(*bounds)
    with pytest.MonkeyPatch.context() as planted:
        planted.setattr(tieout, "_sign", _a_payment_taken_back_is_paid_again)
        found = examine([account], period)
    named = [one.charge for one in found.untied]
    assert len(set(named)) == len(named)
    assert all(one.off_by.cents for one in found.untied)
    kept = [_only(account, charge.id) for charge in account.charges if charge.id not in named]
    assert found.sums.total == tie_out(kept, period).total


def _only(account, number):
    """What happened to one charge, as an account of its own."""
    kept = []
    for entry in account.entries:
        parts = tuple(part for part in entry.parts if part.charge == number)
        if parts:
            amount = sum((part.amount for part in parts), Money(0))
            kept.append(evolve(entry, parts=parts, amount=amount))
    return Account(patron=account.patron, as_of=account.as_of, entries=tuple(kept))


def test_an_inclusive_bound_names_every_charge_it_counts_twice(monkeypatch):
    """Koha's older cash-up summary was inclusive at both ends (fees study B5): the charge is named, not the month."""
    monkeypatch.setattr(
        LedgerAccount,
        "before",
        lambda account, moment: evolve(account, entries=tuple(e for e in account.entries if e.at <= moment)),
    )
    book = Book()
    first = book.charge(terms(1000), at=START)
    book.charge(terms(300), at=day(3))
    found = examine([book.account], Interval(START, day(30)))
    assert [(one.charge, one.off_by) for one in found.untied] == [(first, Money(-1000))]
    assert cents(found.sums.total)["closing"] == 300
