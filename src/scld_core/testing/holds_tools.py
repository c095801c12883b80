"""What the checks of holds share: what is asked and done, how each operation is called, and what is compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from typing import Any

from scld_core.holds.model import Hold
from scld_core.holds.states import HoldState
from scld_core.kernel.decision import Unanswered
from scld_core.kernel.ids import HoldId, LocationId
from scld_core.kernel.page import Page
from scld_core.testing.case import Case, fail
from scld_core.testing.harness import HoldsBench
from scld_core.testing.lists import rows_of
from scld_core.testing.synthetic import INSTANCE
from scld_core.testing.synthetic_accounts import patron
from scld_core.testing.synthetic_holds import CHENEY, NORTH, TODAY, hold, request, title

__all__ = [
    "LISTS",
    "OPERATIONS",
    "READS",
    "WRITES",
    "Desk",
    "asked",
    "begin",
    "by_operation",
    "facts",
    "listed",
    "opposite",
    "order",
    "place",
    "placed",
    "queue",
    "wished",
]

Desk = Case[HoldsBench]

LISTS = ("of_patron", "of_title", "iter_pulls", "iter_shelf")
READS = ("get", *LISTS)
WRITES = ("place", "cancel", "suspend", "reactivate", "change_pickup")
OPERATIONS = (*READS, *WRITES)

_UNTIL = TODAY + timedelta(days=20)
_LATER = TODAY + timedelta(days=25)
_BEGIN = {"cancel": 2, "suspend": 0, "reactivate": 1, "change_pickup": 0}


def begin(operation: str, instance: str = INSTANCE) -> HoldId:
    """A hold of the seed that the write would change."""
    return hold(_BEGIN[operation], instance)


def asked(bench: HoldsBench, operation: str, number: int = 1, at: LocationId = NORTH) -> Iterator[Page[Any]]:
    """A list of the patron or title `number`, or the pick list or the hold shelf of a library."""
    port = bench.holds
    if operation == "of_patron":
        return port.of_patron(patron(number))
    if operation == "of_title":
        return port.of_title(title(number))
    return port.iter_shelf(at) if operation == "iter_shelf" else port.iter_pulls(at)


def placed(answer: Hold | Unanswered) -> Hold:
    """The hold that was placed; nothing was to be asked."""
    if isinstance(answer, Unanswered):
        fail("a question is asked of which the harness said nothing")
    return answer


def place(case: Desk, bench: HoldsBench, who: int, what: int, at: LocationId = NORTH) -> Hold:
    """A new hold of a patron on a title."""
    return placed(bench.holds.place(request(who, what, pickup=at), key=case.key()))


def order(bench: HoldsBench, operation: str, subject: HoldId, key: str, *, other: bool = False) -> Hold:
    """Do one write, or with `other` the same with another argument."""
    port = bench.holds
    if operation == "place":
        wanted = request(4, 3, pickup=CHENEY if other else NORTH, instance=subject.backend)
        return placed(port.place(wanted, key=key))
    if operation == "cancel":
        return port.cancel(hold(5, subject.backend) if other else subject, key=key)
    if operation == "suspend":
        return port.suspend(subject, _LATER if other else _UNTIL, key=key)
    if operation == "reactivate":
        return port.reactivate(hold(3, subject.backend) if other else subject, key=key)
    return port.change_pickup(subject, LocationId("argonne") if other else CHENEY, key=key)


def wished(operation: str, seen: Hold) -> bool:
    """Whether a hold is as the write wishes."""
    if operation == "place":
        return (seen.patron, seen.title, seen.pickup, seen.item) == (patron(4), title(3), NORTH, None) and seen.is_open
    if operation == "cancel":
        return seen.state is HoldState.CANCELLED
    if operation == "suspend":
        return seen.state is HoldState.SUSPENDED and seen.suspended_until == _UNTIL
    if operation == "reactivate":
        return seen.state is HoldState.WAITING
    return seen.pickup == CHENEY


def opposite(case: Desk, bench: HoldsBench, operation: str, done: HoldId) -> None:
    """Undo a write by another one."""
    if operation == "reactivate":
        bench.holds.suspend(done, _UNTIL, key=case.key())
    elif operation == "suspend":
        bench.holds.reactivate(done, key=case.key())
    elif operation == "change_pickup":
        bench.holds.change_pickup(done, NORTH, key=case.key())
    else:
        bench.holds.cancel(done, key=case.key())


def by_operation(case: Desk, bench: HoldsBench, number: int) -> Mapping[str, Callable[[], Any]]:
    """A call of each operation; `number` is the patron, title or hold that is read."""
    writes = {name: (lambda name=name: order(bench, name, hold(_BEGIN.get(name, 0)), case.key())) for name in WRITES}
    lists = {name: (lambda name=name: list(asked(bench, name, number))) for name in LISTS}
    return {"get": lambda: bench.holds.get(hold(number)), **lists, **writes}


def queue(bench: HoldsBench, what: int) -> list[Hold]:
    """The open holds of a title."""
    return rows_of(bench.holds.of_title(title(what)))


def listed(bench: HoldsBench, who: int) -> list[Hold]:
    """The open holds of a patron."""
    return rows_of(bench.holds.of_patron(patron(who)))


def facts(seen: Hold, tells: Collection[str]) -> tuple[Any, ...]:
    """Everything about a hold that an ILS tells, but when it was true."""
    told = tuple(str(getattr(seen, name)) if name in tells else "" for name in _TOLD)
    targets = None if seen.targets is None else tuple(map(str, sorted(seen.targets)))
    return (str(seen.id), str(seen.patron), str(seen.title), seen.state.value, str(seen.trapped), targets, *told)


_TOLD = ("item", "pickup", "placed_at", "suspended_until", "shelf_until", "not_needed_after")
