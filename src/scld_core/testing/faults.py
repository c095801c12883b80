"""Faults at the level of a port: for tests of whoever uses a carrier, an ILS or a store.

The wrapper follows a script, one fault for each call, and never rolls dice by itself. What it does
to a call is what a bad day would do; what it raises is what an honest adapter would raise then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from enum import Enum
from random import Random
from typing import Any, TypeVar, cast

from attrs import evolve

from scld_core.errors import OutcomeUnknown, ProtocolViolation, Unavailable
from scld_core.kernel.capability import Effect, operations
from scld_core.kernel.page import Page
from scld_core.plugins.guard import PORTS
from scld_core.runs.model import Answer, AnswerKind
from scld_core.runs.ports import Store, Unit

__all__ = ["Fault", "Faults", "FaultyStore", "faulty"]

P = TypeVar("P")


class Fault(Enum):
    """What becomes of one call.

    DROP: it never arrives. DELAY: it is held on its way, its caller hears nothing. DUPLICATE: it
    arrives twice. TRUNCATE: a list ends after its first page. CORRUPT: it arrives, its answer cannot
    be read. HALF_WRITE: it is taken, and carried out only when it is released. COMMITTED_UNKNOWN: it
    is carried out, and its answer is lost.
    """

    NONE = "none"
    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    TRUNCATE = "truncate"
    CORRUPT = "corrupt"
    HALF_WRITE = "half_write"
    COMMITTED_UNKNOWN = "committed_then_unknown"


class Faults:
    """A script: the next fault goes to the next call of an operation in `only` (all when empty); then none.

    `held` are the calls on their way; `release` lets the oldest of them arrive, all when None.
    """

    def __init__(self, script: Iterable[Fault] = (), *, only: Iterable[str] = ()) -> None:
        self._script = deque(script)
        self._only = frozenset(only)
        self.held: deque[Callable[[], object]] = deque()

    @classmethod
    def seeded(cls, seed: int, count: int, kinds: Iterable[Fault] = Fault, *, only: Iterable[str] = ()) -> Faults:
        """A script of `count` faults drawn from `kinds`, the same for the same seed."""
        random, choices = Random(seed), tuple(kinds)  # noqa: S311 - a test plan, no secret
        return cls([random.choice(choices) for _ in range(count)], only=only)

    def next(self, operation: str) -> Fault:
        """The fault of this call."""
        meant = not self._only or operation in self._only
        return self._script.popleft() if self._script and meant else Fault.NONE

    def release(self, count: int | None = None) -> int:
        """Let held calls arrive; gives how many did. What they raise is nobody's to hear."""
        wanted = len(self.held) if count is None else min(count, len(self.held))
        for _ in range(wanted):
            try:
                self.held.popleft()()
            except Exception:  # noqa: BLE001, S112 - whoever sent it has stopped listening
                continue
        return wanted


def faulty(port: P, port_name: str, faults: Faults, *, backend: str = "faulty") -> P:
    """A port that behaves as `port` does, each call first meeting its fault; `port_name` as the guard has it."""
    declared = {name: mark for protocol in PORTS[port_name] for name, mark in operations(protocol).items()}

    class Faulty:
        def __getattr__(self, name: str) -> Any:
            found = getattr(port, name)
            if name not in declared:
                return found

            def called(*args: Any, **kwargs: Any) -> Any:
                call = _Call(backend, name, faults)
                if declared[name].effect is Effect.WRITE:
                    return _write(call, lambda: found(*args, **kwargs), str(kwargs.get("key", "")))
                return _read(call, lambda: found(*args, **kwargs))

            return called

    return cast(P, Faulty())


class _Call:
    """One call and its fault."""

    def __init__(self, backend: str, operation: str, faults: Faults) -> None:
        self.backend = backend
        self.operation = operation
        self.faults = faults
        self.fault = faults.next(operation)

    def unavailable(self) -> Unavailable:
        return Unavailable(self.backend, self.operation, f"injected: {self.fault.value}")

    def unknown(self, key: str) -> OutcomeUnknown:
        return OutcomeUnknown(self.backend, self.operation, f"injected: {self.fault.value}", key)


def _write(call: _Call, work: Callable[[], Answer], key: str) -> Answer:
    fault = call.fault
    if fault is Fault.DROP:
        raise call.unavailable()
    if fault in (Fault.DELAY, Fault.HALF_WRITE):
        call.faults.held.append(work)
        if fault is Fault.DELAY:
            raise call.unknown(key)
        return Answer(AnswerKind.ACCEPTED, f"held-{key}")
    answer = work()
    if fault is Fault.DUPLICATE:
        call.faults.held.append(work)
        call.faults.release()
    if fault in (Fault.TRUNCATE, Fault.CORRUPT, Fault.COMMITTED_UNKNOWN):
        raise call.unknown(key)
    return answer


def _read(call: _Call, work: Callable[[], Any]) -> Any:
    if call.fault in (Fault.DROP, Fault.DELAY, Fault.HALF_WRITE, Fault.COMMITTED_UNKNOWN):
        raise call.unavailable()
    answer = work()
    if call.fault is Fault.DUPLICATE:
        return work()
    if call.fault is Fault.TRUNCATE and isinstance(answer, Iterator):
        return _first_page(cast("Iterator[Page[Any]]", answer))
    if call.fault in (Fault.CORRUPT, Fault.TRUNCATE):
        raise ProtocolViolation(call.backend, call.operation, f"injected: {call.fault.value}")
    return answer


def _first_page(pages: Iterator[Page[Any]]) -> Iterator[Page[Any]]:
    """A list that ends where nothing says that it ends."""
    for page in pages:
        yield evolve(page, last=False)
        return


class FaultyStore:
    """A store whose transactions meet the script; a fault at commit is told as a database tells it.

    DROP fails before the body; DELAY, TRUNCATE, CORRUPT and HALF_WRITE after it, with everything
    rolled back; COMMITTED_UNKNOWN commits and raises OutcomeUnknown. DUPLICATE means nothing here.
    """

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults

    @contextmanager
    def transaction(self) -> Generator[Unit]:
        """The store's transaction, and its fault."""
        call = _Call("store", "transaction", self._faults)
        if call.fault is Fault.DROP:
            raise call.unavailable()
        with self._store.transaction() as unit:
            yield unit
            if call.fault in (Fault.DELAY, Fault.TRUNCATE, Fault.CORRUPT, Fault.HALF_WRITE):
                raise call.unavailable()
        if call.fault is Fault.COMMITTED_UNKNOWN:
            raise call.unknown("")

    def exclusive(self, what: str) -> AbstractContextManager[None]:
        """The store's hold."""
        return self._store.exclusive(what)

    def close(self) -> None:
        """Close the store."""
        self._store.close()
