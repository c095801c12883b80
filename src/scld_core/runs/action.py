"""What an area registers so that the engine can carry out its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from scld_core.kernel.decision import Decision
from scld_core.kernel.validate import at_least, nonempty
from scld_core.runs.model import Answer, AreaPlan, ReadBack, Step, StepRecord

__all__ = ["Action", "Area", "Progress", "Stage", "silent"]

P = TypeVar("P")


def _one_system(payload: object) -> str:
    """The area stands before one system only."""
    del payload
    return ""


@frozen
class Action(Generic[P]):
    """One kind of change.

    `recheck` reads the facts again right before the call and denies when the step no longer
    follows from them. `do` sends, with the step's key. `read_back` asks what became of a request.
    `needs_approval` holds whatever a step or a plan file says. `inverse` names the action that
    takes this one back; blank when nothing does. `version` counts the shapes that the payload has
    had: a step planned in another one is refused. `system` names the system that a payload is for,
    so that one that does not answer is not asked for ever; blank where there is only one.
    """

    name: str = field(validator=nonempty)
    payload: type[P]
    recheck: Callable[[P, Step], Decision]
    do: Callable[[P, str], Answer]
    read_back: Callable[[P, StepRecord], ReadBack]
    inverse: str = ""
    needs_approval: bool = False
    version: int = field(default=1, validator=at_least(1))
    system: Callable[[P], str] = _one_system


@frozen
class Area:
    """An area of the day's run: its actions and its plan.

    `plan_day` reads the area's systems and compares them; it changes nothing. It is given every
    record of the area, so that what is already under way is not planned again.

    `bound` is given the steps that would take a run back, and every record of the area: its plan has
    those that the area's limits allow, an exception for each of the others, and the blast limit.
    None where the area has no limits.

    `desk` is set for the area of a desk, in which nothing is planned: the day's plan has it while
    something of it waits.
    """

    name: str = field(validator=nonempty)
    actions: tuple[Action[Any], ...]
    plan_day: Callable[[tuple[StepRecord, ...]], AreaPlan]
    bound: Callable[[tuple[Step, ...], tuple[StepRecord, ...]], AreaPlan] | None = None
    desk: bool = False


@frozen
class Stage:
    """Where a long piece of work stands: `done` of `total` of `what`, now at `label`."""

    what: str
    done: int
    total: int
    label: str = ""


Progress = Callable[[Stage], None]
"""Called at every stage of the work, in the order in which effects become durable."""


def silent(stage: Stage) -> None:
    """A progress callback that shows nothing."""
    del stage
