"""Decisions about holds, pure: facts, policy and the day in; a verdict with every reason out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from attrs import evolve, field, frozen

from scld_core.calendars import Calendar
from scld_core.holds.model import Hold, HoldManner, OnTrapped, Place
from scld_core.holds.policy import HoldPolicy
from scld_core.holds.states import TRAPPED, HoldEvent, HoldState, hold_states
from scld_core.kernel.decision import Decision, Reason, deny, permit, refer
from scld_core.kernel.ids import ItemId, LocationId
from scld_core.kernel.money import Money
from scld_core.kernel.validate import at_least, each, instance, nonempty, optional

__all__ = [
    "REASONS",
    "PlaceFacts",
    "first_fillable",
    "in_order",
    "in_shelf_order",
    "may_cancel",
    "may_change_pickup",
    "may_place",
    "may_reactivate",
    "may_suspend",
    "most_holds",
    "on_day",
    "on_shelf",
    "pulls",
    "ranked",
    "shelf_end",
]

REASONS = {
    "hold_permitted": "A hold may be placed; the patron has {open} of {most}.",
    "hold_stands": "The hold is open ({state}), and nothing is against changing it.",
    "blocked": "The account has a block: {block}.",
    "owes_too_much": "The patron owes {owed}; the limit is {limit}.",
    "debt_unknown": "What the patron owes is not known.",
    "hold_limit": "The patron has {open} holds; {most} are permitted.",
    "hold_limit_inactive": "Before the card is activated in person, {most} holds are permitted; there are {open}.",
    "card_expired": "The card expired on {day}.",
    "same_title": "The patron has a hold on this title already.",
    "has_it": "The patron has an item of this title on loan.",
    "title_withdrawn": "The title has no item any more.",
    "not_holdable": "Items of this kind cannot be held.",
    "item_of_other_title": "The item is one of another title.",
    "unknown_pickup": "{pickup} is no library where holds are picked up.",
    "pickup_closed": "{pickup} is closed and takes no holds.",
    "not_needed_any_more": "{day}, the last day on which it is wanted, is past.",
    "day_passed": "{day} is not after today.",
    "item_set_aside": "An item is set aside for this hold already.",
    "hold_ended": "The hold has ended: {state}.",
    "not_offered": "This system does not hold single items.",
    "title_not_offered": "This system holds single items only.",
}
"""The sentence of each code."""

_SECTION = "holds"


@frozen(kw_only=True)
class PlaceFacts:
    """What is known when somebody asks for a hold; no name, no number.

    `owed` is None where it is not known. `activated` is false for somebody who registered online and has
    not been in, `entitled` for a kind of card that is not good for holds. `expires` is the last day of the
    card, None without one. `pickup` is the library asked
    for, `pickup_known` whether it is one for holds, `pickup_open` whether it takes them now.
    """

    today: date
    pickup: str = field(validator=nonempty)
    blocks: tuple[str, ...] = field(default=(), validator=each(nonempty))
    owed: Money | None = field(default=None, validator=optional(instance(Money)))
    activated: bool = True
    entitled: bool = True
    expires: date | None = None
    open_holds: int = field(default=0, validator=at_least(0))
    same_title: bool = False
    has_it: bool = False
    title_withdrawn: bool = False
    holdable: bool = True
    for_item: bool = False
    item_of_title: bool = True
    pickup_known: bool = True
    pickup_open: bool = True
    not_needed_after: date | None = None


def may_place(facts: PlaceFacts, policy: HoldPolicy, manner: HoldManner, *, version: str = "") -> Decision:
    """Whether a hold may be placed: no for all reasons together, and a person decides where a fact is missing."""
    against = [_said(code, params, version) for code, params in _against(facts, policy, manner)]
    if against:
        return deny(*against)
    if policy.max_owed_cents is not None and facts.owed is None:
        return refer(_said("debt_unknown", {}, version))
    counts = {"open": str(facts.open_holds), "most": str(most_holds(facts.activated, policy))}
    return permit(_said("hold_permitted", counts, version))


def _said(code: str, params: dict[str, str], version: str) -> Reason:
    return Reason(code, tuple(params.items()), _SECTION, version)


def most_holds(activated: bool, policy: HoldPolicy) -> int:  # noqa: FBT001 - it is a fact, not a switch
    """How many open holds a patron may have."""
    return policy.max_holds if activated else min(policy.max_holds, policy.before_activation)


def _against(facts: PlaceFacts, policy: HoldPolicy, manner: HoldManner) -> Iterator[tuple[str, dict[str, str]]]:
    yield from _of_the_patron(facts, policy)
    checks = (
        ("same_title", facts.same_title),
        ("has_it", facts.has_it),
        ("title_withdrawn", facts.title_withdrawn),
        ("not_holdable", not facts.holdable),
        ("item_of_other_title", facts.for_item and not facts.item_of_title),
        ("not_offered", facts.for_item and not manner.item_level),
        ("title_not_offered", not facts.for_item and not manner.title_level),
    )
    yield from ((code, {}) for code, applies in checks if applies)
    if not facts.pickup_known:
        yield "unknown_pickup", {"pickup": facts.pickup}
    elif not facts.pickup_open:
        yield "pickup_closed", {"pickup": facts.pickup}
    if facts.not_needed_after is not None and facts.not_needed_after < facts.today:
        yield "not_needed_any_more", {"day": str(facts.not_needed_after)}


def _of_the_patron(facts: PlaceFacts, policy: HoldPolicy) -> Iterator[tuple[str, dict[str, str]]]:
    for block in sorted(set(facts.blocks) - set(policy.ignored_blocks)):
        yield "blocked", {"block": block}
    limit, owed = policy.max_owed_cents, facts.owed
    if limit is not None and owed is not None and owed.cents > limit:
        yield "owes_too_much", {"owed": str(owed), "limit": str(Money(limit, owed.currency))}
    if facts.expires is not None and facts.expires < facts.today:
        yield "card_expired", {"day": str(facts.expires)}
    if not facts.entitled:
        yield "card_not_for_holds", {}
    if facts.open_holds >= most_holds(facts.activated, policy):
        code = "hold_limit" if facts.activated else "hold_limit_inactive"
        yield code, {"open": str(facts.open_holds), "most": str(most_holds(facts.activated, policy))}


def may_cancel(hold: Hold, *, version: str = "") -> Decision:
    """Whether a hold can still be cancelled."""
    return _unless_ended(hold, HoldEvent.CANCELLED, version) or _stands(hold, version)


def may_suspend(hold: Hold, manner: HoldManner, until: date | None, *, today: date, version: str = "") -> Decision:
    """Whether a hold can be suspended until a day: only then may the backend be asked."""
    ended = _unless_ended(hold, HoldEvent.SUSPENDED, version)
    if ended is not None:
        return ended
    against: list[Reason] = []
    if hold.state in TRAPPED and manner.on_trapped is OnTrapped.REFUSED:
        against.append(_said("item_set_aside", {}, version))
    if until is not None and until <= today:
        against.append(_said("day_passed", {"day": str(until)}, version))
    return deny(*against) if against else _stands(hold, version)


def may_reactivate(hold: Hold, *, version: str = "") -> Decision:
    """Whether a hold can be reactivated; one that is not suspended is left as it is."""
    if not hold.is_open:
        return deny(_said("hold_ended", {"state": hold.state.value}, version))
    return _stands(hold, version)


def may_change_pickup(
    hold: Hold, manner: HoldManner, pickup: str, *, known: bool, open_: bool, version: str = ""
) -> Decision:
    """Whether the pickup library of a hold can be changed to one that is `known` and `open_`."""
    ended = _unless_ended(hold, HoldEvent.PICKUP_MOVED, version)
    if ended is not None:
        return ended
    against: list[Reason] = []
    if hold.state in TRAPPED and not manner.moves_trapped:
        against.append(_said("item_set_aside", {}, version))
    if not known:
        against.append(_said("unknown_pickup", {"pickup": pickup}, version))
    elif not open_:
        against.append(_said("pickup_closed", {"pickup": pickup}, version))
    return deny(*against) if against else _stands(hold, version)


def _stands(hold: Hold, version: str) -> Decision:
    return permit(_said("hold_stands", {"state": hold.state.value}, version))


def _unless_ended(hold: Hold, event: HoldEvent, version: str) -> Decision | None:
    if hold_states.permits(hold.state, event):
        return None
    return deny(_said("hold_ended", {"state": hold.state.value}, version))


def on_day(hold: Hold, today: date) -> Hold:
    """A hold as the days make it: a suspension ends on its day, and a hold after its last one."""
    if hold.state is HoldState.SUSPENDED and hold.suspended_until is not None and hold.suspended_until <= today:
        hold = evolve(hold, state=HoldState.WAITING, suspended_until=None)
    if hold.state in (HoldState.WAITING, HoldState.SUSPENDED) and _past(hold.not_needed_after, today):
        return evolve(hold, state=HoldState.EXPIRED, suspended_until=None, rank=None)
    if hold.state is HoldState.READY and _past(hold.shelf_until, today):
        return evolve(hold, state=HoldState.UNCLAIMED)
    return hold


def _past(day: date | None, today: date) -> bool:
    return day is not None and day < today


def in_order(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    """Open holds of one title as they will be filled: those with an item first, then by place in the queue.

    The order of what is given is the place in the queue.
    """
    given = [hold for hold in holds if hold.is_open]
    return (*(h for h in given if h.state in TRAPPED), *(h for h in given if h.state not in TRAPPED))


def ranked(holds: Sequence[Hold], place: Place) -> tuple[Hold, ...]:
    """The same holds with their ranks: 1 to n without a gap, in the order given.

    Ranks are counted over those that wait, and with Place.KEPT over the suspended ones as well.
    """
    counted = {HoldState.WAITING} | ({HoldState.SUSPENDED} if place is Place.KEPT else set[HoldState]())
    ranks = iter(range(1, len(holds) + 1))
    return tuple(evolve(hold, rank=next(ranks) if hold.state in counted else None) for hold in holds)


def on_shelf(hold: Hold) -> bool:
    """Whether its item stands on the hold shelf: it is ready, or was not picked up and not taken down yet."""
    return hold.state in (HoldState.READY, HoldState.UNCLAIMED) and hold.trapped is not None


def in_shelf_order(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    """Holds on a shelf, the first day over first; those without a last day come after the others."""
    return tuple(sorted(holds, key=lambda one: (one.shelf_until or date.max, one.id)))


def first_fillable(holds: Sequence[Hold], item: ItemId) -> Hold | None:
    """The first hold in the order given that waits and that an item can fill."""
    return next((h for h in holds if h.state is HoldState.WAITING and item in (h.targets or ())), None)


def pulls(holds: Sequence[Hold], on_shelf: Collection[ItemId]) -> Iterator[tuple[Hold, ItemId]]:
    """Which item on a shelf to fetch for which hold: each hold in order takes one of the items left for it.

    It leaves an item that another hold asks for by number, as long as another one will do.
    """
    left = sorted(on_shelf)
    asked = {hold.item for hold in holds if hold.state is HoldState.WAITING and hold.item is not None}
    for hold in holds:
        fits = [item for item in left if hold.state is HoldState.WAITING and item in (hold.targets or ())]
        if fits:
            item = next((one for one in fits if one not in asked or one == hold.item), fits[0])
            left.remove(item)
            yield hold, item


def shelf_end(arrived: date, pickup: LocationId, policy: HoldPolicy, calendar: Calendar) -> date:
    """The last day on which an item that arrived on a day may be picked up: days on which that library is open."""
    return calendar.nth_open_day_after(arrived, policy.shelf_days, pickup)
