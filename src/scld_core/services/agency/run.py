"""The use case: two or three files in, one folder to work from out; nothing of either side is changed."""

from __future__ import annotations

import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from scld_core.agency.dialect import Dialect
from scld_core.agency.fast import Engine, set_aside
from scld_core.agency.model import Basis, Reconciliation
from scld_core.agency.reconcile import reconcile
from scld_core.kernel.time import Clock
from scld_core.policies.profile import Profile
from scld_core.reporting.html import write_html
from scld_core.runs.action import Progress, silent
from scld_core.services.agency.as_json import JsonFile
from scld_core.services.agency.folder import Staging, staged
from scld_core.services.agency.gather import Pass
from scld_core.services.agency.inputs import EngineUsed
from scld_core.services.agency.report import Compared, comparison_report
from scld_core.services.agency.rows import (
    ACTION_FILES,
    QUARANTINE,
    QUARANTINE_COLUMNS,
    ROWS,
    SUMMARY,
    CsvFile,
    quarantine_cells,
)
from scld_core.services.agency.sources import Request, open_sources
from scld_core.services.agency.terms import Given, terms_of

__all__ = ["Done", "Surroundings", "reconcile_files"]

_TITLE = "Library and collection agency"


@frozen
class Surroundings:
    """What a comparison needs besides its files: dialects, the present, its zone, the policy, the engine.

    `given` stands in place of what the policy says.
    """

    dialects: tuple[Dialect, ...]
    clock: Clock
    zone: ZoneInfo = field(factory=lambda: ZoneInfo("UTC"))
    profile: Profile | None = None
    progress: Progress = silent
    engine: Engine = Engine.AUTO
    given: Given = Given()


@frozen
class Done:
    """What came of it: the result, and the files in the order in which one reads them, the page first."""

    compared: Compared
    paths: tuple[Path, ...]


def reconcile_files(request: Request, out: Path, around: Surroundings, *, to_json: IO[str] | None = None) -> Done:
    """Compare the files and write the folder `out`: the page, the action files, all rows, the quarantine.

    Old files are labelled, never refused. `to_json` is given the JSON object when everything else is
    written. Raises BadInput or FileRefused for what cannot be compared at all, and then leaves nothing
    behind and nothing changed.
    """
    names = (SUMMARY, *ACTION_FILES.values(), ROWS, QUARANTINE)
    with (
        staged(out, names, inputs=request.paths) as staging,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as spool,
    ):
        compared = _compare(request, around, staging, spool if to_json else None)
        _write_quarantine(staging, compared.summary)
        staging.text(SUMMARY).write(write_html(comparison_report(compared)))
        published = staging.publish()
        if to_json:
            spool.seek(0)
            shutil.copyfileobj(spool, to_json)
    by_name = {path.name: path for path in published}
    return Done(compared, tuple(by_name[name] for name in names))


def _compare(request: Request, around: Surroundings, staging: Staging, spool: IO[str] | None) -> Compared:
    now = around.clock.now()
    today = now.astimezone(around.zone).date()
    terms = around.given.over(terms_of(around.profile, today))
    sift = partial(set_aside, terms=terms, engine=around.engine, progress=around.progress)
    sources = open_sources(request, around.dialects, around.zone, sift=sift)
    comparison = reconcile(
        sources.ils,
        agency=sources.agency,
        sent=sources.sent,
        notices=sources.notices,
        terms=terms,
        progress=around.progress,
        aside=sources.aside,
    )
    engine = _engine(around.engine, request, helped=sources.aside is not None)
    as_json = JsonFile(spool, Basis.RECONCILED if request.agency else Basis.DRIFT) if spool else None
    rows = Pass(staging, terms, as_json)
    for found in comparison.findings():
        rows.add(found)
    summary = comparison.summary()
    summary = evolve(summary, quarantined=(*summary.quarantined, *sources.unread_notices))
    inputs = sources.inputs(now)
    if as_json is not None:
        as_json.close(summary, inputs, engine)
    title = around.profile.title if around.profile else _TITLE
    return Compared(summary, inputs, rows.work, rows.sides, now, around.zone, title, engine)


def _engine(asked: Engine, request: Request, *, helped: bool) -> EngineUsed:
    """Which engine it was, and why it was not the one that was asked for."""
    used = Engine.FAST if helped else Engine.PYTHON
    if asked is not Engine.FAST or helped:
        return EngineUsed(asked.value, used.value)
    alone = request.agency and not request.sent and not request.notices
    why = "every row of these files needs the closer look" if alone else "it compares --ils with --agency alone"
    return EngineUsed(asked.value, used.value, why)


def _write_quarantine(staging: Staging, summary: Reconciliation) -> None:
    file = CsvFile(staging.text(QUARANTINE), QUARANTINE_COLUMNS)
    for bad in summary.quarantined:
        file.add(quarantine_cells(bad))
