"""Claims as values: their searches, how they end, how they are counted, and what they keep from being counted."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scld_core import codecs
from scld_core.calendars import Calendar
from scld_core.circulation.claims import (
    REASONS,
    Claim,
    ClaimFacts,
    Search,
    count_of,
    counts_until,
    due_search,
    may_claim,
    may_end,
    may_search,
    next_search,
    search_days,
)
from scld_core.circulation.model import ItemState
from scld_core.circulation.records import change_claim, claimed_items, keep_claim, stored_claim, stored_claims
from scld_core.circulation.states import SETTLED, ClaimEvent, ClaimState, claim_states
from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Verdict
from scld_core.kernel.ids import LoanId
from scld_core.memory.store import MemoryStore
from support.lending import CALENDAR, NOW, POLICY, codes, item, patron

DAY = timedelta(days=1)
TODAY = date(2026, 3, 10)
PLANNED = (date(2026, 3, 11), date(2026, 3, 17), date(2026, 4, 9))
ENDS = [event for event in ClaimEvent if event is not ClaimEvent.SEARCHED]


def claim(number=1, who=1, **more):
    """The claim of a loan of that number."""
    given = {"loan": LoanId("main", f"l{number}"), "item": item(number), "patron": patron(who), "planned": PLANNED}
    return Claim(**{**given, "claimed_at": NOW, "due_at": NOW - 5 * DAY, "by": "jdoe", **more})


def test_a_claim_names_nobody_and_is_kept_as_it_is():
    """Its repr has no patron; the codec gives it back."""
    whole = claim().searched(NOW + DAY, "jdoe").after(ClaimEvent.FOUND_ON_SHELF, NOW + 2 * DAY, "mroe")
    assert "p1" not in repr(whole)
    assert codecs.load(Claim, codecs.dump(whole)) == whole


def test_searches_are_planned_on_open_days():
    """A day on which it is closed moves to the next open day: April 7 and 8 are closed."""
    assert search_days(TODAY, POLICY, CALENDAR) == PLANNED
    assert search_days(date(2026, 3, 14), evolve(POLICY, claim_search_days=(0, 1, 2)), CALENDAR) == (
        date(2026, 3, 14),
        date(2026, 3, 16),
    )
    assert search_days(TODAY, POLICY, Calendar("America/Los_Angeles")) == ()
    assert search_days(date.max, POLICY, CALENDAR) == ()


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.sets(st.integers(0, 60)))
def test_no_search_falls_on_a_closed_day_or_on_another_one(day, wanted):
    """Every planned day is open, later than the one before, and not before the day that the policy names."""
    found = search_days(day, evolve(POLICY, claim_search_days=tuple(sorted(wanted))), CALENDAR)
    assert list(found) == sorted(set(found))
    assert all(CALENDAR.open_on(one) for one in found)
    assert len(found) <= len(wanted)
    assert all(any(one >= day + timedelta(days=n) for n in wanted) for one in found)


def test_searches_are_done_in_their_order_and_each_once():
    """The claim knows what is left, and no search is done that was not planned."""
    one = claim()
    assert (next_search(one), one.left) == (PLANNED[0], PLANNED)
    for place in range(3):
        one = one.searched(NOW + place * DAY, "jdoe")
    assert (one.left, next_search(one), [search.planned for search in one.searches]) == ((), None, list(PLANNED))
    with pytest.raises(InvalidValue, match="done"):
        one.searched(NOW, "jdoe")


@pytest.mark.parametrize(
    "change",
    [
        {"ended_at": NOW},
        {"state": ClaimState.LOST},
        {"searches": (Search(date(2026, 4, 1), NOW, "jdoe"),)},
    ],
)
def test_a_claim_that_cannot_be_is_refused(change):
    """Ended without an end, open with one, a search that nobody planned."""
    with pytest.raises(InvalidValue):
        claim(**change)


def test_the_table_ends_every_claim():
    """From open each end is possible; what was found or brought back stays so."""
    assert claim_states.final() == {ClaimState.FOUND, ClaimState.RETURNED}
    for event in ENDS:
        assert claim().after(event, NOW, "jdoe").state is not ClaimState.OPEN
    for state in (ClaimState.FOUND, ClaimState.RETURNED):
        ended = claim(state=state, ended_at=NOW)
        for event in ClaimEvent:
            with pytest.raises(InvalidValue):
                ended.after(event, NOW, "jdoe")


@pytest.mark.parametrize(
    ("facts", "manager", "verdict", "code"),
    [
        (ClaimFacts(state=ItemState.ON_LOAN), False, Verdict.PERMIT, "claim_permitted"),
        (ClaimFacts(state=ItemState.LOST, claims=1), False, Verdict.PERMIT, "claim_permitted"),
        (ClaimFacts(state=ItemState.ON_LOAN, claims=2), False, Verdict.REFER, "claims_used_up"),
        (ClaimFacts(state=ItemState.ON_LOAN, claims=2), True, Verdict.PERMIT, "claim_permitted"),
        (ClaimFacts(state=ItemState.CHECKED_IN, on_loan=False), True, Verdict.DENY, "not_on_loan"),
        (ClaimFacts(state=ItemState.CLAIMS_RETURNED, open_claim=True), True, Verdict.DENY, "claimed_already"),
    ],
)
def test_who_may_record_a_claim(facts, manager, verdict, code):
    """From so many claims on a manager decides; one loan is claimed once."""
    found = may_claim(facts, POLICY, manager=manager, version="v1")
    assert (found.verdict, codes(found)) == (verdict, [code])
    assert found.reasons[0].fits(REASONS)


def test_which_search_counts_today():
    """Not before its day, not after the last, not of a claim that has ended."""
    one = claim()
    cases = (
        (None, "no_claim"),
        (one, "no_search_due"),
        (evolve(one, planned=()), "searches_over"),
        (one.after(ClaimEvent.BROUGHT_BACK, NOW, "jdoe"), "claim_ended"),
    )
    for subject, code in cases:
        found = may_search(subject, TODAY)
        assert (found.permitted, codes(found)) == (False, [code])
        assert found.reasons[0].fits(REASONS)
    assert codes(may_search(one, PLANNED[0])) == ["search_due"]


def test_when_a_claim_is_given_up():
    """Not while a search is left, then by a manager; found or brought back is for anybody, at any time."""
    one, searched = claim(), claim(planned=())
    for event in (ClaimEvent.DECLARED_LOST, ClaimEvent.DECLARED_MISSING):
        assert codes(may_end(one, event)) == ["search_left"]
        assert may_end(searched, event).verdict is Verdict.REFER
        assert may_end(one, event, manager=True).permitted
        again = one.after(event, NOW, "boss")
        assert may_end(again, ClaimEvent.FOUND_ON_SHELF).permitted
        assert codes(may_end(again, event, manager=True)) == ["claim_ended"]
    assert may_end(one, ClaimEvent.FOUND_ON_SHELF).permitted
    assert codes(may_end(None, ClaimEvent.FOUND_ON_SHELF)) == ["no_claim"]


def test_which_claims_are_searched_for_today():
    """Open ones whose next day has come, the longest due first."""
    late, new = claim(1), claim(2, planned=(TODAY,))
    ended = claim(3, planned=(TODAY,)).after(ClaimEvent.BROUGHT_BACK, NOW, "jdoe")
    assert due_search((late, new, ended), TODAY) == (new,)
    assert due_search((late, new, ended), PLANNED[0]) == (new, late)


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from([None, *ENDS])), max_size=8))
def test_claims_are_counted_once_and_under_every_record(rows):
    """A loan counts once whatever became of its claim; over all patrons every claim is counted."""
    claims = []
    for number, who, end in rows:
        made = claim(number, who)
        claims.append(made if end is None else made.after(end, NOW, "jdoe"))
    for who in (1, 2, 3):
        mine = {one.loan for one in claims if one.patron == patron(who)}
        assert count_of([*claims, *claims], [patron(who)]) == len(mine)
    merged = {one.loan for one in claims if one.patron in (patron(1), patron(2))}
    assert count_of(claims, [patron(1), patron(2)]) == len(merged)


@given(st.sampled_from([None, *ENDS]))
def test_days_from_the_claim_on_are_the_patrons_only_when_it_was_wrong(end):
    """While it is open and when it turned out right nothing more is counted; as lost everything is."""
    made = claim() if end is None else claim().after(end, NOW + DAY, "jdoe")
    counted = counts_until([made])
    assert counted == ({} if made.state is ClaimState.LOST else {made.loan: NOW})
    assert (made.state in SETTLED) == (end not in (None, ClaimEvent.DECLARED_LOST))


# In the store.


def test_the_first_claim_of_a_loan_stays():
    """Keeping it again changes nothing; its journal names loan and item, and no person."""
    store = MemoryStore()
    assert keep_claim(store, claim()) == claim()
    assert keep_claim(store, claim(by="mroe")) == claim()
    assert stored_claims(store) == (claim(),)
    with store.transaction() as unit:
        (line,) = unit.journal.entries()
    assert (line.kind, line.subject, line.detail) == ("circulation.claim.claimed", "main:l1", "main:i1")


def test_open_claims_are_the_items_that_nobody_is_asked_for():
    """An item comes off the list as its claim ends."""
    store = MemoryStore()
    keep_claim(store, claim(1))
    keep_claim(store, claim(2))
    assert claimed_items(store) == {item(1), item(2)}
    loan = LoanId("main", "l1")
    change_claim(store, loan, lambda one: one.after(ClaimEvent.DECLARED_MISSING, NOW, "boss"), by="boss")
    assert claimed_items(store) == {item(2)}
    assert change_claim(store, loan, lambda one: None, by="boss").state is ClaimState.MISSING
    assert change_claim(store, LoanId("main", "none"), lambda one: one, by="boss") is None
    assert stored_claim(store, LoanId("main", "none")) is None


class Life(RuleBasedStateMachine):
    """A claim from its first day on: it is in exactly one state, and only the table moves it."""

    def __init__(self):
        super().__init__()
        self.claim = claim()
        self.at = NOW

    @rule(event=st.sampled_from(ENDS))
    def end(self, event):
        """Something ends it, or cannot."""
        self.at += DAY
        if claim_states.permits(self.claim.state, event):
            self.claim = self.claim.after(event, self.at, "jdoe")
        else:
            with pytest.raises(InvalidValue):
                self.claim.after(event, self.at, "jdoe")

    @rule()
    def search(self):
        """Somebody searches, or cannot."""
        self.at += DAY
        if self.claim.is_open and self.claim.left:
            self.claim = self.claim.searched(self.at, "jdoe")
        else:
            with pytest.raises(InvalidValue):
                self.claim.searched(self.at, "jdoe")

    @invariant()
    def counted(self):
        """It counts as one claim; the searches done and left are the planned ones."""
        assert count_of([self.claim], [patron(1)]) == 1
        assert (*(one.planned for one in self.claim.searches), *self.claim.left) == PLANNED
        assert self.claim.is_open == (self.claim.ended_at is None)


TestLife = Life.TestCase
