"""When a file was made, as far as it tells: beside it, in it, or in its name. The disk's own time says nothing.

A copied or unzipped file has the time of its copy. So the time is taken from the manifest beside the
file, else from its column ``as_of`` or the element in which its dialect states it, else from its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_core.agency import _xml
from scld_core.agency.columns import AS_OF
from scld_core.agency.dialect import Dialect, Direction, Layout
from scld_core.agency.forms import date_form
from scld_core.agency.model import AgencyAccount, Reading, SentAccount
from scld_core.agency.raw import open_raw
from scld_core.codecs.beside import SUFFIX, instant_in_name, read_manifest
from scld_core.codecs.tables import stream_table
from scld_core.errors import FileRefused, InvalidValue
from scld_core.kernel.time import local_instant, parse_instant

__all__ = ["WAYS", "Told", "choose", "dated", "latest", "not_told", "told_at", "told_beside", "told_in_rows"]

Told = Callable[[Path], datetime | None]
"""When a file was made; None where nothing tells."""

R = TypeVar("R", Reading[AgencyAccount], Reading[SentAccount])

WAYS = (
    f"Write as_of = 2026-03-10T06:00:00-07:00 into a file of its name and {SUFFIX} beside it; put the time into its "
    "name, such as list-2026-03-10T0600.csv; or have it in a column as_of"
)
"""How a file can tell."""


def not_told(path: Path) -> FileRefused:
    """The refusal of a file whose facts have no age."""
    return FileRefused(str(path), "does not say when it was made, so nobody knows how old its facts are", WAYS)


def told_at(path: Path, dialect: Dialect, zone: ZoneInfo) -> datetime | None:
    """When an agency file was made; local times are those of `zone`, and a day alone is its beginning.

    Raises FileRefused for a manifest that is broken or of another file, and for a column or element that
    holds no time.
    """
    count = lambda: sum(1 for _ in open_raw(path, dialect, dialect.key).records())  # noqa: E731
    return _beside(path, count) or _inside(path, dialect, zone) or _named(path, dialect, zone)


def told_beside(path: Path, zone: ZoneInfo) -> datetime | None:
    """The same of a file without a dialect, which can tell by its manifest or its name only."""

    def count() -> int:
        stream = stream_table(path, ["-"], optional=["-"])
        return sum(1 for _ in stream.rows) + len(stream.quarantined)

    return _beside(path, count) or instant_in_name(path.stem, zone)


def told_in_rows(path: Path) -> datetime | None:
    """What the first row of an ILS snapshot says that can be read; each of its rows says it."""
    for _, (text,) in stream_table(path, (AS_OF,)).rows:
        with suppress(InvalidValue):
            return parse_instant(text)
    return None


def dated(reading: R, path: Path, dialect: Dialect, zone: ZoneInfo) -> R:
    """The reading with the time that its file tells."""
    at = told_at(path, dialect, zone)
    return evolve(reading, as_of=lambda: at)


def choose(folder: Path, pattern: str, told: Told) -> Path:
    """The file that fits the pattern and was made last; the only one that fits need not tell when.

    Manifests and files that a program still writes do not fit. Raises FileRefused where none fits, where
    one of several does not tell, and where two of one instant differ.
    """
    fits = (path for path in folder.glob(pattern) if path.is_file())
    found = sorted(path for path in fits if not path.name.endswith(SUFFIX) and path.name[0] not in ".~")
    if not found:
        remedy = "Save the export there, or correct [agency] in district.toml"
        raise FileRefused(str(folder / pattern), "is not there: no file fits", remedy)
    return latest(found, told)


def latest(found: Sequence[Path], told: Told) -> Path:
    """The one of these files that was made last; raises as `choose` does."""
    if len(found) == 1:
        return found[0]
    times: dict[Path, datetime] = {}
    for path in found:
        at = told(path)
        if at is None:
            problem = "is one of several files that fit, and does not say when it was made"
            raise FileRefused(str(path), problem, f"{WAYS}; or move away what is no longer used")
        times[path] = at
    newest = max(found, key=lambda path: (times[path], path.name))
    for path in found:
        if path != newest and times[path] == times[newest] and path.read_bytes() != newest.read_bytes():
            raise FileRefused(
                str(newest), f"claims the same time as {path.name}, with other content", "Keep the one that is right"
            )
    return newest


def _beside(path: Path, count: Callable[[], int]) -> datetime | None:
    manifest = read_manifest(path)
    if manifest is None:
        return None
    manifest.check_bytes(path)
    if manifest.rows is not None:
        manifest.check_rows(count(), path)
    return manifest.as_of


def _inside(path: Path, dialect: Dialect, zone: ZoneInfo) -> datetime | None:
    """The oldest that the column says, or what the element says."""
    if dialect.layout is Layout.XML:
        text = _xml.stated(path, dialect) if dialect.created else ""
        return _instants([text], dialect.created_as, zone, where=f"{path}: <{dialect.created}>")
    held = dialect.find(AS_OF)
    if held is None or dialect.direction is not Direction.INBOUND:
        return None
    try:
        raw = open_raw(path, dialect, [AS_OF])
        if not raw.has_column(AS_OF):
            return None
        texts = {cells[0] for _, cells, _ in raw.records() if cells}
    except FileRefused:  # whoever reads the file whole says the same of it, or that it needs no header
        return None
    return _instants(texts, held.date, zone, where=f"{path}: column '{held.header}'")


def _instants(texts: Iterable[str], pattern: str, zone: ZoneInfo, *, where: str) -> datetime | None:
    try:
        return min((_instant(text, pattern, zone) for text in texts if text), default=None)
    except ValueError:
        shown = f"as {pattern}" if pattern else "as 2026-03-10T06:00:00-07:00 or 2026-03-10"
        raise FileRefused(where, f"must be written {shown}", "Correct it, or say in the dialect how it is") from None


def _instant(text: str, pattern: str, zone: ZoneInfo) -> datetime:
    if pattern or len(text) == len("2026-03-10"):
        return local_instant(date_form(pattern).read(text), time(), zone)
    return parse_instant(text)


def _named(path: Path, dialect: Dialect, zone: ZoneInfo) -> datetime | None:
    """What stands at the date's place of the dialect's own pattern, else the one time in the name."""
    whole = re.escape(dialect.file_name).replace(re.escape("{date}"), "(?P<date>.+?)")
    for name in ("sequence", "code"):
        whole = whole.replace(re.escape(f"{{{name}}}"), "[A-Za-z0-9_]+")
    found = re.fullmatch(whole, path.name) if "(?P<date>" in whole else None
    at = instant_in_name(found["date"], zone) if found else None
    return at or instant_in_name(path.stem, zone)
