"""Opening a carrier, using only what is declared, keeping secrets, and closing."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from scld_core.errors import AdapterBug, ScldError, UnsupportedOperation
from scld_core.hotspots.account import Fate
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.devices import Line
from scld_core.testing.case import Check, Excused, check, fail, refused, require
from scld_core.testing.harness import CarrierBench
from scld_core.testing.lines_tools import (
    CHANGES,
    OPERATIONS,
    WRITES,
    Carrier,
    by_operation,
    finish,
    has_bulk,
    order,
    standing,
    start,
    states,
)
from scld_core.testing.synthetic import HOUSEHOLD, PATRON, SECRET, account, line, stranger

__all__ = ["CHECKS", "listening", "quiet_words"]


def declared(case: Carrier) -> None:
    """What is declared works, and what is not raises UnsupportedOperation and sends nothing."""
    bench = case.open(account())
    if case.operation == "bulk_file" and not has_bulk(bench):
        raise Excused("the port makes no files")
    call = by_operation(case, bench, start(case.operation))[case.operation]
    capability = case.harness.capability(case.operation)
    if isinstance(capability, Unsupported | None):
        sent = _sent(bench)
        refused(call, "an operation that is not offered", UnsupportedOperation)
        require(_sent(bench) == sent, "an operation that is not offered sent something")
        require(not _moved(bench), "an operation that is not offered had an effect")
        return
    try:
        call()
    except UnsupportedOperation:
        fail("it is declared as offered, and raises UnsupportedOperation")


def _sent(bench: CarrierBench) -> int:
    return len(list(bench.texts())) if bench.texts else 0


def _moved(bench: CarrierBench) -> int:
    return sum(map(bench.effects, map(line, range(5)))) if bench.effects else 0


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


def keeps_secrets(case: Carrier) -> None:
    """No secret and no patron's data shows in a log, an exception or a repr, also when calls go wrong."""
    with listening() as heard:
        bench = case.open(account())
        said = [repr(bench.lines)]
        subjects = (start(case.operation), stranger())
        said.extend(quiet_words(by_operation(case, bench, subject)[case.operation]) for subject in subjects)
        for fate, prepare in bench.fates.items():
            if case.operation in CHANGES and fate in _LOUD:
                prepare()
                said.append(quiet_words(by_operation(case, bench, start(case.operation))[case.operation]))
        if bench.outage is not None:
            bench.outage()
            said.append(quiet_words(by_operation(case, bench, start(case.operation))[case.operation]))
    for canary, what in ((SECRET, "a secret"), (PATRON, "a patron's data"), (HOUSEHOLD, "a patron's data")):
        require(not any(canary in text for text in said), f"{what} shows in an exception or a repr")
        require(not any(canary in text for text in heard), f"{what} shows in a log")


_LOUD = (Fate.LOST_AFTER, Fate.LOST_BEFORE, Fate.REJECTED, Fate.RATE_LIMITED)


def tells_no_patron(case: Carrier) -> None:
    """Nothing that leaves for the carrier holds a patron's data, wherever the district keeps it."""
    bench = case.open(account())
    texts = case.lever(bench.texts, "texts")
    by_operation(case, bench, start(case.operation))[case.operation]()
    for canary in (PATRON, HOUSEHOLD):
        require(not any(canary in text for text in texts()), "a patron's data was sent to the carrier")


def closes_twice(case: Carrier) -> None:
    """Closing twice is closing once."""
    bench = case.open(account())
    bench.close()
    bench.close()


def after_close(case: Carrier) -> None:
    """After close a call is answered or refused in the tree's words; it never breaks."""
    bench = case.open(account())
    bench.close()
    for call in by_operation(case, bench, line(0)).values():
        try:
            call()
        except AdapterBug as bug:
            fail(f"after close a call broke: {bug}")
        except ScldError:
            pass


def shares_nothing(case: Carrier) -> None:
    """Two instances of one backend know nothing of each other's lines and changes."""
    first, second = case.open(account(), instance="kit-a"), case.open(account(), instance="kit-b")
    before = states(second)
    subject = start(case.operation)
    finish(first, order(case, first, case.operation, subject))
    require(states(second) == before, "a change at one instance shows at another")
    require(standing(second, subject) is before[subject.iccid], "a change at one instance shows at another")


def answers_of_its_own(case: Carrier) -> None:
    """Two instances of one backend show each its own account."""
    first, second = case.open(account(2), instance="kit-a"), case.open(account(4), instance="kit-b")
    require((len(states(first)), len(states(second))) == (2, 4), "an instance shows the lines of another")
    _unknown(first, line(3))


def _unknown(bench: CarrierBench, subject: Line) -> None:
    require(standing(bench, subject) is None, "an instance knows a line of another")


CHECKS: tuple[Check[Any], ...] = (
    check("lines", *OPERATIONS, always=True)(declared),
    check("lines", "iter_lines", "get", *WRITES, "request_state")(keeps_secrets),
    check("lines", "iter_lines", "get", *WRITES, "request_state")(tells_no_patron),
    check("lines", "close")(closes_twice),
    check("lines", "close")(after_close),
    check("lines", "iter_lines", also=("get",))(answers_of_its_own),
    check("lines", *CHANGES, also=("iter_lines", "get"), writes=True)(shares_nothing),
)
"""In the order of the report."""
