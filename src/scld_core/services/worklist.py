"""Worklists: what a person does by hand in a portal, and the ticked file that comes back.

A worklist leaves as two files: a page with everything that must be typed, in the portal's own order,
with boxes for a pen; and a CSV whose ticked rows become receipts.
"""

from __future__ import annotations

import itertools
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.codecs.tables import Row, read_table, write_csv
from scld_core.errors import InvalidValue
from scld_core.kernel.page import Quarantined
from scld_core.kernel.validate import each, instance, instant, matching, nonempty
from scld_core.reporting.html import write_html
from scld_core.reporting.model import Callout, Column, Figure, Kind, Prose, Report, Section, Table, Tone
from scld_core.reporting.words import instant_words
from scld_core.runs.people import Confirmation
from scld_core.services.files import replace_file

__all__ = [
    "COLUMNS",
    "Confirmations",
    "Wording",
    "Worklist",
    "WorklistFiles",
    "WorklistRow",
    "read_confirmations",
    "worklist_report",
    "write_worklist",
]

COLUMNS = ("step", "done", "rechecked", "note")
"""The header of the file to tick."""

_YES = frozenset({"x", "yes", "y", "1", "\N{CHECK MARK}", "\N{HEAVY CHECK MARK}", "\N{BALLOT BOX WITH CHECK}"})
_NO = frozenset({"", "no", "n", "0"})
_EMOJI = "\N{VARIATION SELECTOR-16}"  # what a telephone's keyboard puts after a tick
_MARK = "scld-"
_NUMBER_LIKE = re.compile(r"[0-9]+(?:e[0-9]+)?")
_LABELLED = re.compile(r"^\[[^\]]*\]\s*")


def _is_step(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[0-9a-f]{16}", text))


def _is_file_name(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text))


@frozen
class WorklistRow:
    """One thing to do: `identifiers` are (name, value) pairs in the order in which the portal asks.

    `action` is what to press, such as Suspend. A `risky` row takes a person's service: the item is
    looked up again first, and that has a box of its own.
    """

    step: str = field(validator=matching(_is_step, "must be a step id: 16 hexadecimal digits"))
    action: str = field(validator=nonempty)
    label: str = field(validator=nonempty)
    identifiers: tuple[tuple[str, str], ...] = field(validator=each(instance(tuple)))
    why: str
    risky: bool = field(default=False, validator=instance(bool))


@frozen
class Wording:
    """What one area's worklist says on its page.

    `columns` are the names of identifiers that get a column each; without any, all stand in the one
    column `place`; `words` are those of them that hold words and no number. `recheck` heads the box of a
    risky row, `before` says what to look up first, and `system` is where things are done.
    """

    place: str = "In the portal"
    columns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    system: str = "the portal"
    recheck: str = "Item rechecked"
    before: str = (
        "A row with a box under Item rechecked takes a person's service. Look the item up in the ILS once more first; "
        "if it came back or was renewed, leave the row."
    )
    unreal: str = "No item, device or line on this page is real."


@frozen
class Worklist:
    """What one system should be told by hand, and until when the list may be used.

    `id` names its files, `carrier` is the system. `rows` are in the order of the portal; a step is in it once.
    """

    id: str = field(validator=matching(_is_file_name, "must be letters, digits, '.', - or _"))
    carrier: str = field(validator=nonempty)
    made_at: datetime = field(validator=instant)
    expires: datetime = field(validator=instant)
    rows: tuple[WorklistRow, ...] = field(validator=each(instance(WorklistRow)))
    district: str = "scld"
    zone: ZoneInfo = field(default=ZoneInfo("UTC"), validator=instance(ZoneInfo))
    sample: bool = field(default=False, validator=instance(bool))
    wording: Wording = field(default=Wording(), validator=instance(Wording))

    def __attrs_post_init__(self) -> None:
        if len({row.step for row in self.rows}) != len(self.rows):
            raise InvalidValue("Worklist", "rows", "must name each step once")


@frozen
class WorklistFiles:
    """The page to print and the file to tick."""

    html: Path
    csv: Path


@frozen
class Confirmations:
    """The rows of a ticked file, in its order, and those that cannot be used."""

    rows: tuple[Confirmation, ...]
    quarantined: tuple[Quarantined, ...]


def worklist_report(worklist: Worklist, csv_name: str) -> Report:
    """The page: every row with what to look up, what to type, and boxes to tick."""
    wording = worklist.wording
    columns = (
        Column("No.", Kind.NUMBER),
        Column("What", names_row=True),
        *(
            Column(name, Kind.TEXT if name in wording.words else Kind.ID)
            for name in wording.columns or (wording.place,)
        ),
        Column(wording.recheck, Kind.TICK),
        Column("Done", Kind.TICK),
    )
    rows = tuple(
        (number, _what(row), *_found_by(row, wording), row.risky or None, True)
        for number, row in enumerate(worklist.rows, 1)
    )
    sample = Callout(wording.unreal, Tone.ATTENTION, "Synthetic sample data")
    until = Callout(
        f"Use this list before {instant_words(worklist.expires, worklist.zone)}. After that, take the next one."
    )
    afterwards = (
        f"Afterwards put an x in the column done (and rechecked) of {csv_name}, row by row in the order of this page, "
        f"and run: scld confirm DIR {csv_name}"
    )
    lost = "A row that is not ticked comes back tomorrow."
    return Report(
        title=f"Worklist for {worklist.carrier}",
        district=worklist.district,
        business_day=worklist.made_at.astimezone(worklist.zone).date(),
        made_at=worklist.made_at,
        zone=worklist.zone,
        subtitle=worklist.id,
        figures=(Figure(f"To do in {wording.system}", len(worklist.rows), section="rows"),),
        callouts=(sample, until) if worklist.sample else (until,),
        sections=(
            Section(
                "rows", f"In the order of {wording.system}", "", (Table("Rows", columns, rows),), empty="Nothing to do."
            ),
            Section("how", "How to do it", "", (), (wording.before, afterwards, lost)),
        ),
    )


def _what(row: WorklistRow) -> Prose:
    return Prose((f"{row.action} {row.label}",), tuple(filter(None, (row.why, f"step {row.step}"))))


def _found_by(row: WorklistRow, wording: Wording) -> tuple[Prose | str | None, ...]:
    if not wording.columns:
        return (Prose(tuple(f"{name}  {value}" for name, value in row.identifiers if value)),)
    values = dict(row.identifiers)
    return tuple(values.get(name) or None for name in wording.columns)


def _csv(worklist: Worklist) -> bytes:
    return write_csv(({"step": _safe_step(row.step), "note": _label(row)} for row in worklist.rows), COLUMNS)


def _label(row: WorklistRow) -> str:
    """What the row is about, in a bracket that is taken off again when the file comes back."""
    text = f"{row.action} {row.label}".replace("]", ")")
    return f"[{''.join(c if c.isprintable() else ' ' for c in text)}]"


def write_worklist(worklist: Worklist, folder: Path) -> WorklistFiles:
    """Write both files into `folder`, each whole or not at all; the file to tick comes last.

    A file that somebody may have ticked is never replaced: a worklist of the same id with other
    content gets the next free name (``-2`` and so on). The same content again changes nothing.
    """
    content = _csv(worklist)
    csv = _free(folder, worklist.id, content)
    files = WorklistFiles(csv.with_suffix(".html"), csv)
    replace_file(files.html, write_html(worklist_report(worklist, csv.name)))
    replace_file(files.csv, content)
    return files


def _free(folder: Path, name: str, content: bytes) -> Path:
    """The first file name of the worklist that is free, or that holds exactly `content` already."""
    names = (
        f"worklist-{name}.csv" if number == 1 else f"worklist-{name}-{number}.csv" for number in itertools.count(1)
    )
    return next(p for p in map(folder.joinpath, names) if not p.exists() or p.read_bytes() == content)


def _safe_step(step: str) -> str:
    """The id as a cell. One that looks like a number (all digits, or 12e34) would be rounded by a spreadsheet."""
    return _MARK + step if _NUMBER_LIKE.fullmatch(step) else step


@frozen
class _Ticked:
    """A row as read; `problem` says why it cannot be used."""

    line: int
    step: str
    done: bool | None
    rechecked: bool | None
    note: str

    @property
    def problem(self) -> str:
        if not _is_step(self.step):
            return "step is no step id (16 hexadecimal digits); did a spreadsheet change it?"
        unclear = [name for name in ("done", "rechecked") if getattr(self, name) is None]
        if unclear:
            return f"{' and '.join(unclear)} must be x, yes, y, 1 or a tick; or no, n, 0 or empty"
        return ""


def read_confirmations(path: Path) -> Confirmations:
    """Read a ticked file, CSV or XLSX; every row ends as a confirmation or, with its line and a reason, quarantined.

    x, yes, y, 1 and a tick mean done; no, n, 0 and empty mean not done; nothing else is guessed. Rows
    of one step that say the same become one; where they contradict each other none of them counts.
    Raises FileRefused when the header is not that of a worklist.
    """
    table = read_table(path, COLUMNS, optional=("note",))
    by_step: dict[str, list[_Ticked]] = {}
    for row in map(_ticked, table.rows):
        by_step.setdefault(row.step if _is_step(row.step) else f"line {row.line}", []).append(row)
    rows: list[Confirmation] = []
    refused = list(table.quarantined)
    for same in by_step.values():
        problems = _problems(same)
        refused.extend(Quarantined(table.source, r.line, p, r.step if _is_step(r.step) else "") for r, p in problems)
        if not problems:
            rows.append(_confirmation(same))
    return Confirmations(tuple(rows), tuple(sorted(refused, key=lambda q: q.line)))


def _ticked(row: Row) -> _Ticked:
    step = row["step"].lower().removeprefix(_MARK)
    return _Ticked(row.line, step, _tick(row["done"]), _tick(row["rechecked"]), _LABELLED.sub("", row["note"], count=1))


def _tick(text: str) -> bool | None:
    """What a person wrote into a box; None where it is neither a yes nor a no."""
    word = text.removesuffix(_EMOJI).strip().lower()
    if word in _YES:
        return True
    return False if word in _NO else None


def _problems(same: list[_Ticked]) -> list[tuple[_Ticked, str]]:
    """Why the rows of one step cannot be used; none when they can."""
    lines = ", ".join(str(row.line) for row in same)
    if len({(row.done, row.rechecked, bool(row.problem)) for row in same}) > 1:
        return [(row, row.problem or f"the rows of this step contradict each other (lines {lines})") for row in same]
    return [(row, row.problem) for row in same if row.problem]


def _confirmation(same: list[_Ticked]) -> Confirmation:
    first = same[0]
    notes = "; ".join(dict.fromkeys(row.note for row in same if row.note))
    return Confirmation(first.step, bool(first.done), bool(first.rechecked), notes, first.line)
