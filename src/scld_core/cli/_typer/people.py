"""What people do with runs and steps: apply, approve, confirm, undo."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scld_core.cli import codes
from scld_core.cli._rich import console, progress_bar, say, show_receipts
from scld_core.cli._typer.common import Actor, Blast, Dir, SampleDay, app, explained, opened, out, show_worklists
from scld_core.wiring import Options

__all__ = ["apply", "approve", "confirm", "undo"]


def _day(chosen: datetime | None) -> date | None:
    return chosen.date() if chosen else None


@app.command()
def apply(
    folder: Dir,
    plan: Annotated[Path, typer.Argument(help="A plan file out of DIR/plans.", show_default=False)],
    *,
    only: Annotated[list[str] | None, typer.Option(help="Only these step ids.")] = None,
    confirm_blast_radius: Blast = None,
    day: SampleDay = None,
    actor: Actor = "",
) -> None:
    """Execute a plan that you have looked at; every step is rechecked first."""
    from scld_core.services.day.publish import check_folders, last_run, read_plan, write_worklists

    with (
        explained(),
        progress_bar(console(stderr=True), quiet=False) as progress,
        opened(folder, actor, Options(day=_day(day), progress=progress)) as desk,
    ):
        check_folders(desk)
        receipts = desk.runs.apply(read_plan(plan), only=only or (), confirm_blast_radius=confirm_blast_radius)
        show_receipts(out(), receipts)
        deliveries = write_worklists(desk, last_run(desk))
    show_worklists(deliveries)
    raise typer.Exit(codes.code_of_receipts(receipts))


@app.command()
def approve(
    folder: Dir,
    steps: Annotated[list[str], typer.Argument(help="Step ids.", show_default=False)],
    *,
    reason: Annotated[str, typer.Option(help="Why; kept in the journal.", show_default=False)],
    day: SampleDay = None,
    actor: Actor = "",
) -> None:
    """Approve steps as they stand; the next run carries them out."""
    with explained(), opened(folder, actor, Options(day=_day(day))) as desk:
        for record in desk.runs.approve(steps, reason=reason):
            say(out(), f"approved  {record.step.id}  {record.step.action} {escape(record.step.label)}")


@app.command()
def confirm(
    folder: Dir,
    worklist: Annotated[Path, typer.Argument(help="The CSV written with the worklist, ticked.", show_default=False)],
    *,
    day: SampleDay = None,
    actor: Actor = "",
) -> None:
    """Turn each ticked row of a worklist into a receipt."""
    from scld_core.services.worklist import read_confirmations

    with explained(), opened(folder, actor, Options(day=_day(day))) as desk:
        read = read_confirmations(worklist)
        confirmed = desk.runs.confirm(read.rows, source=worklist.name)
    show_receipts(out(), confirmed.receipts)
    refused = (*read.quarantined, *confirmed.refused)
    for row in refused:
        say(out(), f"[red]not used[/]  {escape(str(row))}")
    raise typer.Exit(codes.BAD_INPUT if refused else codes.DONE)


@app.command()
def undo(
    folder: Dir,
    run: Annotated[str, typer.Argument(help="A run id.", show_default=False)],
    *,
    confirm_blast_radius: Blast = None,
    day: SampleDay = None,
    actor: Actor = "",
) -> None:
    """Apply the inverse of everything a run did; what takes a person's service is rechecked first."""
    from scld_core.services.day.publish import check_folders, last_run, write_worklists

    with explained(), opened(folder, actor, Options(day=_day(day))) as desk:
        check_folders(desk)
        undone = desk.runs.undo(run, confirm_blast_radius=confirm_blast_radius)
        show_receipts(out(), undone.receipts)
        deliveries = write_worklists(desk, last_run(desk))
    left = [
        *((f"{r.step.action} {r.step.label}", "nothing takes it back") for r in undone.irreversible),
        *((f"{r.step.action} {r.step.label}", "it still waits and was not done") for r in undone.unsettled),
        *((row.subject, row.detail) for row in undone.refused),
    ]
    for what, why in left:
        say(out(), f"[yellow]not undone[/]  {escape(what)}: {escape(why)}")
    show_worklists(deliveries)
    raise typer.Exit(codes.code_of_receipts(undone.receipts))
