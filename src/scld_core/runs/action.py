"""What an area registers so that the engine can carry out its steps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from scld_core.kernel.decision import Decision
from scld_core.kernel.validate import nonempty
from scld_core.runs.model import Answer, AreaPlan, ReadBack, Step, StepRecord

__all__ = ["Action", "Area", "Progress", "Stage", "silent"]

P = TypeVar("P")


@frozen
class Action(Generic[P]):
    """One kind of change.

    `recheck` reads the facts again right before the call and denies when the step no longer
    follows from them. `do` sends, with the step's key. `read_back` asks what became of a request.
    `needs_approval` holds whatever a step or a plan file says. `inverse` names the action that
    takes this one back; blank when nothing does.
    """

    name: str = field(validator=nonempty)
    payload: type[P]
    recheck: Callable[[P, Step], Decision]
    do: Callable[[P, str], Answer]
    read_back: Callable[[P, StepRecord], ReadBack]
    inverse: str = ""
    needs_approval: bool = False


@frozen
class Area:
    """An area of the day's run: its actions and its plan.

    `plan_day` reads the area's systems and compares them; it changes nothing. It is given every
    record of the area, so that what is already under way is not planned again.
    """

    name: str = field(validator=nonempty)
    actions: tuple[Action[Any], ...]
    plan_day: Callable[[datetime, tuple[StepRecord, ...]], AreaPlan]


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
