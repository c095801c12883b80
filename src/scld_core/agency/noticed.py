"""The record of notices that the morning's comparison looks up: out of a file, or from a system that tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from scld_core.agency.told import not_told, told_beside
from scld_core.kernel.page import Page, Quarantined
from scld_core.kernel.time import EPOCH
from scld_core.notices import Notice, Notices, assignment_notices, read_notices, recorded
from scld_core.runs.model import Facts

__all__ = ["Noticed", "keyless", "noticed_by", "noticed_in"]


@frozen
class Noticed:
    """The dates of each patron's lawful notices, and what they rest on."""

    dates: Callable[[str], Sequence[date]]
    facts: Facts


def noticed_in(path: Path, *, backend: str, zone: ZoneInfo) -> Noticed:
    """Out of a file of the canonical columns.

    A file that does not tell when it was made was true when its last notice was sent. Raises FileRefused
    for one that cannot be used whole, and for one without a time and without a notice.
    """
    file = read_notices(path, backend=backend, zone=zone)
    seen = _Seen()
    dates = assignment_notices(seen.of(file.rows), zone=zone)
    at = told_beside(path, zone) or seen.last
    if at is None:
        raise not_told(path)
    return Noticed(dates, Facts(file.source, at, seen.count, live=False, quarantined=keyless(file.quarantined)))


def noticed_by(port: Notices, source: str, *, zone: ZoneInfo) -> Noticed:
    """From the record of the backend instance `source`; SnapshotRefused for a list that breaks off."""
    pages: list[Page[Notice]] = []

    def kept() -> Iterator[Page[Notice]]:
        for page in port.iter_sent(EPOCH):
            pages.append(evolve(page, rows=()))
            yield page

    seen = _Seen()
    dates = assignment_notices(seen.of(recorded(kept(), source)), zone=zone)
    bad = keyless(one for page in pages for one in page.quarantined)
    at = min(page.as_of for page in pages)
    return Noticed(dates, Facts(f"notices of {source}", at, seen.count, live=False, quarantined=bad))


def keyless(rows: Iterable[Quarantined]) -> tuple[Quarantined, ...]:
    """The unusable rows without their keys, which would say whose they are."""
    return tuple(evolve(row, key="") for row in rows)


class _Seen:
    """How many notices went by, and when the last of them was sent."""

    def __init__(self) -> None:
        self.count = 0
        self.last: datetime | None = None

    def of(self, notices: Iterable[Notice]) -> Iterator[Notice]:
        """The notices, looked at on the way."""
        for notice in notices:
            self.count += 1
            self.last = notice.sent_at if self.last is None else max(self.last, notice.sent_at)
            yield notice
