"""``scld day``: the morning run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from scld_core.cli import codes
from scld_core.cli._rich import console, progress_bar, show_day
from scld_core.cli._typer.common import SAMPLE_ACTOR, Actor, Blast, DayOption, app, explained, opened, out
from scld_core.errors import ScldError
from scld_core.services.day.run import DayResult
from scld_core.wiring import Options

__all__ = ["day"]

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@app.command()
def day(
    folder: Annotated[Path | None, typer.Argument(help="The district's folder.", show_default=False)] = None,
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Use a synthetic district, made if absent.")] = False,
    scale: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Size of a new sample: 40 hotspots each.", show_default=False)
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Plan and explain; change nothing.")] = False,
    as_json: Json = False,
    date: DayOption = None,
    extract: Annotated[Path | None, typer.Option(help="Read this extract in place of the ILS.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 when somebody is waited for.")] = False,
    confirm_blast_radius: Blast = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what happens, as JSON lines on stderr.")] = False,
    actor: Actor = "",
) -> None:
    """Run the day: plan, explain, apply, verify, and write the report."""
    from scld_core.services.day.as_json import day_object
    from scld_core.services.day.publish import Published, check_folders, publish

    def told(result: DayResult, published: Published) -> None:
        if as_json:
            typer.echo(json.dumps(day_object(result), indent=2))
        else:
            show_day(out(), result, published.paths)

    who = actor or (SAMPLE_ACTOR if sample else "")
    with explained(), progress_bar(console(stderr=True), quiet=as_json or verbose) as progress:
        where = _sample(folder, actor=who, scale=scale) if sample else _folder(folder)
        options = Options(day=date.date() if date else None, extract=extract, progress=progress)
        with opened(where, who, options, verbose=verbose) as desk:
            check_folders(desk, dry_run=dry_run)
            result = desk.day.run(dry_run=dry_run, confirm_blast_radius=confirm_blast_radius)
            try:
                published = publish(result, desk)
            except (ScldError, OSError):  # what was done must be known, whatever becomes of the page
                told(result, Published(None, None))
                raise
    told(result, published)
    raise typer.Exit(codes.code_of_day(result, strict=strict))


def _folder(folder: Path | None) -> Path:
    from scld_core.errors import BadInput

    if folder is None:
        raise BadInput("DIR", "is missing", "Name the district's folder, or try: scld day --sample")
    return folder


def _sample(folder: Path | None, *, actor: str, scale: int | None) -> Path:
    from scld_core.errors import BadInput
    from scld_core.wiring.founding import make_sample

    where = folder or Path("scld-sample")
    if not (where / "district.toml").exists():
        make_sample(where, actor=actor, scale=scale or 1)
    elif scale is not None:
        raise BadInput("--scale", f"is for a new sample, and {where} is there already", "Name another folder")
    return where
