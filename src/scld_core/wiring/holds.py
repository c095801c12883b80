"""The holds desk of a district: its ILS, what the ILS's other ports know, and its policy, joined."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from scld_core.cards.model import Service
from scld_core.errors import UnsupportedOperation
from scld_core.holds.facts import HoldRuling, HoldSystems
from scld_core.holds.policy import HoldPolicy
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.money import Money
from scld_core.policies import resolve
from scld_core.runs.guards import take_snapshot
from scld_core.wiring.cards import entitles

if TYPE_CHECKING:
    from scld_core.plugins import OpenBackend
    from scld_core.wiring.opening import Opening

__all__ = ["hold_ruling", "hold_systems"]

T = TypeVar("T")


def hold_systems(opening: Opening, opened: OpenBackend) -> HoldSystems | None:
    """What the holds desk works with; None where the ILS has no holds, or tells nothing of patrons to decide by."""
    if opened.holds is None or opened.patrons is None:
        return None
    beside = _Beside(opened)
    return HoldSystems(
        holds=opened.holds,
        person=opened.patrons.get,
        find_person=opened.patrons.find,
        entitled=entitles(opening, Service.HOLDS),
        ruling=hold_ruling(opening),
        owed=beside.owed,
        borrowed=beside.borrowed,
        copies=beside.copies,
        pickups=beside.pickups,
        shelving=opening.settings.shelving,
    )


def hold_ruling(opening: Opening) -> Callable[[], HoldRuling]:
    """What holds now, with the policy of a day read once; PolicyMissing names every value the district must set."""
    calendar, clock = opening.settings.opening_hours(), opening.clock
    kept: dict[date, HoldRuling] = {}

    def ruling() -> HoldRuling:
        now = clock.now()
        day = calendar.business_date(now)
        if day not in kept:
            overrides = opening.settings.policy
            found = resolve(HoldPolicy, "holds", profile=opening.profile, overrides=overrides, on=day)
            kept[day] = HoldRuling(found.value, found.version, calendar, now)
        return evolve(kept[day], now=now)

    return ruling


class _Beside:
    """What the ILS's other ports tell; None where they are not there or do not offer it."""

    def __init__(self, opened: OpenBackend) -> None:
        self._opened = opened

    def owed(self, patron: PatronId) -> Money | None:
        """What the patron owes in all."""
        port = self._opened.fees
        return None if port is None else _told(lambda: port.account(patron).balance)

    def borrowed(self, patron: PatronId) -> Collection[ItemId] | None:
        """The items that the patron has on loan."""
        port = self._opened.loans
        if port is None:
            return None

        def listed() -> Collection[ItemId]:
            pages = port.of_patron(patron)
            return [loan.item for loan in take_snapshot("the loans", pages, lambda loan: loan.id, live=port.live).rows]

        return _told(listed)

    def copies(self, title: TitleId) -> Mapping[ItemId, bool | None] | None:
        """The items of a title, and whether each can be held."""
        port = self._opened.catalog
        if port is None:
            return None

        def listed() -> Mapping[ItemId, bool | None]:
            pages = port.items_of(title)
            rows = take_snapshot("the title's items", pages, lambda item: item.id, live=port.live).rows
            return {item.id: item.holdable for item in rows}

        return _told(listed)

    def pickups(self) -> Collection[LocationId] | None:
        """The libraries where holds are picked up; an ILS that lists none has not said."""
        port = self._opened.catalog
        if port is None:
            return None

        def listed() -> Collection[LocationId]:
            pages = port.libraries()
            rows = take_snapshot("the libraries", pages, lambda library: library.id, live=port.live).rows
            return [library.id for library in rows if library.pickup]

        return _told(listed) or None


def _told(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except UnsupportedOperation:
        return None
