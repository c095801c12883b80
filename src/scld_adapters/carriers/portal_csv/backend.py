"""The portal's ports: reading goes to the newest export, writing to a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from scld_adapters.carriers.portal_csv.bulk import batch_name, make_bulk_file
from scld_adapters.carriers.portal_csv.capabilities import NO_EXPORT
from scld_adapters.carriers.portal_csv.exports import candidates, newest_page
from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_core.codecs.beside import manifest_of
from scld_core.errors import InvalidValue, NotFound, Rejected, UnsupportedOperation
from scld_core.hotspots.model import BulkFile, BulkRow, LineView
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["PortalLines", "PortalLinesWithBulk"]

_Signature = tuple[tuple[str, int, int], ...]


class PortalLines:
    """`CarrierLines` of a portal that a person works in."""

    live = False
    asynchronous = True

    def __init__(self, instance: str, config: PortalCsvConfig, *, folder: Path, clock: Clock, zone: ZoneInfo) -> None:
        self._instance = instance
        self._config = config
        self._folder = folder
        self._clock = clock
        self._zone = zone
        self._read: tuple[_Signature, Page[LineView]] | None = None
        self._by_number: dict[Iccid | Imei | None, LineView] = {}

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """The lines of the newest export, in one page as of the instant it was made."""
        yield self._page("iter_lines")

    def get(self, line: Line) -> LineView:
        """One line of the newest export, by its SIM, or by its device where no SIM is shown."""
        self._page("get")
        found = self._by_number.get(line.iccid) or self._by_number.get(line.imei)
        if found is None:
            problem = f"{line} is not in the newest export, or not with numbers that can be used"
            raise NotFound(self._instance, "get", problem)
        return found

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Hand the request to a person."""
        return self._by_hand(line, key)

    def restore(self, line: Line, *, key: str) -> Answer:
        """Hand the request to a person."""
        return self._by_hand(line, key)

    def terminate(self, line: Line, *, key: str) -> Answer:
        """Hand the request to a person."""
        return self._by_hand(line, key)

    def request_state(self, reference: str) -> ReadBack:
        """Always UNKNOWN: a portal knows nothing of our requests, a later export may show their effect."""
        del reference
        return ReadBack.UNKNOWN

    def _by_hand(self, line: Line, key: str) -> Answer:
        del line, key  # the step, not the portal, keeps them
        batch = batch_name(self._instance, self._clock.now(), self._zone)
        return Answer(AnswerKind.FOR_OPERATOR, batch, "to be done in the portal by a person")

    def _page(self, operation: str) -> Page[LineView]:
        if self._config.export is None:
            raise UnsupportedOperation(self._instance, operation, NO_EXPORT)
        signature = self._signature()
        if self._read is None or self._read[0] != signature:
            page = newest_page(self._folder, self._config, self._zone)
            self._by_number = {view.iccid or view.imei: view for view in page.rows}
            self._read = (signature, page)
        return self._read[1]

    def _signature(self) -> _Signature:
        """What changes when a file comes, goes or is written again; spares reading it for every line."""
        found: list[tuple[str, int, int]] = []
        for path in candidates(self._folder, self._config):
            for each in (path, manifest_of(path)):
                with suppress(FileNotFoundError):
                    stat = each.stat()
                    found.append((each.name, stat.st_mtime_ns, stat.st_size))
        return tuple(found)


class PortalLinesWithBulk(PortalLines):
    """A portal that also takes a file of requests."""

    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """The file for `rows`, to be uploaded before it expires."""
        try:
            return make_bulk_file(
                rows,
                now,
                instance=self._instance,
                hours=self._config.expires_hours or 0,
                config=self._config,
                zone=self._zone,
            )
        except InvalidValue as refusal:
            raise Rejected(self._instance, "bulk_file", refusal.rule) from None
