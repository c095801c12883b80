"""The life of a claim as a table: the patron says that the item was brought back, and the ILS has it on loan."""

from __future__ import annotations

from enum import Enum

from scld_core.kernel.states import StateTable, Transition

__all__ = ["SETTLED", "ClaimEvent", "ClaimState", "claim_states"]


class ClaimState(Enum):
    """Where a claim stands; each claim is in one."""

    OPEN = "open"
    FOUND = "found"  # it was in the library all the time
    RETURNED = "returned"  # the patron brought it after all
    LOST = "lost"  # the patron answers for it
    MISSING = "missing"  # nobody answers for it


class ClaimEvent(Enum):
    """What can happen to a claim."""

    SEARCHED = "searched"
    FOUND_ON_SHELF = "found_on_shelf"
    BROUGHT_BACK = "brought_back"
    DECLARED_LOST = "declared_lost"
    DECLARED_MISSING = "declared_missing"


_S, _E = ClaimState, ClaimEvent

SETTLED = frozenset({_S.FOUND, _S.RETURNED, _S.MISSING})
"""States in which the patron is charged nothing for the item."""

claim_states: StateTable[ClaimState, ClaimEvent] = StateTable(
    "claim",
    (
        Transition(_S.OPEN, _E.SEARCHED, _S.OPEN),
        *(
            Transition(before, event, after)
            for before in (_S.OPEN, _S.LOST, _S.MISSING)  # what was given up may turn up after all
            for event, after in ((_E.FOUND_ON_SHELF, _S.FOUND), (_E.BROUGHT_BACK, _S.RETURNED))
        ),
        Transition(_S.OPEN, _E.DECLARED_LOST, _S.LOST),
        Transition(_S.OPEN, _E.DECLARED_MISSING, _S.MISSING),
    ),
)
