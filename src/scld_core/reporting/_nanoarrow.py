"""A table as an Arrow IPC stream."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from scld_core.errors import MissingExtra
from scld_core.reporting.grid import Grid, Plain
from scld_core.reporting.model import Kind

__all__ = ["stream"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INT64 = 2**63


def _library() -> Any:
    try:
        return import_module("nanoarrow")
    except ImportError:
        raise MissingExtra("arrow", "nanoarrow") from None


def stream(grid: Grid) -> bytes:
    """The whole table as one batch."""
    library = _library()
    columns = [list(column) for column in zip(*grid.rows, strict=True)] or [[] for _ in grid.header]
    names = _distinct(grid.header)
    schemas = [_schema(kind, column) for kind, column in zip(grid.kinds, columns, strict=True)]
    arrays = [_array(column, schema) for column, schema in zip(columns, schemas, strict=True)]
    whole = library.struct(dict(zip(names, schemas, strict=True)))
    batch = library.c_array_from_buffers(whole, len(grid.rows), buffers=[None], children=arrays)
    out = io.BytesIO()
    with import_module("nanoarrow.ipc").StreamWriter.from_writable(out) as writer:
        writer.write_stream(batch)
    return out.getvalue()


def _distinct(header: tuple[str, ...]) -> list[str]:
    """Names of columns, numbered where two are equal."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names


def _schema(kind: Kind, column: list[Plain]) -> Any:
    library = _library()
    filled = [value for value in column if value is not None]
    if kind is Kind.NUMBER and all(isinstance(value, int) and -_INT64 <= value < _INT64 for value in filled):
        return library.int64()
    if kind is Kind.INSTANT and all(isinstance(value, datetime) for value in filled):
        return library.timestamp("us", timezone="UTC")
    return library.string()


def _array(column: list[Plain], schema: Any) -> Any:
    library = _library()
    kind = str(library.c_schema(schema).format)
    if kind == "u":
        return library.c_array([None if value is None else str(value) for value in column], schema)
    numbers = column if kind == "l" else [_micros(value) for value in column]
    # A place without a value is written too: as nought, and not as whatever the memory held before.
    filled = library.c_buffer([0 if number is None else number for number in numbers], library.int64())
    known = library.c_buffer([number is not None for number in numbers], library.bool_())
    missing = sum(number is None for number in numbers)
    return library.c_array_from_buffers(schema, len(numbers), buffers=[known, filled], null_count=missing)


def _micros(value: Plain) -> int | None:
    return (value - _EPOCH) // timedelta(microseconds=1) if isinstance(value, datetime) else None
