"""The commands of ``scld``: each reads its arguments, calls the Python API and chooses an exit code."""

from __future__ import annotations

import getpass
import json
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

from scld_core.cli import codes
from scld_core.cli._rich import console, progress_bar, say, show_day, show_receipts
from scld_core.cli.logs import logged
from scld_core.errors import ScldError
from scld_core.wiring import Desk, Options, open_desk

if TYPE_CHECKING:
    from scld_core.services.day.hotspots import Delivery

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Dir = Annotated[Path, typer.Argument(help="The district's folder, or its district.toml.", show_default=False)]
Actor = Annotated[str, typer.Option("--actor", help="Who acts; default: the login name.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
DayOption = Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Stand at 08:00 of this day.")]
Blast = Annotated[int | None, typer.Option(help="Confirm exactly this many risky steps.")]


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return "unknown"


def _out() -> Console:
    return console()


@contextmanager
def _explained() -> Generator[None]:
    """Turn what a person can mend into a sentence and an exit code; everything else is our bug."""
    try:
        yield
    except ScldError as error:
        _stopped(str(error), codes.code_of(error))
    except UnicodeEncodeError:  # the system hands bytes that are no text over as lone surrogates
        _stopped("an argument or a file's name is no text: its bytes are not UTF-8", codes.BAD_INPUT)
    except OSError as fault:
        if fault.filename is None:  # a closed pipe, which Typer minds
            raise
        _stopped(f"{fault.filename}: {fault.strerror}", codes.TROUBLE)


def _stopped(why: str, code: int) -> NoReturn:
    say(console(stderr=True), f"[bold red]Stopped:[/] {escape(why)}")
    raise typer.Exit(code) from None


@contextmanager
def _open(folder: Path, actor: str, options: Options | None = None, *, verbose: bool = False) -> Generator[Desk]:
    with (
        open_desk(folder, actor=actor or _login(), options=options) as desk,
        logged(desk.registry.redact, verbose=verbose),
    ):
        yield desk


@app.command()
def day(
    folder: Annotated[Path | None, typer.Argument(help="The district's folder.", show_default=False)] = None,
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Use a synthetic district, made if absent.")] = False,
    scale: Annotated[int, typer.Option(min=1, max=1000, help="Size of a new sample: 40 hotspots each.")] = 1,
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
    from scld_core.services.day.publish import publish

    with _explained(), progress_bar(console(stderr=True), quiet=as_json or verbose) as progress:
        where = _folder(folder, sample=sample, scale=scale)
        options = Options(day=date.date() if date else None, extract=extract, progress=progress)
        with _open(where, actor or ("sample-associate" if sample else ""), options, verbose=verbose) as desk:
            desk.check_date(dry_run=dry_run)
            result = desk.day.run(dry_run=dry_run, confirm_blast_radius=confirm_blast_radius)
            published = publish(result, desk)
    if as_json:
        typer.echo(json.dumps(day_object(result), indent=2))
    else:
        show_day(_out(), result, published.paths)
    raise typer.Exit(codes.code_of_day(result, strict=strict))


def _folder(folder: Path | None, *, sample: bool, scale: int) -> Path:
    from scld_core.errors import BadInput
    from scld_core.wiring.founding import make_sample

    if not sample:
        if folder is None:
            raise BadInput("DIR", "is missing", "Name the district's folder, or try: scld day --sample")
        return folder
    where = folder or Path("scld-sample")
    if not (where / "district.toml").exists():
        make_sample(where, scale=scale)
    return where


@app.command()
def init(
    folder: Dir,
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Fill it with synthetic records.")] = False,
    scale: Annotated[int, typer.Option(min=1, max=1000, help="Size of the sample: 40 hotspots each.")] = 1,
) -> None:
    """Make a new district: its folder, district.toml and database."""
    from scld_core.wiring.founding import init_district

    with _explained():
        for line in init_district(folder, sample=sample, scale=scale):
            say(_out(), escape(line))


@app.command()
def apply(
    folder: Dir,
    plan: Annotated[Path, typer.Argument(help="A plan file out of DIR/plans.", show_default=False)],
    *,
    only: Annotated[list[str] | None, typer.Option(help="Only these step ids.")] = None,
    confirm_blast_radius: Blast = None,
    actor: Actor = "",
) -> None:
    """Execute a plan that you have looked at; every step is rechecked first."""
    from scld_core.services.day.publish import read_plan, write_worklists

    with (
        _explained(),
        progress_bar(console(stderr=True), quiet=False) as progress,
        _open(folder, actor, Options(progress=progress)) as desk,
    ):
        receipts = desk.runs.apply(read_plan(plan), only=only or (), confirm_blast_radius=confirm_blast_radius)
        deliveries = write_worklists(desk, "apply")
    show_receipts(_out(), receipts)
    _show_worklists(deliveries)
    raise typer.Exit(codes.code_of_receipts(receipts))


def _show_worklists(deliveries: Iterable[Delivery]) -> None:
    for delivery in deliveries:
        for path in delivery.paths:
            say(_out(), escape(str(path)))


@app.command()
def approve(
    folder: Dir,
    steps: Annotated[list[str], typer.Argument(help="Step ids.", show_default=False)],
    *,
    reason: Annotated[str, typer.Option(help="Why; kept in the journal.", show_default=False)],
    actor: Actor = "",
) -> None:
    """Approve steps as they stand; the next run carries them out."""
    with _explained(), _open(folder, actor) as desk:
        for record in desk.runs.approve(steps, reason=reason):
            say(_out(), f"approved  {record.step.id}  {record.step.action} {escape(record.step.label)}")


@app.command()
def confirm(
    folder: Dir,
    worklist: Annotated[Path, typer.Argument(help="The CSV written with the worklist, ticked.", show_default=False)],
    *,
    actor: Actor = "",
) -> None:
    """Turn each ticked row of a worklist into a receipt."""
    from scld_core.services.worklist import read_confirmations

    with _explained(), _open(folder, actor) as desk:
        read = read_confirmations(worklist)
        confirmed = desk.runs.confirm(read.rows, source=worklist.name)
    show_receipts(_out(), confirmed.receipts)
    refused = (*read.quarantined, *confirmed.refused)
    for row in refused:
        say(_out(), f"[red]not used[/]  {escape(str(row))}")
    raise typer.Exit(codes.BAD_INPUT if refused else codes.DONE)


@app.command()
def undo(
    folder: Dir, run: Annotated[str, typer.Argument(help="A run id.", show_default=False)], *, actor: Actor = ""
) -> None:
    """Apply the inverse of everything a run did."""
    from scld_core.services.day.publish import write_worklists

    with _explained(), _open(folder, actor) as desk:
        undone = desk.runs.undo(run)
        deliveries = write_worklists(desk, "undo")
    show_receipts(_out(), undone.receipts)
    for record in undone.irreversible:
        say(_out(), f"[yellow]not undone[/]  {record.step.action} {escape(record.step.label)}: nothing takes it back")
    for record in undone.unsettled:
        say(
            _out(),
            f"[yellow]not undone[/]  {record.step.action} {escape(record.step.label)}: it still waits and was not done",
        )
    _show_worklists(deliveries)
    raise typer.Exit(codes.code_of_receipts(undone.receipts))


@app.command("service-test")
def service_test(
    folder: Dir,
    barcode: Annotated[str, typer.Argument(help="The hotspot's barcode.", show_default=False)],
    *,
    passed: Annotated[bool, typer.Option("--passed/--failed", help="Whether it gave service.", show_default=False)],
    note: Annotated[str, typer.Option(help="What was seen.", show_default=False)] = "",
    actor: Actor = "",
) -> None:
    """Record that a hotspot was switched on, joined and loaded a page; until then it may not leave."""
    from scld_core.hotspots.text import REASONS

    with _explained(), _open(folder, actor) as desk:
        device, _ = desk.hotspots.record_test(barcode, passed=passed, note=note)
        decision = desk.hotspots.may_leave(device)
    why = " ".join(reason.text(REASONS) for reason in decision.reasons)
    say(_out(), f"{escape(device.label)}: {'may leave' if decision.permitted else 'may not leave. ' + escape(why)}")


@app.command()
def backup(folder: Dir, target: Annotated[Path | None, typer.Argument(show_default=False)] = None) -> None:
    """Copy the district's database while it may be in use."""
    from scld_core.wiring.upkeep import backup_district

    with _explained():
        say(_out(), escape(str(backup_district(folder, target))))


@app.command()
def migrate(folder: Dir) -> None:
    """Bring the district's database to this version's schema."""
    from scld_core.wiring.upkeep import migrate_district

    with _explained():
        say(_out(), escape(migrate_district(folder)))


@app.command()
def plugins() -> None:
    """List what is installed, and what could not be loaded and why."""
    from scld_core.wiring.upkeep import plugin_lines

    trouble = False
    for ok, line in plugin_lines():
        trouble |= not ok
        say(_out(), escape(line) if ok else f"[red]{escape(line)}[/]")
    raise typer.Exit(codes.TROUBLE if trouble else codes.DONE)


@app.command()
def doctor(folder: Dir) -> None:
    """Look at a district without changing it: settings, policy, files, store, backends, runs."""
    from scld_core.wiring.doctor import examine

    trouble = False
    with _explained():
        for finding in examine(folder):
            trouble |= finding.ok is False
            mark = {True: "[green]ok[/]", False: "[red]mend[/]", None: "[yellow]note[/]"}[finding.ok]
            say(_out(), f"{mark}  {escape(finding.what)}: {escape(finding.detail)}")
    raise typer.Exit(codes.BAD_INPUT if trouble else codes.DONE)


@app.command()
def probe(folder: Dir, backend: Annotated[str, typer.Argument(help="An instance name of district.toml.")]) -> None:
    """Test one backend live, step by step, without writing to it."""
    from scld_core.wiring.upkeep import probe_backend

    trouble = False
    with _explained():
        for step in probe_backend(folder, backend):
            trouble |= step.ok is False
            mark = {True: "[green]ok[/]", False: "[red]failed[/]", None: "[dim]not offered[/]"}[step.ok]
            say(_out(), f"{mark}  {escape(step.name)}: {escape(step.detail)}")
    raise typer.Exit(codes.TROUBLE if trouble else codes.DONE)


@app.command()
def extract(ils: str, name: str) -> None:
    """Print the read-only recipe that yields a canonical file from an ILS."""
    from scld_core.wiring.upkeep import recipe_text

    with _explained():
        typer.echo(recipe_text(ils, name))
