"""One pass over all findings: every row is written as it comes, and only what the page shows is kept."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping

from attrs import field, frozen

from scld_core.agency.classify import Terms
from scld_core.agency.kinds import Kind, Side
from scld_core.agency.model import Finding
from scld_core.reporting.audience import Audience
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
from scld_core.services.agency.tasks import Task, tasks_of

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
    """The tasks with the most at stake, those without an explanation before the others; memory is bounded."""

    _heap: list[tuple[bool, int, int, Task]] = field(factory=list[tuple[bool, int, int, Task]])
    _seen: Counter[str] = field(factory=Counter[str])

    @property
    def total(self) -> int:
        """How many tasks were offered."""
        return self._seen["rows"]

    def offer(self, task: Task) -> None:
        """Keep the task if it is heavy enough; of equal ones the earlier."""
        self._seen["rows"] += 1
        entry = (not task.explained, at_stake(task.found), -self._seen["rows"], task)
        if len(self._heap) < SHOWN:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The heaviest first."""
        return tuple(task for *_, task in sorted(self._heap, reverse=True))


class Pass:
    """Where each finding goes: the file of all rows, the files of its tasks, the JSON, and the page's lists.

    `sides` counts the tasks of each side, and under WAIT the rows that differ and ask for nothing.
    """

    def __init__(self, staging: Staging, terms: Terms, as_json: JsonFile | None) -> None:
        self._terms = terms
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
        tasks = tuple(tasks_of(found, self._terms))
        for task in tasks:
            self.sides[task.side] += 1
            self._actions[task.side].add(action_cells(task))
            self.work[task.audience].offer(task)
        if not tasks and found.kind is not Kind.MATCH:
            self.sides[Side.WAIT] += 1
