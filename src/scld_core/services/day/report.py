"""The one-page day report: what was done, what waits, what a person must do, and on which facts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.reporting.model import (
    Badge,
    Callout,
    Column,
    Figure,
    Kind,
    Prose,
    Report,
    Row,
    Section,
    Table,
    Tone,
)
from scld_core.reporting.words import clock_words, span_words
from scld_core.runs.model import (
    UNRESOLVED,
    ExceptionItem,
    Facts,
    Plan,
    Receipt,
    Step,
    StepRecord,
    StepState,
    Waiting,
)
from scld_core.runs.verify import Verification

__all__ = ["TROUBLE", "day_report"]

TROUBLE = frozenset({"failed", "unknown", "vetoed"})
"""Results after which somebody must look."""

_RESULTS: Mapping[str, tuple[str, Tone]] = {
    "failed": ("Failed", Tone.BAD),
    "unknown": ("No answer", Tone.BAD),
    "vetoed": ("Stopped", Tone.BAD),
    "skipped": ("Left alone", Tone.NEUTRAL),
    "applied": ("Done", Tone.GOOD),
}
_LATER = "Nothing now: the next run looks again."
_ON: Mapping[str, tuple[str, str, str]] = {
    "approval": ("A manager's approval", "Look at it. If it is right:", "scld approve DIR {step} --reason TEXT"),
    "operator": (
        "A person with the worklist",
        "Do it in the portal, tick its row, then:",
        "scld confirm DIR worklists/{worklist}",
    ),
    "apply": ("Somebody to confirm the plan", "Look at the plan. If it is right:", "scld apply DIR PLAN"),
    "carrier": ("The carrier", _LATER, ""),
    "ils": ("The ILS", _LATER, ""),
    "agency-list": ("The agency's next list", "Nothing now: save the next list, and the run looks there.", ""),
    "ils-snapshot": ("The next snapshot of the ILS", "Nothing now: make the next one, and the run looks there.", ""),
    "system": ("The other system", _LATER, ""),
    "read-back": ("A sure answer", "Nothing now: the next run asks what became of it before it sends again.", ""),
}
_SAMPLE = Callout("No patron, item, device or line on this page is real.", Tone.ATTENTION, "Synthetic sample data")


@frozen
class _Words:
    """The areas' texts: reason codes, actions, ``ACTION.done`` and ``AREA.subject``; a code without text is itself."""

    texts: Mapping[str, str]
    zone: ZoneInfo

    def ask(self, area: str, action: str, label: str) -> str:
        """``Suspend hotspot 31234000000012 (cheney)``."""
        return " ".join(filter(None, (self.texts.get(action, action), self.texts.get(f"{area}.subject", ""), label)))

    def done(self, step: Step) -> str:
        """``Suspended: hotspot 31234000000012 (cheney)``."""
        verb = self.texts.get(f"{step.action}.done", step.action)
        subject = self.texts.get(f"{step.area}.subject", "")
        return f"{verb}: {' '.join(filter(None, (subject, _label(step))))}"

    def why(self, step: Step, detail: str, *, done: bool) -> Prose:
        """The reasons and what came of the step; small: the evidence, and the id of a step that is not done."""
        lines = (*(reason.text(self.texts) for reason in step.reasons), *filter(None, (detail,)))
        small = [f"{e.source}: {e.fact}, {clock_words(e.as_of, self.zone)}" for e in step.evidence]
        if not done:
            small.append(f"step\N{NO-BREAK SPACE}{step.id}")
        return Prose(lines, (" · ".join(small),) if small else ())


@frozen
class _Day:
    """Everything the page is made of."""

    plan: Plan
    receipts: Mapping[str, Receipt]
    verification: Verification | None
    settled: tuple[StepRecord, ...]
    words: _Words
    unverified: str = ""
    worklists: Mapping[str, str] = field(factory=dict[str, str])

    @property
    def remaining(self) -> tuple[Step, ...]:
        """The unexplained differences."""
        return self.verification.remaining if self.verification else ()

    @property
    def plan_only(self) -> bool:
        """Whether nothing was changed, or even tried."""
        return self.verification is None and not self.receipts and not self.unverified

    @property
    def now(self) -> datetime:
        """When the page became true."""
        return self.verification.at if self.verification else self.plan.made_at

    @property
    def waiting(self) -> tuple[tuple[Waiting, Step | None], ...]:
        """Rows that wait, with their step where this run planned it."""
        steps = {step.id: step for step in self.plan.steps}
        known = {row.step for row in self.plan.waiting}
        shown = known | {step.id for step in self.remaining}
        rows = [(row, steps.get(row.step)) for row in self.plan.waiting]
        if not self.plan_only:  # there, its steps are planned and none of them is held back
            rows += [(self._held(s), s) for s in self.plan.steps if s.id not in shown and self._result(s) in _WAITS]
        return tuple(sorted(rows, key=lambda pair: (_rank(pair[0].on), pair[0].since)))

    @property
    def settled_steps(self) -> tuple[tuple[Step, Receipt | None], ...]:
        """Steps this run finished with, trouble first."""
        shown = {row.step for row, _ in self.waiting} | {step.id for step in self.remaining}
        rows = [(step, self.receipts.get(step.id)) for step in self.plan.steps if step.id not in shown]
        return tuple(sorted(rows, key=lambda pair: _order(pair[1])))

    def _result(self, step: Step) -> str:
        receipt = self.receipts.get(step.id)
        return receipt.result if receipt else ""

    def _held(self, step: Step) -> Waiting:
        receipt = self.receipts.get(step.id)
        on = _WAITS[self._result(step)]
        since, detail = (receipt.at, receipt.detail) if receipt else (self.plan.made_at, "")
        label = _label(step)
        return Waiting(step.id, step.area, step.action, step.subject, label, since, on, detail, step.reasons)


_WAITS = {"": "apply", "needs_approval": "approval", "waiting": ""}


def _rank(on: str) -> int:
    return list(_ON).index(on) if on in _ON else len(_ON)


def _order(receipt: Receipt | None) -> int:
    results = list(_RESULTS)
    return results.index(receipt.result) if receipt and receipt.result in _RESULTS else len(results)


def _label(step: Step) -> str:
    return step.label or step.subject


def day_report(
    plan: Plan,
    receipts: Sequence[Receipt],
    verification: Verification | None,
    *,
    zone: ZoneInfo,
    actor: str,
    sample: bool,
    texts: Mapping[str, str],
    settled: Sequence[StepRecord] = (),
    unverified: str = "",
    areas: Sequence[Section] = (),
    worklists: Mapping[str, str] | None = None,
) -> Report:
    """The page of one run; without a verification it is the page of a plan, and nothing was changed.

    `unverified` says why a run that did something could not look again. `areas` are sections that an
    area has of its own. `worklists` are the names of the files to tick, by step.

    A planned step is shown once: as done or not done, as waiting, or as an unexplained difference.
    A step without a receipt waits for somebody to apply it. `settled` are records of earlier runs
    that this one finished. `texts` maps reason codes to sentences, actions to verbs
    (``hotspots.suspend``: Suspend), ``hotspots.suspend.done`` to the past (Suspended), and
    ``hotspots.subject`` to what one subject is called (hotspot).
    """
    by_step = {receipt.step: receipt for receipt in receipts}
    day = _Day(plan, by_step, verification, tuple(settled), _Words(texts, zone), unverified, worklists or {})
    return Report(
        title="Plan for the day" if day.plan_only else "Day report",
        district=plan.district,
        business_day=plan.business_day,
        made_at=day.now,
        zone=zone,
        subtitle=f"run by {actor}",
        figures=_figures(day),
        callouts=_callouts(day, sample=sample),
        sections=tuple(_sections(day, areas)),
    )


def _callouts(day: _Day, *, sample: bool) -> tuple[Callout, ...]:
    found = [_SAMPLE] if sample else []
    if day.plan_only:
        found.append(Callout("Nothing has been changed. The steps below would be taken.", title="A plan only"))
    trouble = sum(receipt.result in TROUBLE for receipt in day.receipts.values())
    if trouble:
        text = f"{trouble} {_plural(trouble, 'step')} failed, stopped or got no sure answer; see which below, and why."
        found.append(Callout(text, Tone.BAD, "Not everything worked"))
    for area in day.plan.stopped:
        duty = day.words.texts.get(f"{area.area}.duty", area.area)
        text = f"{area.stopped.text if area.stopped else ''}. Nothing was compared or done there."
        found.append(Callout(text, Tone.BAD, f"Not done today: {duty}"))
    if day.unverified:
        found.append(Callout(f"{day.unverified}. Run again when that is mended.", Tone.BAD, "Not looked at again"))
    return tuple(found)


def _plural(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _figures(day: _Day) -> tuple[Figure, ...]:
    applied = sum(receipt.result == "applied" for receipt in day.receipts.values())
    waiting, exceptions = len(day.waiting), len(day.plan.exceptions)
    in_order = sum(area.in_order for area in day.plan.areas)
    return (
        _headline(day),
        *((Figure("Done", applied, hint="changes made by this run", section="done"),) if not day.plan_only else ()),
        Figure("Waiting", waiting, hint="under way, or for a yes", section="waiting"),
        Figure("For a person", exceptions, hint="no step may settle these", section="person"),
        Figure("In order", in_order, hint="as they should be", section="facts"),
    )


def _headline(day: _Day) -> Figure:
    if day.plan_only:
        number = len(day.plan.steps)
        return Figure(_plural(number, "Change") + " planned", number, hint="Nothing has been changed yet.")
    if day.verification is None:
        hint = "This run did not look at the systems again. The next one does."
        return Figure("Unexplained differences not counted", "?", Tone.ATTENTION, hint)
    number = day.verification.residual
    if day.plan.stopped:
        names = ", ".join(area.area for area in day.plan.stopped)
        hint = f"In what was compared. Nothing was compared in: {names}."
        return Figure(_plural(number, "Unexplained difference"), number, Tone.ATTENTION, hint)
    if number == 0:
        hint = "Everything that differed is settled, waits for somebody named below, or is on the list for a person."
        return Figure("Unexplained differences", 0, Tone.GOOD, hint)
    hint = "The systems still differ here, and nothing accounts for it. Start with these."
    return Figure(_plural(number, "Unexplained difference"), number, Tone.BAD, hint, "unexplained")


def _sections(day: _Day, areas: Sequence[Section]) -> Iterable[Section]:
    if day.remaining:
        yield _unexplained(day)
    yield _done(day)
    yield _waiting(day)
    yield _person(day)
    yield from areas
    yield from _notes(day)
    yield _facts(day)


def _unexplained(day: _Day) -> Section:
    rows = (_outcome(day, step, day.receipts.get(step.id)) for step in day.remaining)
    intro = "The change below is still needed, and no request, approval or exception accounts for it."
    return Section("unexplained", "Unexplained differences", intro, (_table("Unexplained", _STEP, rows),))


_STEP = (Column("Result", Kind.BADGE), Column("Still needed", names_row=True), Column("Why"))
_PLANNED = (Column("Now", Kind.BADGE), Column("What", names_row=True), Column("Why"))
_DONE = (Column("Result", Kind.BADGE), Column("What", names_row=True), Column("Why"))


def _table(caption: str, columns: tuple[Column, ...], rows: Iterable[Row]) -> Table:
    return Table(caption, columns, tuple(rows))


def _badge(receipt: Receipt | None) -> Badge:
    if receipt is None:
        return Badge("Planned")
    return Badge(*_RESULTS.get(receipt.result, (receipt.result, Tone.ATTENTION)))


def _done(day: _Day) -> Section:
    rows = tuple(_outcome(day, step, receipt) for step, receipt in day.settled_steps)
    if day.plan_only:
        table = _table("Planned", _PLANNED, rows)
        return Section("done", "What would be done", "", (table,), empty="Nothing would be changed.")
    planned = {step.id for step in day.plan.steps}
    strays: list[Row] = [
        (_badge(r), f"{r.action}: {r.subject}", r.detail or None)
        for r in day.receipts.values()
        if r.step not in planned
    ]
    tables = (
        _table("In this run", _DONE, (*rows, *strays)),
        _table("Finished from earlier runs", _DONE, _earlier(day)),
    )
    return Section("done", "What was done", "", tables, empty="Nothing had to be changed.")


def _outcome(day: _Day, step: Step, receipt: Receipt | None) -> Row:
    applied = receipt is not None and receipt.result == "applied"
    return (_badge(receipt), *_what_and_why(day, step, receipt.detail if receipt else "", done=applied))


def _what_and_why(day: _Day, step: Step, detail: str, *, done: bool) -> Row:
    what = day.words.done(step) if done else day.words.ask(step.area, step.action, _label(step))
    return (what, day.words.why(step, detail, done=done))


def _earlier(day: _Day) -> Iterable[Row]:
    """Steps of earlier runs whose end this run found out; one that it tried again is shown as tried."""
    badges = {
        StepState.APPLIED: Badge("Done", Tone.GOOD),
        StepState.FAILED: Badge("Failed", Tone.BAD),
        StepState.WITHDRAWN: Badge("Withdrawn"),
    }
    again = {step.id for step in day.plan.steps}
    for record in day.settled:
        if record.state not in UNRESOLVED and record.step.id not in again:
            done = record.state is StepState.APPLIED
            yield (badges[record.state], *_what_and_why(day, record.step, record.detail, done=done))


def _waiting(day: _Day) -> Section:
    columns = (Column("What", names_row=True), Column("Since", Kind.INSTANT), Column("Waits for, and what to do"))
    lists: dict[str, list[tuple[Waiting, Step | None]]] = {}
    alone: list[Row] = []
    for row, step in day.waiting:
        if row.step in day.worklists:
            lists.setdefault(day.worklists[row.step], []).append((row, step))
        else:
            alone.append(_waits(day, row, step))
    grouped = [_on_list(name, rows) for name, rows in sorted(lists.items())]
    gone = [withdrawal for area in day.plan.areas for withdrawal in area.withdrawals]
    withdrawn: list[Row] = [(Prose((w.label,), (w.step,)) if w.label else w.step, w.reason) for w in gone]
    withdrawals = (Column("What", names_row=True), Column("Why nobody should do it any more"))
    tables = (
        _table("Waiting", columns, (*alone, *grouped)),
        *(_listed(day, name, rows) for name, rows in sorted(lists.items())),
        _table("Taken back", withdrawals, withdrawn),
    )
    return Section("waiting", "What waits", "", tables, empty="Nothing waits for anybody.")


def _waits(day: _Day, row: Waiting, step: Step | None) -> Row:
    on, todo, command = _ON.get(row.on, (row.on or "The other system", _LATER, ""))
    commands = (command.format(step=row.step, worklist="WORKLIST.csv"),) if command else ()
    what, why = _asked(day, row, step)
    return (Prose((what,), why), row.since, Prose((f"{on}. {todo}",), code=commands))


def _asked(day: _Day, row: Waiting, step: Step | None) -> tuple[str, tuple[str, ...]]:
    reasons = (r.text(day.words.texts) for r in (step.reasons if step else row.reasons))
    what = day.words.ask(row.area, row.action, row.label or row.subject)
    return what, (*reasons, *filter(None, (row.reason,)))


def _on_list(name: str, rows: Sequence[tuple[Waiting, Step | None]]) -> Row:
    """One row for a whole worklist, so that what to do is read once."""
    on, todo, command = _ON["operator"]
    since = min(row.since for row, _ in rows)
    what = f"{len(rows)} {_plural(len(rows), 'row')} on a worklist, see below"
    return (what, since, Prose((f"{on}. {todo}",), code=(command.format(worklist=name),)))


def _listed(day: _Day, name: str, rows: Sequence[tuple[Waiting, Step | None]]) -> Table:
    columns = (Column("What", names_row=True), Column("Why"))
    asked = (_asked(day, row, step) for row, step in rows)
    return _table(f"On {name}", columns, ((what, Prose(why)) for what, why in asked))


_ITEM = (Column("What", names_row=True), Column("What is wrong"), Column("What to do"))
_NOTE = (Column("What", names_row=True), Column("What to know"), Column("What to do"))


def _items(items: Iterable[ExceptionItem]) -> Iterable[Row]:
    """One row for all subjects with the same trouble and the same remedy, so that a remedy is read once."""
    subjects: dict[tuple[str, str, str, str], list[str]] = {}
    for item in sorted(items, key=lambda i: (i.area, i.code, _counted(i.subject))):
        same = subjects.setdefault((item.area, item.code, item.detail, item.todo), [])
        same.append(item.subject.removesuffix(f": {item.detail}"))
    for (_, _, detail, todo), names in subjects.items():
        yield (Prose(tuple(names)), detail, todo)


def _counted(text: str) -> tuple[str | int, ...]:
    """A sort key under which line 9 comes before line 10; text and numbers take turns in it."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(re.split(r"([0-9]+)", text)))


def _person(day: _Day) -> Section:
    table = _table("For a person", _ITEM, _items(day.plan.exceptions))
    intro = "Each is left alone until somebody has looked."
    return Section("person", "For a person to do", intro if table.rows else "", (table,), empty="Nothing today.")


def _notes(day: _Day) -> Iterable[Section]:
    notes = tuple(_items(note for area in day.plan.areas for note in area.notes))
    if notes:
        yield Section("notes", "Good to know today", "", (_table("Good to know", _NOTE, notes),))


def _facts(day: _Day) -> Section:
    columns = (
        Column("Source", names_row=True),
        Column("As of", Kind.INSTANT),
        Column("Age"),
        Column("Read"),
        Column("Rows", Kind.NUMBER),
        Column("Not usable", Kind.NUMBER),
    )
    facts = [source for area in day.plan.areas for source in area.facts]
    bad = (
        Column("File or system", names_row=True),
        Column("Line", Kind.NUMBER),
        Column("Why it cannot be used"),
        Column("Key", Kind.ID),
    )
    tables = (
        _table("Facts used", columns, (_source(source, day.now) for source in facts)),
        _table("Rows that cannot be used", bad, _unusable(facts, day.plan.exceptions)),
    )
    return Section("facts", "Facts used", _in_force(day.plan.steps), tables, empty="No source was read.")


def _in_force(steps: Iterable[Step]) -> str:
    reasons = (reason for step in steps for reason in step.reasons if reason.section)
    found = dict.fromkeys(
        f"{reason.section} ({reason.version})" if reason.version else reason.section for reason in reasons
    )
    return f"Policy applied: {', '.join(found)}." if found else ""


def _source(source: Facts, now: datetime) -> Row:
    age = span_words(max(now - source.as_of, timedelta(0)))
    how = "live" if source.live else "from a file"
    return (source.source, source.as_of, age, how, source.rows, len(source.quarantined))


def _unusable(facts: Iterable[Facts], exceptions: Iterable[ExceptionItem]) -> Iterable[Row]:
    """Quarantined rows that are not on the exception list already."""
    listed = {item.subject for item in exceptions}
    for source in facts:
        for row in source.quarantined:
            if str(row) not in listed:
                yield (row.source, row.line or None, row.reason, row.key or None)
