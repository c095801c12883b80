"""A record of notices, taken whole from the port that tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from scld_core.errors import SnapshotRefused
from scld_core.kernel.page import Page
from scld_core.notices.model import Notice

__all__ = ["recorded"]


def recorded(pages: Iterable[Page[Notice]], source: str) -> Iterator[Notice]:
    """Every notice of a list of `source`; SnapshotRefused for one that breaks off: what is missing may be anything."""
    last = False
    for page in pages:
        yield from page.rows
        last = page.last
    if not last:
        raise SnapshotRefused(f"the notices of {source} stopped in the middle of a list; nothing was changed")
