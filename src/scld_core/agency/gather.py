"""Reading the morning's files and comparing them, with the guards that refuse to plan on half of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from scld_core.agency.classify import Terms
from scld_core.agency.decode import read_accounts, read_sent
from scld_core.agency.dialect import Dialect
from scld_core.agency.files import PatronRows, read_ils
from scld_core.agency.kinds import Kind
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.model import AgencyAccount, Finding, IlsPatron, Reading, Reconciliation, SentAccount
from scld_core.agency.noticed import Noticed, keyless, noticed_by, noticed_in
from scld_core.agency.reconcile import reconcile
from scld_core.agency.told import Told, choose, dated, not_told, told_at, told_beside, told_in_rows
from scld_core.errors import FileRefused, SnapshotRefused
from scld_core.kernel.time import EPOCH
from scld_core.notices import Notices
from scld_core.runs.action import Progress, silent
from scld_core.runs.guards import check_age, check_present
from scld_core.runs.model import Facts

__all__ = ["AgencyFacts", "Comparer", "Files", "Ruling"]

T = TypeVar("T")
R = TypeVar("R", Reading[AgencyAccount], Reading[SentAccount])

_Stamp = tuple[str, int, int]


@frozen
class Ruling:
    """What holds on this morning: the limits, the terms of the comparison, their versions, and the present.

    `key` makes the names of cases, which say of nobody who it is.
    """

    limits: AgencyLimits
    terms: Terms
    now: datetime
    day: date
    version: str = ""
    key: bytes = field(default=b"", repr=False)


@frozen
class Files:
    """Where the morning's files lie: patterns in the district's folder, of which the newest counts.

    Newest is the file that was made last, by what it tells. A blank pattern is a file that there is not.
    The dialects are asked for when a file is read, so that one that cannot be found stops the run and not
    the desk. `ils` is the instance that notices are of, and `recorded` tells of them in place of a file.
    """

    folder: Path
    snapshot: str
    inbound: str = ""
    sent: str = ""
    notices: str = ""
    dialect: Callable[[], Dialect | None] = lambda: None
    sent_dialect: Callable[[], Dialect | None] = lambda: None
    ils: str = "main"
    zone: ZoneInfo = ZoneInfo("UTC")
    recorded: Notices | None = None

    def paths(self) -> tuple[Path | None, ...]:
        """Snapshot, agency's list, sent file and notices; None for one that is not asked for."""
        told: tuple[tuple[str, Told], ...] = (
            (self.snapshot, told_in_rows),
            (self.inbound, self._told_by(self.dialect)),
            (self.sent, self._told_by(self.sent_dialect)),
            (self.notices, partial(told_beside, zone=self.zone)),
        )
        return tuple(choose(self.folder, pattern, when) if pattern else None for pattern, when in told)

    def _told_by(self, layout: Callable[[], Dialect | None]) -> Told:
        def when(path: Path) -> datetime | None:
            dialect = layout()
            return told_at(path, dialect, self.zone) if dialect else None

        return when


@frozen
class AgencyFacts:
    """What comparing the files found. Everything that differs is in `differences`, plain matches only in `counts`.

    `ils_at` and `other_at` are when each side was true. `sources` are the files, the snapshot first, and
    `names` what they are called. Unusable rows have lost their keys, which would say whose they are.
    """

    differences: tuple[Finding, ...]
    summary: Reconciliation
    ils_at: datetime
    other_at: datetime
    sources: tuple[Facts, ...]

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How many rows there are of each kind."""
        return self.summary.counts

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the files."""
        return tuple(source.source for source in self.sources)

    @property
    def accounts(self) -> int:
        """How many accounts the other side has."""
        return self.sources[1].rows

    def check(self, ruling: Ruling, *, lately: Collection[str] = ()) -> None:
        """Raise StaleFacts or SnapshotRefused unless both sides are young and whole.

        `lately` names the patrons whose referral was handed over too short a time ago to be on the list.
        """
        limits = ruling.limits
        ils, other = self.sources[:2]
        if not ils.rows:
            raise SnapshotRefused(f"{ils.source} has no patron that can be used; nothing was changed")
        for source in (ils, other):
            check_age(source, ruling.now, timedelta(minutes=limits.max_fact_age_minutes))
        both = sum(one.ils is not None and _told(one) for one in self.differences if one.kind is not Kind.MATCH)
        both += self.counts.get(Kind.MATCH, 0)
        strangers = sum(one.ils is None and _told(one) and one.patron is None for one in self.differences)
        check_present(
            ils.source,
            f"of the accounts in {other.source}",
            expected=both + strangers,
            present=both,
            max_missing=limits.max_missing_fraction,
            unusable=ils.quarantined,
        )
        lost = sum(
            one.kind in _UNKNOWN_THERE and not _told(one) and one.patron not in lately for one in self.differences
        )
        check_present(
            other.source,
            "of the patrons in collection",
            expected=both + lost,
            present=both,
            max_missing=limits.max_missing_fraction,
            unusable=other.quarantined,
        )


_UNKNOWN_THERE = (Kind.ILS_ONLY, Kind.SENT_NOT_LISTED)


def _told(found: Finding) -> bool:
    """Whether the agency's side has the account; where no list is compared, what we sent stands for it."""
    return found.agency is not None or (found.sent is not None and found.kind is not Kind.SENT_NOT_LISTED)


class Comparer:
    """Compares the morning's files; the same files under the same terms are compared once."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._last: tuple[tuple[object, ...], AgencyFacts] | None = None

    def look(self, terms: Terms, progress: Progress = silent) -> AgencyFacts:
        """The facts of the files as they lie there now.

        Raises FileRefused for a file that is absent, does not tell when it was made, cannot be used whole,
        or changes while it is read.
        """
        paths = self.files.paths()
        before = _stamps(paths)
        key = (before, terms, self._heard())
        if self._last is not None and self._last[0] == key:
            return self._last[1]
        found = _compared(self.files, paths, terms, progress)
        if _stamps(paths) != before:
            raise FileRefused(str(paths[0]), "or another file changed while it was read", "Run again once it is whole")
        self._last = (key, found)
        return found

    def _heard(self) -> tuple[object, ...]:
        """What tells whether a system's record of notices is still the same."""
        if self.files.recorded is None:
            return ()
        first = next(iter(self.files.recorded.iter_sent(EPOCH)), None)
        return () if first is None else (first.as_of, first.total)


def _stamps(paths: tuple[Path | None, ...]) -> tuple[_Stamp | None, ...]:
    stats = ((path, path.stat()) if path else None for path in paths)
    return tuple(one and (str(one[0]), one[1].st_size, one[1].st_mtime_ns) for one in stats)


def _compared(files: Files, paths: tuple[Path | None, ...], terms: Terms, progress: Progress) -> AgencyFacts:
    snapshot, inbound, last_sent, told = paths
    assert snapshot is not None  # noqa: S101 - settings ask for it
    tally: Counter[int] = Counter()
    ils = read_ils(snapshot)
    assert isinstance(ils.rows, PatronRows)  # noqa: S101 - what `read_ils` reads with
    ils = evolve(ils, rows=PatronRows(_counted(ils.rows.plain, tally, 0)))
    layout, sent_layout = files.dialect(), files.sent_dialect()
    agency = _accounts(inbound, layout, files.zone) if inbound and layout else None
    sent = _sent(last_sent, sent_layout, files.zone) if last_sent and sent_layout else None
    agency = agency and evolve(agency, rows=_counted(agency.rows, tally, 1))
    sent = sent and evolve(sent, rows=_counted(sent.rows, tally, 2))
    noticed = _noticed(files, told)
    dates = noticed.dates if noticed else None
    comparison = reconcile(ils, agency=agency, sent=sent, notices=dates, terms=terms, progress=progress)
    differences = tuple(comparison.differences())
    summary = comparison.summary()
    sources = [_facts(one, tally[at]) for at, one in enumerate((ils, agency, sent)) if one]
    sources += [noticed.facts] if noticed else []
    return AgencyFacts(differences, summary, sources[0].as_of, sources[1].as_of, tuple(sources))


def _counted(rows: Iterator[T], tally: Counter[int], at: int) -> Iterator[T]:
    for row in rows:
        tally[at] += 1
        yield row


def _accounts(path: Path, dialect: Dialect, zone: ZoneInfo) -> Reading[AgencyAccount]:
    return _aged(dated(read_accounts(path, dialect), path, dialect, zone), path)


def _sent(path: Path, dialect: Dialect, zone: ZoneInfo) -> Reading[SentAccount]:
    return _aged(dated(read_sent(path, dialect), path, dialect, zone), path)


def _aged(reading: R, path: Path) -> R:
    """The reading; FileRefused for one that does not tell its time, which no run may act on."""
    if reading.as_of() is None:
        raise not_told(path)
    return reading


def _noticed(files: Files, told: Path | None) -> Noticed | None:
    if files.recorded is not None:
        return noticed_by(files.recorded, files.ils, zone=files.zone)
    return noticed_in(told, backend=files.ils, zone=files.zone) if told else None


def _facts(read: Reading[IlsPatron] | Reading[AgencyAccount] | Reading[SentAccount], rows: int) -> Facts:
    at = read.as_of() or EPOCH  # a snapshot without a usable row, which is refused for that
    return Facts(read.source, at, rows, live=False, quarantined=keyless(read.quarantined))
