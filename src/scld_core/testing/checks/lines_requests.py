"""Requests that a carrier only accepts: never said to be done before they are, and found again."""

from __future__ import annotations

from typing import Any

from scld_core.hotspots.account import Fate
from scld_core.runs.model import AnswerKind, ReadBack
from scld_core.testing.case import Check, Excused, Unseen, check, require
from scld_core.testing.harness import CarrierBench
from scld_core.testing.lines_tools import (
    CHANGES,
    WISH,
    Carrier,
    effects_of,
    order,
    play,
    standing,
    start,
)
from scld_core.testing.synthetic import account

__all__ = ["CHECKS"]

_READS = ("get", "iter_lines")


def _accepted(case: Carrier, verb: str) -> tuple[CarrierBench, str]:
    """A bench with one request that the carrier has accepted and not carried out, and its reference."""
    bench = case.open(account())
    if Fate.ACCEPTED not in bench.fates and not bench.lines.asynchronous:
        raise Excused("it says that it carries every request out before it answers")
    play(bench, Fate.ACCEPTED)
    answer = order(case, bench, verb, start(verb))
    done = effects_of(bench, start(verb))
    require(answer.kind is not AnswerKind.DONE or done, "a request that is only accepted is answered as done")
    if answer.kind is not AnswerKind.ACCEPTED:
        raise Unseen("the harness's carrier finished at once")
    return bench, answer.reference


def not_yet_done(case: Carrier) -> None:
    """What is accepted is not shown as done before it is, and once after it is."""
    bench, _ = _accepted(case, case.operation)
    require(standing(bench, start(case.operation)) is not WISH[case.operation], "shown as done before it is")
    case.lever(bench.settle, "settle")()
    require(standing(bench, start(case.operation)) is WISH[case.operation], "not shown as done after it is")
    require(effects_of(bench, start(case.operation)) == 1, "an accepted request had not exactly one effect")


def says_it_waits(case: Carrier) -> None:
    """A carrier that accepts for later says that it is asynchronous, so that nobody takes silence for no."""
    bench, _ = _accepted(case, case.operation)
    require(bench.lines.asynchronous is True, "it accepts for later, and says that it is not asynchronous")


def found_again(case: Carrier) -> None:
    """The reference of an accepted request leads to it: pending before, done after it is carried out."""
    bench, reference = _accepted(case, "suspend")
    require(reference.strip(), "an accepted request has no reference, and request_state is offered")
    before = bench.lines.request_state(reference)
    require(before is ReadBack.PENDING, f"an open request is {before.value}")
    case.lever(bench.settle, "settle")()
    after = bench.lines.request_state(reference)
    require(after is ReadBack.DONE, f"a finished request is {after.value}")


CHECKS: tuple[Check[Any], ...] = (
    check("lines", *CHANGES, also=_READS, writes=True)(not_yet_done),
    check("lines", *CHANGES, also=_READS, writes=True)(says_it_waits),
    check("lines", "request_state", also=(*_READS, "suspend"), writes=True)(found_again),
)
"""In the order of the report."""
