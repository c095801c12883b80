"""Reading XLSX workbooks: the one module that imports openpyxl."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterator
from datetime import date, datetime, time
from importlib import import_module
from io import BytesIO
from typing import Any

from scld_core.errors import FileRefused, MissingExtra

__all__ = ["read_sheet"]

_LAST_ROW = 1_048_576
_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number and makes the others zero


def read_sheet(data: bytes, where: str, sheet: str | None) -> list[tuple[int, list[str]]]:
    """Row number and cells of each row of one worksheet, the first one when `sheet` is None.

    Of a formula it is the value that was saved with it. Raises FileRefused for anything that is no
    whole workbook, and MissingExtra without openpyxl.
    """
    try:
        load_workbook: Any = import_module("openpyxl").load_workbook
    except ImportError:
        raise MissingExtra("xlsx", "openpyxl") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of parts that it leaves out, such as print settings
            book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
            try:
                return list(_rows(_worksheet(book, where, sheet)))
            finally:
                book.close()
    except FileRefused:
        raise
    except Exception as fault:  # noqa: BLE001 - a damaged archive makes it raise almost anything
        problem = f"is not a whole XLSX workbook ({type(fault).__name__})"
        raise FileRefused(where, problem, "Export or save it again") from None


def _worksheet(book: Any, where: str, sheet: str | None) -> Any:
    names: list[str] = [page.title for page in book.worksheets]
    if sheet is None:
        return book.worksheets[0]
    if sheet not in names:
        near = difflib.get_close_matches(sheet, names, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else "Worksheets: " + ", ".join(names)
        raise FileRefused(where, f"has no worksheet '{sheet}'", hint)
    return book.worksheets[names.index(sheet)]


def _rows(page: Any) -> Iterator[tuple[int, list[str]]]:
    page.reset_dimensions()  # many programs write a wrong size, and rows beyond it would be lost
    for number, cells in enumerate(page.iter_rows(max_row=_LAST_ROW), 1):
        yield number, [_text(cell.value, cell) for cell in cells]


def _text(value: Any, cell: Any) -> str:
    """The cell as text: whole numbers without a point, numbers that lost digits with an exponent.

    The exponent is how a spreadsheet shows them; whoever reads a SIM's number must see the damage.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        if abs(value) >= _EXACT:
            return f"{value:.14E}"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        shows_time = "h" in str(cell.number_format).lower() or value.time() != time(0)
        return value.isoformat() if shows_time else value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)
