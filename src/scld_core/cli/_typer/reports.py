"""Printing a report of the catalogue."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scld_core.cli._rich import say
from scld_core.cli._typer.common import Actor, Dir, app, explained, opened, out

if TYPE_CHECKING:
    from scld_core.reporting.audience import Days
    from scld_core.wiring import Desk

__all__ = ["report"]

_DAY = ["%Y-%m-%d"]


@app.command()
def report(
    name: Annotated[str, typer.Argument(help="A report's name; 'list' shows them all.")],
    folder: Dir,
    *,
    audience: Annotated[str, typer.Option(help="For whom; default: the report's first audience.")] = "",
    out_file: Annotated[
        Path | None, typer.Option("--out", help="A new file: .html, .csv, .xlsx or .arrow.", show_default=False)
    ] = None,
    table: Annotated[str, typer.Option(help="Which table, where a form of file holds only one.")] = "",
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=_DAY, help="First day, of a report over days; default: its month's first."),
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=_DAY, help="Last day, included; default: today.")
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show masked numbers; each is a line of the journal.")
    ] = False,
    actor: Actor = "",
) -> None:
    """Make a report of a district, without running anything; default: a page in DIR/reports."""
    from scld_core.reporting.files import render
    from scld_core.services.files import replace_file
    from scld_core.services.reports import catalogue, make_report

    with explained(), opened(folder, actor) as desk:
        if name == "list":
            for spec in catalogue(desk):
                audiences = ", ".join(each.value for each in spec.audiences)
                say(out(), escape(f"{spec.name:<18} {spec.title} (for {audiences})"))
            return
        days = _days(desk, first, last)
        made = make_report(desk, name, audience=audience, days=days, reveal=reveal)
        over = f"{days.first}-to-{days.last}" if days else made.business_day.isoformat()
        target = out_file or desk.folder / "reports" / f"{name}-{over}.html"
        say(out(), escape(str(replace_file(target, render(made, target.suffix, table=table)))))


def _days(desk: Desk, first: datetime | None, last: datetime | None) -> Days | None:
    """The days asked for; a bound that is left out is today, or the first of the last day's month."""
    from scld_core.reporting.audience import Days

    if first is None and last is None:
        return None
    end = last.date() if last else desk.runs.business_day
    return Days(first.date() if first else end.replace(day=1), end)
