"""The synthetic titles, items and holds that every check of that port begins with. They are nobody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from attrs import evolve

from scld_core.circulation.model import Circulation, ItemState
from scld_core.holds.model import Copy, Hold, HoldManner, HoldRequest
from scld_core.holds.rules import in_order, ranked
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.patrons.person import Patron
from scld_core.plugins.seed import Seed
from scld_core.testing.synthetic import INSTANCE, NOW, item
from scld_core.testing.synthetic_accounts import MERGED, patron, people

__all__ = [
    "CHENEY",
    "COPIES",
    "NORTH",
    "TODAY",
    "desk",
    "expected",
    "hold",
    "holds",
    "queue_of",
    "request",
    "title",
    "titles",
]

NORTH, CHENEY = LocationId("north-spokane"), LocationId("cheney")
TODAY = date(2026, 11, 2)
"""The day on which every check begins, in UTC as in Spokane."""

_DAY = timedelta(days=1)
_S = HoldState

COPIES: Mapping[int, tuple[int, LocationId | None, bool]] = {
    0: (1, NORTH, True),
    1: (1, None, True),
    2: (2, None, True),
    3: (2, CHENEY, True),
    4: (3, NORTH, True),
    5: (3, CHENEY, True),
    6: (4, NORTH, False),
    7: (5, NORTH, True),
    8: (5, NORTH, True),
}
"""The items by number: of which title, on whose shelf (None elsewhere), and whether it can be held."""


def title(number: int, instance: str = INSTANCE) -> TitleId:
    """The synthetic title `number`."""
    return TitleId(instance, f"t{number:03d}")


def hold(number: int, instance: str = INSTANCE) -> HoldId:
    """The synthetic hold `number`."""
    return HoldId(instance, f"h{number:03d}")


def request(
    who: int, what: int, *, pickup: LocationId = NORTH, number: int | None = None, instance: str = INSTANCE
) -> HoldRequest:
    """A request for a title, or for the item `number` of it."""
    wanted = None if number is None else item(number, instance)
    return HoldRequest(patron=patron(who, instance), title=title(what, instance), pickup=pickup, item=wanted)


def _hold(number: int, who: PatronId, what: int, state: HoldState, instance: str) -> Hold:
    return Hold(
        id=hold(number, instance),
        patron=who,
        title=title(what, instance),
        pickup=NORTH,
        state=state,
        placed_at=NOW - (9 - number) * _DAY,
        as_of=NOW,
        trapped=item(2, instance) if state is _S.READY else None,
    )


def holds(instance: str = INSTANCE) -> tuple[Hold, ...]:
    """Waiting, suspended until a day and without one, ready, item-level and ended; one is of a merged record."""

    def one(number: int, who: int, what: int, state: HoldState = _S.WAITING) -> Hold:
        return _hold(number, patron(who, instance), what, state, instance)

    return (
        evolve(one(0, 0, 1), not_needed_after=TODAY + 30 * _DAY),
        evolve(one(1, 1, 1, _S.SUSPENDED), suspended_until=TODAY + 10 * _DAY),
        evolve(one(2, 2, 1), pickup=CHENEY),
        one(3, MERGED[0], 1, _S.SUSPENDED),
        evolve(one(4, 2, 2, _S.READY), pickup=CHENEY, shelf_until=TODAY + 5 * _DAY),
        one(5, 0, 2),
        one(6, 4, 3, _S.CANCELLED),
        evolve(one(7, 1, 5), item=item(8, instance)),
    )


def expected(instance: str = INSTANCE) -> tuple[Hold, ...]:
    """The same as they have to be answered: a merged record's hold is the surviving patron's."""
    merged = {patron(number, instance): patron(3, instance) for number in MERGED}
    return tuple(evolve(one, patron=merged.get(one.patron, one.patron)) for one in holds(instance))


def queue_of(rows: Sequence[Hold], what: TitleId, manner: HoldManner) -> tuple[Hold, ...]:
    """The open holds of a title in order, with the ranks and targets that the manner promises."""
    own = [one for one in rows if one.title == what]
    order = in_order(own)
    shown = ranked(order, manner.place) if manner.ranks else order
    return tuple(evolve(one, targets=_targets(one, manner)) for one in shown)


def _targets(one: Hold, manner: HoldManner) -> tuple[ItemId, ...] | None:
    if one.state in TRAPPED or not manner.targets:
        return None
    found = (item(number, one.id.backend) for number, (what, _, holdable) in COPIES.items() if _is(what, one, holdable))
    return tuple(number for number in found if one.item in (None, number))


def _is(what: int, one: Hold, holdable: bool) -> bool:  # noqa: FBT001 - a fact of the item
    return holdable and title(what, one.id.backend) == one.title


def desk(instance: str = INSTANCE, *, rows: tuple[Hold, ...] | None = None) -> Seed:
    """An ILS of the synthetic patrons, with these items and holds."""
    given = holds(instance) if rows is None else rows
    return _seed(COPIES, people(instance), given, instance)


def titles(count: int, *, patrons: bool = False, ready: bool = False) -> Seed:
    """So many holds: of patron number 1 on titles from 100, each on a shelf; with `patrons` of so many on title 100.

    With `ready` each item is on the hold shelf.
    """
    copies: dict[int, tuple[int, LocationId | None, bool]] = {100 + n: (100 + n, NORTH, True) for n in range(count)}
    copies[100] = (100, NORTH, True)
    who = [100 + n if patrons else 1 for n in range(count)]
    rows = tuple(_hold(n, patron(who[n]), 100 if patrons else 100 + n, _S.WAITING, INSTANCE) for n in range(count))
    if ready:
        rows = tuple(evolve(row, state=_S.READY, trapped=item(100 + n)) for n, row in enumerate(rows))
    more = tuple(Patron(id=patron(number), as_of=NOW) for number in who if number != 1)
    return _seed(copies, (*people(), *more), rows, INSTANCE)


def _seed(
    copies: Mapping[int, tuple[int, LocationId | None, bool]],
    patrons: tuple[Patron, ...],
    rows: tuple[Hold, ...],
    instance: str,
) -> Seed:
    trapped = {one.trapped for one in rows if one.state in TRAPPED}
    numbered = {item(number, instance): copy for number, copy in copies.items()}
    return Seed(
        items=tuple(
            Circulation(number, _state(number in trapped, copy[1]), NOW, since=NOW) for number, copy in numbered.items()
        ),
        homes={number.local: str(copy[1] or NORTH) for number, copy in numbered.items()},
        copies={
            number.local: Copy(title(copy[0], instance), f"FIC {number.local}", copy[2])
            for number, copy in numbered.items()
        },
        patrons=patrons,
        holds=rows,
    )


def _state(trapped: bool, at: LocationId | None) -> ItemState:  # noqa: FBT001 - a fact of the item
    if trapped:
        return ItemState.ON_HOLD_SHELF
    return ItemState.CHECKED_IN if at is not None else ItemState.ON_LOAN
