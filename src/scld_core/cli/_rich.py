"""What the command line shows: plans, receipts, progress."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from scld_core.hotspots.text import REASONS, TEXTS, VERBS
from scld_core.runs.action import Progress as OnProgress
from scld_core.runs.action import Stage
from scld_core.runs.model import Plan, Receipt, Step
from scld_core.services.day.run import DayResult

__all__ = ["progress_bar", "show_day", "show_plan", "show_receipts"]

_TONES = {"applied": "green", "waiting": "yellow", "needs_approval": "yellow", "skipped": "dim"}


@contextmanager
def progress_bar(console: Console, *, quiet: bool) -> Generator[OnProgress]:
    """A bar on stderr while a run reads and applies; nothing when `quiet` or not on a terminal."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    task = bar.add_task("", total=1)

    def show(stage: Stage) -> None:
        if stage.total:
            bar.update(task, description=f"{stage.what} {stage.label}".strip(), completed=stage.done, total=stage.total)

    with bar:
        yield show


def _why(step: Step) -> str:
    return " ".join(reason.text(REASONS) for reason in step.reasons)


def show_plan(console: Console, plan: Plan, receipts: Iterable[Receipt] = ()) -> None:
    """Each step with its reason and, when there is one, its result."""
    results = {r.step: r for r in receipts}
    if not plan.steps:
        told = "Nothing to do: every line is as it should be, waits, or is on the exception list."
        console.print(told, soft_wrap=True)
    for step in plan.steps:
        receipt = results.get(step.id)
        result = "planned" if receipt is None else receipt.result.replace("_", " ")
        tone = "white" if receipt is None else _TONES.get(receipt.result, "red")
        what = f"{TEXTS.get(step.action, step.action)} {TEXTS.get(f'{step.area}.subject', '')} {step.label}"
        console.print(f"[{tone}]{result:>14}[/]  {step.id}  [bold]{escape(what)}[/]", soft_wrap=True)
        console.print(f"{'':>34}{escape(_why(step))}", soft_wrap=True)


def show_receipts(console: Console, receipts: Iterable[Receipt]) -> None:
    """One line each."""
    for receipt in receipts:
        tone = _TONES.get(receipt.result, "red")
        what = f"{TEXTS.get(receipt.action, receipt.action)} {receipt.label or receipt.subject}"
        text = f"[{tone}]{receipt.result.replace('_', ' '):>14}[/]  {receipt.step}  {escape(what)}"
        console.print(text + (f"  [dim]{escape(receipt.detail)}[/]" if receipt.detail else ""), soft_wrap=True)


def _show_people(console: Console, plan: Plan) -> None:
    if plan.waiting:
        console.print("\n[bold]Waiting[/]")
        for row in plan.waiting:
            verb = VERBS.get(row.action, row.action)
            line = f"  {row.step or '-':<16}  {escape(verb)} {escape(row.label)}: waits for {row.on or 'the carrier'}"
            console.print(line, soft_wrap=True)
    if plan.exceptions:
        console.print("\n[bold]For a person[/]")
        for item in plan.exceptions:
            console.print(
                f"  {escape(item.subject)}: {escape(item.detail)}. [dim]{escape(item.todo)}[/]", soft_wrap=True
            )
    notes = [note for area in plan.areas for note in area.notes]
    if notes:
        console.print("\n[bold]Good to know[/]")
        for note in notes:
            console.print(
                f"  {escape(note.subject)}: {escape(note.detail)}. [dim]{escape(note.todo)}[/]", soft_wrap=True
            )


def show_day(console: Console, result: DayResult, files: Iterable[Path]) -> None:
    """The whole morning on one screen, the headline last."""
    show_plan(console, result.plan, result.receipts)
    failed = [r for r in result.receipts if r.result in ("failed", "unknown", "vetoed", "skipped")]
    if failed:
        console.print("\n[bold]Not applied[/]")
        show_receipts(console, failed)
    _show_people(console, result.plan)
    console.print()
    for path in files:
        console.print(f"  {escape(str(path))}", soft_wrap=True)
    if result.unverified:
        console.print(f"[bold red]{escape(result.unverified)}[/]", soft_wrap=True)
        return
    if result.verification is None:
        console.print(f"[bold]Dry run:[/] {len(result.plan.steps)} steps planned, nothing changed.")
        return
    tone = "green" if result.residual == 0 else "red"
    console.print(f"[bold {tone}]Unexplained differences: {result.residual}[/]")
