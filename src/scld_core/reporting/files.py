"""A report as a file: a page, a workbook, or one of its tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import datetime

from scld_core.errors import BadInput
from scld_core.kernel.cells import to_cell
from scld_core.reporting.grid import Grid, Plain, choose_grid, grids
from scld_core.reporting.html import write_html
from scld_core.reporting.model import Kind, Report

__all__ = ["FORMS", "render", "write_arrow", "write_table", "write_xlsx"]


def _text(value: Plain) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cell(value: Plain, kind: Kind) -> str:
    # An amount below zero is no formula: with an apostrophe before it, nothing could add it up.
    return _text(value) if kind in _AMOUNTS else to_cell(_text(value), text_safe=kind is Kind.ID)


_AMOUNTS = (Kind.MONEY, Kind.NUMBER)


def write_table(grid: Grid) -> bytes:
    """One table as CSV: UTF-8, a header, CR LF.

    Cells that a spreadsheet would run are harmless, and numbers of records stay whole in it: they
    are written as ``="0123"``, which `codecs.read_table` reads as 0123.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([to_cell(name) for name in grid.header])
    for row in grid.rows:
        writer.writerow([_cell(value, kind) for value, kind in zip(row, grid.kinds, strict=True)])
    return out.getvalue().encode()


def write_xlsx(report: Report) -> bytes:
    """Every table of the report as a worksheet; text stays text. Raises MissingExtra without openpyxl."""
    from scld_core.reporting._openpyxl import workbook  # noqa: PLC0415 - an extra

    return workbook(grids(report), report.title)


def write_arrow(grid: Grid) -> bytes:
    """One table as an Arrow IPC stream: int64, timestamps in UTC, else utf8.

    polars, pandas and duckdb read it without a copy of the types. Raises MissingExtra without nanoarrow.
    """
    from scld_core.reporting._nanoarrow import stream  # noqa: PLC0415 - an extra

    return stream(grid)


FORMS: Mapping[str, Callable[[Report, str], bytes]] = {
    ".html": lambda report, _: write_html(report).encode(),
    ".csv": lambda report, table: write_table(choose_grid(report, table)),
    ".xlsx": lambda report, _: write_xlsx(report),
    ".arrow": lambda report, table: write_arrow(choose_grid(report, table)),
}
"""The forms of a report, by the ending of the file's name."""


def render(report: Report, suffix: str, *, table: str = "") -> bytes:
    """The report in the form that the ending of a file's name says; `table` is a key of `grids`.

    Raises BadInput for another ending, and for a form that holds one table when none is chosen.
    """
    form = FORMS.get(suffix.lower())
    if form is None:
        raise BadInput(
            f"report {report.title}", f"cannot be written as '{suffix}'", f"Choose one of {', '.join(FORMS)}"
        )
    return form(report, table)
