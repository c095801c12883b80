"""What a hold means for an item at the desk: where it goes when it comes in, and who may borrow it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from scld_core.circulation.model import CheckIn, ItemState
from scld_core.errors import Rejected
from scld_core.kernel.ids import LocationId
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.harness import LoansBench
from scld_core.testing.loans_tools import BORROWER, LIBRARY, Ils, desk, request, stands
from scld_core.testing.synthetic import item
from scld_core.testing.synthetic_accounts import patron
from scld_core.testing.synthetic_holds import TODAY

__all__ = ["CHECKS"]

_ELSEWHERE = LocationId("cheney")
_LAST_DAY = TODAY + timedelta(days=5)
_WAITS = 4
"""The number of the patron who waits for an item."""


def set_aside(case: Ils) -> None:
    """An item that somebody waits for is set aside when it comes in, and goes where it is picked up."""
    bench = case.open(desk())
    hold = case.lever(bench.hold, "hold")
    for number, pickup in ((1, LIBRARY), (0, _ELSEWHERE)):
        waiting = hold(item(number), patron(_WAITS), pickup)
        back = bench.loans.check_in(item(number), LIBRARY, key=case.key(), shelf_until=_LAST_DAY)
        require(back.hold == waiting, "a check-in does not tell the hold for which the item is set aside")
        goes = None if pickup == LIBRARY else pickup
        require(back.route_to == goes, f"an item to be picked up at {pickup} goes to {back.route_to}")
        kept = ItemState.ON_HOLD_SHELF if goes is None else ItemState.IN_TRANSIT
        require(bench.loans.get(item(number)).state is kept, f"an item that is set aside is not {kept.value}")
        require(back.circulation.state is kept, "a check-in answers another state than is stored")
        _kept_until(back, bench, None if goes else _LAST_DAY)
    back = bench.loans.check_in(item(0), _ELSEWHERE, key=case.key(), shelf_until=_LAST_DAY)
    _kept_until(back, bench, _LAST_DAY)
    require(back.route_to is None, "an item that came in where it is picked up is sent on")
    require(bench.loans.get(item(0)).state is ItemState.ON_HOLD_SHELF, "an item that arrived is not on the hold shelf")


def _kept_until(back: CheckIn, bench: LoansBench, day: date | None) -> None:
    """A day on the hold shelf is the one that was told, unless the ILS counts for itself."""
    require(bench.counts_shelf or back.shelf_until == day, "an item is on the hold shelf until another day")


def for_nobody_else(case: Ils) -> None:
    """An item that is set aside is lent to who waits for it, and to nobody else; then the hold is over."""
    case.needs("check_in")
    bench = case.open(desk())
    case.lever(bench.hold, "hold")(item(1), patron(_WAITS), LIBRARY)
    bench.loans.check_in(item(1), LIBRARY, key=case.key())
    before = stands(bench, 1)
    refused(
        lambda: bench.loans.check_out(request(item(1), BORROWER), key=case.key()),
        "lending an item that is set aside for somebody else",
        Rejected,
    )
    require(stands(bench, 1) == before, "a refused check-out changed an item that is set aside")
    bench.loans.check_out(request(item(1), _WAITS), key=case.key())
    lent = bench.loans.get(item(1)).open_loan
    require(lent is not None and lent.patron in (None, patron(_WAITS)), "who waits for an item does not get it")
    back = bench.loans.check_in(item(1), LIBRARY, key=case.key())
    require(back.hold is None and back.route_to is None, "a hold outlives the loan that filled it")


CHECKS: tuple[Check[Any], ...] = (
    check("loans", "check_in", also=("get",), writes=True)(set_aside),
    check("loans", "check_out", also=("get",), writes=True)(for_nobody_else),
)
"""In the order of the report."""
