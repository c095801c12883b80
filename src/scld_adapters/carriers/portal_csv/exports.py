"""Finding the newest export, and telling how old it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import frozen

from scld_adapters.carriers.portal_csv.mapping import line_views
from scld_adapters.carriers.portal_csv.settings import RULES, PortalCsvConfig
from scld_core.codecs.beside import SUFFIX, manifest_of, read_manifest
from scld_core.codecs.tables import Table, read_table
from scld_core.errors import FileRefused, InvalidValue
from scld_core.hotspots.model import LineView
from scld_core.kernel.page import Page
from scld_core.kernel.time import local_instant, parse_instant

__all__ = ["candidates", "newest_page"]

_IN_NAME = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})[T_\- ]?(\d{2})[:.\-]?(\d{2})(?!\d)")


@frozen
class _Export:
    path: Path
    table: Table
    as_of: datetime


def candidates(folder: Path, config: PortalCsvConfig) -> list[Path]:
    """Files that the pattern matches, by name; never a manifest or a file that a program still writes."""
    found = folder.glob(config.export or "")
    return sorted(p for p in found if p.is_file() and not p.name.endswith(SUFFIX) and p.name[0] not in ".~")


def newest_page(folder: Path, config: PortalCsvConfig, zone: ZoneInfo) -> Page[LineView]:
    """All lines of the newest export, as of the instant it was made.

    Newest is the one made last by its own account; the file system's times change with every copy.
    Raises FileRefused when there is none, when one cannot be dated, and when two claim one instant.
    """
    paths = candidates(folder, config)
    if not paths:
        raise FileRefused(str(config.export), "no file matches", "Save the portal's export there")
    if len(paths) > 1 and config.extracted_at not in RULES:
        names = ", ".join(path.name for path in paths)
        raise FileRefused(str(config.export), f"matches {names}, but extracted_at dates one file", "Name that file")
    newest = _newest(_dated(path, config, zone) for path in paths)
    views, unusable = line_views(newest.table, config, newest.as_of, zone)
    return Page(views, newest.as_of, last=True, total=newest.table.total, quarantined=unusable)


def _newest(exports: Iterable[_Export]) -> _Export:
    *_, newest = ordered = sorted(exports, key=lambda export: export.as_of)
    for other in ordered[:-1]:
        if other.as_of == newest.as_of and other.table.sha256 != newest.table.sha256:
            problem = f"claims the same instant as {other.path.name}, with other content"
            raise FileRefused(str(newest.path), problem, "Keep the one that is right")
    return newest


def _dated(path: Path, config: PortalCsvConfig, zone: ZoneInfo) -> _Export:
    columns = tuple(name for name in config.columns if name != "as_of" or config.extracted_at == "column")
    table = read_table(
        path,
        columns,
        mapping={name: config.columns[name] for name in columns},
        delimiter=config.delimiter,
        encoding=config.encoding,
        sheet=config.sheet,
    )
    if config.extracted_at == "manifest":
        return _Export(path, table, _in_manifest(path, table))
    if config.extracted_at == "column":
        return _Export(path, table, _in_column(path, table, config))
    if config.extracted_at == "name":
        return _Export(path, table, _in_name(path, zone))
    return _Export(path, table, parse_instant(config.extracted_at))


def _in_manifest(path: Path, table: Table) -> datetime:
    manifest = read_manifest(path)
    if manifest is None:
        problem = f"has no manifest {manifest_of(path).name}, so that its age is unknown"
        raise FileRefused(str(path), problem, "Write as_of = 2026-01-31T07:30:00-08:00 into that file")
    manifest.check(table, path)
    return manifest.as_of


def _in_column(path: Path, table: Table, config: PortalCsvConfig) -> datetime:
    header = config.columns["as_of"]
    said = {row["as_of"] for row in table.rows}
    if len(said) != 1:
        problem = f"has {len(said)} different instants in the column '{header}', not one"
        raise FileRefused(str(path), problem, "Export it again in one piece")
    try:
        return parse_instant(said.pop())
    except InvalidValue as refusal:
        remedy = 'Set extracted_at = "manifest" or "name" if the portal writes its time in another form'
        raise FileRefused(str(path), f"column '{header}': {refusal.rule}", remedy) from None


def _in_name(path: Path, zone: ZoneInfo) -> datetime:
    found = _IN_NAME.findall(path.stem)
    try:
        ((year, month, day, hour, minute),) = found
        wall = time(int(hour), int(minute))
        local = date(int(year), int(month), int(day))
    except ValueError:  # none, more than one, or no such day or minute
        remedy = "Name it with the local time at which it was made, such as lines-2026-01-31T0730.csv"
        raise FileRefused(str(path), "its name does not say when it was made", remedy) from None
    return local_instant(local, wall, zone)
