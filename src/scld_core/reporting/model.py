"""A report as a value: what a page says, in which order, and nothing of how it looks."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import Revealed, personal
from scld_core.kernel.validate import each, instance, instant, matching, nonempty, optional

__all__ = [
    "Badge",
    "Callout",
    "Cell",
    "Column",
    "Figure",
    "Kind",
    "Personal",
    "Prose",
    "Report",
    "Row",
    "Section",
    "Table",
    "Tone",
]


class Tone(Enum):
    """What a figure, badge or callout asks of its reader; a writer never tells it by colour alone."""

    NEUTRAL = "neutral"
    GOOD = "good"
    ATTENTION = "attention"
    BAD = "bad"


class Kind(Enum):
    """What a column holds, and so how its cells are written.

    TEXT is str or Prose; ID the same, set so that digits can be compared; NUMBER int; MONEY Money,
    set so that its decimals stand below each other; INSTANT a datetime in UTC, shown in the report's
    zone; BADGE a Badge; TICK True for an empty box that a person ticks with a pen. None leaves any
    cell blank, and any cell may be Personal.
    """

    TEXT = "text"
    ID = "id"
    NUMBER = "number"
    MONEY = "money"
    INSTANT = "instant"
    BADGE = "badge"
    TICK = "tick"


@frozen
class Prose:
    """Text of several lines, then commands to type (`code`), then what only some readers want (`small`)."""

    lines: tuple[str, ...] = field(validator=each(instance(str)))
    small: tuple[str, ...] = field(default=(), validator=each(instance(str)))
    code: tuple[str, ...] = field(default=(), validator=each(instance(str)))


@frozen
class Badge:
    """A word or two with a tone, such as the result of a step."""

    text: str = field(validator=nonempty)
    tone: Tone = field(default=Tone.NEUTRAL, validator=instance(Tone))


@frozen
class Personal:
    """Personal data in a cell. Every writer masks it unless the cell carries its audit line.

    `revealed` is what `kernel.privacy.reveal` gave to the audit when the value was read.
    """

    value: str = personal(validator=instance(str))
    revealed: Revealed | None = field(default=None, validator=optional(instance(Revealed)))


Cell = str | int | bool | Money | datetime | Prose | Badge | Personal | None
Row = tuple[Cell, ...]

_FITS: dict[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: (str, Prose),
    Kind.ID: (str, Prose),
    Kind.NUMBER: int,
    Kind.MONEY: Money,
    Kind.INSTANT: datetime,
    Kind.BADGE: Badge,
    Kind.TICK: bool,
}


def _is_slug(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[a-z][a-z0-9-]*", text))


def _fits(kind: Kind, cell: Cell) -> bool:
    if cell is None or isinstance(cell, Personal):
        return True
    if not isinstance(cell, _FITS[kind]) or (isinstance(cell, bool) and kind is not Kind.TICK):
        return False
    return not isinstance(cell, datetime) or cell.utcoffset() == timedelta(0)


@frozen
class Column:
    """A column: its title, what it holds, and whether its cell names the row (one at most)."""

    title: str = field(validator=nonempty)
    kind: Kind = field(default=Kind.TEXT, validator=instance(Kind))
    names_row: bool = False


@frozen
class Table:
    """Rows under columns; each row has one cell for each column, of that column's kind."""

    caption: str = field(validator=nonempty)
    columns: tuple[Column, ...] = field(validator=each(instance(Column)))
    rows: tuple[Row, ...] = field(default=(), validator=each(instance(tuple)))

    def __attrs_post_init__(self) -> None:
        if not self.columns or sum(column.names_row for column in self.columns) > 1:
            raise InvalidValue("Table", "columns", "must be at least one, of which one at most names the row")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise InvalidValue("Table", "rows", f"row {number} must have {len(self.columns)} cells")
            for column, cell in zip(self.columns, row, strict=True):
                if not _fits(column.kind, cell):
                    raise InvalidValue("Table", "rows", f"row {number}, {column.title}: no {column.kind.value} cell")


@frozen
class Section:
    """A part of the report. `key` is unique in it and lets figures point here.

    Tables without rows are left out by writers; a section with neither rows nor notes shows `empty`.
    """

    key: str = field(validator=matching(_is_slug, "must be lower-case letters, digits and -"))
    title: str = field(validator=nonempty)
    intro: str = ""
    tables: tuple[Table, ...] = field(default=(), validator=each(instance(Table)))
    notes: tuple[str, ...] = field(default=(), validator=each(nonempty))
    empty: str = ""


@frozen
class Figure:
    """A headline number. `hint` says in a few words what it counts; `section` is where it is explained."""

    label: str = field(validator=nonempty)
    value: int | str = field(validator=instance((int, str)))
    tone: Tone = field(default=Tone.NEUTRAL, validator=instance(Tone))
    hint: str = ""
    section: str = ""


@frozen
class Callout:
    """A sentence or two that stand above everything else."""

    text: str = field(validator=nonempty)
    tone: Tone = field(default=Tone.NEUTRAL, validator=instance(Tone))
    title: str = ""


@frozen
class Report:
    """One page. The first figure is the headline; instants are shown in `zone`."""

    title: str = field(validator=nonempty)
    district: str = field(validator=nonempty)
    business_day: date = field(validator=instance(date))
    made_at: datetime = field(validator=instant)
    zone: ZoneInfo = field(validator=instance(ZoneInfo))
    subtitle: str = ""
    figures: tuple[Figure, ...] = field(default=(), validator=each(instance(Figure)))
    callouts: tuple[Callout, ...] = field(default=(), validator=each(instance(Callout)))
    sections: tuple[Section, ...] = field(default=(), validator=each(instance(Section)))
    footer: tuple[str, ...] = field(default=(), validator=each(nonempty))

    def __attrs_post_init__(self) -> None:
        keys = [section.key for section in self.sections]
        if len(set(keys)) != len(keys):
            raise InvalidValue("Report", "sections", "must have a key each of their own")
        if not {figure.section for figure in self.figures if figure.section} <= set(keys):
            raise InvalidValue("Report", "figures", "must point to sections of the report")
