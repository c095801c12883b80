"""The parts of one ILS's desks, made once: what each works with, and the areas whose actions the engine carries out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from scld_core.agency.actions import Systems as AgencySystems
from scld_core.agency.desk import agency_area
from scld_core.agency.referrals.beside import handed_over, leave_to_the_run
from scld_core.agency.referrals.desk import referrals_area
from scld_core.agency.referrals.office import Office as ReferralOffice
from scld_core.cards.actions import cards_area
from scld_core.cards.office import CardOffice
from scld_core.circulation.office import LoansOffice
from scld_core.holds.actions import holds_area
from scld_core.holds.facts import HoldSystems
from scld_core.kernel.actor import Actor
from scld_core.patrons.actions import patrons_area
from scld_core.patrons.systems import PatronSystems
from scld_core.plugins import OpenBackend
from scld_core.runs.action import Area, silent
from scld_core.runs.ports import Store
from scld_core.services.claims import loans_area
from scld_core.wiring.agency import agency_systems
from scld_core.wiring.cards import card_office
from scld_core.wiring.holds import hold_systems
from scld_core.wiring.loans import loans_office
from scld_core.wiring.patrons import patron_systems
from scld_core.wiring.referrals import referral_office

if TYPE_CHECKING:
    from scld_core.wiring.opening import Opening

__all__ = ["Rooms"]


@frozen
class Rooms:
    """What every desk but the hotspots' works with; None where the district has none of it."""

    ils: OpenBackend
    agency: AgencySystems | None
    referrals: ReferralOffice | None
    holds: HoldSystems | None
    loans: LoansOffice | None
    patrons: PatronSystems | None
    cards: CardOffice | None

    @classmethod
    def of(
        cls, opening: Opening, backends: Mapping[str, OpenBackend], *, ils: str, store: Store, actor: Actor
    ) -> Rooms:
        """The rooms of a district whose ILS is the backend `ils`."""
        opened, progress = backends[ils], opening.options.progress or silent
        referrals = referral_office(opening, backends, store=store, actor=actor)
        parts = (opening.settings, opening.profile, opening.registry, backends)
        agency = agency_systems(*parts, store=store, clock=opening.clock, progress=progress)
        if agency and referrals:
            beside, handed = partial(leave_to_the_run, referrals), partial(handed_over, referrals)
            agency = evolve(agency, beside=beside, handed_over=handed)
        people = patron_systems(opening, opened, store=store, actor=actor)
        return cls(
            ils=opened,
            agency=agency,
            referrals=referrals,
            holds=hold_systems(opening, opened),
            loans=loans_office(opening, ils, opened, store=store, actor=actor),
            patrons=people,
            cards=card_office(opening, people, opened) if people else None,
        )

    def areas(self) -> tuple[Area, ...]:
        """Their areas, in the order in which a day goes through them."""
        return (
            *((agency_area(self.agency),) if self.agency else ()),
            *((referrals_area(self.referrals),) if self.referrals else ()),
            *((loans_area(self.loans, self.ils.fees),) if self.loans else ()),
            *((holds_area(self.holds),) if self.holds else ()),
            *((patrons_area(self.patrons),) if self.patrons else ()),
            *((cards_area(self.cards),) if self.cards else ()),
        )
