"""The patron desk of a district: its ILS, its store, the files about addresses, and its policy, joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from attrs import frozen

from scld_core.errors import UnsupportedOperation
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import PatronId
from scld_core.patrons import Areas, JurisdictionPolicy, PatronPolicy
from scld_core.patrons.files import Drafts
from scld_core.patrons.jurisdiction_files import read_outlines, read_ranges
from scld_core.patrons.merge import Obligation
from scld_core.patrons.systems import PatronRuling, PatronSystems, Places
from scld_core.policies.resolve import resolve
from scld_core.runs.guards import take_snapshot
from scld_core.runs.ports import Store
from scld_core.services.privacy import journalled

if TYPE_CHECKING:
    from scld_core.plugins import OpenBackend
    from scld_core.wiring.opening import Opening

__all__ = ["patron_systems"]


def patron_systems(opening: Opening, opened: OpenBackend, *, store: Store, actor: Actor) -> PatronSystems | None:
    """What the patron desk works with; None where the ILS tells nothing of patrons."""
    if opened.patrons is None:
        return None
    return PatronSystems(
        patrons=opened.patrons,
        store=store,
        clock=opening.clock,
        actor=actor,
        ruling=_ruling(opening),
        places=_places(opening),
        audit=journalled(store, opening.clock),
        drafts=Drafts(store),
        obligations=_Open(opened).obligations,
    )


def _ruling(opening: Opening) -> Callable[[], PatronRuling]:
    """What holds today, read once a day; PolicyMissing names every value the district must set."""
    kept: dict[date, PatronRuling] = {}

    def ruling() -> PatronRuling:
        day = opening.settings.opening_hours().business_date(opening.clock.now())
        if day not in kept:
            overrides = opening.settings.policy
            found = resolve(PatronPolicy, "patrons", profile=opening.profile, overrides=overrides, on=day)
            kept[day] = PatronRuling(found.value, found.version, day)
        return kept[day]

    return ruling


def _places(opening: Opening) -> Callable[[], Places]:
    """The files of ``[jurisdiction]``, read when first asked for; without one every address is unsure."""
    kept: list[Areas] = []

    def places() -> Places:
        if not kept:
            kept.append(_areas(opening))
        day = opening.settings.opening_hours().business_date(opening.clock.now())
        overrides = opening.settings.policy
        found = resolve(JurisdictionPolicy, "jurisdiction", profile=opening.profile, overrides=overrides, on=day)
        return Places(kept[0], found.value, found.version, day)

    return places


def _areas(opening: Opening) -> Areas:
    settings, folder = opening.settings.jurisdiction, opening.settings.folder
    if settings is None:
        return Areas()
    ranges = read_ranges(folder / settings.ranges, mapping=settings.columns) if settings.ranges else None
    outlines = read_outlines(folder / settings.outlines) if settings.outlines else None
    areas = Areas() if ranges is None else Areas(ranges=ranges.ranges, ranges_from=ranges.source)
    if outlines is None:
        return areas
    return Areas(
        ranges=areas.ranges,
        ranges_from=areas.ranges_from,
        features=outlines.features,
        features_from=outlines.source,
    )


@frozen
class _Open:
    """What is open between a patron and the library, as far as the ILS's other ports tell."""

    opened: OpenBackend

    def obligations(self, patron: PatronId) -> tuple[Obligation, ...]:
        """Charges, loans and holds by the ILS's numbers; what a port does not offer is left out."""
        return tuple(sorted({*self._charges(patron), *self._loans(patron), *self._holds(patron)}))

    def _charges(self, patron: PatronId) -> Iterator[Obligation]:
        port = self.opened.fees
        if port is None:
            return
        try:
            account = port.account(patron)
        except UnsupportedOperation:
            return
        yield from (Obligation("charge", str(one.charge.id)) for one in account.standings if one.outstanding)

    def _loans(self, patron: PatronId) -> Iterator[Obligation]:
        port = self.opened.loans
        if port is None:
            return
        try:
            rows = take_snapshot("the loans", port.of_patron(patron), lambda loan: loan.id, live=port.live).rows
        except UnsupportedOperation:
            return
        yield from (Obligation("loan", str(loan.id)) for loan in rows)

    def _holds(self, patron: PatronId) -> Iterator[Obligation]:
        port = self.opened.holds
        if port is None:
            return
        try:
            rows = take_snapshot("the holds", port.of_patron(patron), lambda hold: hold.id, live=port.live).rows
        except UnsupportedOperation:
            return
        yield from (Obligation("hold", str(hold.id)) for hold in rows)
