"""Decisions about loans: each reason, all of them together, and the laws that hold for every decision."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve, fields
from hypothesis import given
from hypothesis import strategies as st

from scld_core.calendars import Calendar, Closure, WeeklyHours
from scld_core.circulation.model import ItemState
from scld_core.circulation.policy import CirculationPolicy, RenewFrom
from scld_core.circulation.rules import (
    REASONS,
    Borrower,
    CheckInFacts,
    CheckOutFacts,
    LostFacts,
    RenewFacts,
    days_overdue,
    due_on,
    lent_until,
    may_check_in,
    may_check_out,
    may_declare_lost,
    may_renew,
    renewal_start,
)
from scld_core.errors import InvalidValue
from scld_core.kernel.decision import Verdict
from scld_core.kernel.money import Money
from support.lending import CALENDAR, NORTH, OPEN, POLICY, codes

TODAY = date(2026, 3, 10)
DUE = date(2026, 4, 9)
MISSING = ["was_missing"]
OUT = CheckOutFacts(today=TODAY, state=ItemState.CHECKED_IN, kind="book", due=DUE, borrower=Borrower(owed=Money(0)))
RENEW = RenewFacts(
    today=TODAY, due=TODAY, state=ItemState.ON_LOAN, kind="book", renewed=DUE, borrower=Borrower(owed=Money(0))
)


def who(**more):
    """A borrower who owes nothing."""
    return Borrower(**{"owed": Money(0), **more})


def test_a_free_item_is_lent_to_somebody_in_good_standing():
    """The only reason is the day on which it is due, with the policy's section and version."""
    found = may_check_out(OUT, POLICY, version="v7")
    assert found.permitted
    (reason,) = found.reasons
    assert (reason.text(REASONS), reason.section, reason.version) == (
        "It may be lent; it is due on 2026-04-09.",
        "circulation",
        "v7",
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"borrower": who(blocks=("lost-card",))}, "blocked"),
        ({"borrower": who(owed=Money(5001))}, "owes_too_much"),
        ({"borrower": who(expires=date(2026, 3, 9))}, "card_expired"),
        ({"borrower": who(out=3)}, "item_limit"),
        ({"kind": "REF"}, "not_lent"),
        ({"kind": "reference"}, "not_lent"),
        ({"loanable": False}, "not_loanable"),
        ({"due": None}, "closed"),
        ({"on_loan": True}, "is_lent"),
        ({"on_loan": True, "to_patron": True}, "has_this_item"),
        ({"for_other": True}, "set_aside"),
        ({"state": ItemState.IN_TRANSIT}, "is_on_its_way"),
        ({"state": ItemState.LOST}, "is_lost"),
        ({"state": ItemState.LOST_PAID}, "is_lost"),
        ({"state": ItemState.MISSING}, "is_missing"),
        ({"state": ItemState.CLAIMS_RETURNED}, "is_claimed"),
        ({"state": ItemState.WITHDRAWN}, "is_withdrawn"),
    ],
)
def test_each_reason_against_lending(change, code):
    """One fact, one refusal, and its sentence has all it needs."""
    found = may_check_out(evolve(OUT, **change), POLICY)
    assert (found.verdict, codes(found)) == (Verdict.DENY, [code])
    assert found.reasons[0].fits(REASONS)


@pytest.mark.parametrize(
    ("change", "policy", "code"),
    [
        ({"borrower": Borrower()}, POLICY, "debt_unknown"),
        ({"borrower": who(out=None)}, POLICY, "items_unknown"),
        ({"state": ItemState.UNKNOWN_WORD, "word": "Display case"}, POLICY, "unknown_state"),
        ({"due": None}, evolve(POLICY, loan_days={"dvds": 14}), "no_term"),
    ],
)
def test_where_a_fact_is_missing_a_person_decides(change, policy, code):
    """What nobody told is neither yes nor no."""
    found = may_check_out(evolve(OUT, **change), policy)
    assert (found.verdict, codes(found)) == (Verdict.REFER, [code])
    assert found.reasons[0].fits(REASONS)


def test_without_a_limit_nothing_is_counted():
    """Neither what the patron owes nor how many items there are has to be known."""
    free = evolve(POLICY, max_items_out=None, max_owed_cents=None)
    assert may_check_out(evolve(OUT, borrower=Borrower(out=None)), free).permitted
    assert may_check_out(evolve(OUT, borrower=who(out=10_000, owed=Money(10**8))), free).permitted


def test_at_the_limit_and_on_the_last_day_it_is_still_permitted():
    """What is owed up to the limit, one item below it, and a card on its last day."""
    last = who(owed=Money(5000), out=2, expires=TODAY)
    assert may_check_out(evolve(OUT, borrower=last), POLICY).permitted


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"borrower": who(blocks=("lost-card",))}, "blocked"),
        ({"borrower": who(owed=Money(5001))}, "owes_too_much"),
        ({"borrower": who(expires=date(2026, 3, 9))}, "card_expired"),
        ({"on_loan": False}, "not_on_loan"),
        ({"state": ItemState.LOST}, "is_lost"),
        ({"state": ItemState.CLAIMS_RETURNED}, "is_claimed"),
        ({"kind": "DVD"}, "not_renewed"),
        ({"kind": "dvds"}, "not_renewed"),
        ({"renewals": 2}, "renewals_used_up"),
        ({"waiting_holds": 1}, "waiting_holds"),
        ({"due": TODAY - timedelta(days=28)}, "overdue_too_long"),
        ({"renewed": TODAY}, "no_gain"),
        ({"renewed": None}, "closed"),
    ],
)
def test_each_reason_against_renewing(change, code):
    """One fact, one refusal, and its sentence has all it needs."""
    found = may_renew(evolve(RENEW, **change), POLICY)
    assert (found.verdict, codes(found)) == (Verdict.DENY, [code])
    assert found.reasons[0].fits(REASONS)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"renewals": None}, "renewals_unknown"),
        ({"waiting_holds": None}, "holds_unknown"),
        ({"borrower": Borrower()}, "debt_unknown"),
    ],
)
def test_a_renewal_that_lacks_a_fact_is_for_a_person(change, code):
    """What nobody told is neither yes nor no."""
    assert codes(may_renew(evolve(RENEW, **change), POLICY)) == [code]
    assert may_renew(evolve(RENEW, **change), POLICY).verdict is Verdict.REFER


def test_a_kind_without_a_term_is_for_a_person():
    """The policy that names no term gives none."""
    bare = evolve(POLICY, loan_days={"dvds": 14})
    assert codes(may_renew(evolve(RENEW, renewed=None), bare)) == ["no_term"]


def test_a_permitted_renewal_counts():
    """It says which renewal it is, and of how many."""
    found = may_renew(evolve(RENEW, renewals=1), POLICY)
    assert found.reasons[0].text(REASONS) == "It may be renewed until 2026-04-09; that is renewal 2 of 2."


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (CheckInFacts(state=ItemState.ON_LOAN), ["check_in_permitted"]),
        (CheckInFacts(state=ItemState.ON_LOAN, days=3), ["check_in_permitted", "is_late"]),
        (CheckInFacts(state=ItemState.CLAIMS_RETURNED, days=3), ["check_in_permitted", "ends_claim"]),
        (CheckInFacts(state=ItemState.LOST, days=40), ["check_in_permitted", "is_late", "was_lost"]),
        (
            CheckInFacts(state=ItemState.MISSING, on_loan=False),
            ["check_in_permitted", "was_not_on_loan", "was_missing"],
        ),
    ],
)
def test_a_check_in_says_what_is_to_be_looked_at(facts, expected):
    """Everything but a withdrawn item is taken back."""
    found = may_check_in(facts)
    assert (found.permitted, codes(found)) == (True, expected)
    assert all(reason.fits(REASONS) for reason in found.reasons)


def test_a_withdrawn_item_is_not_taken_back():
    """It is no item of the collection any more."""
    assert codes(may_check_in(CheckInFacts(state=ItemState.WITHDRAWN))) == ["is_withdrawn"]


@pytest.mark.parametrize(
    ("facts", "verdict", "expected"),
    [
        (LostFacts(state=ItemState.ON_LOAN, days=28), Verdict.PERMIT, ["lost_permitted"]),
        (LostFacts(state=ItemState.ON_LOAN, days=27), Verdict.DENY, ["not_yet_lost"]),
        (LostFacts(state=ItemState.ON_LOAN, days=0, reported=True), Verdict.PERMIT, ["lost_reported"]),
        (LostFacts(state=ItemState.CHECKED_IN, on_loan=False, reported=True), Verdict.DENY, ["not_on_loan"]),
        (LostFacts(state=ItemState.LOST, days=40), Verdict.DENY, ["is_lost"]),
        (LostFacts(state=ItemState.CLAIMS_RETURNED, days=40), Verdict.DENY, ["is_claimed"]),
    ],
)
def test_when_an_item_is_declared_lost(facts, verdict, expected):
    """After so many days, or when the patron says so; never while a claim is open."""
    found = may_declare_lost(facts, POLICY)
    assert (found.verdict, codes(found)) == (verdict, expected)
    assert all(reason.fits(REASONS) for reason in found.reasons)


# Laws.

blocks = st.sets(st.sampled_from(("lost-card", "collection", "address"))).map(lambda names: tuple(sorted(names)))
borrowers = st.builds(
    Borrower,
    blocks=blocks,
    owed=st.none() | st.integers(0, 8000).map(Money),
    expires=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 20)),
    out=st.none() | st.integers(0, 4),
)
days = st.dates(date(2026, 1, 1), date(2026, 6, 1))
check_outs = st.builds(
    CheckOutFacts,
    today=st.just(TODAY),
    state=st.sampled_from(ItemState),
    borrower=borrowers,
    kind=st.sampled_from(("book", "DVD", "REF", "")),
    loanable=st.booleans(),
    on_loan=st.booleans(),
    to_patron=st.booleans(),
    for_other=st.booleans(),
    due=st.none() | days,
)
renewals = st.builds(
    RenewFacts,
    today=st.just(TODAY),
    due=days,
    state=st.sampled_from(ItemState),
    borrower=borrowers,
    kind=st.sampled_from(("book", "DVD", "")),
    on_loan=st.booleans(),
    renewals=st.none() | st.integers(0, 4),
    waiting_holds=st.none() | st.integers(0, 2),
    renewed=st.none() | days,
)
SEVERITY = {Verdict.PERMIT: 0, Verdict.REFER: 1, Verdict.DENY: 2}


@given(st.one_of(check_outs, renewals), st.sampled_from(("nonsense", "collection", "guarantor")))
def test_a_further_block_never_makes_a_decision_milder(facts, block):
    """Adding a block never turns deny into permit, nor refer into permit; without ignored ones it denies."""
    decide = may_check_out if isinstance(facts, CheckOutFacts) else may_renew
    more = evolve(facts, borrower=evolve(facts.borrower, blocks=tuple(sorted({*facts.borrower.blocks, block}))))
    before, after = decide(facts, POLICY), decide(more, POLICY)
    assert SEVERITY[after.verdict] >= SEVERITY[before.verdict]
    assert after.verdict is Verdict.DENY
    ignoring = evolve(POLICY, ignored_blocks=("lost-card", "collection", "address", block))
    assert decide(more, ignoring) == decide(facts, ignoring)


@given(st.one_of(check_outs, renewals), st.text(max_size=5))
def test_a_decision_is_total_and_replays(facts, version):
    """Every combination of facts has a decision, the same each time, whose reasons have a sentence and the version."""
    decide = may_check_out if isinstance(facts, CheckOutFacts) else may_renew
    found = decide(facts, POLICY, version=version)
    assert found == decide(facts, POLICY, version=version)
    assert found.reasons
    assert all(reason.fits(REASONS) and reason.version == version for reason in found.reasons)


def one_zone(closures=(), week=None):
    """A calendar in Spokane's zone."""
    return Calendar("America/Los_Angeles", (week or WeeklyHours(**dict.fromkeys(WEEK, OPEN)),), tuple(closures))


WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.integers(1, 200),
    st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2028, 6, 1)), st.integers(0, 9)), max_size=6),
    st.booleans(),
)
def test_nothing_is_due_on_a_closed_day(start, term, closed, district):
    """A due date is an open day of the library, never earlier than the term, and the first such day."""
    closures = [
        Closure(first, first + timedelta(days=more), "synthetic", () if district else (NORTH,))
        for first, more in closed
    ]
    calendar = one_zone(closures)
    policy = evolve(POLICY, loan_days={"standard": term})
    due = lent_until(start, "book", policy, calendar, NORTH)
    assert due is not None
    assert calendar.open_on(due, NORTH)
    first = start + timedelta(days=term)
    assert due >= first
    assert not any(calendar.open_on(first + timedelta(days=n), NORTH) for n in range((due - first).days))


@given(days, st.integers(1, 60))
def test_a_due_day_ends_with_the_local_day_whatever_the_clocks_do(day, term):
    """The instant is local midnight after the day, on both sides of a change of clocks, and reads back as the day."""
    due = lent_until(day, "book", evolve(POLICY, loan_days={"standard": term}), CALENDAR)
    instant = CALENDAR.end_of_business_day(due)
    wall = instant.astimezone(ZoneInfo("America/Los_Angeles"))
    assert (wall.date(), wall.time()) == (due + timedelta(days=1), time(0))
    assert due_on(instant, CALENDAR) == due


def test_a_calendar_that_never_opens_gives_no_day():
    """None, and the decision says so."""
    assert lent_until(TODAY, "book", POLICY, Calendar("America/Los_Angeles")) is None
    assert lent_until(date.max, "book", POLICY, CALENDAR) is None
    assert lent_until(TODAY, "book", evolve(POLICY, loan_days={}), CALENDAR) is None


def test_a_renewal_counts_from_where_the_policy_says():
    """From today, or from the day on which it was due."""
    assert renewal_start(TODAY, DUE, POLICY) == TODAY
    assert renewal_start(TODAY, DUE, evolve(POLICY, renew_from=RenewFrom.DUE)) == DUE


@given(days, st.integers(-20, 20), st.integers(0, 23))
def test_days_overdue_are_those_between_two_business_days(day, later, hour):
    """Nothing on the due day, one on the next: whatever hour it is, and across a change of clocks."""
    due_at = CALENDAR.end_of_business_day(day)
    until = CALENDAR.end_of_business_day(day + timedelta(days=later)) + timedelta(hours=hour)
    expected = (CALENDAR.business_date(until) - day).days if until >= due_at else 0
    assert days_overdue(due_at, until, CALENDAR) == max(0, expected)


def test_the_first_instant_there_is_was_due_on_the_first_day():
    """What some systems write for "always" breaks nothing."""
    assert due_on(datetime.min.replace(tzinfo=UTC), CALENDAR) == date.min


# The policy.


def test_kinds_are_found_by_the_ilss_own_word():
    """By its translation, by itself, else as all others."""
    assert [POLICY.days(word) for word in ("DVD", "dvds", "book", "")] == [14, 14, 28, 28]
    assert POLICY.kind("DVD") == "dvds"


@pytest.mark.parametrize(
    "change",
    [
        {"loan_days": {"standard": 0}},
        {"loan_days": {"": 7}},
        {"loan_days": 7},
        {"claim_search_days": (7, 1)},
        {"claim_search_days": (-1,)},
        {"lost_after_days": 0},
        {"max_renewals": True},
        {"kinds": {"DVD": 7}},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(change):
    """Each by its field."""
    with pytest.raises(InvalidValue, match=next(iter(change))):
        evolve(POLICY, **change)


def test_every_key_is_documented():
    """The class says of each of its keys what it decides."""
    assert [a.name for a in fields(CirculationPolicy) if a.name not in (CirculationPolicy.__doc__ or "")] == []
