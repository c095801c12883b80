"""Stores that forget, mix up, keep halves, or let two in at once."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial

from attrs import evolve

from scld_core.errors import Conflict
from scld_core.memory.store import MemoryStore
from scld_core.runs.model import UNRESOLVED, JournalEntry, StepRecord
from scld_core.runs.ports import Unit
from scld_core.testing.harness import StoreBench
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.planted.store_base import (
    SpoiltJournal,
    SpoiltRecords,
    SpoiltSteps,
    SpoiltStore,
    SpoiltUnit,
    store_bug,
)
from scld_core.testing.references import store_harness

__all__ = ["BUGS", "Elephant"]


class OverwritesOpenStep(SpoiltSteps):
    """Lets the newer of two open steps of one subject win."""

    def put(self, record: StepRecord) -> None:
        """Without a conflict."""
        try:
            self.inner.put(record)
        except Conflict:
            for other in self.inner.unresolved():
                if (other.step.action, other.step.subject) == (record.step.action, record.step.subject):
                    return


class SettledStillBlocks(SpoiltSteps):
    """Takes a settled step for an open one."""

    def put(self, record: StepRecord) -> None:
        """With a conflict too many."""
        known = self.inner.history(record.step.area, datetime.min.replace(tzinfo=record.updated_at.tzinfo))
        for other in known:
            same = (other.step.action, other.step.subject) == (record.step.action, record.step.subject)
            if same and other.step.id != record.step.id and record.state in UNRESOLVED:
                raise Conflict("store", "put", "another step of this subject is known")
        self.inner.put(record)


class AnyActionBlocks(SpoiltSteps):
    """Refuses a second open step of a subject even for another action."""

    def put(self, record: StepRecord) -> None:
        """By subject alone."""
        for other in self.inner.unresolved():
            if other.step.subject == record.step.subject and other.step.id != record.step.id:
                raise Conflict("store", "put", "another step of this subject is open")
        self.inner.put(record)


class LosesMicroseconds(SpoiltSteps):
    """Keeps instants to the second."""

    def put(self, record: StepRecord) -> None:
        """Rounded."""
        self.inner.put(evolve(record, updated_at=record.updated_at.replace(microsecond=0)))


class LosesEnded(SpoiltSteps):
    """Does not keep a field that was added later."""

    def put(self, record: StepRecord) -> None:
        """Without the count of failed requests."""
        self.inner.put(evolve(record, ended=0))


class NewestFirst(SpoiltSteps):
    """Lists open steps by their last change."""

    def unresolved(self, area: str | None = None) -> tuple[StepRecord, ...]:
        """The latest first."""
        return tuple(sorted(self.inner.unresolved(area), key=lambda r: r.updated_at, reverse=True))


class EveryRun(SpoiltSteps):
    """Counts a step for the run that it was first put in."""

    def of_run(self, run: str) -> tuple[StepRecord, ...]:
        """With what another run took over."""
        taken = [r for r in self.inner.unresolved() if r.run != run]
        return (*self.inner.of_run(run), *taken)


class HistoryAsPut(SpoiltSteps):
    """Gives the history in the order of the steps' first put."""

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        """By name."""
        return tuple(sorted(self.inner.history(area, since), key=lambda r: r.step.subject))


class HistoryOfOpen(SpoiltSteps):
    """Leaves out of the history what is settled."""

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        """Open steps only."""
        return tuple(r for r in self.inner.history(area, since) if r.state in UNRESOLVED)


class HistoryAfter(SpoiltSteps):
    """Begins the history behind its first instant."""

    def history(self, area: str, since: datetime) -> tuple[StepRecord, ...]:
        """After, and not at."""
        return tuple(r for r in self.inner.history(area, since) if r.updated_at > since)


class AuditOnce(SpoiltJournal):
    """Takes an audit line that is equal to another for a repetition."""

    def append(self, entry: JournalEntry) -> None:
        """Once each."""
        if entry not in self.inner.entries():
            self.inner.append(entry)


class AuditByTime(SpoiltJournal):
    """Sorts audit lines by their instant."""

    def entries(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        """By time."""
        return tuple(sorted(self.inner.entries(run), key=lambda e: e.at))


class CaseFolded(SpoiltRecords):
    """Lists documents as a dictionary would, without regard to case."""

    def items(self) -> Iterator[tuple[str, str]]:
        """Case-folded."""
        return iter(sorted(self.inner.items(), key=lambda pair: pair[0].casefold()))


class InsertOnly(SpoiltRecords):
    """Keeps the first document under a key."""

    def put(self, key: str, body: str) -> None:
        """Once."""
        if self.inner.get(key) is None:
            self.inner.put(key, body)


class MissingIsAFault(SpoiltRecords):
    """Raises when what is to be deleted is not there."""

    def delete(self, key: str) -> None:
        """Or KeyError."""
        if self.inner.get(key) is None:
            raise KeyError(key)
        self.inner.delete(key)


class Trims(SpoiltRecords):
    """Cuts bodies to the width of a column."""

    def put(self, key: str, body: str) -> None:
        """The first 65,535 characters."""
        self.inner.put(key, body[:65535])


class DeletesAll(SpoiltRecords):
    """Deletes every document of a kind once there are two."""

    def delete(self, key: str) -> None:
        """One, or all."""
        keys = [found for found, _ in self.inner.items()]
        for one in keys if len(keys) > 1 else [key]:
            self.inner.delete(one)


class KindsMixed(SpoiltStore):
    """Files documents of every kind together."""

    def kind_of(self, kind: str) -> str:
        """One for all."""
        return "all" + kind[:0]


class KeepsHalf(SpoiltStore):
    """Keeps the audit lines of a transaction that was rolled back: they went through another connection."""

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """Rolled back, but for the audit trail."""
        written: list[JournalEntry] = []
        try:
            with MemoryStore.transaction(self) as unit:
                before = len(unit.journal.entries())
                try:
                    yield SpoiltUnit(unit, self)
                finally:
                    written = list(unit.journal.entries()[before:])
        except BaseException:
            with MemoryStore.transaction(self) as unit:
                for entry in written:
                    unit.journal.append(entry)
            raise


class Swallows(SpoiltStore):
    """Rolls back and says nothing of why."""

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """Without the exception."""
        with suppress(RuntimeError, LookupError, ArithmeticError, Exception), MemoryStore.transaction(self) as unit:
            yield SpoiltUnit(unit, self)


class ConflictSpoils(SpoiltStore):
    """Rolls the whole transaction back when one step in it is refused."""

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """Spoilt by a conflict that was caught."""
        refused: list[bool] = []

        class Watched(SpoiltSteps):
            def put(self, record: StepRecord) -> None:
                try:
                    self.inner.put(record)
                except Conflict:
                    refused.append(True)
                    raise

        self.steps_kind = Watched
        with suppress(_Rollback), MemoryStore.transaction(self) as unit:
            yield SpoiltUnit(unit, self)
            if refused:
                raise _Rollback


class _Rollback(Exception):
    """Rolls back from inside."""


class StaysOpen(SpoiltStore):
    """Lets a transaction write after its end."""

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """A unit that opens a transaction of its own when it is over."""
        unit = _Immortal(self)
        with MemoryStore.transaction(self) as inner:
            unit.inner = inner
            yield unit
        unit.over = True


class _Immortal(SpoiltUnit):
    inner: Unit
    over = False

    def __init__(self, store: SpoiltStore) -> None:
        self.store = store

    def records(self, kind: str) -> SpoiltRecords:
        if not self.over:
            return SpoiltRecords(self.inner.records(kind))
        return _Late(self.store, kind)


class _Late(SpoiltRecords):
    def __init__(self, store: SpoiltStore, kind: str) -> None:
        self.store = store
        self.kind = kind

    def put(self, key: str, body: str) -> None:
        with MemoryStore.transaction(self.store) as unit:
            unit.records(self.kind).put(key, body)


class LocksUp(SpoiltStore):
    """Takes no transaction after one that raised."""

    broken = False

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """Unless one has failed."""
        if self.broken:
            raise RuntimeError("this session is in a failed transaction")
        self.broken = True
        with MemoryStore.transaction(self) as unit:
            yield SpoiltUnit(unit, self)
        self.broken = False


class ForgetsToCommit(SpoiltStore):
    """Loses the audit line that was written last."""

    class Lossy(SpoiltJournal):
        """Keeps an audit line back until the next one comes."""

        def entries(self, run: str | None = None) -> tuple[JournalEntry, ...]:
            """All but the last."""
            return self.inner.entries(run)[:-1]

    journal_kind = Lossy


class TwoHolders(SpoiltStore):
    """Lets two runs hold one district."""

    @contextmanager
    def exclusive(self, what: str) -> Generator[None]:
        """Anybody."""
        self._refuse_closed()
        del what
        yield


class NeverLetsGo(SpoiltStore):
    """Keeps the hold of a run that ended with a fault."""

    @contextmanager
    def exclusive(self, what: str) -> Generator[None]:
        """Released only on a clean exit."""
        self.hold = MemoryStore.exclusive(self, what)  # kept, or the collector would let go
        self.hold.__enter__()
        yield
        self.hold.__exit__(None, None, None)


class WorksClosed(SpoiltStore):
    """Goes on after it was closed."""

    def close(self) -> None:
        """As if nothing had happened."""


class CannotCloseTwice(SpoiltStore):
    """Releases what it has released already."""

    def close(self) -> None:
        """Once only."""
        if self._closed:
            raise RuntimeError("the pool is disposed of")
        super().close()


class Elephant(SpoiltStore):
    """The reference with a memory: it can be reopened, as often as one likes."""

    def __init__(self) -> None:
        super().__init__()
        self.generations: list[Elephant] = [self]

    def again(self) -> MemoryStore:
        """The store as the next process would find it."""
        found = type(self)()
        found._content = self.generations[-1]._content  # noqa: SLF001 - what lies in the file they share
        self.generations.append(found)
        return found

    def bench(self) -> StoreBench:
        """With the lever."""
        return StoreBench(store=self, close=self.close, reopen=self.again)


class Amnesiac(Elephant):
    """Keeps what is committed in memory only, though it has a file."""

    def again(self) -> MemoryStore:
        """An empty store."""
        return type(self)()


class Prefilled(SpoiltStore):
    """Begins with an audit line of its own."""

    def __init__(self) -> None:
        super().__init__()
        with MemoryStore.transaction(self) as unit:
            unit.records("kit.document").put("version", "1")


class Shared(SpoiltStore):
    """Keeps its content where every instance finds it."""

    common = MemoryStore()

    def __init__(self) -> None:
        super().__init__()
        self._held = self.common._held  # noqa: SLF001 - the planted bug


def _parts(**kinds: type[object]) -> type[SpoiltStore]:
    return type("Spoilt", (SpoiltStore,), dict(kinds))


_CRASH = "half-written state, performance study: crash and torn-write checks"
_OUTBOX = "exactly one open step for a subject (contract of the outbox)"
_AUDIT = "append-only audit (driver study, section 4)"
_SQL = "databases: collation, column width, precision, upsert"
_LIFE = "close() idempotent, use after close a clear error, instances share nothing (driver study, section 4)"

_outbox = partial(store_bug, source=_OUTBOX)
_crash = partial(store_bug, source=_CRASH)
_audit = partial(store_bug, source=_AUDIT)
_sql = partial(store_bug, source=_SQL)
_life = partial(store_bug, source=_LIFE)

BUGS: tuple[Planted, ...] = (
    _life(Prefilled, "a new one is not empty", caught_by="begins-empty"),
    _crash(Amnesiac, "forgets what was committed", caught_by="survives"),
    _crash(TwoHolders, "two runs at once", caught_by="one-holder"),
    _crash(NeverLetsGo, "held after a fault", caught_by="one-holder"),
    _life(CannotCloseTwice, "second close breaks", caught_by="closes-twice"),
    _life(WorksClosed, "works after close", caught_by="after-close"),
    _life(Shared, "instances share their hold", caught_by="shares-nothing"),
    _crash(KeepsHalf, "rollback keeps half", caught_by="rolls-back"),
    _crash(Swallows, "rollback swallows its cause", caught_by="rolls-back"),
    _crash(ForgetsToCommit, "last audit line lost", caught_by="commits-together"),
    _crash(ConflictSpoils, "caught conflict spoils its transaction", caught_by="usable-after-conflict"),
    _crash(StaysOpen, "transaction writes after its end", caught_by="over-when-over"),
    _crash(LocksUp, "locked after a rollback", caught_by="usable-after-rollback"),
    _sql(_parts(steps_kind=LosesMicroseconds), "microseconds lost", caught_by="equal-again"),
    _sql(_parts(steps_kind=LosesEnded), "field added later lost", caught_by="equal-again"),
    _outbox(_parts(steps_kind=OverwritesOpenStep), "conflict not noticed", caught_by="one-open-step"),
    _outbox(_parts(steps_kind=SettledStillBlocks), "settled step blocks", caught_by="no-false-conflict"),
    _outbox(_parts(steps_kind=AnyActionBlocks), "other action blocks", caught_by="no-false-conflict"),
    _outbox(_parts(steps_kind=NewestFirst), "open steps by last change", caught_by="first-come"),
    _outbox(_parts(steps_kind=EveryRun), "step counted for an earlier run", caught_by="first-come"),
    _audit(_parts(steps_kind=HistoryAsPut), "history out of order", caught_by="history-in-time"),
    _audit(_parts(steps_kind=HistoryOfOpen), "history without settled steps", caught_by="history-in-time"),
    _audit(_parts(steps_kind=HistoryAfter), "history begins too late", caught_by="history-in-time"),
    _audit(_parts(journal_kind=AuditOnce), "equal audit lines dropped", caught_by="audit-in-order"),
    _audit(_parts(journal_kind=AuditByTime), "audit lines sorted", caught_by="audit-in-order"),
    _sql(_parts(records_kind=CaseFolded), "documents sorted without case", caught_by="keys-by-code-point"),
    _sql(_parts(records_kind=InsertOnly), "document never replaced", caught_by="documents"),
    _sql(_parts(records_kind=MissingIsAFault), "deleting nothing is a fault", caught_by="documents"),
    _sql(_parts(records_kind=Trims), "long body cut", caught_by="bodies-untouched"),
    _sql(KindsMixed, "kinds mixed up", caught_by="documents"),
    _sql(_parts(records_kind=DeletesAll), "deletes more as it grows", caught_by="like-the-reference"),
    *loose_settings("store", "store", store_harness(lambda _: SpoiltStore().bench())),
)
"""In the order of the checks."""
