"""Claims returned: the patron says that an item was brought back, and the ILS still has it on loan.

While a claim is open nothing is counted against the patron for that item: no day, no bill, no debt at
the agency. The library searches its shelves on dated days. What ends a claim is in `claim_states`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from scld_core.calendars import Calendar
from scld_core.circulation.model import ItemState
from scld_core.circulation.policy import CirculationPolicy
from scld_core.circulation.states import SETTLED, ClaimEvent, ClaimState, claim_states
from scld_core.errors import InvalidValue, SettingsError
from scld_core.kernel.decision import Decision, Reason, deny, permit, refer
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import at_least, each, instance, instant, nonempty, optional

__all__ = [
    "REASONS",
    "Claim",
    "ClaimFacts",
    "Search",
    "count_of",
    "counts_until",
    "due_search",
    "may_claim",
    "may_end",
    "may_search",
    "next_search",
    "search_days",
]

REASONS = {
    "claim_permitted": "The claim is recorded; it is number {number} of this patron.",
    "claims_used_up": "The patron has claimed {count} items; from {most} on a manager decides.",
    "claimed_already": "This loan was claimed already.",
    "not_on_loan": "It is not on loan.",
    "no_claim": "There is no claim for this item.",
    "claim_ended": "The claim has ended: {state}.",
    "search_due": "The search of {day} is done.",
    "no_search_due": "No search is due; the next one is on {day}.",
    "searches_over": "Every search is done and nothing was found; a manager decides whether it is lost or missing.",
    "claim_ends": "The claim ends: {state}.",
    "search_left": "A search is still to be done on {day}.",
}
"""The sentence of each code."""

_SECTION = "circulation.claims"


@frozen
class Search:
    """One search of the shelves that was done: the day for which it was planned, when, and by whom."""

    planned: date = field(validator=instance(date))
    at: datetime = field(validator=instant)
    by: str = field(validator=nonempty)


@frozen(kw_only=True)
class Claim:
    """One claim, about one loan.

    `planned` are the days on which the shelves are searched. `number` counts the patron's claims, this one
    included. `ended_at` and `ended_by` are there once it is not open.
    """

    loan: LoanId = field(validator=instance(LoanId))
    item: ItemId = field(validator=instance(ItemId))
    claimed_at: datetime = field(validator=instant)
    due_at: datetime = field(validator=instant)
    by: str = field(validator=nonempty)
    patron: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))
    planned: tuple[date, ...] = field(default=(), validator=each(instance(date)))
    number: int = field(default=1, validator=at_least(1))
    state: ClaimState = field(default=ClaimState.OPEN, validator=instance(ClaimState))
    searches: tuple[Search, ...] = field(default=(), validator=each(instance(Search)))
    ended_at: datetime | None = field(default=None, validator=optional(instant))
    ended_by: str = ""

    def __attrs_post_init__(self) -> None:
        if (self.ended_at is None) is not (self.state is ClaimState.OPEN):
            raise InvalidValue("Claim", "ended_at", "is for a claim that has ended, which needs it")
        done = [search.planned for search in self.searches]
        if done != list(self.planned[: len(done)]):
            raise InvalidValue("Claim", "searches", "must be the planned ones, in their order, each once")

    @property
    def is_open(self) -> bool:
        """Whether nothing is counted against the patron for the item."""
        return self.state is ClaimState.OPEN

    @property
    def left(self) -> tuple[date, ...]:
        """The days of the searches that are still to be done."""
        return self.planned[len(self.searches) :]

    def searched(self, at: datetime, by: str) -> Claim:
        """The claim after its next search found nothing; InvalidValue when none is left."""
        self._after(ClaimEvent.SEARCHED)
        if not self.left:
            raise InvalidValue("Claim", "searches", "are all done")
        return evolve(self, searches=(*self.searches, Search(self.left[0], at, by)))

    def after(self, event: ClaimEvent, at: datetime, by: str) -> Claim:
        """The claim once it has ended by `event`; InvalidValue where the table has no such row."""
        return evolve(self, state=self._after(event), ended_at=at, ended_by=by)

    def _after(self, event: ClaimEvent) -> ClaimState:
        return claim_states.after(self.state, event)


@frozen(kw_only=True)
class ClaimFacts:
    """What is known when a patron says to have brought an item back: `claims` is how many there were before."""

    state: ItemState = field(validator=instance(ItemState))
    on_loan: bool = True
    claims: int = field(default=0, validator=at_least(0))
    open_claim: bool = False


def may_claim(facts: ClaimFacts, policy: CirculationPolicy, *, version: str = "", manager: bool = False) -> Decision:
    """Whether a claim is recorded; from so many claims on only a `manager` may."""
    if not facts.on_loan:
        return deny(_said("not_on_loan", {}, version))
    if facts.open_claim:
        return deny(_said("claimed_already", {}, version))
    if facts.claims >= policy.claims_before_manager and not manager:
        told = {"count": str(facts.claims), "most": str(policy.claims_before_manager)}
        return refer(_said("claims_used_up", told, version))
    return permit(_said("claim_permitted", {"number": str(facts.claims + 1)}, version))


def may_search(claim: Claim | None, today: date, *, version: str = "") -> Decision:
    """Whether a search counts today: each planned one once, and not before its day."""
    if (ended := _unless_open(claim, version)) is not None or claim is None:
        return ended or deny(_said("no_claim", {}, version))
    if not claim.left:
        return refer(_said("searches_over", {}, version))
    day = claim.left[0]
    if day > today:
        return deny(_said("no_search_due", {"day": str(day)}, version))
    return permit(_said("search_due", {"day": str(day)}, version))


def may_end(claim: Claim | None, event: ClaimEvent, *, version: str = "", manager: bool = False) -> Decision:
    """Whether a claim ends by `event`. As lost or missing only after the last search, or when a `manager` says so."""
    if claim is None:
        return deny(_said("no_claim", {}, version))
    if not claim_states.permits(claim.state, event):
        return deny(_said("claim_ended", {"state": claim.state.value}, version))
    given_up = event in (ClaimEvent.DECLARED_LOST, ClaimEvent.DECLARED_MISSING)
    if given_up and not manager:
        if claim.left:
            return deny(_said("search_left", {"day": str(claim.left[0])}, version))
        return refer(_said("searches_over", {}, version))
    return permit(_said("claim_ends", {"state": claim_states.after(claim.state, event).value}, version))


def _unless_open(claim: Claim | None, version: str) -> Decision | None:
    if claim is None or claim.is_open:
        return None
    return deny(_said("claim_ended", {"state": claim.state.value}, version))


def _said(code: str, params: dict[str, str], version: str) -> Reason:
    return Reason(code, tuple(params.items()), _SECTION, version)


# Days.


def search_days(claimed: date, policy: CirculationPolicy, calendar: Calendar) -> tuple[date, ...]:
    """The days on which the shelves are searched for an item that is claimed on `claimed`.

    A day on which the district is closed moves to its next open day, or is left out where there is none;
    two searches never fall on one day.
    """
    found: list[date] = []
    for days in policy.claim_search_days:
        day = _open_day(claimed, days, calendar)
        if day is not None and day not in found:
            found.append(day)
    return tuple(sorted(found))


def _open_day(claimed: date, days: int, calendar: Calendar) -> date | None:
    try:
        day = claimed + timedelta(days=days)
        return day if calendar.open_on(day) else calendar.nth_open_day_after(day, 1)
    except (SettingsError, OverflowError):
        return None


def next_search(claim: Claim) -> date | None:
    """The day of the next search; None when none is left or the claim has ended."""
    return claim.left[0] if claim.is_open and claim.left else None


def due_search(claims: Iterable[Claim], today: date) -> tuple[Claim, ...]:
    """The open claims whose next search is due, the longest due first."""
    due = [(day, claim.loan, claim) for claim in claims if (day := next_search(claim)) is not None and day <= today]
    return tuple(claim for _, _, claim in sorted(due, key=lambda row: row[:2]))


def counts_until(claims: Iterable[Claim]) -> dict[LoanId, datetime]:
    """For each loan whose days are not all counted, the instant up to which they are.

    While a claim is open, and when it turned out right, the days from the claim on are not the patron's.
    """
    return {claim.loan: claim.claimed_at for claim in claims if claim.is_open or claim.state in SETTLED}


def count_of(claims: Iterable[Claim], records: Collection[PatronId]) -> int:
    """How many claims a patron has made, open and ended, under any of `records`: each loan once."""
    known: set[Any] = set(records)
    return len({claim.loan for claim in claims if claim.patron in known})
