"""What the command line shows: plans, receipts, progress."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from scld_core.runs.action import Progress as OnProgress
from scld_core.runs.action import Stage
from scld_core.runs.model import Plan, Receipt, Step
from scld_core.services.day.run import DayResult
from scld_core.services.day.words import REASONS, TEXTS, VERBS

__all__ = ["console", "progress_bar", "say", "show_day", "show_plan", "show_receipts"]

_NARROW = 24  # columns beside the indent below which breaking lines helps nobody
_STEP = 34  # where a step's own text begins, after its result and its id

_WAITS_FOR = {
    "": "the carrier",
    "approval": "a manager's approval",
    "operator": "a person with the worklist",
    "apply": "somebody to apply the plan",
    "carrier": "the carrier",
    "ils": "the ILS",
    "agency-list": "the agency's next list",
    "ils-snapshot": "the next snapshot of the ILS",
    "read-back": "a sure answer",
    "system": "the other system",
}
_TONES = {"applied": "green", "waiting": "yellow", "needs_approval": "yellow", "skipped": "dim"}


def console(*, stderr: bool = False) -> Console:
    """Where a command writes: names and paths stay as they are, ``:x:`` in one is no picture.

    A character that the stream's encoding does not have is shown as its code: the work is done by
    then, and a name in another script must not end its account.
    """
    reconfigure = getattr(sys.stdout, "reconfigure", None)  # a notebook's stdout has none
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return Console(stderr=stderr, highlight=False, emoji=False)


def say(console: Console, markup: str, *, hang: int = 4) -> None:
    """One paragraph: on a terminal broken between words, its further lines `hang` columns in.

    Where no person looks, it stays one line, which is what other programs can search.
    """
    text = Text.from_markup(markup, emoji=False)
    room = console.width - hang
    if not console.is_terminal or room < _NARROW:
        console.print(text, soft_wrap=True)
        return
    first, rest = text.divide([hang]) if len(text) > hang else (text, Text())
    for number, row in enumerate(rest.wrap(console, room)):
        row.rstrip()
        console.print(Text(" " * hang) + row if number else first + row, soft_wrap=True)


@contextmanager
def progress_bar(console: Console, *, quiet: bool) -> Generator[OnProgress]:
    """A bar on stderr while a run reads and applies; nothing when `quiet` or not on a terminal."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
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
        say(console, told)
    for step in plan.steps:
        receipt = results.get(step.id)
        result = "planned" if receipt is None else receipt.result.replace("_", " ")
        tone = "white" if receipt is None else _TONES.get(receipt.result, "red")
        subject = TEXTS.get(f"{step.area}.subject", "")
        what = " ".join(filter(None, (TEXTS.get(step.action, step.action), subject, step.label)))
        say(console, f"[{tone}]{result:>14}[/]  {step.id}  [bold]{escape(what)}[/]", hang=_STEP)
        say(console, f"{'':>{_STEP}}{escape(_why(step))}", hang=_STEP)


def show_receipts(console: Console, receipts: Iterable[Receipt]) -> None:
    """One line each."""
    for receipt in receipts:
        tone = _TONES.get(receipt.result, "red")
        what = f"{TEXTS.get(receipt.action, receipt.action)} {receipt.label or receipt.subject}"
        text = f"[{tone}]{receipt.result.replace('_', ' '):>14}[/]  {receipt.step}  {escape(what)}"
        say(console, text + (f"  [dim]{escape(receipt.detail)}[/]" if receipt.detail else ""), hang=_STEP)


def _show_stopped(console: Console, plan: Plan) -> None:
    """First of all, which duty was not done today."""
    for area in plan.stopped:
        name = TEXTS.get(f"{area.area}.duty", area.area)
        why = area.stopped.text if area.stopped else ""
        say(console, f"[bold red]Not done today: {escape(name)}.[/] {escape(why)}")
    if plan.stopped:
        console.print()


def _show_people(console: Console, plan: Plan) -> None:
    if plan.waiting:
        console.print("\n[bold]Waiting[/]")
        shown = {step.id for step in plan.steps}
        above = Counter(_WAITS_FOR.get(row.on, row.on) for row in plan.waiting if row.step in shown)
        for on, count in sorted(above.items()):
            say(console, escape(f"  {count} of the steps above: for {on}"))
        for row in (row for row in plan.waiting if row.step not in shown):
            verb = VERBS.get(row.action, row.action)
            line = f"  {row.step or '-':<16}  {verb} {row.label}: waits for {_WAITS_FOR.get(row.on, row.on)}"
            why = " ".join((*(reason.text(REASONS) for reason in row.reasons), *filter(None, (row.reason,))))
            say(console, escape(f"{line}. {why}" if why else line), hang=_STEP)
    gone = [withdrawal for area in plan.areas for withdrawal in area.withdrawals]
    if gone:
        console.print("\n[bold]Taken back[/]")
        for withdrawn in gone:
            say(console, escape(f"  {withdrawn.step}  {withdrawn.label}: {withdrawn.reason}"))
    if plan.exceptions:
        console.print("\n[bold]For a person[/]")
        for item in plan.exceptions:
            say(console, f"  {escape(item.subject)}: {escape(item.detail)}. [dim]{escape(item.todo)}[/]")
    notes = [note for area in plan.areas for note in area.notes]
    if notes:
        console.print("\n[bold]Good to know[/]")
        for note in notes:
            say(console, f"  {escape(note.subject)}: {escape(note.detail)}. [dim]{escape(note.todo)}[/]")


def show_day(console: Console, result: DayResult, files: Iterable[Path]) -> None:
    """The whole morning on one screen, the headline last."""
    _show_stopped(console, result.plan)
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
        say(console, f"[bold red]{escape(result.unverified)}[/]")
        return
    if result.verification is None:
        console.print(f"[bold]Dry run:[/] {len(result.plan.steps)} steps planned, nothing changed.")
        return
    tone = "green" if result.residual == 0 else "red"
    console.print(f"[bold {tone}]Unexplained differences: {result.residual}[/]")
    if result.stopped:
        names = ", ".join(area.area for area in result.stopped)
        say(console, f"[bold red]Not counted, since nothing was compared there: {escape(names)}[/]")
