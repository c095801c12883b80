"""The district's run book: which runs there were, who started them, and how each of them ended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from enum import Enum
from typing import TypeVar

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.errors import GuardStopped, ScldError
from scld_core.kernel.validate import instance, instant, nonempty, optional
from scld_core.runs.engine import Engine
from scld_core.runs.ports import Store

__all__ = ["RunEnd", "RunRecord", "begin_run", "in_run", "run_book"]

T = TypeVar("T")

_RUNS = "runs"


class RunEnd(Enum):
    """How a run ended: all went well, a guard stopped it, a step or the run itself failed, its process died."""

    DONE = "done"
    GUARD = "guard"
    FAILED = "failed"
    CRASHED = "crashed"


@frozen
class RunRecord:
    """One line of the district's run book; `end` is None while the run is under way, or until the next one begins."""

    id: str = field(validator=nonempty)
    kind: str
    business_day: date
    started_at: datetime = field(validator=instant)
    actor: str = ""
    end: RunEnd | None = field(default=None, validator=optional(instance(RunEnd)))
    ended_at: datetime | None = field(default=None, validator=optional(instant))

    @property
    def number(self) -> int:
        """Which run of its business day it was, from 1."""
        return int(self.id.rpartition("-")[2])


def run_book(store: Store) -> tuple[RunRecord, ...]:
    """Every run, oldest first."""
    with store.transaction() as unit:
        found = [codecs.load(RunRecord, body) for _, body in unit.records(_RUNS).items()]
    return tuple(sorted(found, key=lambda run: (run.started_at, run.business_day, run.number)))


def begin_run(engine: Engine, kind: str, day: date) -> RunRecord:
    """Enter a run into the run book, for one who holds the district; ids are ``2026-11-20-1`` and so on.

    A run that has no end by now has crashed, and is marked so.
    """
    now = engine.clock.now()
    with engine.store.transaction() as unit:
        book = unit.records(_RUNS)
        runs = [codecs.load(RunRecord, body) for _, body in book.items()]
        for run in runs:
            if run.end is None:
                book.put(run.id, codecs.dump(evolve(run, end=RunEnd.CRASHED)))
        number = max((run.number for run in runs if run.business_day == day), default=0) + 1
        begun = RunRecord(f"{day.isoformat()}-{number}", kind, day, now, engine.actor.id)
        book.put(begun.id, codecs.dump(begun))
    return begun


def in_run(engine: Engine, kind: str, day: date, work: Callable[[str], T], *, failed: Callable[[T], bool]) -> T:
    """Do `work`, which is given the run's id, as one run of the district, and enter how it ended.

    `failed` says of its result whether something went wrong. What `work` raises comes through.
    """
    begun = begin_run(engine, kind, day)
    try:
        result = work(begun.id)
    except BaseException as stopped:
        with suppress(ScldError):  # a store that is gone cannot be told; the next run marks this one as crashed
            _end(engine, begun, RunEnd.GUARD if isinstance(stopped, GuardStopped) else RunEnd.FAILED)
        raise
    _end(engine, begun, RunEnd.FAILED if failed(result) else RunEnd.DONE)
    return result


def _end(engine: Engine, begun: RunRecord, end: RunEnd) -> None:
    done = evolve(begun, end=end, ended_at=engine.clock.now())
    with engine.store.transaction() as unit:
        unit.records(_RUNS).put(done.id, codecs.dump(done))
