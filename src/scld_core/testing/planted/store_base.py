"""What the faulty stores share: the reference store, each part of which a subclass may spoil."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime

from scld_core.memory.store import MemoryStore
from scld_core.runs.model import JournalEntry, StepRecord
from scld_core.runs.ports import Journal, Records, StepLog, Unit
from scld_core.testing.harness import StoreBench
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import store_harness

__all__ = ["SpoiltJournal", "SpoiltRecords", "SpoiltSteps", "SpoiltStore", "SpoiltUnit", "store_bug"]


class SpoiltSteps:
    """The outbox of the reference."""

    def __init__(self, inner: StepLog) -> None:
        self.inner = inner

    def get(self, step: str) -> StepRecord | None:
        """As the reference."""
        return self.inner.get(step)

    def put(self, record: StepRecord) -> None:
        """As the reference."""
        self.inner.put(record)

    def unresolved(self, area: str | None = None) -> tuple[StepRecord, ...]:
        """As the reference."""
        return self.inner.unresolved(area)

    def of_run(self, run: str) -> tuple[StepRecord, ...]:
        """As the reference."""
        return self.inner.of_run(run)

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        """As the reference."""
        return self.inner.history(area, since)


class SpoiltJournal:
    """The audit trail of the reference."""

    def __init__(self, inner: Journal) -> None:
        self.inner = inner

    def append(self, entry: JournalEntry) -> None:
        """As the reference."""
        self.inner.append(entry)

    def entries(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        """As the reference."""
        return self.inner.entries(run)


class SpoiltRecords:
    """The documents of the reference."""

    def __init__(self, inner: Records) -> None:
        self.inner = inner

    def get(self, key: str) -> str | None:
        """As the reference."""
        return self.inner.get(key)

    def put(self, key: str, body: str) -> None:
        """As the reference."""
        self.inner.put(key, body)

    def delete(self, key: str) -> None:
        """As the reference."""
        self.inner.delete(key)

    def items(self) -> Iterator[tuple[str, str]]:
        """As the reference."""
        return self.inner.items()


class SpoiltUnit:
    """A transaction of the reference, its parts taken from the store's classes."""

    def __init__(self, inner: Unit, store: SpoiltStore) -> None:
        self.inner = inner
        self.store = store

    @property
    def steps(self) -> StepLog:
        """The outbox."""
        return self.store.steps_kind(self.inner.steps)

    @property
    def journal(self) -> Journal:
        """The audit trail."""
        return self.store.journal_kind(self.inner.journal)

    def records(self, kind: str) -> Records:
        """The documents of a kind."""
        return self.store.records_kind(self.inner.records(self.store.kind_of(kind)))


class SpoiltStore(MemoryStore):
    """The reference store, with the classes of its parts."""

    steps_kind: type[SpoiltSteps] = SpoiltSteps
    journal_kind: type[SpoiltJournal] = SpoiltJournal
    records_kind: type[SpoiltRecords] = SpoiltRecords

    def kind_of(self, kind: str) -> str:
        """Under which kind documents are filed."""
        return kind

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """As the reference, through the spoilt parts."""
        with super().transaction() as unit:
            yield SpoiltUnit(unit, self)

    def bench(self) -> StoreBench:
        """The bench of this store."""
        return StoreBench(store=self, close=self.close)


def store_bug(
    make: Callable[[], SpoiltStore],
    name: str,
    *,
    source: str,
    caught_by: str,
) -> Planted:
    """A planted bug of a store."""
    return Planted(
        f"store: {name}",
        source,
        f"store.{caught_by}",
        "store",
        lambda: store_harness(lambda _: make().bench(), name),
    )
