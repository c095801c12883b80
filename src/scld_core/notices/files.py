"""Notices out of a file: the canonical CSV, or an export whose layout is declared.

A row is quarantined when it does not say to whom or when. A kind, channel or result that no layout
translates does not lose the row: a timeline with a hole in it would say that nothing was sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, time
from enum import Enum
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_core.codecs.tables import DAMAGED, Row, is_damaged, stream_table
from scld_core.errors import InvalidValue
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined
from scld_core.kernel.time import local_instant, parse_instant
from scld_core.kernel.validate import instance, nonempty
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult

__all__ = ["CANONICAL", "COLUMNS", "OPTIONAL", "NoticeFile", "NoticeLayout", "read_notices"]

COLUMNS = (
    "patron_id",
    "item",
    "kind",
    "sent_at",
    "channel",
    "result",
    "names_assignment",
    "amount",
    "template",
)
OPTIONAL = ("item", "names_assignment", "amount", "template")

_FRACTION = re.compile(r"(?<=:\d\d)\.\d+$")
_ZEROS = re.compile(r"(?<=\.\d\d)0+$")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

E = TypeVar("E", bound=Enum)


def _words(kind: type[E]) -> dict[str, E]:
    return {member.value: member for member in kind}


@frozen
class NoticeLayout:
    """How one export writes notices.

    `columns` gives the file's own header for each canonical name that differs; `kinds`, `channels`
    and `results` translate its words, compared without regard to case. `local` is the strptime
    pattern of an instant that is written without an offset, in the district's zone; blank where each
    has its offset. `source` says where the layout is documented and how far it was checked.
    """

    name: str = field(validator=nonempty)
    title: str = field(validator=nonempty)
    source: str = field(validator=nonempty)
    columns: Mapping[str, str] = field(factory=dict[str, str])
    kinds: Mapping[str, NoticeKind] = field(factory=lambda: _words(NoticeKind))
    channels: Mapping[str, Channel] = field(factory=lambda: _words(Channel))
    results: Mapping[str, NoticeResult] = field(factory=lambda: _words(NoticeResult))
    local: str = field(default="", validator=instance(str))


CANONICAL = NoticeLayout("notices", "Canonical notices", "docs/howto/explain-a-notice.md")
"""The columns of `COLUMNS` under their own names; instants with an offset, or a bare date."""


@frozen
class NoticeFile:
    """A file being read: its notices once, in the file's order, and the rows that cannot be used.

    `quarantined` is complete once `rows` is exhausted; taking a row may raise FileRefused.
    """

    source: str = field(validator=nonempty)
    rows: Iterator[Notice] = field(repr=False)
    quarantined: list[Quarantined]


def read_notices(
    path: Path,
    *,
    backend: str,
    zone: ZoneInfo,
    layout: NoticeLayout = CANONICAL,
    assigning: Collection[NoticeKind] = (),
    encoding: str | None = None,
) -> NoticeFile:
    """Read a CSV or XLSX of notices; ids belong to the ILS instance `backend`.

    `assigning` are the kinds whose text, in this district, says that the debt may be assigned to a
    collection agency; it holds where the file itself says nothing. Raises FileRefused for a file
    that cannot be used whole. The file is not held in memory.
    """
    table = stream_table(path, COLUMNS, mapping=layout.columns, optional=OPTIONAL, encoding=encoding)
    reader = _Reader(backend, zone, layout, frozenset(assigning))

    def rows() -> Iterator[Notice]:
        for line, cells in table.rows:
            try:
                notice = reader.notice(Row(line, dict(zip(COLUMNS, cells, strict=True))))
            except InvalidValue as refusal:
                table.quarantined.append(Quarantined(table.source, line, f"{refusal.field}: {refusal.rule}"))
            else:
                yield notice

    return NoticeFile(table.source, rows(), table.quarantined)


@frozen
class _Reader:
    """Turns a row into a notice, or raises InvalidValue with the column as its field."""

    backend: str
    zone: ZoneInfo
    layout: NoticeLayout
    assigning: frozenset[NoticeKind]

    def notice(self, row: Row) -> Notice:
        notes: list[str] = []
        kind = _translated(row, "kind", self.layout.kinds, NoticeKind.OTHER, notes)
        channel = _translated(row, "channel", self.layout.channels, Channel.OTHER, notes)
        result = _translated(row, "result", self.layout.results, NoticeResult.UNKNOWN, notes)
        return Notice(
            kind,
            self._sent_at(row),
            channel,
            result,
            PatronId(self.backend, _id(row, "patron_id")),
            item=ItemId(self.backend, _id(row, "item")) if row["item"] else None,
            names_assignment=self._names_assignment(row, kind),
            amount=_amount(row),
            template=row["template"],
            note="; ".join(notes),
        )

    def _sent_at(self, row: Row) -> datetime:
        text = row["sent_at"]
        try:
            if self.layout.local:
                # a database prints seconds with a fraction or without; a day is what is asked of it
                wall = datetime.strptime(_FRACTION.sub("", text), self.layout.local)  # noqa: DTZ007 - zone follows
                return local_instant(wall.date(), wall.time(), self.zone)
            if len(text) == len("2026-01-31"):
                return local_instant(datetime.fromisoformat(text).date(), time(0), self.zone)
            return parse_instant(text)
        except (ValueError, OverflowError):
            rule = f"must be written as {self.layout.local}" if self.layout.local else _WHEN
            raise InvalidValue("Notice", "sent_at", rule) from None

    def _names_assignment(self, row: Row, kind: NoticeKind) -> bool:
        word = row["names_assignment"].casefold()
        if not word:
            return kind in self.assigning
        if word not in _YES_NO:
            raise InvalidValue("Notice", "names_assignment", "must be yes or no")
        return _YES_NO[word]


_WHEN = "must be ISO 8601 with an offset such as 2026-03-10T08:00:00-07:00, or a date"


def _id(row: Row, name: str) -> str:
    if is_damaged(row[name]):
        raise InvalidValue("Notice", name, DAMAGED)
    if not row[name] or not row[name].isprintable():
        raise InvalidValue("Notice", name, "must be printable text that is not blank")
    return row[name]


def _translated(row: Row, name: str, words: Mapping[str, E], other: E, notes: list[str]) -> E:
    found = words.get(row[name].casefold())
    if found is None:
        notes.append(f"{name} '{row[name]}'" if row[name] else f"no {name}")
    return other if found is None else found


def _amount(row: Row) -> Money | None:
    text = row["amount"]
    if not text:
        return None
    try:  # a database's money type prints four decimals, and of a zero nothing before them
        return Money.parse(_ZEROS.sub("", f"0{text}" if text.startswith(".") else text))
    except InvalidValue as refusal:
        raise InvalidValue("Notice", "amount", refusal.rule) from None
