"""The life of a hold as a table; what a hold is stands in `model`.

Whether anything could fill a hold is no state: a hold waits, and `Hold.targets` says for what.
"""

from __future__ import annotations

from enum import Enum

from scld_core.kernel.states import StateTable, Transition

__all__ = ["OPEN", "TRAPPED", "HoldEvent", "HoldState", "hold_states"]


class HoldState(Enum):
    """Where a hold stands; each hold is in one."""

    WAITING = "waiting"
    SUSPENDED = "suspended"
    TRAPPED = "trapped"  # an item is set aside for it, and is not yet where it is to be picked up
    IN_TRANSIT = "in_transit"
    READY = "ready"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCLAIMED = "unclaimed"


class HoldEvent(Enum):
    """What can happen to a hold."""

    ITEM_TRAPPED = "item_trapped"
    ITEM_SENT = "item_sent"
    ITEM_ARRIVED = "item_arrived"
    ITEM_FREED = "item_freed"  # lost on the way, damaged, or needed elsewhere
    SUSPENDED = "suspended"
    REACTIVATED = "reactivated"
    PICKUP_MOVED = "pickup_moved"
    PICKED_UP = "picked_up"
    NOT_PICKED_UP = "not_picked_up"
    NOT_NEEDED_ANY_MORE = "not_needed_any_more"
    CANCELLED = "cancelled"


_S, _E = HoldState, HoldEvent

TRAPPED = frozenset({_S.TRAPPED, _S.IN_TRANSIT, _S.READY})
"""States in which an item is set aside for the hold."""

OPEN = TRAPPED | {_S.WAITING, _S.SUSPENDED}
"""States that count as a hold of the patron."""

_open = tuple(state for state in HoldState if state in OPEN)
_trapped = tuple(state for state in HoldState if state in TRAPPED)

hold_states: StateTable[HoldState, HoldEvent] = StateTable(
    "hold",
    (
        Transition(_S.WAITING, _E.ITEM_TRAPPED, _S.TRAPPED),
        Transition(_S.WAITING, _E.SUSPENDED, _S.SUSPENDED),
        Transition(_S.WAITING, _E.PICKUP_MOVED, _S.WAITING),
        Transition(_S.WAITING, _E.NOT_NEEDED_ANY_MORE, _S.EXPIRED),
        Transition(_S.SUSPENDED, _E.REACTIVATED, _S.WAITING),
        Transition(_S.SUSPENDED, _E.SUSPENDED, _S.SUSPENDED),
        Transition(_S.SUSPENDED, _E.PICKUP_MOVED, _S.SUSPENDED),
        Transition(_S.SUSPENDED, _E.NOT_NEEDED_ANY_MORE, _S.EXPIRED),
        Transition(_S.TRAPPED, _E.ITEM_SENT, _S.IN_TRANSIT),
        Transition(_S.TRAPPED, _E.ITEM_ARRIVED, _S.READY),
        Transition(_S.IN_TRANSIT, _E.ITEM_ARRIVED, _S.READY),
        Transition(_S.READY, _E.PICKED_UP, _S.FILLED),
        Transition(_S.READY, _E.NOT_PICKED_UP, _S.UNCLAIMED),
        *(Transition(state, _E.PICKUP_MOVED, _S.TRAPPED) for state in _trapped),
        *(Transition(state, _E.ITEM_FREED, _S.WAITING) for state in _trapped),
        *(Transition(state, _E.SUSPENDED, _S.SUSPENDED) for state in _trapped),
        *(Transition(state, _E.CANCELLED, _S.CANCELLED) for state in _open),
    ),
)
