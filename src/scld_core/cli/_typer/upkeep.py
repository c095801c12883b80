"""Making a district and looking after it; what is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scld_core.cli import codes
from scld_core.cli._rich import say
from scld_core.cli._typer.common import SAMPLE_ACTOR, Actor, Dir, app, explained, login, out

__all__ = ["backup", "doctor", "extract", "init", "migrate", "plugins", "probe"]


@app.command()
def init(
    folder: Dir,
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Fill it with synthetic records.")] = False,
    scale: Annotated[int, typer.Option(min=1, max=1000, help="Size of the sample: 40 hotspots each.")] = 1,
    actor: Actor = "",
) -> None:
    """Make a new district: its folder, district.toml and database."""
    from scld_core.wiring.founding import init_district

    with explained():
        who = actor or (SAMPLE_ACTOR if sample else login())
        for line in init_district(folder, actor=who, sample=sample, scale=scale):
            say(out(), escape(line))


@app.command()
def backup(
    folder: Dir,
    target: Annotated[Path | None, typer.Argument(help="A new file; default: in DIR/backups.")] = None,
    *,
    actor: Actor = "",
) -> None:
    """Copy the district's database while it may be in use."""
    from scld_core.wiring.upkeep import backup_district

    with explained():
        say(out(), escape(str(backup_district(folder, target, actor=actor or login()))))


@app.command()
def migrate(folder: Dir, *, actor: Actor = "") -> None:
    """Bring the district's database to this version's schema."""
    from scld_core.wiring.upkeep import migrate_district

    with explained():
        say(out(), escape(migrate_district(folder, actor=actor or login())))


@app.command()
def plugins() -> None:
    """List what is installed, and what could not be loaded and why."""
    from scld_core.wiring.upkeep import plugin_lines

    trouble = False
    for ok, line in plugin_lines():
        trouble |= not ok
        say(out(), escape(line) if ok else f"[red]{escape(line)}[/]")
    raise typer.Exit(codes.TROUBLE if trouble else codes.DONE)


@app.command()
def doctor(folder: Dir) -> None:
    """Look at a district without changing it: settings, policy, files, store, backends, runs."""
    from scld_core.wiring.doctor import examine

    trouble = False
    with explained():
        for finding in examine(folder):
            trouble |= finding.ok is False
            mark = {True: "[green]ok[/]", False: "[red]mend[/]", None: "[yellow]note[/]"}[finding.ok]
            say(out(), f"{mark}  {escape(finding.what)}: {escape(finding.detail)}")
    raise typer.Exit(codes.BAD_INPUT if trouble else codes.DONE)


@app.command()
def probe(folder: Dir, backend: Annotated[str, typer.Argument(help="An instance name of district.toml.")]) -> None:
    """Test one backend live, step by step, without writing to it."""
    from scld_core.wiring.upkeep import probe_backend

    trouble = False
    with explained():
        for step in probe_backend(folder, backend):
            trouble |= step.ok is False
            mark = {True: "[green]ok[/]", False: "[red]failed[/]", None: "[dim]not offered[/]"}[step.ok]
            say(out(), f"{mark}  {escape(step.name)}: {escape(step.detail)}")
    raise typer.Exit(codes.TROUBLE if trouble else codes.DONE)


@app.command()
def extract(ils: str, name: str) -> None:
    """Print the read-only recipe that yields a canonical file from an ILS."""
    from scld_core.wiring.upkeep import recipe_text

    with explained():
        typer.echo(recipe_text(ils, name))
