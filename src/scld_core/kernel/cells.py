"""Cells of a CSV file that a spreadsheet program neither runs as a formula nor rounds as a number.

A cell that starts with ``=``, ``+``, ``-``, ``@``, TAB or CR is run by a spreadsheet that opens the
file, so an apostrophe is put before it, and before apostrophes that stand before such a sign; the
reader takes one away. ``="0123"`` is a formula whose value is the text 0123: the one spelling that
keeps zeros and long numbers whole in a CSV file that is opened by a double click.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

__all__ = ["from_cell", "to_cell", "write_csv"]

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_KEPT = re.compile(r"'+[=+\-@\t\r]")
_AS_TEXT = re.compile(r'="([^"]*)"')


def to_cell(text: str, *, text_safe: bool = False) -> str:
    """The cell that holds `text`; with `text_safe` in the form of a formula that gives the text.

    Text with a quotation mark has no such form and is written as other cells are.
    """
    if text_safe and text and '"' not in text:
        return f'="{text}"'
    return f"'{text}" if _RISKY.match(text) else text


def from_cell(cell: str) -> str:
    """What `to_cell` was given, without outer white space; other cells are left as they are."""
    bare = cell.strip()
    if _KEPT.match(bare):
        return bare[1:]
    as_text = _AS_TEXT.fullmatch(bare)
    return as_text[1] if as_text else bare


def write_csv(rows: Iterable[Mapping[str, str]], header: Sequence[str], *, text_safe: Collection[str] = ()) -> bytes:
    """A CSV file in UTF-8 with a header, comma and CR LF; a column that a row lacks is blank.

    `text_safe` names the columns that are written as ``="..."``; ask for it only where people open
    the file in a spreadsheet, since few other programs read that form. `read_table` reads both.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([to_cell(name) for name in header])
    for row in rows:
        writer.writerow([to_cell(row.get(name, ""), text_safe=name in text_safe) for name in header])
    return out.getvalue().encode()
