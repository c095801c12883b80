"""One finding as a row: of the files that people open, and of the JSON that programs read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from typing import IO

from scld_core.agency.kinds import Side
from scld_core.agency.model import Finding
from scld_core.kernel.cells import to_cell
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined
from scld_core.services.agency.tasks import Task
from scld_core.services.agency.wording import action_of

__all__ = [
    "ACTION_COLUMNS",
    "ACTION_FILES",
    "QUARANTINE",
    "QUARANTINE_COLUMNS",
    "ROWS",
    "ROWS_COLUMNS",
    "SUMMARY",
    "CsvFile",
    "action_cells",
    "all_cells",
    "json_row",
    "quarantine_cells",
]

SUMMARY = "summary.html"
ROWS = "rows.csv"
QUARANTINE = "quarantine.csv"
ACTION_FILES: Mapping[Side, str] = {
    Side.AGENCY: "tell-the-agency.csv",
    Side.ILS: "post-to-the-ils.csv",
    Side.HAND: "by-hand.csv",
}
"""Which file lists what is to be done on a side."""

ACTION_COLUMNS = ("account", "patron_id", "kind", "action", "what to do", "ils", "agency", "sent", "delta", "evidence")
ROWS_COLUMNS = (
    "account",
    "patron_id",
    "kind",
    "also",
    "action",
    "ils",
    "agency",
    "sent",
    "delta",
    "age_days",
    "evidence",
)
QUARANTINE_COLUMNS = ("file", "line", "reason")

_WHOLE = frozenset({"account", "patron_id"})
_AMOUNTS = frozenset({"ils", "agency", "sent", "delta"})  # a minus sign before digits is no formula


class CsvFile:
    """A CSV file for people: long numbers stay whole when it is opened by a double click, and no cell is run."""

    def __init__(self, file: IO[str], header: Sequence[str]) -> None:
        self._writer = csv.writer(file, lineterminator="\r\n")
        self._whole = [name in _WHOLE for name in header]
        self._plain = [name in _AMOUNTS for name in header]
        self._writer.writerow(header)

    def add(self, cells: Iterable[str]) -> None:
        """One row, in the header's order."""
        dressed = zip(cells, self._whole, self._plain, strict=True)
        self._writer.writerow([text if plain else to_cell(text, text_safe=whole) for text, whole, plain in dressed])


def _amount(amount: Money | None) -> str:
    return "" if amount is None else str(amount)


def _amounts(found: Finding) -> tuple[str, str, str, str]:
    return _amount(found.ils), _amount(found.agency), _amount(found.sent), _amount(found.delta)


def action_cells(task: Task) -> tuple[str, ...]:
    """The cells of an action file."""
    found = task.found
    what = (found.kind.value, task.action, task.text)
    return (found.account or "", found.patron or "", *what, *_amounts(found), "; ".join(found.evidence))


def all_cells(found: Finding) -> tuple[str, ...]:
    """The cells of the file that has every row."""
    also = " ".join(kind.value for kind in found.also)
    age = "" if found.age_days is None else str(found.age_days)
    what = (found.kind.value, also, action_of(found))
    return (found.account or "", found.patron or "", *what, *_amounts(found), age, "; ".join(found.evidence))


def quarantine_cells(bad: Quarantined) -> tuple[str, ...]:
    """The cells of the file of rows that could not be used."""
    return bad.source, str(bad.line), bad.reason


def json_row(found: Finding) -> dict[str, object]:
    """The object of a finding under ``rows``: amounts are decimal text, and null where a side has none."""
    return {
        "patron_id": found.patron,
        "agency_key": found.account,
        "kind": found.kind.value,
        "also": [kind.value for kind in found.also],
        "ils": None if found.ils is None else str(found.ils),
        "agency": None if found.agency is None else str(found.agency),
        "sent": None if found.sent is None else str(found.sent),
        "delta": None if found.delta is None else str(found.delta),
        "action": action_of(found),
    }
