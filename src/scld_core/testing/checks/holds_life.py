"""What the writes and an item that comes in mean for one another: the queue, suspension, and items set aside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from scld_core.errors import Rejected
from scld_core.holds.model import Hold, OnTrapped, Place
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.testing.case import Check, check, declined, fail, refused, require
from scld_core.testing.harness import HoldsBench
from scld_core.testing.holds_tools import Desk, listed, placed, queue
from scld_core.testing.synthetic import item
from scld_core.testing.synthetic_holds import CHENEY, NORTH, TODAY, desk, hold, request

__all__ = ["CHECKS"]

_LATER = TODAY + timedelta(days=20)


def _gapless(bench: HoldsBench, what: int = 1) -> None:
    """Find the backend at fault where the ranks of a title are not 1 to n for those that are counted."""
    manner = bench.holds.manner
    if not manner.ranks:
        return
    counted = {HoldState.WAITING} | ({HoldState.SUSPENDED} if manner.place is Place.KEPT else set[HoldState]())
    rows = queue(bench, what)
    ranks = [one.rank for one in rows if one.state in counted]
    require(ranks == list(range(1, len(ranks) + 1)), "the ranks of a title have a gap, or one is there twice")
    require(all(one.rank is None for one in rows if one.state not in counted), "a hold that is not counted has a rank")


def ranks_close_up(case: Desk) -> None:
    """After a hold is cancelled, suspended or placed the ranks of the title are 1 to n again."""
    bench = case.open(desk())
    _gapless(bench)
    if case.operation == "place":
        placed(bench.holds.place(request(4, 1), key=case.key()))
    elif case.operation == "cancel":
        bench.holds.cancel(hold(0), key=case.key())
    else:
        bench.holds.suspend(hold(0), _LATER, key=case.key())
    _gapless(bench)


def passed_over(case: Desk) -> None:
    """An item that comes in goes to the first hold that is active, past those that are suspended."""
    bench = case.open(desk())
    come_in = case.lever(bench.come_in, "come_in")
    bench.holds.suspend(hold(0), _LATER, key=case.key())
    come_in(item(1), NORTH)
    seen = {number: bench.holds.get(hold(number)).trapped for number in (0, 1, 2, 3)}
    require(seen[0] is None, "an item is set aside for a hold that is suspended")
    require(seen == {0: None, 1: None, 2: item(1), 3: None}, "an item is not set aside for the first active hold")


def cancelling_frees(case: Desk) -> None:
    """The item of a hold that is cancelled goes to the next one."""
    bench = case.open(desk())
    come_in = case.lever(bench.come_in, "come_in")
    bench.holds.cancel(hold(4), key=case.key())
    come_in(item(2), CHENEY)
    seen = bench.holds.get(hold(5))
    require(seen.trapped == item(2), "the item of a cancelled hold is not free for the next one")
    require(seen.state is not HoldState.READY, "an item is ready at another library than it is to be picked up at")


def trapped_suspension(case: Desk) -> None:
    """To suspend a hold with an item set aside is refused, or frees the item: whichever is declared."""
    bench = case.open(desk())
    if bench.holds.manner.on_trapped is OnTrapped.REFUSED:
        refused(lambda: bench.holds.suspend(hold(4), _LATER, key=case.key()), "suspending a trapped hold", Rejected)
        require(bench.holds.get(hold(4)).state in TRAPPED, "a suspension that was refused is there")
        return
    bench.holds.suspend(hold(4), _LATER, key=case.key())
    seen = bench.holds.get(hold(4))
    require((seen.state, seen.trapped) == (HoldState.SUSPENDED, None), "a suspended hold keeps its item")


def trapped_pickup(case: Desk) -> None:
    """The pickup library of a hold with an item set aside can be changed, or is refused: whichever is declared."""
    bench = case.open(desk())
    if not bench.holds.manner.moves_trapped:
        refused(lambda: bench.holds.change_pickup(hold(4), NORTH, key=case.key()), "moving a trapped hold", Rejected)
        require(bench.holds.get(hold(4)).pickup == CHENEY, "a change that was refused is there")
        return
    bench.holds.change_pickup(hold(4), NORTH, key=case.key())
    require(bench.holds.get(hold(4)).pickup == NORTH, "a trapped hold was not moved, though that is declared")


def suspended_again(case: Desk) -> None:
    """Suspending a suspended hold changes the day, to none as well; a day that is not after today is Rejected."""
    bench = case.open(desk())
    for until in (_LATER, None, TODAY + timedelta(days=1)):
        bench.holds.suspend(hold(1), until, key=case.key())
        seen = bench.holds.get(hold(1))
        require(seen.state is HoldState.SUSPENDED, "a hold that was suspended again is active")
        require(seen.suspended_until == until, "a hold is suspended until another day than was asked for")
    for day in (TODAY, TODAY - timedelta(days=1)):
        refused(
            lambda day=day: bench.holds.suspend(hold(0), day, key=case.key()),  # type: ignore[misc]
            "a suspension until a day that is not after today",
            Rejected,
        )
    require(bench.holds.get(hold(0)).state is HoldState.WAITING, "a suspension that was refused is there")


def comes_back_to_its_place(case: Desk) -> None:
    """A reactivated hold stands where the declared manner says: in its old place, or last."""
    bench = case.open(desk())
    bench.holds.suspend(hold(0), _LATER, key=case.key())
    bench.holds.reactivate(hold(0), key=case.key())
    order = [one.id for one in queue(bench, 1) if one.state is HoldState.WAITING]
    lost = bench.holds.manner.place is Place.LOST
    require(order == ([hold(2), hold(0)] if lost else [hold(0), hold(2)]), "a hold came back to another place")
    _gapless(bench)


def active_already(case: Desk) -> None:
    """A hold that is not suspended is left as it is by reactivating it, an item that was set aside included."""
    bench = case.open(desk())
    for number in (0, 4):
        before = bench.holds.get(hold(number))
        after = bench.holds.reactivate(hold(number), key=case.key())
        same = (after.state, after.trapped, after.rank) == (before.state, before.trapped, before.rank)
        require(same, "reactivating a hold that is active changed it")


def asks_first(case: Desk) -> None:
    """What has to be answered first places nothing; with the answers the hold is placed, once."""
    bench = case.open(desk())
    case.lever(bench.ask, "ask")(request(4, 3).title)
    answer = bench.holds.place(request(4, 3), key=case.key())
    if not isinstance(answer, Unanswered):
        fail("a question that has to be answered first is not asked")
    require(not listed(bench, 4), "a hold is there before its question was answered")
    given = tuple((question.code, question.choices[0][0]) for question in answer.questions)
    done = bench.holds.place(request(4, 3), key=case.key(), answers=Answers(given, answer.token))
    require(isinstance(done, Hold), "a question that was answered is asked again")
    require(len(listed(bench, 4)) == 1, "with the answers there is not one hold")


def no_means_no(case: Desk) -> None:
    """A question that is answered with no, or not at all, places nothing: it is refused, or asked again."""
    bench = case.open(desk())
    case.lever(bench.ask, "ask")(request(4, 3).title)
    asked = bench.holds.place(request(4, 3), key=case.key())
    if not isinstance(asked, Unanswered):
        fail("a question that has to be answered first is not asked")
    for answers in declined(asked):
        try:
            done = bench.holds.place(request(4, 3), key=case.key(), answers=answers)
        except Rejected:
            done = asked
        require(isinstance(done, Unanswered), "a hold is placed though the question was answered with no")
        require(not listed(bench, 4), "a no placed a hold")


_GET, _QUEUE = ("get",), ("of_title",)

CHECKS: tuple[Check[Any], ...] = (
    check("holds", "place", "cancel", "suspend", also=_QUEUE, writes=True)(ranks_close_up),
    check("holds", "suspend", also=_GET, writes=True)(passed_over),
    check("holds", "cancel", also=_GET, writes=True)(cancelling_frees),
    check("holds", "suspend", also=_GET, writes=True)(trapped_suspension),
    check("holds", "change_pickup", also=_GET, writes=True)(trapped_pickup),
    check("holds", "suspend", also=_GET, writes=True)(suspended_again),
    check("holds", "reactivate", also=("suspend", *_QUEUE), writes=True)(comes_back_to_its_place),
    check("holds", "reactivate", also=_GET, writes=True)(active_already),
    check("holds", "place", also=("of_patron",), writes=True)(asks_first),
    check("holds", "place", also=("of_patron",), writes=True)(no_means_no),
)
"""In the order of the report."""
