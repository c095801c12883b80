"""Exit codes, and the sentence a person reads when something stopped."""

from __future__ import annotations

from collections.abc import Iterable

from scld_core.errors import BackendError, GuardStopped, ScldError
from scld_core.runs.model import Receipt, StopKind
from scld_core.services.day.run import DayResult, went_wrong

__all__ = ["BAD_INPUT", "DONE", "GUARD", "TROUBLE", "WAITING", "code_of", "code_of_day", "code_of_receipts"]

DONE = 0
BAD_INPUT = 2
WAITING = 3
GUARD = 4
TROUBLE = 5


_STOPPED = {StopKind.INPUT: BAD_INPUT, StopKind.GUARD: GUARD, StopKind.SYSTEM: TROUBLE}


def code_of(error: ScldError) -> int:
    """The exit code for what stopped a command."""
    if isinstance(error, GuardStopped):
        return GUARD
    if isinstance(error, BackendError):
        return TROUBLE
    return BAD_INPUT  # BadInput, InvalidValue, PluginError: the tree has no other branch


def code_of_receipts(receipts: Iterable[Receipt]) -> int:
    """5 when a step failed or is unknown, else 0."""
    return TROUBLE if went_wrong(receipts) else DONE


def code_of_day(result: DayResult, *, strict: bool) -> int:
    """0 done, 5 trouble or unexplained differences after a run, 3 with `strict` when somebody is waited for.

    An area that was stopped gives the code that it would give alone: 4 for a guard, 2 for what was given.
    """
    if result.trouble or (result.verification is not None and result.residual):
        return TROUBLE
    if result.stopped:
        return max(_STOPPED[area.stopped.kind] for area in result.stopped if area.stopped)
    return WAITING if strict and result.waiting else DONE
