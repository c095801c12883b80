"""The report catalogue: what can be printed of a district at any time, without running anything."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scld_core.kernel.time import EPOCH
from scld_core.reporting.audience import Asked, Audience, Days, ReportSpec, find_report
from scld_core.reporting.model import Badge, Column, Figure, Kind, Report, Row, Section, Table, Tone
from scld_core.runs.model import UNRESOLVED, StepRecord, StepState
from scld_core.services.agency_reports.catalogue import AGENCY_REPORTS
from scld_core.services.run_book import RunEnd, RunRecord, run_book

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["CATALOGUE", "catalogue", "make_report"]

_DAYS = 31
_ENDS = {
    RunEnd.DONE: Badge("done", Tone.GOOD),
    RunEnd.GUARD: Badge("stopped by a guard", Tone.ATTENTION),
    RunEnd.FAILED: Badge("with failures", Tone.BAD),
    RunEnd.CRASHED: Badge("crashed", Tone.BAD),
    None: Badge("under way", Tone.NEUTRAL),
}
_ON = {
    StepState.AWAITING_APPROVAL: "an approval",
    StepState.WAITING_OPERATOR: "a person with the worklist",
    StepState.WAITING_SYSTEM: "the other system",
    StepState.PREPARED: "a sure answer",
    StepState.UNKNOWN: "a sure answer",
}


def make_report(desk: Desk, name: str, *, audience: str = "", days: Days | None = None, reveal: bool = False) -> Report:
    """The report of that name for an audience, its first one for a blank; nothing is changed.

    With `reveal` it shows the personal data that its audience has a purpose for; each look is a line
    of the journal. Raises BadInput, with the nearest name, for a report or an audience that does not
    exist, and for what this report is not made for.
    """
    spec = find_report(catalogue(desk), name)
    return spec.build(desk, spec.asked(audience, days=days, reveal=reveal))


def catalogue(desk: Desk) -> tuple[ReportSpec, ...]:
    """Every report of this district: those of scld and those that its plugins declare, ours first."""
    return (*CATALOGUE, *desk.registry.declarations(ReportSpec))


def _records(desk: Desk) -> list[StepRecord]:
    with desk.store.transaction() as unit:
        return [record for area in desk.runs.areas for record in unit.steps.history(area.name, EPOCH)]


def _page(desk: Desk, title: str, figures: tuple[Figure, ...], *sections: Section) -> Report:
    return Report(
        title=title,
        district=desk.settings.district.name,
        business_day=desk.runs.business_day,
        made_at=desk.clock.now(),
        zone=ZoneInfo(desk.settings.district.timezone),
        figures=figures,
        sections=sections,
    )


def _runs(desk: Desk, asked: Asked) -> Report:
    del asked  # it shows everybody the same
    since = desk.runs.business_day - timedelta(days=_DAYS)
    book = [run for run in run_book(desk.store) if run.business_day >= since]
    results: dict[str, Counter[StepState]] = {}
    for record in _records(desk):
        results.setdefault(record.run, Counter())[record.state] += 1
    columns = (
        Column("Run", Kind.ID, names_row=True),
        Column("What"),
        Column("Begun", Kind.INSTANT),
        Column("Ended", Kind.INSTANT),
        Column("By"),
        Column("End", Kind.BADGE),
        Column("Applied", Kind.NUMBER),
        Column("Waiting", Kind.NUMBER),
        Column("Failed", Kind.NUMBER),
    )
    rows = tuple(_run_row(run, results.get(run.id, Counter())) for run in reversed(book))
    bad = sum(run.end in (RunEnd.FAILED, RunEnd.CRASHED) for run in book)
    figures = (
        Figure("Runs that failed or crashed", bad, Tone.BAD if bad else Tone.GOOD, f"in {_DAYS} days", "runs"),
        Figure("Runs", len(book), section="runs"),
    )
    table = Table(f"Runs of the last {_DAYS} days, the newest first", columns, rows)
    return _page(desk, "Run book", figures, Section("runs", "Runs", tables=(table,), empty="No run yet."))


def _run_row(run: RunRecord, counts: Counter[StepState]) -> Row:
    waiting = sum(counts[state] for state in UNRESOLVED)
    end = _ENDS[run.end]
    done, failed = counts[StepState.APPLIED], counts[StepState.FAILED]
    return run.id, run.kind, run.started_at, run.ended_at, run.actor, end, done, waiting, failed


def _waiting(desk: Desk, asked: Asked) -> Report:
    del asked
    waiting = sorted((r for r in _records(desk) if r.state in UNRESOLVED), key=lambda r: (r.updated_at, r.step.id))
    columns = (
        Column("Step", Kind.ID, names_row=True),
        Column("Area"),
        Column("Action"),
        Column("Subject", Kind.ID),
        Column("Waits for"),
        Column("Since", Kind.INSTANT),
        Column("Note"),
    )
    rows = tuple(
        (r.step.id, r.step.area, r.step.action, r.step.label or r.step.subject, _ON[r.state], r.updated_at, r.detail)
        for r in waiting
    )
    people = sum(r.state in (StepState.AWAITING_APPROVAL, StepState.WAITING_OPERATOR) for r in waiting)
    figures = (
        Figure("Steps that wait for a person", people, Tone.ATTENTION if people else Tone.GOOD, section="waiting"),
        Figure("Steps that wait for a system", len(waiting) - people, section="waiting"),
    )
    table = Table("What was begun and is not finished, the oldest first", columns, rows)
    return _page(desk, "Waiting", figures, Section("waiting", "Waiting", tables=(table,), empty="Nothing waits."))


CATALOGUE: tuple[ReportSpec, ...] = (
    *AGENCY_REPORTS,
    ReportSpec("runs", "Run book: each run, who began it and how it ended", (Audience.IT,), _runs),
    ReportSpec("waiting", "What waits for a person or a system", (Audience.CUSTOMER_SERVICE, Audience.IT), _waiting),
)
"""The reports that scld itself brings."""
