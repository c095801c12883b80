"""The port `Notices` over an export of what an ILS has sent: the newest file, read again when it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import define, field, frozen

from scld_core.agency.told import latest, not_told, told_beside
from scld_core.errors import FileRefused
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page, Quarantined
from scld_core.notices import Notice, NoticeFile

__all__ = ["FileNotices", "NoticeExport"]

_Stamp = tuple[Path, int, int]


@frozen
class NoticeExport:
    """Every notice of a file, oldest first, and by patron; and when the file was true."""

    rows: tuple[Notice, ...]
    by_patron: Mapping[PatronId, tuple[Notice, ...]]
    as_of: datetime
    quarantined: tuple[Quarantined, ...]

    @classmethod
    def of(cls, path: Path, file: NoticeFile, told: datetime | None) -> NoticeExport:
        """All of a file; one that does not tell when it was made was true when its last notice was sent.

        Raises FileRefused for one that cannot be used whole, and for one that tells nothing and has no notice.
        """
        rows = tuple(sorted(file.rows, key=lambda notice: notice.sent_at))
        as_of = told or (rows[-1].sent_at if rows else None)
        if as_of is None:
            raise not_told(path)
        by_patron: dict[PatronId, list[Notice]] = {}
        for notice in rows:
            by_patron.setdefault(notice.patron, []).append(notice)
        kept = {patron: tuple(found) for patron, found in by_patron.items()}
        return cls(rows, kept, as_of, tuple(file.quarantined))


@define
class FileNotices:
    """What an export shows of the notices that were sent; a page has every unusable row of the file."""

    _files: Callable[[], tuple[Path, ...]]
    _read: Callable[[Path], NoticeFile]
    _zone: ZoneInfo
    _kept: tuple[_Stamp, NoticeExport] | None = field(default=None, repr=False)

    def iter_notices(self, patron: PatronId) -> Iterator[Page[Notice]]:
        """One page: the notices to the patron."""
        export = self._export()
        yield _page(export, export.by_patron.get(patron, ()))

    def iter_sent(self, since: datetime) -> Iterator[Page[Notice]]:
        """One page: every notice from that instant on."""
        export = self._export()
        yield _page(export, tuple(notice for notice in export.rows if notice.sent_at >= since))

    def _export(self) -> NoticeExport:
        path = latest(self._files(), lambda path: told_beside(path, self._zone))
        before = _stamp(path)
        if self._kept is None or self._kept[0] != before:
            export = NoticeExport.of(path, self._read(path), told_beside(path, self._zone))
            if _stamp(path) != before:
                raise FileRefused(str(path), "has changed while it was read", "Read it again once it is whole")
            self._kept = before, export
        return self._kept[1]


def _page(export: NoticeExport, rows: tuple[Notice, ...]) -> Page[Notice]:
    total = len(rows) + len(export.quarantined)
    return Page(rows, export.as_of, last=True, total=total, quarantined=export.quarantined)


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError as fault:
        raise FileRefused(str(path), f"cannot be read ({fault.strerror})", "Check the path") from None
    return path, found.st_size, found.st_mtime_ns
