"""What the checks of a store share: synthetic steps and entries, and how to look at everything it holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import NoReturn

from scld_core.kernel.decision import Reason
from scld_core.runs.model import (
    Approval,
    Evidence,
    JournalEntry,
    Risk,
    Step,
    StepRecord,
    StepState,
)
from scld_core.runs.ports import Store, Unit
from scld_core.testing.case import Case
from scld_core.testing.harness import StoreBench
from scld_core.testing.synthetic import NOW

__all__ = ["KIND", "Breakdown", "Memory", "break_down", "do", "entry", "everything", "record", "rich_record", "step"]

Memory = Case[StoreBench]

KIND = "kit.document"


class Breakdown(Exception):
    """Something that has nothing to do with the store."""


def break_down() -> NoReturn:
    """Raise it."""
    raise Breakdown


def step(number: int, *, action: str = "kit.suspend", subject: str = "", area: str = "kit") -> Step:
    """A synthetic step; equal numbers and actions make one subject."""
    return Step(action, subject or f"kit:i{number}", f"cause {number}", area, date(2026, 11, 2), "{}")


def record(of: Step, state: StepState = StepState.PREPARED, *, run: str = "run-1", minutes: int = 0) -> StepRecord:
    """Its record, last changed so many minutes after the beginning."""
    return StepRecord(of, run, state, NOW + timedelta(minutes=minutes))


def rich_record() -> StepRecord:
    """A record in which every field says something, down to the microsecond."""
    at = NOW + timedelta(microseconds=123_456)
    full = Step(
        "kit.terminate",
        "kit:é\N{SNOWMAN}",
        "cause\x1f",
        "kit",
        date(2026, 12, 31),
        '{"line":"☃"}',
        label="31234 (Otis Orchards)",
        reasons=(Reason("lost", (("days", "60"),), "hotspots.lost", "v1"), Reason("late")),
        evidence=(Evidence("main", "is lost", at),),
        risk=Risk.IRREVERSIBLE,
        needs_approval=True,
        undoes="0123456789abcdef",
    )
    yes = Approval("kit-approver", at, "agreed", full.digest)
    return StepRecord(
        full, "run-9", StepState.UNKNOWN, at, "kit-actor", (at, at), "request-1", "line\nbreak", yes, ended=2
    )


def entry(number: int, run: str = "run-1") -> JournalEntry:
    """A synthetic audit line."""
    return JournalEntry(NOW + timedelta(seconds=number), "kit-actor", "step", f"kit:i{number}", run, f"step-{number}")


def do(store: Store, *work: Callable[[Unit], object]) -> None:
    """Everything in one transaction that commits."""
    with store.transaction() as unit:
        for one in work:
            one(unit)


def everything(store: Store) -> object:
    """All that can be listed of a store that the checks have written to."""
    with store.transaction() as unit:
        return (
            unit.steps.unresolved(),
            unit.steps.history("kit", NOW - timedelta(days=1)),
            unit.journal.entries(),
            tuple(unit.records(KIND).items()),
        )
