"""Writes on a bad day: what was lost, refused, delayed or doubled on its way is told for what it is."""

from __future__ import annotations

from typing import Any

from scld_core.errors import AdapterBug, BackendError, OutcomeUnknown, Retry
from scld_core.hotspots.account import Fate
from scld_core.runs.model import AnswerKind
from scld_core.testing.case import Check, Excused, check, fail, refused, require
from scld_core.testing.harness import CarrierBench
from scld_core.testing.lines_tools import (
    CHANGES,
    WISH,
    Carrier,
    effects_of,
    finish,
    order,
    play,
    send,
    standing,
    start,
    unchanged,
)
from scld_core.testing.synthetic import account

__all__ = ["CHECKS"]

_READS = ("get", "iter_lines")


def _automatic(case: Carrier) -> CarrierBench:
    """A bench; the check is excused where a person carries out what is asked."""
    order(case, case.open(account(), instance="kit-other"), case.operation, start(case.operation))
    return case.open(account())


def _tried(case: Carrier, bench: CarrierBench, fate: Fate, key: str) -> BackendError | None:
    """Send one write that meets `fate`; its fault, or None for an answer."""
    play(bench, fate)
    try:
        finish(bench, send(bench, case.operation, start(case.operation), key))
    except AdapterBug as bug:
        fail(f"{fate.value}: {bug}")
    except BackendError as fault:
        if isinstance(fault, OutcomeUnknown):
            require(fault.key == key, "OutcomeUnknown does not carry the key of its request")
        return fault
    return None


def _again(case: Carrier, bench: CarrierBench, key: str) -> None:
    """The same key once more must lead to exactly one effect."""
    verb = case.operation
    finish(bench, send(bench, verb, start(verb), key))
    if bench.settle is not None:
        bench.settle()
    require(
        effects_of(bench, start(verb)) == 1, f"after a repetition there are {effects_of(bench, start(verb))} effects"
    )
    require(standing(bench, start(verb)) is WISH[verb], "after a repetition the line is not as wished")


def lost_answer(case: Carrier) -> None:
    """An effect whose answer is lost is told as OutcomeUnknown with its key, or as what it is; never as no effect."""
    bench, key = _automatic(case), case.key()
    fault = _tried(case, bench, Fate.LOST_AFTER, key)
    require(effects_of(bench, start(case.operation)) <= 1, "one request had several effects")
    if fault is not None:
        kind = type(fault).__name__
        require(fault.retry is Retry.SAME_KEY, f"the answer was lost after the effect, and {kind} says that it was not")
    _again(case, bench, key)


def lost_request(case: Carrier) -> None:
    """A request that never arrives raises a fault that may be repeated, and is not told as done."""
    bench, key = _automatic(case), case.key()
    fault = _tried(case, bench, Fate.LOST_BEFORE, key)
    require(fault is not None, "a request that never arrived is answered as if it had")
    require(fault is None or fault.retry is not Retry.NEVER, "a lost request is told as one that cannot be repeated")
    unchanged(bench)
    _again(case, bench, key)


def too_many(case: Carrier) -> None:
    """A request that is turned away for now raises RateLimited or its like, has no effect, and may come again."""
    bench, key = _automatic(case), case.key()
    fault = _tried(case, bench, Fate.RATE_LIMITED, key)
    require(fault is not None, "a request that was turned away is answered as if it had been taken")
    soon = fault is None or fault.retry in (Retry.AFTER, Retry.SAFE)
    require(soon, "a request that was turned away for now is told as refused or uncertain")
    unchanged(bench)
    _again(case, bench, key)


def refused_outright(case: Carrier) -> None:
    """A refusal is a fault that is never repeated, and nothing has changed."""
    bench = _automatic(case)
    fault = _tried(case, bench, Fate.REJECTED, case.key())
    require(fault is not None, "a refused request is answered as if it had been carried out")
    require(fault is None or fault.retry is Retry.NEVER, "a refused request is told as one to be repeated")
    unchanged(bench)


def doubled(case: Carrier) -> None:
    """A request that the network delivers twice has one effect."""
    bench, key = _automatic(case), case.key()
    fault = _tried(case, bench, Fate.DUPLICATED, key)
    require(fault is None or fault.retry is Retry.SAME_KEY, "a request that arrived twice is told as failed")
    _again(case, bench, key)


def unreachable_write(case: Carrier) -> None:
    """While the carrier cannot be reached, a write raises a fault of the tree and is never answered as done."""
    bench = case.open(account())
    case.lever(bench.outage, "outage")()
    try:
        answer = send(bench, case.operation, start(case.operation), case.key())
    except BackendError:
        refused(lambda: send(bench, case.operation, start(case.operation), case.key()), "a repetition", BackendError)
        return
    if answer.kind is AnswerKind.FOR_OPERATOR:
        raise Excused("a person does it; the system is not asked")
    fail("a carrier that cannot be reached answered")


CHECKS: tuple[Check[Any], ...] = tuple(
    check("lines", *CHANGES, also=_READS, writes=True)(one)
    for one in (lost_answer, lost_request, too_many, refused_outright, doubled, unreachable_write)
)
"""In the order of the report."""
