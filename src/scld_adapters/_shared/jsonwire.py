"""Reading foreign JSON: total, strict, and silent about the values it refuses."""

from __future__ import annotations

import json
from typing import Any, cast

__all__ = ["Table", "WireProblem", "as_list", "as_table", "count", "dump_json", "read_json", "text", "text_or_none"]

Table = dict[str, Any]


class WireProblem(Exception):
    """Bytes that are not what the protocol allows; the text names the place and never the value."""


def _table(pairs: list[tuple[str, Any]]) -> Table:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise WireProblem("the JSON names one field twice")
    return table


def _no_number(word: str) -> None:
    raise WireProblem(f"the JSON holds {word}, which is no number")


def read_json(body: bytes) -> Any:
    """The value of a JSON body in UTF-8; raises WireProblem for anything else, doubled field names included."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_table, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise WireProblem("the body is not UTF-8") from None
    except (ValueError, RecursionError):  # RecursionError: brackets without end
        raise WireProblem("the body is not JSON") from None


def dump_json(value: Any) -> bytes:
    """The JSON body for plain data, in ASCII."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def as_table(value: Any, where: str) -> Table:
    """`value`, which must be an object."""
    if not isinstance(value, dict):
        raise WireProblem(f"{where} is not an object")
    return cast("Table", value)


def as_list(value: Any, where: str) -> list[Any]:
    """`value`, which must be a list."""
    if not isinstance(value, list):
        raise WireProblem(f"{where} is not a list")
    return value  # pyright: ignore[reportUnknownVariableType]


def text(table: Table, name: str) -> str:
    """A field that must be text that is not blank; outer white space is dropped."""
    value = text_or_none(table, name)
    if value is None:
        raise WireProblem(f"{name} is missing")
    return value


def text_or_none(table: Table, name: str) -> str | None:
    """A field that is text, or absent, null or blank.

    A number is refused: an identifier that travelled as one may have lost zeros or digits.
    """
    value = table.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise WireProblem(f"{name} is not text")
    bare = value.strip()
    if not bare.isprintable():
        raise WireProblem(f"{name} is not printable text")
    return bare or None


def count(table: Table, name: str) -> int:
    """A field that must be a whole number from 0."""
    value = table.get(name)
    if type(value) is not int or value < 0:
        raise WireProblem(f"{name} is not a whole number from 0")
    return value
