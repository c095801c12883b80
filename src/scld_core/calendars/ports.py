"""What the calendar area needs of a system that keeps the days on which libraries are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Protocol

from scld_core.calendars.model import Closure
from scld_core.kernel.capability import reads
from scld_core.kernel.page import Page

__all__ = ["Calendars"]


def _within(instance: str, since: date, until: date) -> Callable[[Closure], bool]:
    del instance
    return lambda closure: closure.first <= until and closure.last >= since


class Calendars(Protocol):
    """The closures that one calendar keeps. Nothing here changes one."""

    @property
    def live(self) -> bool:
        """Whether reading asks the system at the moment of the call; false for a file."""
        ...

    @reads(about=_within)
    def closures(self, since: date, until: date) -> Iterator[Page[Closure]]:
        """Every closure with a day from `since` to `until`, both included, in pages, by first day.

        Each is given whole, also where it begins before or ends after these days; of one that comes
        again each occurrence is given by itself. Raises BadInput where `until` is before `since`.
        """
        ...
