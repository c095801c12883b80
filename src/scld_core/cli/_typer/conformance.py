"""Grading a backend, and beginning a plugin of one's own."""

from __future__ import annotations

import importlib.util
import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from scld_core.cli import codes
from scld_core.cli._rich import console, progress_bar, say
from scld_core.cli._typer.common import app, explained, out
from scld_core.errors import BadInput
from scld_core.runs.action import Stage

if TYPE_CHECKING:
    from scld_core.testing.harness import Harness
    from scld_core.testing.report import Report

__all__ = ["conformance", "new"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LIVES = 10


@app.command()
def conformance(
    backend: Annotated[str, typer.Argument(help="An installed backend, 'memory', or a package such as 'sql'.")],
    *,
    settings: Annotated[
        Path | None,
        typer.Option(help="A TOML file with the backend's table of district.toml.", show_default=False),
    ] = None,
    port: Annotated[list[str] | None, typer.Option(metavar="PORT", help="Only this port; may be given again.")] = None,
    lives: Annotated[
        int, typer.Option(min=0, help="Random lives beside the reference, for each port; 0 for none.")
    ] = _LIVES,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Write each matrix there as Markdown and JSON.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the matrices as one JSON list.")] = False,
) -> None:
    """Grade a backend with the conformance kit: over its own fake or an empty system, never over a library's."""
    with explained():
        harnesses = _found(backend, settings, port or ())
        _prepared(folder)
        reports = tuple(_graded(harnesses, _possible(lives), quiet=as_json))
        if folder is not None:
            _write(folder, reports)
        _show(reports, as_json=as_json, written=folder)
    raise typer.Exit(codes.DONE if all(report.passed for report in reports) else codes.TROUBLE)


def _found(backend: str, settings: Path | None, ports: Iterable[str]) -> tuple[Harness[Any], ...]:
    from scld_core import codecs
    from scld_core.plugins import Registry
    from scld_core.testing.conformance import find_harnesses

    table = None if settings is None else codecs.read_toml(settings)
    return find_harnesses(backend, Registry.load(), table, ports=ports)


def _possible(lives: int) -> int:
    """As many lives as asked for; none, and that is said, without the library that thinks them up."""
    if lives and importlib.util.find_spec("hypothesis") is None:
        say(console(stderr=True), "No random lives: they need the extra, pip install 'scld\\[testing]'.")
        return 0
    return lives


def _graded(harnesses: Iterable[Harness[Any]], lives: int, *, quiet: bool) -> Iterable[Report]:
    from scld_core.testing.conformance import examine

    with progress_bar(console(stderr=True), quiet=quiet) as progress:

        def heard(harness: Harness[Any], done: int, total: int) -> None:
            progress(Stage(f"{harness.name}: {harness.port}", done, total))

        for harness in harnesses:
            yield examine(harness, lives=lives, progress=heard)


def _prepared(folder: Path | None) -> None:
    """Make the folder of the matrices, and see that it can be written to, before minutes are spent on them."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise BadInput(str(folder), f"cannot be written to ({fault.strerror})", "Give --out another folder") from None


def _write(folder: Path, reports: Iterable[Report]) -> None:
    for report in reports:
        stem = f"{_UNSAFE.sub('-', report.backend)}.{report.port}"
        (folder / f"{stem}.json").write_text(report.json(), encoding="utf-8")
        (folder / f"{stem}.md").write_text(report.markdown(), encoding="utf-8")


def _show(reports: tuple[Report, ...], *, as_json: bool, written: Path | None) -> None:
    if as_json:
        typer.echo(json.dumps([report.as_dict() for report in reports], indent=2, ensure_ascii=False))
        return
    for report in reports:
        if written is None:
            typer.echo(report.markdown())
        for cell in report.failures:
            say(out(), f"[red]failed[/]  {escape(f'{cell.check} on {cell.operation}: {cell.detail}')}")
    for report in reports:
        tone = "green" if report.passed else "red"
        what = escape(f"{report.backend}, port {report.port}")
        evidence = f"({len(report.cells)} cells, foreign evidence: {report.evidence})"
        say(out(), f"[{tone}]{report.grade.value:>8}[/]  {what}  [dim]{evidence}[/]")


plugin = typer.Typer(no_args_is_help=True, help="Begin a plugin of your own.")
app.add_typer(plugin, name="plugin")


@plugin.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The backend's name, such as 'acme'.", show_default=False)],
    *,
    kind: Annotated[str, typer.Option(help="ils, or carrier for hotspot lines.")] = "ils",
    folder: Annotated[
        Path | None, typer.Option("--out", help="A new folder; default: ./scld-NAME.", show_default=False)
    ] = None,
) -> None:
    """Write a whole project for an adapter: package, fake, conformance test, tox and README; its tests pass."""
    from scld_core.plugins import Registry
    from scld_core.testing.starting import start_plugin

    with explained():
        target = folder or Path(f"scld-{name}")
        taken = [spec.name for spec in Registry.load().backends()]
        for path in start_plugin(name, kind, target, taken=taken):
            say(out(), escape(str(path)))
        say(out(), escape(f"Next: cd {target}; python -m pip install -e '.[test]'; python -m pytest"))
