"""Opening a carrier, using only what is declared, keeping secrets, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.hotspots.account import Fate
from scld_core.kernel.devices import Line
from scld_core.testing.case import Check, Excused, check, require
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
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

__all__ = ["CHECKS"]


def declared(case: Carrier) -> None:
    """What is declared works, and what is not raises UnsupportedOperation and sends nothing."""
    bench = case.open(account())
    if case.operation == "bulk_file" and not has_bulk(bench):
        raise Excused("the port makes no files")
    sent = _sent(bench)
    if not offered(case, by_operation(case, bench, start(case.operation))[case.operation]):
        require(_sent(bench) == sent, "an operation that is not offered sent something")
        require(not _moved(bench), "an operation that is not offered had an effect")


def _sent(bench: CarrierBench) -> int:
    return len(list(bench.texts())) if bench.texts else 0


def _moved(bench: CarrierBench) -> int:
    return sum(map(bench.effects, map(line, range(5)))) if bench.effects else 0


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
        unseen(canary, what, said=said, heard=heard)


_LOUD = (Fate.LOST_AFTER, Fate.LOST_BEFORE, Fate.REJECTED, Fate.RATE_LIMITED)


def tells_no_patron(case: Carrier) -> None:
    """Nothing that leaves for the carrier holds a patron's data, wherever the district keeps it."""
    bench = case.open(account())
    texts = case.lever(bench.texts, "texts")
    by_operation(case, bench, start(case.operation))[case.operation]()
    for canary in (PATRON, HOUSEHOLD):
        require(not any(canary in text for text in texts()), "a patron's data was sent to the carrier")


def _calls(case: Carrier, bench: CarrierBench) -> Iterable[Callable[[], object]]:
    return by_operation(case, bench, line(0)).values()


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
    *closing("lines", account, _calls),
    check("lines", "iter_lines", also=("get",))(answers_of_its_own),
    check("lines", *CHANGES, also=("iter_lines", "get"), writes=True)(shares_nothing),
)
"""In the order of the report."""
