"""Reading holds: whole and in order, that patron's and no other's, with rank, items and days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.errors import BackendError, NotFound
from scld_core.holds.model import Hold
from scld_core.holds.states import HoldState
from scld_core.kernel.page import Page
from scld_core.plugins.seed import Seed
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.harness import HoldsBench
from scld_core.testing.holds_tools import LISTS, OPERATIONS, READS, Desk, asked, by_operation, facts, listed, queue
from scld_core.testing.lists import SIZES, fresh, rows_of, same, whole
from scld_core.testing.synthetic import INSTANCE, item
from scld_core.testing.synthetic_accounts import COUNT, MERGED, patron
from scld_core.testing.synthetic_holds import CHENEY, NORTH, TODAY, desk, expected, hold, queue_of, title, titles

__all__ = ["CHECKS"]

_DAY = timedelta(days=1)
_TITLES = (1, 2, 3, 5)


def _told(bench: HoldsBench) -> dict[str, Hold]:
    """Every open hold of the seed by its id, with rank and targets as the manner promises."""
    return {one.id.local: one for what in _TITLES for one in queue_of(expected(), title(what), bench.holds.manner)}


def _seen(case: Desk, bench: HoldsBench) -> list[Hold]:
    """The open holds of the seed by the case's operation."""
    if case.operation == "get":
        return [bench.holds.get(one.id) for one in expected() if one.is_open]
    if case.operation == "of_title":
        return [one for what in _TITLES for one in queue(bench, what)]
    return [one for who in range(COUNT) for one in listed(bench, who)]


def as_told(case: Desk) -> None:
    """Each hold is answered with its patron, title, state, items, library and days as the ILS has them."""
    bench = case.open(desk())
    told = _told(bench)
    rows = {one.id.local: one for one in _seen(case, bench)}
    same(rows, told, "the open holds")
    for local, one in rows.items():
        what = f"a hold that is {one.state.value}"
        require(facts(one, bench.tells) == facts(told[local], bench.tells), f"{what} is answered with another fact")


def ranks(case: Desk) -> None:
    """Ranks count from 1 without a gap over those of the title that they are promised for, and no others have one."""
    bench = case.open(desk())
    told = _told(bench)
    for one in _seen(case, bench):
        require(one.rank == told[one.id.local].rank, f"a hold that is {one.state.value} has another rank")


def in_the_queues_order(case: Desk) -> None:
    """A title's holds come as they will be filled: those with an item first, then by place in the queue."""
    bench = case.open(desk())
    for what in (1, 2):
        told = [one.id for one in queue_of(expected(), title(what), bench.holds.manner)]
        require([one.id for one in queue(bench, what)] == told, "the holds of a title are in another order")


def only_that_patron(case: Desk) -> None:
    """A patron's list has that patron's open holds, each once, those of merged records too, and nobody else's."""
    bench = case.open(desk())
    for who in range(COUNT):
        rows, told = listed(bench, who), [one.id for one in expected() if one.patron == patron(who) and one.is_open]
        same([one.id for one in rows], told, "the holds of one patron")
        times = [one.placed_at for one in rows]
        require("placed_at" not in bench.tells or times == sorted(times), "a patron's holds are not in their order")


def ended_hold(case: Desk) -> None:
    """A hold that has ended is told as ended, or is not known any more; never as one that waits."""
    bench = case.open(desk())
    try:
        seen = bench.holds.get(hold(6))
    except NotFound:
        return
    require((seen.state, seen.rank) == (HoldState.CANCELLED, None), "an ended hold is told as another one")


def unknown_record(case: Desk) -> None:
    """What is not known is not found, though the id resembles another one; a library without work has no lines."""
    bench = case.open(desk())
    if case.operation in ("iter_pulls", "iter_shelf"):
        rows = whole(asked(bench, case.operation, at=evolve(NORTH, name="north")), case.clock, live=False)
        require(not rows, "a library that nobody knows has a pick list or a hold shelf")
        return
    for local in ("h999", "t999", "p999", "00", "%"):
        calls = {
            "get": lambda local=local: bench.holds.get(evolve(hold(0), local=local)),
            "of_patron": lambda local=local: list(bench.holds.of_patron(evolve(patron(1), local=local))),
            "of_title": lambda local=local: list(bench.holds.of_title(evolve(title(1), local=local))),
        }
        refused(calls[case.operation], f"{case.operation} of nobody's", NotFound)
    if case.operation == "of_patron":
        refused(lambda: list(bench.holds.of_patron(patron(MERGED[0]))), "of_patron of a merged record", BackendError)


def foreign_record(case: Desk) -> None:
    """An id of another instance is refused or unknown; its prefix is never stripped."""
    bench = case.open(desk())
    calls = {
        "get": lambda: bench.holds.get(hold(0, "another")),
        "of_patron": lambda: list(bench.holds.of_patron(patron(1, "another"))),
        "of_title": lambda: list(bench.holds.of_title(title(1, "another"))),
    }
    refused(calls[case.operation], f"{case.operation} of another instance", BackendError)


def own_ids(case: Desk) -> None:
    """Every id in an answer names the instance it comes from."""
    bench = case.open(desk())
    for one in _seen(case, bench):
        ids = (one.id, one.patron, one.title, one.item or one.id, one.trapped or one.id, *(one.targets or ()))
        require({record.backend for record in ids} == {INSTANCE}, "an id names another instance, or none of ours")


def _of_length(case: Desk, count: int) -> Seed:
    return titles(count, patrons=case.operation == "of_title", ready=case.operation == "iter_shelf")


def whole_list(case: Desk) -> None:
    """Everything is listed once, at every length around the size of a page, dated, and the end is marked."""
    for size in SIZES:
        bench = case.open(_of_length(case, size))
        number = 100 if case.operation == "of_title" else 1
        rows: Sequence[Any] = whole(asked(bench, case.operation, number), case.clock, live=bench.holds.live)
        ids = [row.hold if case.operation == "iter_pulls" else row.id for row in rows]
        same(ids, [hold(n) for n in range(size)], f"a list of {size}")


def cut_list(case: Desk) -> None:
    """A list that breaks off is not passed off as whole: it raises, or its final page is not marked as last."""
    bench = case.open(_of_length(case, 7))
    case.lever(bench.cut, "cut")(1)
    pages: list[Page[Any]] = []
    try:
        pages.extend(asked(bench, case.operation, 100 if case.operation == "of_title" else 1))
    except BackendError:
        return
    require(not pages or not pages[-1].last, "a list that broke off is marked as whole")


def dated(case: Desk) -> None:
    """An answer is dated in UTC, not in the future, and a live one not before it was asked for."""
    bench = case.open(desk())
    began = case.clock.tick(seconds=90)
    case.clock.tick()
    for one in _seen(case, bench):
        fresh(one.as_of, began, case.clock, live=bench.holds.live, what="a hold")


def pick_list(case: Desk) -> None:
    """Each line is an item on that library's shelf that its hold can take: each hold and each item once."""
    bench = case.open(desk())
    lines = {at: rows_of(asked(bench, "iter_pulls", at=at)) for at in (NORTH, CHENEY)}
    told = {
        NORTH: {(hold(0), title(1), item(0), NORTH), (hold(7), title(5), item(8), NORTH)},
        CHENEY: {(hold(5), title(2), item(3), NORTH)},
    }
    for at, rows in lines.items():
        found = [(row.hold, row.title, row.item, row.pickup) for row in rows]
        same(found, told[at], f"the pick list of {at}")
        require(all(row.at == at for row in rows), "a line is of another library")


def hold_shelf(case: Desk) -> None:
    """A library's hold shelf has what is ready there, as the hold itself is told, and nothing of another library."""
    bench = case.open(desk())
    told = [one for one in expected() if one.state is HoldState.READY]
    for at in (NORTH, CHENEY):
        rows = rows_of(asked(bench, "iter_shelf", at=at))
        same([one.id for one in rows], [one.id for one in told if one.pickup == at], f"the hold shelf of {at}")
        known = {one.id: one for one in told}
        require(
            all(facts(one, bench.tells) == facts(known[one.id], bench.tells) for one in rows),
            "a hold on the shelf is told with another fact",
        )


def not_picked_up(case: Desk) -> None:
    """What nobody picked up stays listed until the item is taken down, then it is on the shelf no more."""
    bench = case.open(desk())
    night, come_in = case.lever(bench.night, "night"), case.lever(bench.come_in, "come_in")
    case.clock.tick(days=6)
    night()
    try:
        kept = not bench.holds.get(hold(4)).is_open
    except NotFound:  # an ILS need not keep what has ended
        kept = False
    rows = rows_of(asked(bench, "iter_shelf", at=CHENEY))
    same([one.id for one in rows], [hold(4)] if kept else [], "the hold shelf after the last day")
    require(all(one.trapped == item(2) for one in rows), "a hold on the shelf names another item")
    come_in(item(2), CHENEY)
    rows = rows_of(asked(bench, "iter_shelf", at=CHENEY))
    require(hold(4) not in [one.id for one in rows], "a hold is listed whose item was taken down")


def sees_changes(case: Desk) -> None:
    """An item that comes in is set aside in the next answer, or the answer is dated before it."""
    bench = case.open(desk())
    come_in = case.lever(bench.come_in, "come_in")
    _seen(case, bench)
    began = case.clock.tick(seconds=5)
    come_in(item(1), NORTH)
    case.clock.tick(seconds=5)
    one = next(row for row in _seen(case, bench) if row.id == hold(0))
    if bench.holds.live or one.as_of >= began:
        require(one.trapped == item(1), "an item that came in is not set aside for the first hold")
        require(one.state is HoldState.READY, "an item that came in at its pickup library is not ready")


def suspension_ends(case: Desk) -> None:
    """A suspension until a day ends on that day, not on the day before, and not without one."""
    bench = case.open(desk())
    night = case.lever(bench.night, "night")
    for days, states in (
        (9, (HoldState.SUSPENDED, HoldState.SUSPENDED)),
        (1, (HoldState.WAITING, HoldState.SUSPENDED)),
    ):
        case.clock.tick(days=days)
        night()
        seen = tuple(bench.holds.get(hold(number)).state for number in (1, 3))
        require(seen == states, f"{TODAY + days * _DAY}: a suspension lasts for another time than was asked for")
    require(bench.holds.get(hold(1)).suspended_until is None, "a hold that is active again is suspended until a day")


def last_day(case: Desk) -> None:
    """A hold is there on its last day, and has ended on the day after; so has one that nobody picked up."""
    bench = case.open(desk())
    night = case.lever(bench.night, "night")
    for number, days, state in ((4, 5, HoldState.UNCLAIMED), (0, 24, HoldState.EXPIRED)):
        case.clock.tick(days=days)
        night()
        require(bench.holds.get(hold(number)).is_open, "a hold has ended before its last day was over")
        case.clock.tick(days=1)
        night()
        try:
            seen = bench.holds.get(hold(number)).state
        except NotFound:  # an ILS need not keep what has ended
            continue
        require(seen is state, f"a hold whose last day is over is {seen.value}")


def unreachable(case: Desk) -> None:
    """While the system cannot be reached, a call raises a fault of the tree and is never answered as done."""
    bench = case.open(desk())
    case.lever(bench.outage, "outage")()
    refused(by_operation(case, bench, 1)[case.operation], case.operation)


_KEPT = ("get", "of_patron", "of_title")

CHECKS: tuple[Check[Any], ...] = (
    check("holds", *_KEPT)(as_told),
    check("holds", *_KEPT)(ranks),
    check("holds", "of_title")(in_the_queues_order),
    check("holds", "of_patron")(only_that_patron),
    check("holds", "get")(ended_hold),
    check("holds", *READS)(unknown_record),
    check("holds", *_KEPT)(foreign_record),
    check("holds", *_KEPT)(own_ids),
    check("holds", *LISTS)(whole_list),
    check("holds", *LISTS)(cut_list),
    check("holds", *_KEPT)(dated),
    check("holds", "iter_pulls")(pick_list),
    check("holds", "iter_shelf")(hold_shelf),
    check("holds", "iter_shelf", also=("get",))(not_picked_up),
    check("holds", *_KEPT)(sees_changes),
    check("holds", "get")(suspension_ends),
    check("holds", "get")(last_day),
    check("holds", *OPERATIONS)(unreachable),
)
"""In the order of the report."""
