"""The reference ILS for notices: what `notices.ports.Notices` means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.notices.model import Notice

__all__ = ["MemoryNotices"]


class MemoryNotices:
    """The record of notices in memory; `record` below the port's methods stands for the ILS's own jobs.

    `cut_after` makes a list break off after so many pages, as a failing connection would: the last
    page then lacks `last`.
    """

    def __init__(self, clock: Clock, *, backend: str = "main", page_size: int = 100) -> None:
        self._clock = clock
        self._backend = backend
        self._page_size = page_size
        self._notices: list[Notice] = []
        self.cut_after: int | None = None

    def iter_notices(self, patron: PatronId) -> Iterator[Page[Notice]]:
        """Every recorded notice to one patron, oldest first."""
        return self._pages(lambda notice: notice.patron == patron)

    def iter_sent(self, since: datetime) -> Iterator[Page[Notice]]:
        """Every recorded notice from `since` on, oldest first."""
        return self._pages(lambda notice: notice.sent_at >= since)

    def record(self, notice: Notice) -> None:
        """File a notice; one to a patron of another backend is refused."""
        if notice.patron.backend != self._backend:
            raise InvalidValue("Notice", "patron", f"must belong to {self._backend}")
        self._notices.append(notice)

    def _pages(self, wanted: Callable[[Notice], bool]) -> Iterator[Page[Notice]]:
        rows = sorted(filter(wanted, self._notices), key=lambda notice: notice.sent_at)
        now, size = self._clock.now(), self._page_size
        starts = range(0, max(len(rows), 1), size)  # an empty list is one empty page, not none
        for number, start in enumerate(starts):
            if number == self.cut_after:
                return
            yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))
