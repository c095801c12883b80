"""The reference calendar: what `calendars.ports.Calendars` means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from scld_core.calendars.model import Closure
from scld_core.errors import BadInput
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock

__all__ = ["MemoryCalendars"]


class MemoryCalendars:
    """Closures in memory; each answer is true at the clock's present.

    `cut_after` makes a list break off after so many pages, as a failing connection would.
    """

    live = True

    def __init__(self, clock: Clock, *, page_size: int = 100) -> None:
        self.cut_after: int | None = None
        self._clock = clock
        self._page_size = page_size
        self._closures: list[Closure] = []

    def closures(self, since: date, until: date) -> Iterator[Page[Closure]]:
        """The closures of some days, by first day."""
        if until < since:
            raise BadInput("closures", f"{until} is before {since}", "Ask from the first day to the last")
        found = [one for one in self._closures if one.first <= until and one.last >= since]
        return self._pages(sorted(found, key=lambda one: (one.first, one.last, one.reason)))

    def put(self, closure: Closure) -> None:
        """Enter a closure, as staff do."""
        self._closures.append(closure)

    def take_out(self, closure: Closure) -> None:
        """Take one out again."""
        self._closures.remove(closure)

    def _pages(self, rows: list[Closure]) -> Iterator[Page[Closure]]:
        size, now = self._page_size, self._clock.now()
        for number, start in enumerate(range(0, max(len(rows), 1), size)):
            if number == self.cut_after:
                return
            yield Page(tuple(rows[start : start + size]), now, start + size >= len(rows), len(rows))
