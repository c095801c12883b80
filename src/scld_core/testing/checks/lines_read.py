"""Reading a carrier's account: whole lists, the line that was asked for, and how old an answer is."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.errors import BackendError, BadInput, GuardStopped, NotFound
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.page import Page
from scld_core.runs.model import ReadBack
from scld_core.testing.case import Check, check, fail, refused, require
from scld_core.testing.lines_tools import (
    READS,
    Carrier,
    by_operation,
    effects_of,
    key_of,
    standing,
    start,
    states,
)
from scld_core.testing.lists import SIZES, fresh, only, rows_of, same, whole
from scld_core.testing.synthetic import FOREIGN_WORD, account, line, stranger, twin, view

__all__ = ["CHECKS"]


def whole_list(case: Carrier) -> None:
    """Every line is listed once, at every length around the size of a page, and the end is marked."""
    for size in SIZES:
        bench = case.open(account(size))
        try:
            rows = whole(bench.lines.iter_lines(), case.clock, live=bench.lines.live)
        except (BadInput, GuardStopped):
            require(size == 0, f"a list of {size} lines is refused")
            continue
        same(map(key_of, rows), map(key_of, account(size).lines), f"a list of {size} lines")


def cut_list(case: Carrier) -> None:
    """A list that breaks off is not passed off as whole: it raises, or its final page is not marked as last."""
    bench = case.open(account(7))
    case.lever(bench.cut, "cut")(1)
    pages: list[Page[LineView]] = []
    try:
        pages.extend(bench.lines.iter_lines())
    except BackendError:
        return
    require(not pages or not pages[-1].last, "a list that broke off is marked as whole")
    require(len([row for page in pages for row in page.rows]) < 7, "the harness did not cut the list")


def listed_as_told(case: Carrier) -> None:
    """The list shows each line with the numbers and the state that the carrier has for it."""
    bench = case.open(account())
    same(
        ((v.imei, v.iccid, v.state) for v in rows_of(bench.lines.iter_lines())),
        ((v.imei, v.iccid, v.state) for v in account().lines),
        "lines with their states",
    )


def got_as_told(case: Carrier) -> None:
    """One line is answered with its own numbers and state, the same as in the list."""
    bench = case.open(account())
    for number, told in enumerate(account().lines):
        seen = bench.lines.get(line(number))
        require(key_of(seen) == key_of(told), "another line is answered, or one without its numbers")
        require(seen.state is told.state, f"a line that is {told.state.value} is answered as {seen.state.value}")


def dated(case: Carrier) -> None:
    """An answer is dated in UTC, not in the future, and a live one not before it was asked for."""
    bench = case.open(account())
    began = case.clock.tick(seconds=90)
    case.clock.tick()
    live = bench.lines.live
    fresh(bench.lines.get(line(0)).observed_at, began, case.clock, live=live, what="the line")
    for row in rows_of(bench.lines.iter_lines()):
        fresh(row.observed_at, began, case.clock, live=live, what="a listed line")


def again_the_same(case: Carrier) -> None:
    """Reading twice with nothing in between gives the same."""
    bench = case.open(account())
    require(states(bench) == states(bench), "two lists in a row differ")
    first, second = (evolve(bench.lines.get(line(1)), observed_at=case.clock.now()) for _ in range(2))
    require(first == second, "two answers in a row differ")


def reads_only(case: Carrier) -> None:
    """Reading changes nothing at the carrier."""
    bench = case.open(account())
    by_operation(case, bench, line(1))[case.operation]()
    for number in range(5):
        require(not effects_of(bench, line(number)), "reading changed a line")


def unknown_line(case: Carrier) -> None:
    """A line that the account does not have raises NotFound, though its numbers end like another's."""
    bench = case.open(account())
    for nobody in (stranger(), twin(start(case.operation))):
        refused(lambda nobody=nobody: bench.lines.get(nobody), "get of an unknown line", NotFound)  # type: ignore[misc]


def unknown_word(case: Carrier) -> None:
    """A state word without a translation stays one, with the carrier's own word beside it."""
    odd = view(2, ServiceState.UNKNOWN_WORD, FOREIGN_WORD)
    bench = case.open(evolve(account(2), lines=(*account(2).lines, odd)))
    listed = only((v for v in rows_of(bench.lines.iter_lines()) if v.iccid == odd.iccid), "the line in the list")
    for seen in (bench.lines.get(line(2)), listed):
        require(seen.state is ServiceState.UNKNOWN_WORD, f"a foreign word is read as {seen.state.value}")
        require(seen.word == FOREIGN_WORD, "the carrier's own word is lost")


def sees_changes(case: Carrier) -> None:
    """What the carrier or its portal's users change by themselves shows in the next answer."""
    bench = case.open(account())
    show = case.lever(bench.show, "show")
    states(bench)
    bench.lines.get(line(1))
    began = case.clock.tick(seconds=5)
    show(evolve(account().lines[1], state=ServiceState.ACTIVE, observed_at=began))
    case.clock.tick()
    seen = bench.lines.get(line(1))
    honest = not bench.lines.live and seen.observed_at < began
    require(seen.state is ServiceState.ACTIVE or honest, "a line that the carrier restored is still shown suspended")
    listed = states(bench)[line(1).iccid]
    require(listed is seen.state, "the list and the single answer differ")


def resumes(case: Carrier) -> None:
    """After the instant at which a suspension ends by itself, the line is not shown as suspended."""
    bench = case.open(account())
    case.lever(bench.show, "show")(evolve(account().lines[0], state=ServiceState.SUSPENDED))
    ends = bench.lines.get(line(0)).resumes_at
    if ends is not None and bench.lines.live:
        case.clock.tick(seconds=(ends - case.clock.now()).total_seconds() + 1)
        require(standing(bench, line(0)) is not ServiceState.SUSPENDED, "a suspension outlives its announced end")


def unknown_request(case: Carrier) -> None:
    """Of a reference that was never given, whatever it looks like, nothing is claimed."""
    bench = case.open(account())
    for reference in ("kit-no-such-request", "0", " ", "../requests", "request-999999"):
        answer = bench.lines.request_state(reference)
        if answer is not ReadBack.UNKNOWN:
            fail(f"a request that never was is {getattr(answer, 'value', answer)}")


def unreachable(case: Carrier) -> None:
    """While the system cannot be reached, a call raises a fault of the tree."""
    bench = case.open(account())
    outage = case.lever(bench.outage, "outage")
    outage()
    refused(by_operation(case, bench, start(case.operation))[case.operation], case.operation)


CHECKS: tuple[Check[Any], ...] = (
    check("lines", "iter_lines")(whole_list),
    check("lines", "iter_lines")(cut_list),
    check("lines", "iter_lines")(listed_as_told),
    check("lines", "get")(got_as_told),
    check("lines", "get", also=("iter_lines",))(dated),
    check("lines", "get", also=("iter_lines",))(again_the_same),
    check("lines", *READS)(reads_only),
    check("lines", "get")(unknown_line),
    check("lines", "get", also=("iter_lines",))(unknown_word),
    check("lines", "get", also=("iter_lines",))(sees_changes),
    check("lines", "get")(resumes),
    check("lines", "request_state")(unknown_request),
    check("lines", "iter_lines", "get")(unreachable),
)
"""In the order of the report."""
