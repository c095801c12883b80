"""Tables as an XLSX workbook: the same bytes for the same report."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from scld_core.errors import MissingExtra
from scld_core.reporting.grid import Grid, Plain

__all__ = ["workbook"]

_EPOCH = (1980, 1, 1, 0, 0, 0)
_REFUSED = re.compile(r"[\[\]:*?/\\]")
_CONTROLS = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff]")
_SAVED_AT = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_LONGEST = 32_767
_WHOLE = 10**15  # a workbook keeps 15 digits of a number


def workbook(tables: Sequence[Grid], title: str) -> bytes:
    """One worksheet for each table; an empty one that says so where there is none."""
    try:
        book: Any = import_module("openpyxl").Workbook(write_only=True)
    except ImportError:
        raise MissingExtra("xlsx", "openpyxl") from None
    book.properties.title = title
    book.properties.created = book.properties.modified = datetime(1980, 1, 1)  # noqa: DTZ001 - the format has no zone
    for grid in tables or (Grid("report", title, ("no tables",), (), ()),):
        page: Any = book.create_sheet(_REFUSED.sub(" ", grid.key)[:31])
        page.append([_cell(page, name, bold=True) for name in grid.header])
        for row in grid.rows:
            page.append([_cell(page, value) for value in row])
    out = io.BytesIO()
    book.save(out)
    return _dateless(out.getvalue())


def _cell(page: Any, value: Plain, *, bold: bool = False) -> Any:
    number = isinstance(value, int) and abs(value) < _WHOLE
    cell: Any = import_module("openpyxl.cell").WriteOnlyCell(page, value=value if number else _words(value))
    if not number:
        cell.data_type = "s"  # text that begins with = stays text
    if bold:
        cell.font = import_module("openpyxl.styles").Font(bold=True)
    return cell


def _words(value: Plain) -> str:
    if isinstance(value, datetime):
        return value.astimezone(value.tzinfo or UTC).isoformat(sep=" ", timespec="minutes")
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", "" if value is None else str(value))[:_LONGEST]


def _dateless(data: bytes) -> bytes:
    """The archive with one time in it and for every member, so that equal reports give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            body = _SAVED_AT.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", old.read(member))
            new.writestr(zipfile.ZipInfo(member.filename, _EPOCH), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()
