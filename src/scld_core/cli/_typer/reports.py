"""Printing a report of the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scld_core.cli._rich import say
from scld_core.cli._typer.common import Actor, Dir, app, explained, opened, out

__all__ = ["report"]


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
        made = make_report(desk, name, audience=audience)
        target = out_file or desk.folder / "reports" / f"{name}-{made.business_day.isoformat()}.html"
        say(out(), escape(str(replace_file(target, render(made, target.suffix, table=table)))))
