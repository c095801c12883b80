"""Opening, reading and closing a calendar: every closure of the days that are asked about, whole, and no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from scld_core.calendars.model import Closure
from scld_core.errors import BackendError, BadInput, GuardStopped
from scld_core.kernel.page import Page
from scld_core.testing.case import Case, Check, Excused, check, refused, require
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.harness import CalendarsBench
from scld_core.testing.lists import SIZES, rows_of, same, whole
from scld_core.testing.synthetic import SECRET
from scld_core.testing.synthetic_calendars import DAYS, FIRST, LAST, MORE, closed, closures, many, within

__all__ = ["CHECKS", "Days", "facts"]

Days = Case[CalendarsBench]


def facts(closure: Closure, bench: CalendarsBench) -> tuple[str, ...]:
    """The days of a closure, and the facts that its calendar keeps."""
    told = {"reason": closure.reason, "locations": str(sorted(map(str, closure.locations)))}
    return (str(closure.first), str(closure.last), *(told[name] for name in sorted(bench.tells)))


def _read(bench: CalendarsBench) -> list[Page[Closure]]:
    return list(bench.calendars.closures(FIRST, LAST))


def _same(bench: CalendarsBench, rows: Sequence[Closure], wanted: Sequence[Closure], what: str) -> None:
    same([facts(row, bench) for row in rows], [facts(one, bench) for one in wanted], what)


def declared(case: Days) -> None:
    """What is declared works, and what is not raises UnsupportedOperation."""
    bench = case.open(closed())
    offered(case, lambda: _read(bench))


def keeps_secrets(case: Days) -> None:
    """No secret of the settings shows in a log, an exception or a repr."""
    with listening() as heard:
        bench = case.open(closed())
        said = [repr(bench.calendars), quiet_words(lambda: _read(bench))]
        if bench.outage is not None:
            bench.outage()
            said.append(quiet_words(lambda: _read(bench)))
    unseen(SECRET, "a secret", said=said, heard=heard)


def _calls(case: Days, bench: CalendarsBench) -> Iterable[Callable[[], object]]:
    del case
    return [lambda: _read(bench)]


def days_of_its_own(case: Days) -> None:
    """Two instances of one backend know nothing of each other's closures."""
    for instance in ("kit-a", "kit-b"):
        bench = case.open(closed(), instance=instance)
        rows = rows_of(iter(_read(bench)))
        wanted = within(closures(), FIRST, LAST)
        require(len(rows) == len(wanted), "an instance shows the closures of another beside its own, or none")


def whole_list(case: Days) -> None:
    """Everything is listed once, at every length around the size of a page, dated, and the end is marked."""
    for size in SIZES[:-1]:  # a year has no more closures than that
        bench = case.open(many(size))
        try:
            rows = whole(bench.calendars.closures(FIRST, LAST), case.clock, live=bench.calendars.live)
        except (BadInput, GuardStopped):
            require(size == 0, f"a list of {size} rows is refused")
            continue
        _same(bench, rows, many(size).closures, f"a list of {size} closures")


def cut_list(case: Days) -> None:
    """A list that breaks off is not passed off as whole: it raises, or its final page is not marked as last."""
    bench = case.open(many(7))
    case.lever(bench.cut, "cut")(1)
    pages: list[Page[Any]] = []
    try:
        pages.extend(bench.calendars.closures(FIRST, LAST))
    except BackendError:
        return
    require(not pages or not pages[-1].last, "a list that broke off is marked as whole")
    require(len([row for page in pages for row in page.rows]) < 7, "the harness did not cut the list")


def as_told(case: Days) -> None:
    """Each closure has its own days, its reason and its libraries; of the whole district where it names none."""
    bench = case.open(closed())
    entered = {facts(one, bench) for one in closures()}
    for row in rows_of(iter(_read(bench))):
        require(facts(row, bench) in entered, "a closure is told otherwise than it was entered")


def of_these_days(case: Days) -> None:
    """Of some days every closure is told that has one of them, edges included, and no other."""
    bench = case.open(closed())
    for since, until in DAYS:
        rows = whole(bench.calendars.closures(since, until), case.clock, live=bench.calendars.live)
        wanted = within(closures(), since, until)
        _same(bench, rows, wanted, f"the closures from {since} to {until}")


def by_first_day(case: Days) -> None:
    """A list begins with the first day and never goes back."""
    bench = case.open(closed())
    days = [row.first for row in rows_of(iter(_read(bench)))]
    require(days == sorted(days), "a list is not in the order of the first days")


def no_days(case: Days) -> None:
    """An end before the beginning is refused as BadInput, and not answered as nothing."""
    bench = case.open(closed())
    refused(lambda: list(bench.calendars.closures(LAST, LAST - timedelta(days=1))), "closures", BadInput)


def again_the_same(case: Days) -> None:
    """Reading twice with nothing in between gives the same closures in the same order."""
    bench = case.open(closed())
    first, second = (rows_of(iter(_read(bench))) for _ in range(2))
    require(first == second, "two answers about one calendar differ")


def sees_changes(case: Days) -> None:
    """A closure that is entered shows in the next answer, or the answer is dated before it."""
    bench = case.open(closed())
    show = case.lever(bench.show, "show")
    _read(bench)
    began = case.clock.tick(seconds=5)
    show(MORE[0])
    case.clock.tick(seconds=5)
    pages = _read(bench)
    if min(page.as_of for page in pages) < began:
        raise Excused("the calendar is of an earlier time, and says so")
    rows = [row for page in pages for row in page.rows]
    _same(bench, rows, within((*closures(), MORE[0]), FIRST, LAST), "a list after a new closure")


def unreachable(case: Days) -> None:
    """While the calendar cannot be reached, a call raises a fault of the tree: it is never answered as all open."""
    bench = case.open(closed())
    case.lever(bench.outage, "outage")()
    refused(lambda: _read(bench), "closures")


_CLOSURES = "closures"

CHECKS: tuple[Check[Any], ...] = (
    check("calendars", _CLOSURES, always=True)(declared),
    check("calendars", _CLOSURES)(keeps_secrets),
    *closing("calendars", closed, _calls),
    check("calendars", _CLOSURES)(days_of_its_own),
    check("calendars", _CLOSURES)(whole_list),
    check("calendars", _CLOSURES)(cut_list),
    check("calendars", _CLOSURES)(as_told),
    check("calendars", _CLOSURES)(of_these_days),
    check("calendars", _CLOSURES)(by_first_day),
    check("calendars", _CLOSURES)(no_days),
    check("calendars", _CLOSURES)(again_the_same),
    check("calendars", _CLOSURES)(sees_changes),
    check("calendars", _CLOSURES)(unreachable),
)
"""In the order of the report."""
