"""The page one works from: the headline, whose work it is, what was found, and what it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import Basis, Reconciliation
from scld_core.reporting.audience import Audience
from scld_core.reporting.model import (
    Badge,
    Callout,
    Column,
    Figure,
    Prose,
    Report,
    Row,
    Section,
    Table,
    Tone,
)
from scld_core.reporting.model import Kind as Cells
from scld_core.services.agency.gather import Heaviest
from scld_core.services.agency.inputs import EngineUsed, Input
from scld_core.services.agency.partial import warnings
from scld_core.services.agency.rows import ACTION_FILES, QUARANTINE, ROWS
from scld_core.services.agency.tasks import Task
from scld_core.services.agency.wording import meaning_of, says_of, sentence

__all__ = ["Compared", "comparison_report"]

_SHOWN = 100

_TITLES: Mapping[Audience, str] = {
    Audience.CUSTOMER_SERVICE: "For customer service",
    Audience.FINANCE: "For Finance",
    Audience.IT: "For IT",
}
_SIDES: Mapping[Side, str] = {
    Side.AGENCY: "Tell the agency",
    Side.ILS: "Post to the ILS",
    Side.HAND: "By hand",
    Side.WAIT: "Wait",
    Side.NONE: "Nothing",
}
_CONFIDENTIAL = Callout(
    "This page has record numbers and account numbers of patrons. Keep it, and the files beside it, inside the "
    "library and among those who do this work (RCW 42.56.310).",
    title="Confidential",
)
_DRIFT = Callout(
    "No list of the agency was given, so the ILS was compared with the last file that was sent. What the agency "
    "itself holds is not known here.",
    Tone.ATTENTION,
    "Drift since the last sync",
)


@frozen
class Compared:
    """Everything the page is made of."""

    summary: Reconciliation
    inputs: tuple[Input, ...]
    work: Mapping[Audience, Heaviest]
    sides: Counter[Side]
    made_at: datetime
    zone: ZoneInfo
    title: str
    engine: EngineUsed = field(factory=EngineUsed)

    @property
    def drift(self) -> bool:
        """Whether nothing of the agency's own was compared."""
        return self.summary.basis is Basis.DRIFT


def comparison_report(compared: Compared) -> Report:
    """The page of one comparison."""
    return Report(
        title="Drift since the last sync" if compared.drift else "ILS and collection agency compared",
        district=compared.title,
        business_day=compared.made_at.astimezone(compared.zone).date(),
        made_at=compared.made_at,
        zone=compared.zone,
        subtitle="the ILS and the last file sent" if compared.drift else "the ILS and the agency's own list",
        figures=_figures(compared),
        callouts=tuple(_callouts(compared)),
        sections=tuple(_sections(compared)),
        footer=("No patron's name is on this page.",),
    )


def _callouts(compared: Compared) -> Iterator[Callout]:
    for doubt in warnings(compared.summary):
        yield Callout(doubt, Tone.BAD, "Look at the files first")
    if compared.drift:
        yield _DRIFT
    old = [one.age for one in compared.inputs if one.old]
    if old:
        yield Callout(f"{sentence('; '.join(old))} What changed since is not in it.", Tone.ATTENTION, "Old facts")
    bad = len(compared.summary.quarantined)
    if bad:
        rows = "1 row" if bad == 1 else f"{bad:,} rows"
        yield Callout(
            f"{rows} could not be used (see below, with line and reason). What may depend on them waits under By hand.",
            Tone.ATTENTION,
            "Mend first",
        )
    yield _CONFIDENTIAL


def _figures(compared: Compared) -> tuple[Figure, ...]:
    summary = compared.summary
    match = summary.counts.get(Kind.MATCH, 0)
    bad = len(summary.quarantined)
    other = "the last file sent" if compared.drift else "the agency"
    return (
        Figure(
            "Unexplained differences",
            f"{summary.unexplained:,}",
            Tone.BAD if summary.unexplained else Tone.GOOD,
            f"Accounts on which the ILS and {other} differ, and nothing that is known explains why."
            if summary.unexplained
            else f"The ILS and {other} say the same, or it is known why they do not.",
        ),
        *(
            Figure(_SIDES[side], f"{compared.sides[side]:,}", hint=ACTION_FILES[side], section="counts")
            for side in ACTION_FILES
        ),
        Figure("Wait", f"{compared.sides[Side.WAIT]:,}", hint="explained by what is under way"),
        Figure("In agreement", f"{match:,}", hint="both say the same"),
        Figure(
            "Rows not usable",
            f"{bad:,}",
            Tone.ATTENTION if bad else Tone.NEUTRAL,
            "each with its line and reason" if bad else "",
            "quarantine",
        ),
    )


def _sections(compared: Compared) -> Iterator[Section]:
    for audience, title in _TITLES.items():
        heaviest = compared.work[audience]
        if heaviest.total:
            yield _work(audience, title, heaviest, drift=compared.drift)
    yield _counts(compared)
    yield _quarantine(compared)
    yield _not_made(compared.summary.not_made)
    yield _inputs(compared)


def _work(audience: Audience, title: str, heaviest: Heaviest, *, drift: bool) -> Section:
    rows = heaviest.tasks
    by_side = {side: tuple(task for task in rows if task.side is side) for side in ACTION_FILES}
    tables = tuple(_work_table(side, tasks, drift=drift) for side, tasks in by_side.items())
    notes: tuple[str, ...] = ()
    if heaviest.total > len(rows):
        files = ", ".join(ACTION_FILES.values())
        notes = (f"These are the {len(rows):,} largest of {heaviest.total:,} rows. All of them are in {files}.",)
    intro = "The largest amounts first; what has an explanation comes last."
    return Section(audience.value, f"{title}: {heaviest.total:,}", intro, tables, notes)


def _work_table(side: Side, tasks: Sequence[Task], *, drift: bool) -> Table:
    columns = (
        Column("Account", Cells.ID),
        Column("Patron", Cells.ID),
        Column(_SIDES[side], names_row=True),
        Column("ILS", Cells.MONEY),
        Column("Sent" if drift else "Agency", Cells.MONEY),
        Column("Difference", Cells.MONEY),
    )
    return Table(f"{_SIDES[side]} ({ACTION_FILES[side]})", columns, tuple(_work_row(t, drift=drift) for t in tasks))


def _work_row(task: Task, *, drift: bool) -> Row:
    found = task.found
    what = Prose(
        (sentence(task.text),), (says_of(found, drift=drift), *filter(None, (" \N{MIDDLE DOT} ".join(found.evidence),)))
    )
    other = found.sent if drift else found.agency
    return found.account or "-", found.patron or "-", what, found.ils, other, found.delta or None


def _counts(compared: Compared) -> Section:
    columns = (
        Column("Kind", Cells.ID),
        Column("Rows", Cells.NUMBER),
        Column("What it means", names_row=True),
        Column("Explained", Cells.BADGE),
    )
    ordered = [kind for kind in Kind if compared.summary.counts.get(kind)]
    rows = tuple(_count_row(kind, compared.summary.counts[kind], drift=compared.drift) for kind in ordered)
    intro = f"Every patron and account is in exactly one row. All rows are in {ROWS}."
    return Section("counts", "What was found", intro, (Table("Kinds", columns, rows),), empty="Nothing to compare.")


def _count_row(kind: Kind, count: int, *, drift: bool) -> Row:
    meaning = MEANINGS[kind]
    do = (f"{_SIDES[meaning.side]}: {meaning.do}.",) if meaning.do else ()
    badge = Badge("yes", Tone.GOOD) if meaning.explained else Badge("no", Tone.BAD)
    return kind.value, count, Prose((sentence(meaning_of(kind, drift=drift)),), do), badge


def _quarantine(compared: Compared) -> Section:
    bad = compared.summary.quarantined
    columns = (Column("File"), Column("Line", Cells.NUMBER), Column("Why it could not be used", names_row=True))
    rows: tuple[Row, ...] = tuple((one.source, one.line, one.reason) for one in bad[:_SHOWN])
    notes = (f"These are {_SHOWN} of {len(bad):,} rows. All of them are in {QUARANTINE}.",) if len(bad) > _SHOWN else ()
    intro = "Mend them in the file that they come from, and compare again." if bad else ""
    table = Table("Rows that could not be used", columns, rows)
    return Section("quarantine", "Rows that could not be used", intro, (table,), notes, "Every row could be used.")


def _not_made(checks: Sequence[tuple[str, str]]) -> Section:
    notes = tuple(sentence(f"{check}: {reason}") for check, reason in checks)
    return Section("not-made", "Checks that were not made", notes=notes, empty="Every check was made.")


def _inputs(compared: Compared) -> Section:
    columns = (
        Column("File", names_row=True),
        Column("As of", Cells.INSTANT),
        Column("Age"),
    )
    rows: tuple[Row, ...] = tuple(
        (
            Prose((one.name,), (f"{one.role.value}{_layout(one)}", f"sha256 {one.sha256}")),
            one.as_of,
            Prose((sentence(one.age),), (sentence(one.rests_on),)),
        )
        for one in compared.inputs
    )
    return Section("inputs", "What was compared", "", (Table("Files", columns, rows),))


def _layout(one: Input) -> str:
    return f", dialect {one.layout}" if one.layout else ""
