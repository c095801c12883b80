"""What the notices area needs of an ILS: reading, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from scld_core.kernel.capability import reads
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.notices.model import Notice

__all__ = ["Notices"]


def _of_patron(instance: str, patron: PatronId) -> Callable[[Notice], bool]:
    del instance
    return lambda notice: notice.patron == patron


def _since(instance: str, since: datetime) -> Callable[[Notice], bool]:
    return lambda notice: notice.patron.backend == instance and notice.sent_at >= since


class Notices(Protocol):
    """The record of notices that one ILS keeps. Nothing here sends or changes one."""

    @reads(about=_of_patron)
    def iter_notices(self, patron: PatronId) -> Iterator[Page[Notice]]:
        """Every recorded notice to one patron, in pages, oldest first; none for an unknown patron."""
        ...

    @reads(about=_since)
    def iter_sent(self, since: datetime) -> Iterator[Page[Notice]]:
        """Every recorded notice with `sent_at` at or after `since`, in pages, oldest first."""
        ...
