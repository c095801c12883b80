"""The loans desk of a district: its ILS, what the ILS's other ports know, and its policy, joined."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from attrs import evolve

from scld_core.cards.model import Service
from scld_core.circulation.office import ItemFacts, LoansOffice, Ruling
from scld_core.circulation.policy import CirculationPolicy
from scld_core.errors import PolicyMissing, UnsupportedOperation
from scld_core.holds.model import Hold
from scld_core.holds.rules import shelf_end
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.actor import Actor
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.person import Patron
from scld_core.policies import resolve
from scld_core.runs.guards import take_snapshot
from scld_core.runs.ports import Store
from scld_core.wiring.cards import entitles
from scld_core.wiring.holds import hold_ruling

if TYPE_CHECKING:
    from scld_core.plugins import OpenBackend
    from scld_core.wiring.opening import Opening

__all__ = ["loans_office"]

T = TypeVar("T")


def loans_office(opening: Opening, ils: str, opened: OpenBackend, *, store: Store, actor: Actor) -> LoansOffice | None:
    """What the loans desk works with; None where the ILS shows no loans."""
    if opened.loans is None:
        return None
    beside = _Beside(opened)
    return LoansOffice(
        ils=ils,
        loans=opened.loans,
        store=store,
        clock=opening.clock,
        actor=actor,
        ruling=_ruling(opening),
        patron=beside.patron,
        find_patron=beside.find_patron,
        entitled=entitles(opening, Service.LOANS),
        item=beside.item,
        find_item=beside.find_item,
        is_library=beside.is_library,
        waiting_holds=beside.waiting_holds,
        for_other=beside.for_other,
        shelf_until=_shelf_until(opening, opened),
        owed=beside.owed,
        manager=bool({*opening.settings.approval.roles} & {*actor.roles}),
    )


def _ruling(opening: Opening) -> Callable[[], Ruling]:
    """What holds now, with the policy of a day read once; PolicyMissing names every value the district must set."""
    calendar, clock = opening.settings.opening_hours(), opening.clock
    kept: dict[date, Ruling] = {}

    def ruling() -> Ruling:
        now = clock.now()
        day = calendar.business_date(now)
        if day not in kept:
            overrides = opening.settings.policy
            found = resolve(CirculationPolicy, "circulation", profile=opening.profile, overrides=overrides, on=day)
            kept[day] = Ruling(found.value, found.version, calendar, now)
        return evolve(kept[day], now=now)

    return ruling


def _shelf_until(opening: Opening, opened: OpenBackend) -> Callable[[LocationId], date | None]:
    """The end of the days on the hold shelf; the ILS's own where the district has set no policy of holds."""
    ruling = hold_ruling(opening)

    def until(library: LocationId) -> date | None:
        if opened.holds is None:
            return None
        try:
            now = ruling()
        except PolicyMissing:
            return None
        return shelf_end(now.day, library, now.policy, now.calendar)

    return until


class _Beside:
    """What the ILS's other ports tell of a patron or an item; nothing where they are not there or do not offer it."""

    def __init__(self, opened: OpenBackend) -> None:
        self._opened = opened
        self._libraries: frozenset[LocationId] = frozenset()

    def patron(self, patron: PatronId) -> Patron | None:
        """The patron after all merges."""
        port = self._opened.patrons
        return None if port is None else _told(lambda: port.get(patron))

    def find_patron(self, card: Barcode) -> Patron | None:
        """Whoever has a card, or had it."""
        port = self._opened.patrons
        return None if port is None else _told(lambda: port.find(card))

    def owed(self, patron: PatronId) -> Money | None:
        """What the patron owes in all."""
        port = self._opened.fees
        return None if port is None else _told(lambda: port.account(patron).balance)

    def item(self, item: ItemId) -> ItemFacts:
        """What the catalogue says of an item."""
        port = self._opened.catalog
        found = None if port is None else _told(lambda: port.item(item))
        return ItemFacts() if found is None else ItemFacts(kind=found.kind, home=found.home)

    def find_item(self, barcode: Barcode) -> ItemId | None:
        """The item that has a barcode."""
        port = self._opened.catalog
        found = None if port is None else _told(lambda: port.find_item(barcode))
        return None if found is None else found.id

    def is_library(self, library: LocationId) -> bool:
        """Whether the ILS has this library; an ILS that lists none has not said. What it said once is kept."""
        port = self._opened.catalog
        if port is None or library in self._libraries:
            return True

        def listed() -> frozenset[LocationId]:
            pages = port.libraries()
            rows = take_snapshot("the libraries", pages, lambda row: row.id, live=port.live).rows
            return frozenset(row.id for row in rows)

        self._libraries = _told(listed) or frozenset()
        return library in self._libraries or not self._libraries

    def waiting_holds(self, item: ItemId) -> int | None:
        """How many holds wait that the item could fill; None where there are holds and nobody tells its title."""
        if self._opened.holds is not None and self._opened.catalog is None:
            return None
        waits = (one for one in self._holds(item) if one.state is HoldState.WAITING)
        return sum(item in one.targets if one.targets is not None else one.item in (None, item) for one in waits)

    def for_other(self, item: ItemId, patron: PatronId) -> bool:
        """Whether the item is set aside for somebody else's hold."""
        trapped = (one for one in self._holds(item) if one.state in TRAPPED and one.trapped == item)
        return any(one.patron != patron for one in trapped)

    def _holds(self, item: ItemId) -> tuple[Hold, ...]:
        catalog, port = self._opened.catalog, self._opened.holds
        known = None if catalog is None else _told(lambda: catalog.item(item))
        if port is None or known is None or known.title is None:
            return ()
        title = known.title

        def listed() -> tuple[Hold, ...]:
            return take_snapshot("the title's holds", port.of_title(title), lambda hold: hold.id, live=port.live).rows

        return _told(listed) or ()


def _told(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except UnsupportedOperation:
        return None
