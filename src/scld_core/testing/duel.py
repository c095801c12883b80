"""Two backends doing the same things: what each answers is compared, call by call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from attrs import frozen

from scld_core.errors import ScldError
from scld_core.testing.case import Case, Excused, Unseen, fail
from scld_core.testing.harness import Bench, Harness

__all__ = ["Call", "Difference", "Duel", "Side", "Sides", "agree", "outcome"]

B = TypeVar("B", bound=Bench)


@frozen
class Call:
    """One thing that is done to both: a verb, which record, and a choice that the verb gives a meaning."""

    verb: str
    number: int = 0
    choice: int = 0

    def __str__(self) -> str:
        return f"{self.verb}({self.number}, {self.choice})"


@frozen
class Difference:
    """Where two backends parted: the place in the script, the call, and both answers."""

    place: int
    call: Call
    expected: str
    found: str

    def __str__(self) -> str:
        return f"step {self.place}, {self.call}: expected {self.expected}, found {self.found}"


class Side(Generic[B]):
    """One of the two: its case and its bench."""

    def __init__(self, case: Case[B], bench: B) -> None:
        self.case = case
        self.bench = bench


class Duel(Protocol):
    """Two opened backends of one port."""

    @property
    def calls(self) -> Sequence[Call]:
        """What can be done to both."""
        ...

    def do(self, call: Call) -> tuple[Any, Any]:
        """Do the call on both; gives what each answered, in words that can be compared."""
        ...

    def __enter__(self) -> Self:
        """Use the two."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Release the two."""
        ...


class Sides(Generic[B]):
    """The two sides of a duel, opened on equal worlds and released together."""

    def __init__(self, reference: Harness[B], subject: Harness[B], start: Callable[[Case[B]], B]) -> None:
        self._stack = ExitStack()
        self.sides: list[Side[B]] = []
        with ExitStack() as stack:
            for harness in (reference, subject):
                case = stack.enter_context(Case(harness, "duel"))
                self.sides.append(Side(case, start(case)))
            self._stack = stack.pop_all()

    def both(self, work: Callable[[Side[B]], Any]) -> tuple[Any, Any]:
        """The outcome of `work` on each side; only the subject may raise what is outside the tree."""
        reference, subject = self.sides
        return outcome(lambda: work(reference)), outcome(lambda: work(subject), Exception)

    def offers(self, operation: str) -> bool:
        """Whether both offer an operation by themselves."""
        return all(side.case.declares(operation) for side in self.sides)

    def release(self) -> None:
        """Release both; may be called twice."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def outcome(work: Callable[[], Any], caught: type[Exception] = ScldError) -> Any:
    """What a call answers, or the class of what it raises of the kind `caught`."""
    try:
        return work()
    except (Unseen, Excused):
        raise
    except caught as error:
        return f"raises {type(error).__name__}"


def agree(call: Call, answers: tuple[Any, Any]) -> None:
    """Find the subject at fault unless both answers to a call are one."""
    expected, found = answers
    if expected != found:
        fail(f"{call}: expected {expected!r}, found {found!r}")
