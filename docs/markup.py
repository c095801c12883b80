"""Markdown out of values: tables, docstrings, and the fields of a settings class."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, get_args, get_origin

import attrs


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar in a cell is escaped."""
    head = list(header)
    lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: object) -> str:
    """As code; nothing stays nothing."""
    return f"`{text}`" if str(text) else ""


_KEYED = re.compile(r"^((?:[a-z_]+,?\s+)*[a-z_]+): (.*?)(?=^[a-z_, \n]+: |\Z)", re.MULTILINE | re.DOTALL)
"""An entry ``key, key: meaning`` of a docstring."""


def paragraphs(text: str | None) -> str:
    """A docstring as Markdown: one line for each paragraph, a list for entries ``key: meaning``."""
    return "\n\n".join(map(_paragraph, inspect.cleandoc(text or "").replace("``", "`").split("\n\n")))


def entries(part: str) -> list[tuple[list[str], str]]:
    """The entries ``key: meaning`` of one paragraph of a docstring; none when it is prose."""
    found = list(_KEYED.finditer(part))
    if not found or found[0].start() != 0:
        return []
    return [(re.findall(r"[a-z_]+", entry[1]), " ".join(entry[2].split())) for entry in found]


def _paragraph(part: str) -> str:
    rows = [f"- {', '.join(map(code, keys))}: {text}" for keys, text in entries(part)]
    return "\n".join(rows) or " ".join(part.split())


_TYPES: Mapping[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def type_words(kind: Any) -> str:
    """What a person may write for a field of this type."""
    origin, inner = get_origin(kind), [arg for arg in get_args(kind) if arg is not types.NoneType]
    if origin in (typing.Union, types.UnionType):
        return " or ".join(type_words(arg) for arg in inner)
    if origin is tuple:
        return f"list of {_plural(inner[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return f"table: {type_words(inner[0])} to {type_words(inner[1])}"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(f"`{member.value}`" for member in kind)
    return _TYPES.get(kind) or _WORDS.get(kind.__name__, kind.__name__)


_WORDS = {
    "SecretRef": "reference such as `env:NAME` or `file:NAME`",
    "date": "date",
    "time": "time of day",
    "LocationId": "library",
    "ReferralSettings": "`[agency.referrals]`",
    "Facts": "facts joined by `+`",
}
_PLURALS = {
    "str": "names",
    "LocationId": "libraries",
    "WeeklyHours": "`[[calendar.hours]]`",
    "Closure": "`[[calendar.closures]]`",
}


def _plural(kind: Any) -> str:
    if get_origin(kind) is tuple:
        return "pairs of times"
    return _PLURALS.get(getattr(kind, "__name__", ""), f"{type_words(kind)}s")


def _default(attribute: attrs.Attribute[Any]) -> str:
    value = attribute.default
    if value is attrs.NOTHING:
        return "**must be set**"
    if isinstance(value, attrs.Factory):  # type: ignore[arg-type]
        value = value.factory()  # type: ignore[union-attr]
    if value is None or value in ("", (), {}) or attrs.has(type(value)):
        return ""
    if isinstance(value, Mapping):
        inside = ", ".join(f'{k} = "{v}"' for k, v in value.items())
        return code(f"{{ {inside} }}")
    if isinstance(value, tuple):
        return code("[" + ", ".join(f'"{v}"' for v in value) + "]")
    return code(str(value).lower() if isinstance(value, bool) else value)


def keys(kind: type[Any], *, but: Iterable[str] = ()) -> str:
    """The fields of an attrs class as a table."""
    hints = typing.get_type_hints(kind)
    chosen = (a for a in attrs.fields(kind) if a.init and a.name not in but)
    rows = ((code(a.name), type_words(hints[a.name]), _default(a)) for a in chosen)
    return table(("Key", "Value", "Default"), rows)
