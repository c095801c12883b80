"""Taking a run back: the inverse of each effect it had, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from attrs import frozen

from scld_core.errors import BadInput
from scld_core.kernel.decision import Reason
from scld_core.kernel.time import EPOCH
from scld_core.runs.action import Action
from scld_core.runs.model import UNRESOLVED, Risk, Step, StepRecord, StepState
from scld_core.runs.ports import Store, Unit

__all__ = ["Undo", "inverse_steps"]


@frozen
class Undo:
    """The steps that take a run back, the effects that nothing takes back, and what is unsettled.

    What is unsettled has had no effect that we know of, so it is neither taken back nor stopped.
    """

    steps: tuple[Step, ...]
    irreversible: tuple[StepRecord, ...]
    unsettled: tuple[StepRecord, ...] = ()


def inverse_steps(store: Store, run: str, *, actions: Mapping[str, Action[Any]], business_day: date) -> Undo:
    """The inverse plan of `run`; BadInput when the district has no such run or it had no effect yet."""
    with store.transaction() as unit:
        records = unit.steps.of_run(run)
        standing = _standing(unit, records)
    done = [r for r in reversed(records) if r.step.id in standing]
    unsettled = tuple(r for r in records if r.state in UNRESOLVED and r.state is not StepState.AWAITING_APPROVAL)
    if unsettled and not done:
        raise BadInput(run, f"had no effect yet; {len(unsettled)} of its steps still wait", _UNSETTLED)
    if not done:
        raise BadInput(run, "had no effect that still stands", "`scld doctor DIR` lists the runs")
    late = next((r for r in done if r.step.business_day != business_day), None)
    if late is not None:
        raise BadInput(
            run, f"is of {late.step.business_day}; only a run of the same day is undone", "Run the day again"
        )
    steps = tuple(
        _inverse(r, actions[r.step.action].inverse, business_day) for r in done if actions[r.step.action].inverse
    )
    return Undo(steps, tuple(r for r in done if not actions[r.step.action].inverse), unsettled)


def _standing(unit: Unit, records: tuple[StepRecord, ...]) -> frozenset[str]:
    """The steps whose effect is the last one on its subject: what was done since is not taken back."""
    last: dict[str, str] = {}
    for area in {record.step.area for record in records}:
        for record in unit.steps.history(area, EPOCH):
            if record.state is StepState.APPLIED:
                last[record.step.subject] = record.step.id
    return frozenset(r.step.id for r in records if last.get(r.step.subject) == r.step.id)


_UNSETTLED = "Leave their rows of the worklist undone; when the cause is mended, the next run takes them off the list"


def _inverse(record: StepRecord, action: str, business_day: date) -> Step:
    return Step(
        action=action,
        subject=record.step.subject,
        cause=f"undo {record.step.id}",
        area=record.step.area,
        business_day=business_day,
        payload=record.step.payload,
        label=record.step.label,
        reasons=(Reason("undo", (("run", record.run),)),),
        evidence=record.step.evidence,
        risk=Risk.ROUTINE if record.step.risk is Risk.RISKY else Risk.RISKY,  # the inverse of giving is taking
        undoes=record.step.id,
        version=record.step.version,
    )
