"""The reference ILS: what the port of loans means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from scld_core.circulation.model import ItemState
from scld_core.errors import InvalidValue, NotFound, Rejected
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.memory.loans import MemoryLoans
from scld_core.patrons.model import Household
from support.clock import Ticking

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
ITEMS = [ItemId("main", f"i{n}") for n in range(4)]
BACK = [ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF]


@pytest.fixture
def clock():
    return Ticking(NOW)


@pytest.fixture
def loans(clock):
    return MemoryLoans(clock)


def test_a_loan_carries_what_was_said_at_check_out(loans):
    """A check-out names loan, due instant, patron and household, and the item is on loan since now."""
    due = NOW + timedelta(days=14)
    seen = loans.lend(
        ITEMS[0], due_at=due, loan=LoanId("main", "77"), patron=PatronId("main", "p1"), household=Household("h1")
    )
    assert (seen.state, seen.since, seen.as_of) == (ItemState.ON_LOAN, NOW, NOW)
    assert (seen.loan.id, seen.loan.due_at, seen.loan.out_at) == (LoanId("main", "77"), due, NOW)
    assert (seen.loan.patron, seen.loan.household) == (PatronId("main", "p1"), Household("h1"))


def test_two_loans_never_share_an_id(loans):
    """Loans that are not named get ids of their own."""
    first = loans.lend(ITEMS[0], due_at=NOW).loan.id
    assert loans.lend(ITEMS[1], due_at=NOW).loan.id != first


def test_answers_are_true_at_the_moment_of_the_call(loans, clock):
    """`as_of` follows the clock; `since` stays."""
    loans.add(ITEMS[0])
    later = clock.tick(hours=3)
    seen = loans.get(ITEMS[0])
    assert (seen.as_of, seen.since, loans.live) == (later, NOW, True)


def test_a_renewal_moves_the_due_instant_and_nothing_else(loans):
    """Renewing keeps the loan's id and the item's state."""
    before = loans.lend(ITEMS[0], due_at=NOW)
    after = loans.extend(ITEMS[0], NOW + timedelta(days=7))
    assert (after.loan.due_at, after.loan.id, after.state) == (NOW + timedelta(days=7), before.loan.id, before.state)


def test_what_cannot_be_is_refused(loans):
    """No second loan, no renewal without one, no second record, no check-in into a state of another kind."""
    loans.lend(ITEMS[0], due_at=NOW)
    loans.add(ITEMS[1])
    with pytest.raises(Rejected, match="open loan"):
        loans.lend(ITEMS[0], due_at=NOW)
    with pytest.raises(Rejected, match="not on loan"):
        loans.extend(ITEMS[1], NOW)
    with pytest.raises(Rejected, match="exists"):
        loans.add(ITEMS[1])
    with pytest.raises(InvalidValue, match="checked_in"):
        loans.take_back(ITEMS[0], ItemState.LOST)
    with pytest.raises(NotFound):
        loans.get(ITEMS[2])


def test_a_declaration_leaves_the_loan_open_and_can_lie_in_the_past(loans):
    """Lost since last month is still the patron's loan; an untranslated word is kept."""
    loans.lend(ITEMS[0], due_at=NOW)
    lost = loans.say(ITEMS[0], ItemState.LOST, NOW - timedelta(days=30))
    assert (lost.since, lost.loan.returned_at) == (NOW - timedelta(days=30), None)
    odd = loans.say(ITEMS[0], ItemState.UNKNOWN_WORD, word="Display case")
    assert (odd.word, odd.since) == ("Display case", NOW)


def test_a_described_item_is_filed_as_it_is(loans, clock):
    """What a sample says of an item is kept, loan and word included, and is true of now."""
    seen = loans.say(loans.lend(ITEMS[0], due_at=NOW).item, ItemState.LOST)
    other = MemoryLoans(clock)
    other.put(seen)
    assert other.get(ITEMS[0]) == seen


def test_a_list_that_breaks_off_lacks_its_last_page(loans):
    """With `cut_after`, the pages before the break come and none of them says that it is the last."""
    loans = MemoryLoans(Ticking(NOW), page_size=2)
    for item in ITEMS:
        loans.lend(item, due_at=NOW)
    loans.cut_after = 1
    assert [page.last for page in loans.iter_items(ITEMS)] == [False]
    loans.cut_after = 0
    assert list(loans.iter_overdue(NOW)) == []


@given(size=st.integers(1, 5), asked=st.sets(st.integers(0, 8)), out=st.sets(st.integers(0, 5)))
def test_pages_hold_each_known_item_once(size, asked, out):
    """Pages conserve rows: what is known and asked for, once, in order, with the total on every page."""
    loans = MemoryLoans(Ticking(NOW), page_size=size)
    for number in out:
        loans.lend(ItemId("main", f"i{number}"), due_at=NOW)
    pages = list(loans.iter_items([ItemId("main", f"i{n}") for n in asked]))
    rows = [row.item.local for page in pages for row in page.rows]
    assert rows == sorted(f"i{n}" for n in asked & out)
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert {page.total for page in pages} == {len(rows)}


class Desk(RuleBasedStateMachine):
    """Staff at the desk against a dictionary of due dates."""

    def __init__(self):
        super().__init__()
        self.clock = Ticking(NOW)
        self.loans = MemoryLoans(self.clock, page_size=2)
        self.out = {}

    @rule(item=st.sampled_from(ITEMS), days=st.integers(-5, 5))
    def check_out(self, item, days):
        """An item without a loan goes out."""
        due = self.clock.at + timedelta(days=days)
        if item in self.out:
            with pytest.raises(Rejected):
                self.loans.lend(item, due_at=due)
        else:
            self.loans.lend(item, due_at=due)
            self.out[item] = due

    @precondition(lambda self: self.out)
    @rule(data=st.data(), days=st.integers(-5, 5))
    def renew(self, data, days):
        """A loan gets another due date."""
        item = data.draw(st.sampled_from(sorted(self.out)))
        self.out[item] = self.clock.at + timedelta(days=days)
        self.loans.extend(item, self.out[item])

    @precondition(lambda self: self.out)
    @rule(data=st.data(), state=st.sampled_from(BACK))
    def check_in(self, data, state):
        """An item comes back, and may be scanned again."""
        item = data.draw(st.sampled_from(sorted(self.out)))
        del self.out[item]
        once = self.loans.take_back(item, state)
        assert once.loan.returned_at == self.clock.at
        assert self.loans.take_back(item, state) == once

    @precondition(lambda self: self.out)
    @rule(data=st.data(), state=st.sampled_from([ItemState.LOST, ItemState.MISSING, ItemState.CLAIMS_RETURNED]))
    def declare(self, data, state):
        """What is said of an item does not end its loan."""
        self.loans.say(data.draw(st.sampled_from(sorted(self.out))), state)

    @rule(hours=st.integers(1, 50))
    def tick(self, hours):
        """Time goes on."""
        self.clock.tick(hours=hours)

    @invariant()
    def overdue_is_what_is_out_and_due(self):
        """`iter_overdue` is exactly the open loans that are due, and each agrees with `get`."""
        found = [loan for page in self.loans.iter_overdue(self.clock.at) for loan in page.rows]
        assert {loan.item: loan.due_at for loan in found} == {
            item: due for item, due in self.out.items() if due <= self.clock.at
        }
        assert all(self.loans.get(loan.item).loan == loan for loan in found)
        assert found == sorted(found, key=lambda loan: loan.due_at)


TestDesk = Desk.TestCase
