"""Rows to the bytes of a file for the agency, the same rows to the same bytes, and what proves them."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from scld_core.agency import _xml
from scld_core.agency.columns import Shape
from scld_core.agency.dialect import SEPARATOR, Dialect, Direction, Empty, Field, Layout
from scld_core.agency.forms import amount_text, date_form
from scld_core.agency.manifest import Manifest
from scld_core.agency.outgoing import Outgoing, carried
from scld_core.errors import BadInput
from scld_core.kernel.cells import to_cell
from scld_core.kernel.money import Money

__all__ = ["file_name", "seal", "write_file"]


def write_file(rows: Iterable[Outgoing], dialect: Dialect, *, created: datetime | None = None) -> bytes:
    """The file of these rows, in their order.

    `created` is the local time that a dialect with such an element states. Raises BadInput naming row
    and column for what the dialect cannot carry: a character that its encoding lacks, a number without
    all its declared digits, a patron who has a row already; nothing is written then.
    """
    if dialect.direction is not Direction.OUTBOUND:
        raise BadInput(
            f"dialect {dialect.name}", "is for files that come from the agency", "Choose an outbound dialect"
        )
    codec = codecs.lookup(dialect.encoding).name
    if dialect.layout is Layout.XML:
        return _encoded(_document(rows, dialect, codec, created), codec, "xmlcharrefreplace")
    return _encoded("".join(_lines(rows, dialect, codec)), codec, "strict")


def _encoded(text: str, codec: str, errors: str) -> bytes:
    if codec == "utf-16":  # one byte order on every machine
        return codecs.BOM_UTF16_LE + text.encode("utf-16-le")
    return text.encode(codec, errors)


def seal(rows: Iterable[Outgoing], content: bytes, dialect: Dialect, *, sequence: int) -> Manifest:
    """The manifest of a file that `write_file` made of these rows."""
    amounts = [row.total_due.cents for row in rows]
    return Manifest(dialect.name, sequence, len(amounts), Money(sum(amounts)), hashlib.sha256(content).hexdigest())


def file_name(dialect: Dialect, on: date, *, sequence: int, code: str = "") -> str:
    """The file's name by the dialect's pattern.

    `code` tells several files of one day apart, as several configurations make them. Raises BadInput
    for a dialect without a pattern, and for a code that no file name can have.
    """
    where = f"dialect {dialect.name}"
    if not dialect.file_name:
        raise BadInput(
            where, "has no pattern for the file's name", 'Set file_name, such as "sync-{date}-{sequence}.csv"'
        )
    if not re.fullmatch("[A-Za-z0-9_]*", code):
        raise BadInput(where, "the code in a file's name may have letters, digits and _ only")
    if code and "{code}" not in dialect.file_name:
        raise BadInput(where, "has no {code} in file_name, so files of one day would have the same name")
    pattern = dialect.file_name if code else dialect.file_name.replace("-{code}", "")
    return pattern.format(date=on.isoformat(), sequence=sequence, code=code)


# Cells.

Values = tuple[str, ...]


def _values(rows: Iterable[Outgoing], dialect: Dialect) -> Iterator[tuple[int, list[Values]]]:
    """Each row's number with its texts, a tuple for each field: one, none, or as many as a field repeats."""
    writers = [_writer(dialect, one) for one in dialect.fields]
    first: dict[tuple[object, ...], int] = {}
    for place, row in enumerate(rows, 1):
        kept = carried(row, dialect)
        key = tuple(getattr(kept, name) for name in dialect.key)
        if any(key) and first.setdefault(key, place) != place:
            raise BadInput(f"row {place}", f"is of the same patron as row {first[key]}", "Send one row for each patron")
        found = [write(getattr(kept, one.name)) for one, write in zip(dialect.fields, writers, strict=True)]
        for one, values in zip(dialect.fields, found, strict=True):
            if one.digits and any(not (len(number) == one.digits and number.isdigit()) for number in values):
                raise BadInput(f"row {place}", f"{one.header}: must have {one.digits} digits", "Mend the record")
        yield place, found


def _writer(dialect: Dialect, one: Field) -> Callable[[Any], Values]:
    shape = dialect.columns[one.name].shape
    if shape is Shape.AMOUNT:
        return lambda amount: () if amount is None else (amount_text(amount.cents, one.money),)
    if shape is Shape.DATE:
        form = date_form(one.date)
        return lambda day: () if day is None else (form.write(day),)
    if shape is Shape.WORD:
        return lambda word: () if word is None else (word.value,)
    return lambda text: tuple(filter(None, (text,) if isinstance(text, str) else text))


# Delimited.


def _lines(rows: Iterable[Outgoing], dialect: Dialect, codec: str) -> Iterator[str]:
    safe = [dialect.columns[one.name].shape in (Shape.AMOUNT, Shape.DATE) for one in dialect.fields]
    header = _line((one.header for one in dialect.fields), dialect)
    empty = True
    for place, values in _values(rows, dialect):
        if empty:
            yield header
            empty = False
        cells = [SEPARATOR.join(found) for found in values]
        for one, cell in zip(dialect.fields, cells, strict=True):
            if not _has(codec, cell):
                raise BadInput(f"row {place}", f"{one.header}: has a character that {codec} lacks", _OTHER)
        yield _line((cell if sure else to_cell(cell) for cell, sure in zip(cells, safe, strict=True)), dialect)
    if empty and dialect.empty is Empty.HEADER:
        yield header
    if empty and dialect.empty is Empty.SENTENCE:
        yield dialect.sentence + dialect.line_end


_OTHER = "Ask the agency whether it takes UTF-8, or mend the record"


def _has(codec: str, text: str) -> bool:
    try:
        text.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _line(cells: Iterable[str], dialect: Dialect) -> str:
    return dialect.delimiter.join(_quoted(cell, dialect.delimiter) for cell in cells) + dialect.line_end


def _quoted(cell: str, delimiter: str) -> str:
    # The csv module of some Pythons leaves a lone CR unquoted, which then ends the row.
    if any(sign in cell for sign in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


# XML.


def _document(rows: Iterable[Outgoing], dialect: Dialect, codec: str, created: datetime | None) -> str:
    heads = list(dialect.marks.items())
    if dialect.created:
        if created is None:
            raise BadInput(
                f"dialect {dialect.name}", f"states in <{dialect.created}> when the file was written, so give it"
            )
        heads.append((dialect.created, date_form(dialect.created_as).write(created)))
    lines = _xml.document(dialect, codec, heads, (values for _, values in _values(rows, dialect)))
    return "".join(line + dialect.line_end for line in lines)
