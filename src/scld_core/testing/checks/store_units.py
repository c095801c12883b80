"""Transactions: all or nothing, and over when they are over."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from scld_core.errors import Conflict
from scld_core.runs.model import StepState
from scld_core.runs.ports import Unit
from scld_core.testing.case import Check, check, fail, require
from scld_core.testing.store_tools import KIND, Breakdown, Memory, do, entry, everything, record, step

__all__ = ["CHECKS"]


def rolls_back(case: Memory) -> None:
    """A transaction that raises leaves no step, no audit line and no document, and its exception passes through."""
    store = case.open().store
    do(store, lambda u: u.records(KIND).put("a", "1"), lambda u: u.steps.put(record(step(1))))
    before = everything(store)
    fault = Breakdown()
    try:
        with store.transaction() as unit:
            unit.steps.put(record(step(1), StepState.APPLIED, minutes=1))
            unit.steps.put(record(step(2)))
            unit.journal.append(entry(1))
            unit.records(KIND).put("a", "2")
            unit.records(KIND).put("b", "2")
            raise fault
    except Breakdown as passed:
        require(passed is fault, "another exception came out than went in")
    else:
        fail("the exception of a transaction's body is swallowed")
    require(everything(store) == before, "a transaction that raised has left something")


def commits_together(case: Memory) -> None:
    """A transaction that ends well leaves all that was written in it, in its own sight and afterwards."""
    store = case.open().store
    with store.transaction() as unit:
        unit.steps.put(record(step(1)))
        unit.journal.append(entry(1))
        unit.records(KIND).put("a", "1")
        require(unit.records(KIND).get("a") == "1", "a transaction does not see what it wrote itself")
        require(unit.steps.get(step(1).id) == record(step(1)), "a transaction does not see a step it wrote itself")
    wanted = ((record(step(1)),), (record(step(1)),), (entry(1),), (("a", "1"),))
    require(everything(store) == wanted, "a committed transaction has lost something")


def usable_after_conflict(case: Memory) -> None:
    """A refused step does not spoil its transaction: what was written before and after is committed."""
    store = case.open().store
    with store.transaction() as unit:
        unit.steps.put(record(step(1, subject="kit:x")))
        unit.records(KIND).put("before", "1")
        with suppress(Conflict):
            unit.steps.put(record(step(2, subject="kit:x")))
        unit.records(KIND).put("after", "1")
    with store.transaction() as unit:
        found = [key for key, _ in unit.records(KIND).items()]
    require(found == ["after", "before"], "a refused step has spoilt its transaction")


def over_when_over(case: Memory) -> None:
    """What is written through a transaction after its end has no effect."""
    store = case.open().store
    with store.transaction() as unit:
        kept = unit
    with suppress(Exception):
        kept.records(KIND).put("late", "1")
    with suppress(Exception):
        kept.journal.append(entry(1))
    require(everything(store) == ((), (), (), ()), "a transaction that was over has written")


def usable_after_rollback(case: Memory) -> None:
    """After a transaction that raised the next one works."""
    store = case.open().store
    with suppress(Breakdown), store.transaction() as unit:
        unit.journal.append(entry(1))
        raise Breakdown
    do(store, _append)
    with store.transaction() as unit:
        require(unit.journal.entries() == (entry(2),), "after a rollback the store does not go on")


def _append(unit: Unit) -> None:
    unit.journal.append(entry(2))


CHECKS: tuple[Check[Any], ...] = tuple(
    check("store", "transaction", writes=True)(one)
    for one in (rolls_back, commits_together, usable_after_conflict, over_when_over, usable_after_rollback)
)
"""In the order of the report."""
