"""A store that may be looked at only: for a desk that must not act."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import NoReturn

from attrs import field, frozen

from scld_core.runs.model import JournalEntry, StepRecord
from scld_core.runs.ports import Journal, Records, StepLog, Store, Unit

__all__ = ["ReadOnlyStore", "Stop"]


Stop = Callable[[], NoReturn]
"""Raises what says why nothing may be done."""


@frozen
class ReadOnlyStore:
    """`inner`, of which everything can be read; holding it for a run and every write call `stop`, which raises.

    Since each act begins by writing here, a desk over such a store can plan and explain, and nothing else.
    """

    inner: Store
    stop: Stop = field(repr=False)

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """A transaction in which nothing can be put."""
        with self.inner.transaction() as unit:
            yield _Unit(unit, self.stop)

    def exclusive(self, what: str) -> AbstractContextManager[None]:
        """Nobody who must not act holds the district."""
        del what
        self.stop()

    def close(self) -> None:
        """Close the store itself."""
        self.inner.close()


@frozen
class _Unit:
    inner: Unit
    stop: Stop

    @property
    def steps(self) -> StepLog:
        return _Steps(self.inner.steps, self.stop)

    @property
    def journal(self) -> Journal:
        return _Journal(self.inner.journal, self.stop)

    def records(self, kind: str) -> Records:
        return _Records(self.inner.records(kind), self.stop)


@frozen
class _Steps:
    inner: StepLog
    stop: Stop

    def get(self, step: str) -> StepRecord | None:
        return self.inner.get(step)

    def put(self, record: StepRecord) -> None:
        del record
        self.stop()

    def unresolved(self, area: str | None = None) -> tuple[StepRecord, ...]:
        return self.inner.unresolved(area)

    def of_run(self, run: str) -> tuple[StepRecord, ...]:
        return self.inner.of_run(run)

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        return self.inner.history(area, since)


@frozen
class _Journal:
    inner: Journal
    stop: Stop

    def append(self, entry: JournalEntry) -> None:
        del entry
        self.stop()

    def entries(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        return self.inner.entries(run)


@frozen
class _Records:
    inner: Records
    stop: Stop

    def get(self, key: str) -> str | None:
        return self.inner.get(key)

    def put(self, key: str, body: str) -> None:
        del key, body
        self.stop()

    def delete(self, key: str) -> None:
        del key
        self.stop()

    def items(self) -> Iterator[tuple[str, str]]:
        return self.inner.items()
