"""From the rows of a hotspot-loans extract to circulation, row by row and never by guess."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

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
        if row.found is not None and not problems:
            items[row.found.item] = row.found
        else:
            quarantined.append(Quarantined(table.source, row.line, "; ".join(problems), str(row.item or "")))
    quarantined.sort(key=lambda unusable: unusable.line)
    return Extract(table.source, reading.as_of, items, tuple(quarantined))


@frozen
class _Read:
    """A row as far as it could be read."""

    line: int
    item: ItemId | None
    loan: LoanId | None
    found: Circulation | None
    problems: tuple[str, ...]


def _read(row: Row, reading: Reading, *, stated: bool) -> _Read:
    problems: list[str] = []

    def cell(name: str, parse: Callable[[str], T]) -> T | None:
        if not row[name]:
            return None
        try:
            return parse(row[name])
        except (InvalidValue, OverflowError) as refusal:  # a date at the end of the calendar has no next day
            rule = refusal.rule if isinstance(refusal, InvalidValue) else "lies outside the calendar"
            problems.append(f"{name}: {rule}")
            return None

    item = cell("item", lambda text: ItemId(reading.backend, text))
    barcode = cell("barcode", Barcode.parse)
    since, out_at = cell("since", parse_instant), cell("checked_out", parse_instant)
    due_at = cell("due", lambda text: _due(text, reading.zone))
    returned_at = cell("returned", parse_instant)
    loan_id = cell("loan", lambda text: LoanId(reading.backend, text))
    household = cell("household", Household.parse)
    cell("as_of", parse_instant)
    problems += [f"{name}: is blank" for name in _needed(row, stated=stated) if not row[name]]
    state = reading.words.get(row["status"].casefold(), ItemState.UNKNOWN_WORD)
    if state is ItemState.ON_LOAN and returned_at is not None:
        problems.append("status: is on loan, but the row has a time of return")
    if state is ItemState.ON_LOAN and not row["due"]:
        problems.append("due: is blank, but the item is on loan")
    if item is None or problems:
        return _Read(row.line, item, loan_id, None, tuple(problems))
    if state is ItemState.CHECKED_IN and since is None:
        since = returned_at
    word = Item(item, barcode, row["status"]).word
    loan = None
    if due_at is not None:
        number = loan_id or LoanId(reading.backend, f"{item.local}@{(out_at or due_at).isoformat()}")
        loan = Loan(number, item, due_at, out_at, returned_at, household=household.key if household else None)
    return _Read(row.line, item, loan_id, Circulation(item, state, reading.as_of, loan, since, word), ())
