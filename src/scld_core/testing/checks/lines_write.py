"""Changing a line: once, the right one, for good where it is for good, and visible afterwards."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.errors import NotFound, Rejected
from scld_core.hotspots.model import ServiceState
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.case import Check, Excused, check, refused, require
from scld_core.testing.lines_tools import (
    CHANGES,
    WISH,
    WRITES,
    Carrier,
    effects_of,
    finish,
    order,
    send,
    settled,
    standing,
    start,
    states,
    unchanged,
)
from scld_core.testing.synthetic import FOREIGN_WORD, account, line, stranger, twin, view

__all__ = ["CHECKS"]

_READS = ("get", "iter_lines")


def does_it(case: Carrier) -> None:
    """A write that is answered as done or accepted changes that line once, and no other."""
    bench, verb = case.open(account()), case.operation
    answer = order(case, bench, verb, start(verb))
    if answer.kind is AnswerKind.DONE:
        require(effects_of(bench, start(verb)) == 1, f"{verb} is answered as done, and nothing was done")
    finish(bench, answer)
    require(effects_of(bench, start(verb)) == 1, f"{verb} had {effects_of(bench, start(verb))} effects, not one")
    unchanged(bench, but=start(verb))


def read_back(case: Carrier) -> None:
    """After a write the next read shows it, or is honestly dated before it."""
    bench, verb = case.open(account()), case.operation
    subject = start(verb)
    states(bench)
    bench.lines.get(subject)
    began = case.clock.tick()
    answer = order(case, bench, verb, subject)
    case.clock.tick()
    if answer.kind is AnswerKind.ACCEPTED:
        finish(bench, answer)
    shown = standing(bench, subject)
    gone = verb == "terminate" and shown is None
    older = not gone and not bench.lines.live and bench.lines.get(subject).observed_at < began
    require(gone or older or shown is WISH[verb], f"after {verb} the line is shown as {shown.value if shown else None}")
    listed = states(bench).get(subject.iccid)
    require(listed is shown, "after a write the list and the single answer differ")


def twice(case: Carrier) -> None:
    """A line that is as wished already is left as it is, and the answer is DONE."""
    bench, verb = case.open(account()), case.operation
    answer = order(case, bench, verb, settled(verb))
    require(answer.kind is AnswerKind.DONE, f"{verb} of a line that is so already is answered {answer.kind.value}")
    require(not effects_of(bench, settled(verb)), f"{verb} of a line that is so already changed it")
    finish(bench, order(case, bench, verb, start(verb)))
    again = order(case, bench, verb, start(verb))
    require(again.kind is AnswerKind.DONE, f"a second {verb} is answered {again.kind.value}")
    require(effects_of(bench, start(verb)) == 1, f"a second {verb} had an effect of its own")


def same_key(case: Carrier) -> None:
    """One key sent twice, before or after the carrier has finished, has one effect and one meaning."""
    verb = case.operation
    for patient in (False, True):
        bench, key = case.open(account(), instance=f"kit-{patient}"), case.key()
        first = order(case, bench, verb, start(verb), key=key)
        if patient:
            finish(bench, first)
        second = send(bench, verb, start(verb), key)
        require(_agree(first, second), f"one key was answered {first.kind.value}, then {second.kind.value}")
        finish(bench, first)
        count = effects_of(bench, start(verb))
        require(count == 1, f"one key had {count} effects")
        require(standing(bench, start(verb)) in (WISH[verb], None), "a repeated key undid what it had done")


def _agree(first: Answer, second: Answer) -> bool:
    return second.kind in (first.kind, AnswerKind.DONE)


def late_key(case: Carrier) -> None:
    """A key that comes back late, after something else has happened, does nothing more."""
    if not case.harness.remembers_keys:
        raise Excused("the system keeps no keys")
    bench, verb, key = case.open(account()), case.operation, case.key()
    other = "restore" if verb == "suspend" else "suspend"
    case.needs(other)
    finish(bench, order(case, bench, verb, start(verb), key=key))
    finish(bench, order(case, bench, other, start(verb)))
    case.clock.tick(days=1)
    finish(bench, send(bench, verb, start(verb), key))
    require(effects_of(bench, start(verb)) == 2, "a key that was used before was carried out again")
    require(standing(bench, start(verb)) is WISH[other], "a key that was used before was carried out again")


def to_and_fro(case: Carrier) -> None:
    """Changes with keys of their own follow each other; each shows."""
    case.needs("suspend", "restore")
    bench = case.open(account())
    for round_, verb in enumerate(("suspend", "restore", "suspend"), 1):
        finish(bench, order(case, bench, verb, line(0)))
        case.clock.tick(days=1)
        require(standing(bench, line(0)) is WISH[verb], f"after {verb} number {round_} the line is not so")
    require(effects_of(bench, line(0)) == 3, "three changes did not have three effects")


def unknown_subject(case: Carrier) -> None:
    """A write to a line that the account does not have raises NotFound and changes nothing."""
    bench, verb = case.open(account()), case.operation
    order(case, case.open(account(), instance="kit-other"), verb, start(verb))
    for nobody in (stranger(), twin(start(verb))):
        refused(lambda nobody=nobody: send(bench, verb, nobody, case.key()), f"{verb} of an unknown line", NotFound)  # type: ignore[misc]
    unchanged(bench)


def final(case: Carrier) -> None:
    """A terminated line never comes back: it refuses every change and stays as it is."""
    bench, verb = case.open(account()), case.operation
    case.needs("terminate")
    finish(bench, order(case, bench, "terminate", line(0)))
    refused(lambda: send(bench, verb, line(0), case.key()), f"{verb} of a terminated line", Rejected, NotFound)
    shown = standing(bench, line(0))
    require(shown in (ServiceState.TERMINATED, None), "a terminated line came back")
    require(effects_of(bench, line(0)) == 1, "a terminated line was changed")


def foreign_state(case: Carrier) -> None:
    """On a line whose state nobody can translate, nothing is done: the write is refused."""
    odd = view(2, ServiceState.UNKNOWN_WORD, FOREIGN_WORD)
    order(case, case.open(account(), instance="kit-other"), case.operation, start(case.operation))
    bench = case.open(evolve(account(2), lines=(*account(2).lines, odd)))
    refused(lambda: send(bench, case.operation, line(2), case.key()), "a write to a line in a foreign state", Rejected)
    require(not effects_of(bench, line(2)), "a line in a foreign state was changed")


CHECKS: tuple[Check[Any], ...] = (
    check("lines", *WRITES, also=_READS, writes=True)(does_it),
    check("lines", *WRITES, also=_READS, writes=True)(read_back),
    check("lines", *CHANGES, also=_READS, writes=True)(twice),
    check("lines", *WRITES, also=_READS, writes=True)(same_key),
    check("lines", *CHANGES, also=_READS, writes=True)(late_key),
    check("lines", "restore", also=_READS, writes=True)(to_and_fro),
    check("lines", *WRITES, also=_READS, writes=True)(unknown_subject),
    check("lines", *CHANGES, also=_READS, writes=True)(final),
    check("lines", *CHANGES, also=_READS, writes=True)(foreign_state),
)
"""In the order of the report."""
