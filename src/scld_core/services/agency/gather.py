"""One pass over all findings: every row is written as it comes, and only what the page shows is kept."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping

from attrs import field, frozen

from scld_core.agency.kinds import MEANINGS, Audience, Side
from scld_core.agency.model import Finding
from scld_core.services.agency.as_json import JsonFile
from scld_core.services.agency.folder import Staging
from scld_core.services.agency.rows import (
    ACTION_COLUMNS,
    ACTION_FILES,
    ROWS,
    ROWS_COLUMNS,
    CsvFile,
    action_cells,
    all_cells,
)

__all__ = ["SHOWN", "Heaviest", "Pass", "at_stake"]

SHOWN = 100
"""Rows for each audience on the page; the files have them all."""


def at_stake(found: Finding) -> int:
    """How much money a row is about, in cents: the difference, else the largest amount."""
    if found.delta:
        return abs(found.delta.cents)
    return max((abs(side.cents) for side in (found.ils, found.agency, found.sent) if side is not None), default=0)


@frozen
class Heaviest:
    """The rows with the most at stake, those without an explanation before the others; memory is bounded."""

    _heap: list[tuple[bool, int, int, Finding]] = field(factory=list[tuple[bool, int, int, Finding]])
    _seen: Counter[str] = field(factory=Counter[str])

    @property
    def total(self) -> int:
        """How many rows were offered."""
        return self._seen["rows"]

    def offer(self, found: Finding) -> None:
        """Keep the row if it is heavy enough; of equal ones the earlier."""
        self._seen["rows"] += 1
        entry = (not MEANINGS[found.kind].explained, at_stake(found), -self._seen["rows"], found)
        if len(self._heap) < SHOWN:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    @property
    def rows(self) -> tuple[Finding, ...]:
        """The heaviest first."""
        return tuple(found for *_, found in sorted(self._heap, reverse=True))


class Pass:
    """Where each finding goes: the file of all rows, the file of its action, the JSON, and the page's lists."""

    def __init__(self, staging: Staging, as_json: JsonFile | None) -> None:
        self._json = as_json
        self._rows = CsvFile(staging.text(ROWS), ROWS_COLUMNS)
        self._actions = {side: CsvFile(staging.text(name), ACTION_COLUMNS) for side, name in ACTION_FILES.items()}
        self.work: Mapping[Audience, Heaviest] = {audience: Heaviest() for audience in Audience}
        self.sides: Counter[Side] = Counter()

    def add(self, found: Finding) -> None:
        """One finding, to everywhere it belongs."""
        self._rows.add(all_cells(found))
        if self._json is not None:
            self._json.add(found)
        side = found.side
        self.sides[side] += 1
        if side in self._actions:
            self._actions[side].add(action_cells(found))
            self.work[MEANINGS[found.kind].audience].offer(found)
