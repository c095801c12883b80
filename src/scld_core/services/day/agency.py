"""What the day's run adds for the collection agency: its section of the report, and the lists to work by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_core import codecs
from scld_core.agency.gather import AgencyFacts
from scld_core.agency.kinds import MEANINGS
from scld_core.agency.model import Basis
from scld_core.agency.steps import AREA, TELL, Order
from scld_core.agency.text import ASKS, REASONS, VERBS
from scld_core.errors import BadInput
from scld_core.reporting.model import Column, Kind, Section, Table
from scld_core.runs.model import Risk, StepRecord, StepState
from scld_core.services.day.hotspots import Delivery
from scld_core.services.day.run import DayResult
from scld_core.services.worklist import Wording, Worklist, WorklistRow
from scld_core.settings import Settings

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["agency_sections", "deliver_agency"]

_A_DAY = timedelta(days=1)
_NUMBERS = ("Account", "Patron", "Card")
_WORDING = Wording(
    columns=(*_NUMBERS, "Enter"),
    words=("Enter",),
    recheck="Patron rechecked",
    before=(
        "A row with a box under Patron rechecked is to somebody's disadvantage. Look the patron up in the ILS once "
        "more first; if something was paid or returned, leave the row."
    ),
    unreal="No patron or account on this page is real.",
)
_LISTS = {True: ("agency", "the collection agency"), False: ("ils", "the ILS")}


def deliver_agency(
    records: Iterable[StepRecord], folder: Path, now: datetime, *, run: str, settings: Settings
) -> tuple[Delivery, ...]:
    """One worklist for the agency and one for the ILS, as far as steps wait for a person there."""
    waiting = [record for record in records if record.step.area == AREA and record.state is StepState.WAITING_OPERATOR]
    district = settings.district
    deliveries: list[Delivery] = []
    for told, (name, title) in _LISTS.items():
        mine = [(r, codecs.load(Order, r.step.payload)) for r in waiting if (r.step.action == TELL) is told]
        if not mine:
            continue
        mine.sort(key=lambda pair: (*_found_by(pair[0], pair[1]), pair[0].step.action))
        worklist = Worklist(
            f"{run}-{name}",
            title,
            now,
            now + _A_DAY,
            tuple(_row(record, order) for record, order in mine),
            district=district.name,
            zone=ZoneInfo(district.timezone),
            sample=district.sample,
            wording=_WORDING if told else evolve(_WORDING, system="the ILS"),
        )
        deliveries.append(Delivery.of(worklist, title, folder))
    return tuple(deliveries)


def _found_by(record: StepRecord, order: Order) -> tuple[str, str]:
    """Under which name and number that system has it: the agency its account, the ILS its patron."""
    account_first = record.step.action == TELL
    if order.account and (account_first or not order.patron):
        return "account", order.account
    return "patron", order.patron


def _row(record: StepRecord, order: Order) -> WorklistRow:
    enter = "; ".join(ASKS[ask.do].format(amount=ask.amount) for ask in order.asks)
    numbers = zip(_NUMBERS, (order.account, order.patron, order.card), strict=True)
    asked = {ask.do.value for ask in order.asks}
    reasons = (reason.text(REASONS) for reason in record.step.reasons if reason.code not in asked)
    return WorklistRow(
        step=record.step.id,
        action=VERBS[record.step.action],
        label=" ".join(_found_by(record, order)),
        identifiers=(*numbers, ("Enter", enter)),
        why=f"{order.case}: {' '.join(reasons)}",
        risky=record.step.risk is not Risk.ROUTINE,
    )


def agency_sections(result: DayResult, desk: Desk, deliveries: Iterable[Delivery]) -> tuple[Section, ...]:
    """The section of the day's report: headline, counts by kind, lists. Nothing where the files cannot be read."""
    if desk.agency is None:
        return ()
    try:
        facts = desk.agency.facts()
    except BadInput:  # they went after the run had read them; the report says so where it could not look again
        return ()
    return (_section(facts, result, [one for one in deliveries if one.carrier in dict(_LISTS.values()).values()]),)


def _section(facts: AgencyFacts, result: DayResult, deliveries: Iterable[Delivery]) -> Section:
    kinds = tuple(
        (kind.value, count, MEANINGS[kind].says, MEANINGS[kind].side.value) for kind, count in facts.counts.items()
    )
    columns = (
        Column("Kind", names_row=True),
        Column("Rows", Kind.NUMBER),
        Column("What it says"),
        Column("Where it is settled"),
    )
    files = tuple((one.carrier, one.rows, one.files.html.name) for one in deliveries)
    lists = (Column("To do at", names_row=True), Column("Rows", Kind.NUMBER), Column("Worklist"))
    return Section(
        "agency",
        "Collection agency",
        _headline(facts, result),
        (Table("By kind", columns, kinds), Table("Worklists", lists, files)),
    )


def _headline(facts: AgencyFacts, result: DayResult) -> str:
    basis = (
        f"{facts.names[0]} and {facts.names[1]} were compared, {facts.accounts} accounts there."
        if facts.summary.basis is Basis.RECONCILED
        else f"There is no list of the agency: what follows is the drift since {facts.names[1]}, and no reconciliation."
    )
    if result.verification is None:
        return basis
    left = sum(step.area == AREA for step in result.verification.remaining)
    return f"{basis} Differences that nothing accounts for: {left}."
