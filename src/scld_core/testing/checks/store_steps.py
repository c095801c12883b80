"""The outbox: one open step for a subject, nothing lost of a record, and orders that mean something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from scld_core.errors import Conflict
from scld_core.runs.model import UNRESOLVED, StepRecord, StepState
from scld_core.runs.ports import Store
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.store_tools import Memory, do, record, rich_record, step
from scld_core.testing.synthetic import NOW

__all__ = ["CHECKS"]


def _put(store: Store, *records: StepRecord) -> None:
    for one in records:
        do(store, lambda unit, one=one: unit.steps.put(one))  # type: ignore[misc]


def equal_again(case: Memory) -> None:
    """A record comes back equal to what was put, in every field; an unknown id is None."""
    store = case.open().store
    _put(store, rich_record(), record(step(1)))
    with store.transaction() as unit:
        require(unit.steps.get(rich_record().step.id) == rich_record(), "a record is not what was put")
        require(unit.steps.get("0" * 16) is None, "an unknown step is not None")


def one_open_step(case: Memory) -> None:
    """A second open step of one action and subject is a Conflict, in every pair of open states."""
    for first in sorted(UNRESOLVED, key=str):
        store = case.open(instance=f"kit-{first.value}").store
        _put(store, record(step(1, subject="kit:x"), first))
        for second in sorted(UNRESOLVED, key=str):
            clash = record(step(2, subject="kit:x"), second)
            refused(lambda clash=clash: _put(store, clash), f"a step {second.value} beside one {first.value}", Conflict)  # type: ignore[misc] # noqa: B023
        with store.transaction() as unit:
            require(len(unit.steps.unresolved()) == 1, "a refused step was kept")


def no_false_conflict(case: Memory) -> None:
    """Another action, another subject, a step that is settled, and the same step again are no conflict."""
    store = case.open().store
    first = step(1, subject="kit:x")
    _put(store, record(first), record(first, StepState.WAITING_SYSTEM, minutes=1))
    _put(store, record(step(2, subject="kit:x", action="kit.restore")), record(step(3, subject="kit:y")))
    settled = sorted(set(StepState) - UNRESOLVED, key=str)
    _put(store, *(record(step(number, subject="kit:x"), state) for number, state in enumerate(settled, 10)))
    _put(store, record(first, StepState.APPLIED, minutes=2), record(step(4, subject="kit:x")))
    with store.transaction() as unit:
        require(len(unit.steps.unresolved()) == 3, "settled steps are open, or open ones are missing")


def first_come(case: Memory) -> None:
    """Open steps and a run's steps come in the order in which each was first put, whatever changed since."""
    store = case.open().store
    steps = [step(3), step(1), step(2, area="other")]
    _put(store, *(record(one) for one in steps))
    _put(store, record(steps[1], StepState.UNKNOWN, run="run-2", minutes=9), record(step(9), StepState.APPLIED))
    with store.transaction() as unit:
        found = [one.step.id for one in unit.steps.unresolved()]
        require(found == [one.id for one in steps], "open steps are not in the order in which they were first put")
        areas = [one.step.id for one in unit.steps.unresolved("kit")]
        require(areas == [one.id for one in steps[:2]], "the open steps of an area are not those")
        runs = [one.step.id for one in unit.steps.of_run("run-1")]
        require(runs == [steps[0].id, steps[2].id, step(9).id], "a run's steps are not those that it put last")


def history_in_time(case: Memory) -> None:
    """The history of an area has every state, oldest change first, from its first instant on."""
    store = case.open().store
    minutes = {1: 30, 2: 10, 3: 20, 4: 5}
    for state, (number, minute) in zip(StepState, minutes.items(), strict=False):
        _put(store, record(step(number), state, minutes=minute))
    _put(store, record(step(5), StepState.APPLIED, minutes=40), record(step(6, area="other"), minutes=50))
    with store.transaction() as unit:
        found = [one.step.subject for one in unit.steps.history("kit", NOW + timedelta(minutes=10))]
        later = unit.steps.history("kit", NOW + timedelta(minutes=10, microseconds=1))
    require(found == ["kit:i2", "kit:i3", "kit:i1", "kit:i5"], "the history is not whole, or not in order of time")
    require(len(later) == 3, "the history does not begin at its instant, to the microsecond")


CHECKS: tuple[Check[Any], ...] = tuple(
    check("store", "transaction", writes=True)(one)
    for one in (equal_again, one_open_step, no_false_conflict, first_come, history_in_time)
)
"""In the order of the report."""
