"""The agency desk: what a developer, a script or a notebook asks of the agency's part of the day."""

from __future__ import annotations

import secrets

from attrs import field, frozen

from scld_core import codecs
from scld_core.agency.actions import Systems, agency_actions
from scld_core.agency.gather import AgencyFacts
from scld_core.agency.steps import AREA, plan_agency
from scld_core.errors import BadInput
from scld_core.kernel.time import Clock
from scld_core.runs.action import Area
from scld_core.runs.model import AreaPlan, Plan, StepRecord
from scld_core.runs.planning import plan_areas
from scld_core.runs.ports import Store

__all__ = ["AgencyDesk", "agency_area", "case_key"]

_KEY = "agency.case_key"
_SAMPLE = b"of synthetic records only"


def case_key(store: Store, *, sample: bool = False) -> bytes:
    """The key that names the district's cases; made on first use, and the one thing that even a dry run keeps.

    A sample's is fixed, so that its pages are the same on every machine. A store that may only be looked
    at gives a key for this once: nothing planned there can be carried out.
    """
    if sample:
        return _SAMPLE
    try:
        with store.transaction() as unit:
            kept = unit.records(_KEY).get(AREA)
            if kept is None:
                kept = codecs.dump(secrets.token_hex(16))
                unit.records(_KEY).put(AREA, kept)
    except BadInput:
        kept = codecs.dump(secrets.token_hex(16))
    return bytes.fromhex(codecs.load(str, kept))


def agency_area(systems: Systems) -> Area:
    """The area as the day's run sees it."""

    def plan_day(records: tuple[StepRecord, ...]) -> AreaPlan:
        facts, ruling = systems.checked()
        return systems.beside(plan_agency(facts, records, ruling), facts)

    return Area(AREA, agency_actions(systems), plan_day)


@frozen
class AgencyDesk:
    """The comparison of this morning's files, and the plan that follows from it."""

    store: Store
    systems: Systems = field(repr=False)
    clock: Clock
    district: str = ""

    def facts(self) -> AgencyFacts:
        """What comparing the files found."""
        return self.systems.look()[0]

    def describe(self) -> str:
        """The files that would be compared now, with what they hold; raises as planning does."""
        facts, _ = self.systems.checked()
        return "; ".join(f"{one.source}: {one.rows} rows" for one in facts.sources)

    def plan(self) -> Plan:
        """What the agency should be told and the ILS should have, and why; `desk.runs.apply` carries it out."""
        day = self.systems.ruling().day
        return plan_areas(self.store, (agency_area(self.systems),), self.clock, district=self.district, day=day)
