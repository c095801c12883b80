"""The port `Calendars` over a saved calendar: the newest file of a pattern, read again when it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import define, field

from scld_adapters.calendars.ics.events import IcsText, read_ics
from scld_adapters.calendars.ics.mapping import closures_of
from scld_adapters.calendars.ics.settings import IcsConfig
from scld_core.calendars import Closure
from scld_core.codecs.beside import SUFFIX, instant_in_name, read_manifest
from scld_core.errors import BadInput, FileRefused
from scld_core.kernel.page import Page
from scld_core.kernel.time import to_instant
from scld_core.plugins.spec import BackendContext, OpenBackend

__all__ = ["IcsCalendars", "open_ics"]

_UNTOLD = "does not say when it was made, so nobody knows how old its closures are"
_REMEDY = "Save it under a name with its time, such as closures-2026-11-23T0700.ics"


@define
class IcsCalendars:
    """What a saved calendar says of closures; a page has every event of the file that cannot be used."""

    _files: Callable[[], tuple[Path, ...]]
    _config: IcsConfig
    _zone: ZoneInfo
    _kept: tuple[tuple[Path, int, int], IcsText, datetime] | None = field(default=None, repr=False)

    live = False

    def closures(self, since: date, until: date) -> Iterator[Page[Closure]]:
        """One page: the closures of these days."""
        if until < since:
            raise BadInput("closures", f"{until} is before {since}", "Ask from the first day to the last")
        path, text, as_of = self._newest()
        found = closures_of(text, self._config, str(path), since, until)
        total = len(found.rows) + len(found.quarantined)
        yield Page(found.rows, as_of, last=True, total=total, quarantined=found.quarantined)

    def _newest(self) -> tuple[Path, IcsText, datetime]:
        files = self._files()
        if not files:
            raise FileRefused(self._config.path, "no file fits", "Export the calendar into the district's folder")
        if len(files) == 1:
            return self._read(files[0])
        return max((self._read(path) for path in files), key=lambda read: (read[2], read[0]))

    def _read(self, path: Path) -> tuple[Path, IcsText, datetime]:
        try:
            stat = path.stat()
            stamp = (path, stat.st_mtime_ns, stat.st_size)
            if self._kept is not None and self._kept[0] == stamp:
                return path, self._kept[1], self._kept[2]
            text = read_ics(path.read_bytes(), str(path))
        except OSError as fault:
            raise FileRefused(str(path), f"cannot be read: {fault.strerror}") from None
        manifest = read_manifest(path)
        if manifest is not None:
            manifest.check_bytes(path)
        told = manifest.as_of if manifest is not None else instant_in_name(path.stem, self._zone) or text.told
        if told is None:
            raise FileRefused(str(path), _UNTOLD, _REMEDY)
        self._kept = stamp, text, to_instant(told)
        return path, text, to_instant(told)


def open_ics(config: IcsConfig, context: BackendContext) -> OpenBackend:
    """The saved calendar of a district; what is wrong with the file is told when it is read."""
    folder = context.folder

    def files() -> tuple[Path, ...]:
        fits = (path for path in folder.glob(config.path) if path.is_file())
        return tuple(sorted(path for path in fits if not path.name.endswith(SUFFIX) and path.name[0] not in ".~"))

    return OpenBackend(calendars=IcsCalendars(files, config, ZoneInfo(context.timezone)))
