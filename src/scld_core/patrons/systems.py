"""What the patron desk works with: the ILS, the district's own store, and what holds today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from attrs import field, frozen

from scld_core.errors import ProtocolViolation, UnsupportedOperation
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import Revealed
from scld_core.kernel.time import Clock
from scld_core.kernel.validate import instance
from scld_core.patrons.files import Drafts, stored_file
from scld_core.patrons.jurisdiction import Areas
from scld_core.patrons.merge import Dossier, Obligation
from scld_core.patrons.person import Patron
from scld_core.patrons.policy import JurisdictionPolicy, PatronPolicy
from scld_core.patrons.ports import Patrons
from scld_core.patrons.requests import PatronQuery
from scld_core.runs.guards import take_snapshot
from scld_core.runs.ports import Store

__all__ = ["PatronRuling", "PatronSystems", "Places"]


@frozen
class PatronRuling:
    """The policy in force, its version, and the business day."""

    policy: PatronPolicy = field(validator=instance(PatronPolicy))
    version: str
    day: date


@frozen
class Places:
    """What is known of addresses, and what the areas are to the district today."""

    areas: Areas = field(validator=instance(Areas))
    policy: JurisdictionPolicy = field(validator=instance(JurisdictionPolicy))
    version: str
    day: date


def _nothing_open(patron: PatronId) -> tuple[Obligation, ...]:
    del patron
    return ()


@frozen(kw_only=True)
class PatronSystems:
    """The ILS's patrons, and what is joined to them.

    `obligations` are what is open between a patron and the library, as far as the ILS's other ports tell.
    `audit` stores that personal data was looked at, before it is given out.
    """

    patrons: Patrons
    store: Store
    clock: Clock
    actor: Actor
    ruling: Callable[[], PatronRuling]
    places: Callable[[], Places]
    audit: Callable[[Revealed], None]
    drafts: Drafts
    obligations: Callable[[PatronId], tuple[Obligation, ...]] = _nothing_open

    def search(self, query: PatronQuery) -> tuple[Patron, ...]:
        """Everybody who answers to a query."""
        pages = self.patrons.search(query)
        return take_snapshot("the search for patrons", pages, lambda row: row.id, live=self.patrons.live).rows

    def searched(self, query: PatronQuery) -> tuple[Patron, ...] | None:
        """The same; None where the ILS offers no search."""
        try:
            return self.search(query)
        except UnsupportedOperation:
            return None

    def dossier(self, patron: Patron) -> Dossier:
        """A record with everything that a merge has to keep."""
        own = stored_file(self.store, patron)
        return Dossier(
            patron=patron,
            consents=own.consents,
            restrictions=own.restrictions,
            exemptions=own.exemptions,
            obligations=self.obligations(patron.id),
            guardians=own.guardians,
        )

    def shown(self, patron: Patron, operation: str, *, holds: bool) -> Patron:
        """The patron, where what was asked for shows; else nothing is told as done, and it is read back."""
        if not holds:
            problem = "answered, and the patron is not as was asked for"
            raise ProtocolViolation(patron.id.backend, operation, problem)
        return patron
