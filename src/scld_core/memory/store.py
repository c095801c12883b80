"""The reference Store: what `runs.ports.Store` means, in plain collections."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock, get_ident

from attrs import field, frozen

from scld_core.errors import BadInput, Conflict, RunInProgress
from scld_core.runs.model import UNRESOLVED, JournalEntry, StepRecord
from scld_core.runs.ports import Journal, Records, StepLog, Unit

__all__ = ["MemoryStore"]


@frozen
class _Content:
    """Everything a store holds; a dict keeps a replaced record at the place of its first put."""

    steps: dict[str, StepRecord] = field(factory=dict[str, StepRecord])
    journal: list[JournalEntry] = field(factory=list[JournalEntry])
    records: dict[tuple[str, str], str] = field(factory=dict[tuple[str, str], str])

    def copy(self) -> _Content:
        return _Content(dict(self.steps), list(self.journal), dict(self.records))


class _Steps:
    def __init__(self, unit: _Unit) -> None:
        self._unit = unit

    def get(self, step: str) -> StepRecord | None:
        return self._unit.content.steps.get(step)

    def put(self, record: StepRecord) -> None:
        steps = self._unit.content.steps
        if record.state in UNRESOLVED and any(_clash(record, other) for other in steps.values()):
            raise Conflict("store", "put", f"another step {record.step.action} of {record.step.subject} is still open")
        steps[record.step.id] = record

    def unresolved(self, area: str | None = None) -> tuple[StepRecord, ...]:
        return tuple(r for r in self._all() if r.state in UNRESOLVED and area in (None, r.step.area))

    def of_run(self, run: str) -> tuple[StepRecord, ...]:
        return tuple(r for r in self._all() if r.run == run)

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        found = [r for r in self._all() if r.step.area == area and r.updated_at >= since]
        return tuple(sorted(found, key=lambda r: r.updated_at))

    def _all(self) -> tuple[StepRecord, ...]:
        return tuple(self._unit.content.steps.values())


def _clash(record: StepRecord, other: StepRecord) -> bool:
    same = (other.step.action, other.step.subject) == (record.step.action, record.step.subject)
    return same and other.step.id != record.step.id and other.state in UNRESOLVED


class _Journal:
    def __init__(self, unit: _Unit) -> None:
        self._unit = unit

    def append(self, entry: JournalEntry) -> None:
        self._unit.content.journal.append(entry)

    def entries(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        return tuple(e for e in self._unit.content.journal if run in (None, e.run))


class _Records:
    def __init__(self, unit: _Unit, kind: str) -> None:
        self._unit = unit
        self._kind = kind

    def get(self, key: str) -> str | None:
        return self._unit.content.records.get((self._kind, key))

    def put(self, key: str, body: str) -> None:
        self._unit.content.records[(self._kind, key)] = body

    def delete(self, key: str) -> None:
        self._unit.content.records.pop((self._kind, key), None)

    def items(self) -> Iterator[tuple[str, str]]:
        found = self._unit.content.records.items()
        return iter(sorted((key, body) for (kind, key), body in found if kind == self._kind))


class _Unit:
    """One transaction's own copy of the content; None once the transaction is over."""

    def __init__(self, content: _Content) -> None:
        self._content: _Content | None = content

    @property
    def content(self) -> _Content:
        if self._content is None:
            raise RuntimeError("this transaction is over")
        return self._content

    @property
    def steps(self) -> StepLog:
        return _Steps(self)

    @property
    def journal(self) -> Journal:
        return _Journal(self)

    def records(self, kind: str) -> Records:
        return _Records(self, kind)

    def end(self) -> None:
        self._content = None


class MemoryStore:
    """A district's memory that ends with the process.

    Transactions of several threads wait for each other; within one thread they do not nest
    (RuntimeError). Once closed, every use raises BadInput.
    """

    def __init__(self) -> None:
        self._content = _Content()
        self._writing = Lock()
        self._writer: int | None = None
        self._held = Lock()
        self._closed = False

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """Work on a copy, which takes the place of the content on a clean exit alone."""
        self._refuse_closed()
        if self._writer == get_ident():
            raise RuntimeError("transactions do not nest")
        with self._writing:
            self._writer = get_ident()
            draft = self._content.copy()
            unit = _Unit(draft)
            try:
                yield unit
                self._content = draft
            finally:
                unit.end()
                self._writer = None

    @contextmanager
    def exclusive(self, what: str) -> Generator[None]:
        """Hold the district; a second holder is refused until the first lets go."""
        self._refuse_closed()
        if not self._held.acquire(blocking=False):
            raise RunInProgress(f"{what}: another run works on this district; wait until it has ended")
        try:
            yield
        finally:
            self._held.release()

    def close(self) -> None:
        """Refuse everything from now on."""
        self._closed = True

    def _refuse_closed(self) -> None:
        if self._closed:
            raise BadInput("store", "is closed", "Open the district again")
