"""The ledger between two instants: it closes, on every axis, and a wrong rule is noticed."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.fees import Account, Axis, ChargeKind, EntryKind, LegalClass, Movement, TieOut, tie_out, tieout
from scld_core.fees.ledger import Account as LedgerAccount
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.time import Interval
from scld_core.testing import strategies
from support.accounts import FEE, PATRON, START, Book, day, terms

K = EntryKind
MARCH = Interval(day(0), day(31))
YEARS = st.lists(strategies.instants, min_size=3, max_size=3).map(sorted)


def cents(movement):
    """A row in cents, by the names of its columns."""
    names = ("opening", "new", "paid", "waived", "cancelled", "reduced", "reversed", "closing")
    return tuple(getattr(movement, name).cents for name in names)


def in_march():
    """An account with everything in it: opened before March, moved in March, and after."""
    book = Book()
    old = book.charge(terms(5000), at=day(-10))
    book.pay(old, 1000, at=day(-5))
    book.pay(old, 700, at=day(0))
    wrong = book.pay(old, 300, at=day(2))
    book.pay(old, 200, kind=K.WAIVER, at=day(3))
    book.take_back(wrong, at=day(4))
    book.charge(FEE, at=day(5))
    book.cancel(book.charge(terms(900, ChargeKind.PROCESSING, LegalClass.OTHER), at=day(6)), at=day(7))
    book.take_back(book.account.entry(book.account.entries[-3].id), at=day(8))
    book.pay(old, 50, kind=K.REDUCTION, at=day(9))
    book.pay(old, 1, at=day(31))
    return book.account


def test_a_month_by_hand():
    """What is posted at the first instant is in it, and what is posted at the last is in the next."""
    found = tie_out([in_march()], MARCH)
    # 40.00 open; 10.00 fee and 9.00 processing new; 7.00 + 3.00 paid; 2.00 waived; 9.00 cancelled; 0.50 reduced;
    # taken back: the fee (10.00) less the payment (3.00)
    assert cents(found.total) == (4000, 1900, 1000, 200, 900, 50, 700, 3050)
    assert {name: cents(row)[-1] for name, row in found.rows[Axis.BRANCH].items()} == {"": 0, "cheney": 3050}
    assert set(found.rows[Axis.KIND]) == {"lost_item", "agency_fee", "processing"}
    assert set(found.rows[Axis.LEGAL_CLASS]) == {"replacement", "collection_cost", "other"}


@given(st.lists(strategies.accounts, max_size=4), YEARS)
def test_every_period_closes_and_periods_follow_each_other(accounts, moments):
    """The closing sum of one is the opening sum of the next, and two periods add up to the one over both."""
    start, middle, end = moments
    first, second = tie_out(accounts, Interval(start, middle)), tie_out(accounts, Interval(middle, end))
    whole = tie_out(accounts, Interval(start, end))
    assert first.total.closing == second.total.opening
    assert whole.total.opening == first.total.opening
    assert whole.total.closing == second.total.closing
    for name in ("new", "paid", "waived", "cancelled", "reduced", "reversed"):
        assert getattr(whole.total, name) == getattr(first.total, name) + getattr(second.total, name)
    balances = sum((account.balance_at(end) for account in accounts), Money(0))
    assert whole.total.closing == balances


@given(st.lists(strategies.accounts, max_size=4), YEARS)
def test_the_axes_tie_out(accounts, moments):
    """By branch, kind and legal class the rows add up to the same total, charges without a branch included."""
    found = tie_out(iter(accounts), Interval(moments[0], moments[2]))
    nothing = tie_out([], MARCH).total
    for axis in Axis:
        assert sum(found.rows[axis].values(), nothing) == found.total


@given(st.lists(strategies.accounts, max_size=3), YEARS)
def test_the_order_of_accounts_does_not_matter(accounts, moments):
    """Nor does which account comes first."""
    period = Interval(moments[0], moments[2])
    assert tie_out(accounts, period) == tie_out(accounts[::-1], period)


def test_what_does_not_tie_out_cannot_be_built():
    """A row whose columns do not come to its closing sum, and rows that do not add up to the total."""
    found = tie_out([in_march()], MARCH)
    with pytest.raises(InvalidValue, match=r"Movement\.closing"):
        evolve(found.total, paid=Money(999))
    rows = {**found.rows, Axis.KIND: {}}
    with pytest.raises(InvalidValue, match=r"TieOut\.kind: must add up"):
        TieOut(MARCH, found.total, rows)
    assert isinstance(found.total + found.total, Movement)


def test_a_period_has_an_end_and_one_currency():
    """Sums over all time have no closing balance, and two currencies no sum."""
    with pytest.raises(InvalidValue, match=r"Interval\.end"):
        tie_out([in_march()], Interval(START))
    book = Book()
    book.charge(evolve(terms(), amount=Money(100, "CAD")))
    with pytest.raises(InvalidValue, match="must be in USD"):
        tie_out([book.account], MARCH)
    assert tie_out([book.account], MARCH, currency="CAD").total.new == Money(100, "CAD")


def test_an_account_without_a_movement_has_no_row():
    """Neither has one that is empty; what is only carried over has."""
    book = Book(PatronId("main", "p2"))
    book.charge(at=day(-3))
    empty = Account(patron=PATRON, as_of=START)
    assert tie_out([empty], MARCH).rows[Axis.BRANCH] == {}
    carried = tie_out([book.account, empty], MARCH)
    assert cents(carried.total) == (1000, 0, 0, 0, 0, 0, 0, 1000)
    later = tie_out([book.account], Interval(day(-20), day(-10)))
    assert later.rows[Axis.KIND] == {}


# Rules of other systems in the place of ours: the sums above do not survive them.


def inclusive_before(account, moment):
    """Koha's older cash-up summary: inclusive at both ends (fees study B5)."""
    return evolve(account, entries=tuple(entry for entry in account.entries if entry.at <= moment))


def test_an_inclusive_bound_is_noticed(monkeypatch):
    """A payment at the bound would be in two periods: the sums do not tie out."""
    monkeypatch.setattr(LedgerAccount, "before", inclusive_before)
    with pytest.raises(InvalidValue, match=r"Movement\.closing"):
        tie_out([in_march()], MARCH)


def test_a_voided_payment_that_still_counts_is_noticed(monkeypatch):
    """Evergreen's collections query does not exclude voided payments (fees study A5 a)."""
    monkeypatch.setattr(tieout, "_sign", lambda account, entry: 0)
    with pytest.raises(InvalidValue, match=r"Movement\.closing"):
        tie_out([in_march()], MARCH)


def test_a_dropped_blank_category_is_noticed():
    """FOLIO's report leaves rows without a category out of one total and not of another (fees study B6 14)."""
    found = tie_out([in_march()], MARCH)
    named = {name: row for name, row in found.rows[Axis.BRANCH].items() if name}
    with pytest.raises(InvalidValue, match=r"TieOut\.branch: must add up"):
        TieOut(MARCH, found.total, {**found.rows, Axis.BRANCH: named})
