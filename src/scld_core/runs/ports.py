"""The Store: one per district; journal, outbox, receipts and every record the ILS does not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from scld_core.runs.model import JournalEntry, StepRecord

__all__ = ["Journal", "Records", "StepLog", "Store", "Unit", "Upkeep"]


class StepLog(Protocol):
    """The outbox and the history of what was sent."""

    def get(self, step: str) -> StepRecord | None:
        """The record of a step id, or None."""
        ...

    def put(self, record: StepRecord) -> None:
        """Insert or replace by step id.

        Raises Conflict when another unresolved step has the same action and subject.
        """
        ...

    def unresolved(self, area: str | None = None) -> tuple[StepRecord, ...]:
        """Records in an unresolved state, of one area or all, in the order they were first put."""
        ...

    def of_run(self, run: str) -> tuple[StepRecord, ...]:
        """Records that `run` put last, in the order they were first put."""
        ...

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        """Records of an area updated at or after `since`, whatever their state, oldest first."""
        ...


class Journal(Protocol):
    """The audit trail; entries are never changed."""

    def append(self, entry: JournalEntry) -> None:
        """Add one entry."""
        ...

    def entries(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        """All entries, or those of one run, in the order they were appended."""
        ...


class Records(Protocol):
    """Documents of one kind by key; each body is the codec's JSON text."""

    def get(self, key: str) -> str | None:
        """The body under `key`, or None."""
        ...

    def put(self, key: str, body: str) -> None:
        """Insert or replace."""
        ...

    def delete(self, key: str) -> None:
        """Remove; removing what is not there does nothing."""
        ...

    def items(self) -> Iterator[tuple[str, str]]:
        """All (key, body) pairs in key order (by code point)."""
        ...


class Unit(Protocol):
    """One transaction: everything reached from it commits together or not at all."""

    @property
    def steps(self) -> StepLog:
        """The outbox."""
        ...

    @property
    def journal(self) -> Journal:
        """The audit trail."""
        ...

    def records(self, kind: str) -> Records:
        """The documents of `kind`, such as ``hotspots.device``."""
        ...


class Store(Protocol):
    """A district's own memory."""

    def transaction(self) -> AbstractContextManager[Unit]:
        """A serialised read-write transaction; commits on a clean exit, rolls back on an exception."""
        ...

    def exclusive(self, what: str) -> AbstractContextManager[None]:
        """Hold the district for one run; raises RunInProgress when another process holds it.

        The hold ends with the process, however that ends.
        """
        ...

    def close(self) -> None:
        """Release connections; may be called twice."""
        ...


@runtime_checkable
class Upkeep(Protocol):
    """A store that lives in a database: what is done to it before and between runs."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the place it lies in."""
        ...

    def create(self) -> None:
        """Make the tables where there are none; BadInput when another program has some there."""
        ...

    def check(self) -> None:
        """BadInput when the tables are absent, or of another version than this program's."""
        ...

    def migrate(self) -> str:
        """Bring the tables to this program's version; says what was done."""
        ...

    def backup(self, target: Path) -> Path:
        """Copy the database, of whatever version, to a new file while it may be in use.

        Raises BadInput where that is not possible.
        """
        ...
