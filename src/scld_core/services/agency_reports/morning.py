"""What today's files and records say of the agency, as far as they can be read; nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from scld_core.agency.desk import case_key
from scld_core.agency.gather import AgencyFacts
from scld_core.agency.model import Finding
from scld_core.agency.referrals.batch import AREA as REFERRALS
from scld_core.agency.steps import AREA, case_name, case_of
from scld_core.errors import BackendError, BadInput, GuardStopped
from scld_core.kernel.time import EPOCH
from scld_core.reporting.model import Callout, Tone
from scld_core.runs.model import AreaPlan, StepRecord

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["AREAS", "Morning", "look"]

AREAS = (AREA, REFERRALS)
"""The areas that work with an agency."""

_NO_AGENCY = (
    "district.toml has no [agency], so nothing is compared with an agency. Name its files there: "
    "see 'Compare with the collection agency every morning'."
)


@frozen
class Morning:
    """The areas' plans, what every step became, the comparison, and why a part of it is not there.

    `key` names cases; `missing` has a sentence for each thing that could not be had.
    """

    plans: tuple[AreaPlan, ...]
    records: tuple[StepRecord, ...]
    facts: AgencyFacts | None
    missing: tuple[str, ...]
    key: bytes = field(repr=False)

    @property
    def cases(self) -> Mapping[str, Finding]:
        """What the comparison found of each case."""
        differences = () if self.facts is None else self.facts.differences
        return {case_of(found, self.key): found for found in differences}

    def case_of_patron(self, number: str) -> str:
        """The name of a patron's case."""
        return case_name(f"patron {number}", self.key)

    @property
    def callouts(self) -> tuple[Callout, ...]:
        """Why something is not on the page, before everything else."""
        return tuple(Callout(text, Tone.BAD, "Not on this page") for text in self.missing)


def look(desk: Desk) -> Morning:
    """Plan every agency area as the day's run would, and keep what cannot be had as a sentence."""
    missing: list[str] = []
    records: list[StepRecord] = []
    plans: list[AreaPlan] = []
    for area in desk.runs.areas:
        if area.name not in AREAS:
            continue
        with desk.store.transaction() as unit:
            mine = unit.steps.history(area.name, EPOCH)
        records.extend(mine)
        try:
            plans.append(area.plan_day(mine))
        except (BadInput, GuardStopped, BackendError) as stopped:
            missing.append(f"What is new this morning: {_without_verdict(stopped)}")
    facts, key, problems = _facts(desk)
    return Morning(tuple(plans), tuple(records), facts, tuple(dict.fromkeys([*missing, *problems])), key)


def _without_verdict(stopped: Exception) -> str:
    return str(stopped).removesuffix("; nothing was changed")


def _facts(desk: Desk) -> tuple[AgencyFacts | None, bytes, tuple[str, ...]]:
    if desk.agency is None:
        return None, case_key(desk.store, sample=desk.settings.district.sample), (_NO_AGENCY,)
    key = desk.agency.systems.ruling().key
    try:
        return desk.agency.facts(), key, ()
    except BadInput as problem:
        return None, key, (f"What is new this morning: {problem}",)
