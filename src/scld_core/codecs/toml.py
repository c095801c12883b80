"""Reading TOML files that people write."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from scld_core.errors import BadInput

__all__ = ["parse_toml", "read_toml"]

_AT = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; raises BadInput with the line where it is no TOML.

    A byte order mark, as some editors of Windows write it, is ignored.
    """
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise BadInput(str(path), f"cannot be read ({fault.strerror})", "Check the path and its permissions") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise BadInput(f"{path}:{line}", "is not UTF-8 text", "Save the file as UTF-8") from None
    return parse_toml(text, where=str(path))


def parse_toml(text: str, *, where: str) -> dict[str, Any]:
    """The tables of TOML text; raises BadInput naming `where` and the line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = _AT.search(str(fault))
        line = (found and found[1]) or str(text.count("\n") + 1)
        problem = _AT.sub("", str(fault))
        raise BadInput(f"{where}:{line}", f"is not TOML: {problem}", "Text values need quotes; dates do not") from None
    except (RecursionError, ValueError):  # nesting without end; an integer of thousands of digits
        raise BadInput(where, "is not TOML that can be read: a value is too large or too deep") from None
