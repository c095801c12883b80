"""From the rows of a hotspot-loans extract to circulation, row by row and never by guess."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_adapters.files.settings import STATE_WORDS
from scld_core.catalog.model import Item
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.codecs.tables import Row, Table
from scld_core.errors import FileRefused, InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LoanId
from scld_core.kernel.page import Quarantined
from scld_core.kernel.time import local_instant, parse_instant
from scld_core.patrons.model import Household

__all__ = ["COLUMNS", "OPTIONAL", "Extract", "Reading", "extract_time", "read_rows"]

COLUMNS = ("item", "barcode", "status", "since", "loan", "due", "checked_out", "returned", "household", "as_of")
OPTIONAL = ("barcode", "since", "loan", "checked_out", "returned", "household", "as_of")

T = TypeVar("T")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@frozen
class Reading:
    """How rows are read: the ILS instance, its time zone, its words, and when the extract was made."""

    backend: str
    zone: ZoneInfo
    words: Mapping[str, ItemState]
    as_of: datetime

    @classmethod
    def of(cls, backend: str, zone: ZoneInfo, words: Mapping[str, str], as_of: datetime) -> Reading:
        """With the declared words beside the canonical ones; words are compared without regard to case."""
        known = {word: ItemState(word) for word in STATE_WORDS}
        known.update({word.strip().casefold(): ItemState(state) for word, state in words.items()})
        return cls(backend, zone, known, as_of)


@frozen
class Extract:
    """One file as read: usable items, unusable rows, and the instant all of it is true of."""

    source: str
    as_of: datetime
    items: Mapping[ItemId, Circulation]
    quarantined: tuple[Quarantined, ...]


def extract_time(table: Table, where: str) -> datetime:
    """The one instant that column `as_of` states; raises FileRefused when it states none or several.

    A row whose own statement cannot be read does not count here; `read_rows` quarantines it.
    """
    stated: dict[datetime, int] = {}
    unread = ""
    for row in table.rows:
        try:
            stated.setdefault(parse_instant(row["as_of"]), row.line)
        except InvalidValue as refusal:
            unread = unread or f" (line {row.line}: {refusal.rule})"
    if len(stated) > 1:
        first, second, *_ = stated.values()
        problem = f"states several times of extraction in as_of (lines {first} and {second})"
        raise FileRefused(where, problem, "One extract has one time; export it again")
    if not stated:
        raise FileRefused(where, f"no row states in as_of when it was extracted{unread}", _AS_OF)
    return next(iter(stated))


_AS_OF = "Write the time with its offset, such as 2026-11-22T07:55:00-08:00"


def read_rows(table: Table, reading: Reading, *, stated: bool) -> Extract:
    """Every row as circulation or as quarantined; `stated`: whether each row must state as_of itself."""
    read = [_read(row, reading, stated=stated) for row in table.rows]
    twice = _twice(read)
    items: dict[ItemId, Circulation] = {}
    quarantined = list(table.quarantined)
    for row in read:
        problems = (*row.problems, *twice.get(row.line, ()))
        if row.found and not problems:
            items[row.found.item] = row.found
        else:
            quarantined.append(Quarantined(table.source, row.line, "; ".join(problems), str(row.item or "")))
    quarantined.sort(key=lambda unusable: unusable.line)
    return Extract(table.source, reading.as_of, items, tuple(quarantined))


@frozen
class _Read:
    """A row as far as it could be read: what it claims to be about, and its circulation or what is wrong."""

    line: int
    item: ItemId | None
    loan: LoanId | None
    found: Circulation | None
    problems: tuple[str, ...]


@frozen
class _Cells:
    """The cells of one row; what is wrong with them gathers in `problems`."""

    row: Row
    reading: Reading
    problems: list[str] = field(factory=list[str])

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The value of a cell, None when it is blank or cannot be read."""
        if not self.row[name]:
            return None
        try:
            return parse(self.row[name])
        except InvalidValue as refusal:
            self.problems.append(f"{name}: {refusal.rule}")
            return None

    def item(self) -> Item | None:
        """The item and its status word."""
        number = self.read("item", lambda text: ItemId(self.reading.backend, text))
        barcode = self.read("barcode", Barcode.parse)
        return Item(number, barcode, self.row["status"]) if number else None

    def loan(self, item: Item, number: LoanId | None) -> Loan | None:
        """The loan, when it has a due date. A loan without a number is known by its item and its start."""
        due_at = self.read("due", lambda text: _due(text, self.reading.zone))
        out_at = self.read("checked_out", parse_instant)
        returned_at = self.read("returned", parse_instant)
        household = self.read("household", Household.parse)
        if due_at is None:
            return None
        own = number or LoanId(self.reading.backend, f"{item.id.local}@{(out_at or due_at).isoformat()}")
        return Loan(own, item.id, due_at, out_at, returned_at, household=household)


def _read(row: Row, reading: Reading, *, stated: bool) -> _Read:
    cells = _Cells(row, reading)
    needed = ("item", "status", "as_of") if stated else ("item", "status")
    cells.problems.extend(f"{name}: is blank" for name in needed if not row[name])
    cells.read("as_of", parse_instant)
    item = cells.item()
    number = cells.read("loan", lambda text: LoanId(reading.backend, text))
    found = _circulation(cells, item, number) if item else None
    return _Read(row.line, item.id if item else None, number, found, tuple(cells.problems))


def _circulation(cells: _Cells, item: Item, number: LoanId | None) -> Circulation:
    row, reading = cells.row, cells.reading
    state = reading.words.get(item.word.casefold(), ItemState.UNKNOWN_WORD)
    if state is ItemState.ON_LOAN and row["returned"]:
        cells.problems.append("status: is on loan, but the row has a time of return")
    if state is ItemState.ON_LOAN and not row["due"]:
        cells.problems.append("due: is blank, but the item is on loan")
    loan, since = cells.loan(item, number), cells.read("since", parse_instant)
    if state is ItemState.CHECKED_IN and since is None:
        since = cells.read("returned", parse_instant)
    return Circulation(item.id, state, reading.as_of, loan, since, item.word)


def _due(text: str, zone: ZoneInfo) -> datetime:
    """An instant; or a date, which means the end of that day in the district."""
    if not _DATE.fullmatch(text):
        return parse_instant(text)
    try:
        return local_instant(date.fromisoformat(text) + timedelta(days=1), time(0), zone)
    except (ValueError, OverflowError):
        raise InvalidValue("Loan", "due_at", "is no day of the calendar") from None


def _twice(read: Iterable[_Read]) -> Mapping[int, list[str]]:
    """For each line the other lines that are about the same item or the same loan."""
    claims: defaultdict[tuple[str, object], list[int]] = defaultdict(list)
    for row in read:
        for claim in (("item", row.item), ("loan", row.loan)):
            if claim[1] is not None:
                claims[claim].append(row.line)
    twice: defaultdict[int, list[str]] = defaultdict(list)
    for (what, _), lines in claims.items():
        for line in lines if len(lines) > 1 else ():
            others = ", ".join(str(other) for other in lines if other != line)
            twice[line].append(f"is about the same {what} as line {others}")
    return twice
