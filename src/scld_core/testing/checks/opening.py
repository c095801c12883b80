"""What opening and closing means for every port with operations: the checks and tools that they share."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any

from scld_core.errors import AdapterBug, ScldError, UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.plugins.seed import Seed
from scld_core.testing.case import Case, Check, check, fail, refused, require

__all__ = ["closing", "listening", "offered", "quiet_words", "unseen"]


def offered(case: Case[Any], call: Callable[[], object]) -> bool:
    """Whether the case's operation is declared; its `call` must work then, and be refused by name if not."""
    if isinstance(case.harness.capability(case.operation), Unsupported | None):
        refused(call, "an operation that is not offered", UnsupportedOperation)
        return False
    try:
        call()
    except UnsupportedOperation:
        fail("it is declared as offered, and raises UnsupportedOperation")
    return True


@contextmanager
def listening() -> Generator[list[str]]:
    """Everything that is logged in the block at any level, as text, and by way of the root logger."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(self.format(record))

    root, ear = logging.getLogger(), Ear(logging.DEBUG)
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.setLevel(level)
        root.removeHandler(ear)


def quiet_words(call: Callable[[], object]) -> str:
    """What a call leaves to be read: the repr of its answer, or its exception with all that hangs on it."""
    try:
        return repr(call())
    except Exception as error:  # noqa: BLE001 - what it is does not matter here, only what it says
        return "".join(traceback.format_exception(error)) + repr(error)


def unseen(canary: str, what: str, *, said: Iterable[str], heard: Iterable[str]) -> None:
    """Find the backend at fault where a canary shows in what calls left to be read, or in a log."""
    require(not any(canary in text for text in said), f"{what} shows in an exception or a repr")
    require(not any(canary in text for text in heard), f"{what} shows in a log")


def closing(
    port: str, seed: Callable[[], Seed], calls: Callable[[Case[Any], Any], Iterable[Callable[[], object]]]
) -> tuple[Check[Any], Check[Any]]:
    """The checks of `close`; `calls` are one of each operation, on an opened bench."""

    def closes_twice(case: Case[Any]) -> None:
        """Closing twice is closing once."""
        bench = case.open(seed())
        bench.close()
        bench.close()

    def after_close(case: Case[Any]) -> None:
        """After close a call is answered or refused in the tree's words; it never breaks."""
        bench = case.open(seed())
        bench.close()
        for call in calls(case, bench):
            try:
                call()
            except AdapterBug as bug:
                fail(f"after close a call broke: {bug}")
            except ScldError:
                pass

    return check(port, "close")(closes_twice), check(port, "close")(after_close)
