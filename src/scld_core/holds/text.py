"""The sentences of this area, by code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from scld_core.holds.model import Hold, HoldManner, Place
from scld_core.holds.rules import REASONS as RULES
from scld_core.holds.states import HoldState
from scld_core.kernel.decision import Reason
from scld_core.runs.one_step import REASONS as WRITES

__all__ = ["REASONS", "TEXTS", "VERBS", "standing"]

STANDING = {
    "hold_waiting": "It waits for an item of the title.",
    "hold_rank": "It is number {rank} among those that wait for the title.",
    "hold_unfillable": "No item could ever fill it: offer to cancel it, or to ask another library.",
    "hold_targets": "Items that could fill it: {count}.",
    "hold_suspended": "It is suspended and passed over until {day}.",
    "hold_suspended_open": "It is suspended and passed over until somebody reactivates it.",
    "hold_place_kept": "It keeps its place while it is suspended.",
    "hold_place_hidden": "Those behind it move up meanwhile, and it comes back to its old place.",
    "hold_place_lost": "It comes back as the last of the title.",
    "hold_trapped": "An item is set aside for it and has to be sent to {pickup}.",
    "hold_in_transit": "An item is on its way to {pickup}.",
    "hold_ready": "An item waits on the hold shelf of {pickup}.",
    "hold_shelf_until": "It may be picked up until {day}.",
    "hold_not_needed_after": "The patron wants it until {day}.",
    "hold_ended": "The hold has ended: {state}.",
}
"""How a hold stands, in words for the patron at the desk."""

REASONS = {**WRITES, **RULES, **STANDING}
"""Why something may be done with a hold or not, and how it stands."""

TEXTS: dict[str, str] = {}
"""Nothing of a hold is in the day's report but what waits."""

VERBS = {
    "holds.place": "place a hold",
    "holds.cancel": "cancel a hold",
    "holds.suspend": "suspend a hold",
    "holds.reactivate": "reactivate a hold",
    "holds.change_pickup": "change where a hold is picked up",
}
"""What each action does."""

_SENT = {HoldState.TRAPPED: "hold_trapped", HoldState.IN_TRANSIT: "hold_in_transit", HoldState.READY: "hold_ready"}
_PLACES = {Place.KEPT: "hold_place_kept", Place.HIDDEN: "hold_place_hidden", Place.LOST: "hold_place_lost"}


def standing(hold: Hold, manner: HoldManner) -> tuple[Reason, ...]:
    """How a hold stands, as reasons whose sentences are in `REASONS`; names no person."""
    return tuple(Reason(code, tuple(params.items()), "holds") for code, params in _standing(hold, manner))


def _standing(hold: Hold, manner: HoldManner) -> Iterator[tuple[str, dict[str, str]]]:
    if not hold.is_open:
        yield "hold_ended", {"state": hold.state.value}
        return
    if hold.state in _SENT:
        yield _SENT[hold.state], {"pickup": str(hold.pickup)}
    elif hold.state is HoldState.SUSPENDED:
        yield from _suspended(hold, manner)
    elif hold.rank is None:
        yield "hold_waiting", {}
    if hold.rank is not None:
        yield "hold_rank", {"rank": str(hold.rank)}
    if hold.unfillable:
        yield "hold_unfillable", {}
    elif hold.targets:
        yield "hold_targets", {"count": str(len(hold.targets))}
    yield from _days(("hold_shelf_until", hold.shelf_until), ("hold_not_needed_after", hold.not_needed_after))


def _suspended(hold: Hold, manner: HoldManner) -> Iterator[tuple[str, dict[str, str]]]:
    until = tuple(_days(("hold_suspended", hold.suspended_until)))
    yield from until or (("hold_suspended_open", dict[str, str]()),)
    yield _PLACES[manner.place], {}


def _days(*days: tuple[str, date | None]) -> Iterator[tuple[str, dict[str, str]]]:
    yield from ((code, {"day": str(day)}) for code, day in days if day is not None)
