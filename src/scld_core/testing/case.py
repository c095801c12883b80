"""One check on one operation: what a check is, what it is given, and the words in which it fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Generic, NoReturn, Self, TypeVar

from attrs import frozen

from scld_core.errors import AdapterBug, BackendError, BadInput
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.memory.store import MemoryStore
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext, SecretRef
from scld_core.testing.clock import TickingClock
from scld_core.testing.harness import Bench, Excused, Harness, World
from scld_core.testing.synthetic import INSTANCE, NOW, PATRON, SECRET

__all__ = ["Case", "Check", "CheckFailed", "Excused", "Unseen", "check", "declined", "fail", "refused", "require"]

B = TypeVar("B", bound=Bench)

_MEMORY = "/dev/shm"  # noqa: S108 - a private folder in it: the backend is graded, not the disk's patience


class CheckFailed(AssertionError):
    """The backend does not do what its port promises; the text says what was seen."""


class Unseen(Exception):
    """The harness has no lever with which this could be shown."""


@frozen
class Check(Generic[B]):
    """A function that proves one sentence of a port's contract.

    It is run once for each operation of `covers`; of an operation in `also` it needs the answers.
    `writes` tells whether it proves something of a write, `always` that it is run as well where the
    operation is not offered. Called with a case it returns nothing, or raises CheckFailed, Unseen or
    Excused.
    """

    id: str
    sentence: str
    covers: tuple[str, ...]
    also: tuple[str, ...]
    run: Callable[[Case[B]], None]
    writes: bool = False
    always: bool = False


def check(
    port: str, *covers: str, also: tuple[str, ...] = (), writes: bool = False, always: bool = False
) -> Callable[[Callable[[Case[B]], None]], Check[B]]:
    """Make a check of a function: its id from its name, its sentence from its docstring."""

    def made(run: Callable[[Case[B]], None]) -> Check[B]:
        name = run.__name__.replace("_", "-")
        sentence = (run.__doc__ or "").partition("\n")[0]
        return Check(f"{port}.{name}", sentence, covers, also, run, writes=writes, always=always)

    return made


def fail(problem: str) -> NoReturn:
    """Find the backend at fault."""
    raise CheckFailed(problem)


def require(condition: object, problem: str) -> None:
    """Find the backend at fault unless `condition` holds."""
    if not condition:
        fail(problem)


def refused(call: Callable[[], object], what: str, *kinds: type[Exception]) -> Exception:
    """The exception of `call`, which must be one of `kinds` (any fault of the tree when none is given)."""
    wanted = kinds or (BackendError, BadInput)
    names = " or ".join(kind.__name__ for kind in wanted)
    try:
        answer = call()
    except Exception as error:  # noqa: BLE001 - judging what is raised is the point
        if isinstance(error, AdapterBug) or not isinstance(error, wanted):
            fail(f"{what} raised {_words(error)}, not {names}")
        return error
    fail(f"{what} answered {type(answer).__name__}, and had to raise {names}")


def declined(asked: Unanswered) -> tuple[Answers, ...]:
    """What is no consent: the last choice of every question that has more than one, and no answer at all."""
    no = tuple((question.code, question.choices[-1][0]) for question in asked.questions if len(question.choices) > 1)
    return (*((Answers(no, asked.token),) if no else ()), Answers((), asked.token))


def _words(error: Exception) -> str:
    return f"{type(error).__name__} ({error})" if isinstance(error, BackendError) else type(error).__name__


class Case(Generic[B]):
    """What a check works with: the harness, a clock of its own, and benches that are released at the end."""

    def __init__(self, harness: Harness[B], operation: str) -> None:
        self.harness = harness
        self.operation = operation
        self.clock = TickingClock(NOW)
        self.store = MemoryStore()
        self._stack = ExitStack()
        self._folders: Path | None = None
        self._opened = 0
        self._keys = 0
        with self.store.transaction() as unit:  # a patron whom nobody outside may ever hear of
            unit.records("patrons").put(PATRON, PATRON)

    def open(self, seed: Seed | None = None, *, instance: str = INSTANCE, page_size: int = 2) -> B:
        """A new bench over a system that holds `seed`."""
        self._opened += 1
        folder = self._folder() / str(self._opened)
        folder.mkdir()
        context = BackendContext(instance, self.clock, folder, _secret, sleep=self.clock.sleep, store=self.store)
        try:
            bench = self.harness.make(World(seed or Seed(), context, self.clock, page_size, SECRET))
        except Excused as excuse:
            fail(f"the harness gives no system, and excuses that: {excuse}")
        self._stack.callback(bench.dispose)
        self._stack.callback(bench.close)
        return bench

    def key(self) -> str:
        """An idempotency key that was not used before."""
        self._keys += 1
        return f"kit-{self._keys:04d}"

    def declares(self, operation: str) -> bool:
        """Whether the backend offers an operation, fully or by a convention."""
        return not isinstance(self.harness.capability(operation), Unsupported | None)

    def needs(self, *operations: str) -> None:
        """Excuse the check where the backend does not offer all of `operations`."""
        for operation in operations:
            if not self.declares(operation):
                raise Excused(f"{operation} is declared as not offered")

    def file(self, name: str, content: bytes) -> Path:
        """A file of the check's own, gone at its end."""
        folder = self._folder() / "own"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_bytes(content)
        return path

    def lever(self, found: Any, name: str) -> Any:
        """A lever of the bench; the check is unseen without it."""
        if found is None:
            raise Unseen(f"the harness gives no '{name}'")
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def _folder(self) -> Path:
        if self._folders is None:
            place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
            self._folders = Path(self._stack.enter_context(TemporaryDirectory(prefix="scld-kit-", dir=place)))
        return self._folders


def _secret(ref: SecretRef) -> str:
    del ref
    return SECRET
