"""Mistakes in data, each at its path, reported all together and without the value that was wrong."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

from scld_core.errors import BadInput, SettingsError

__all__ = ["Path", "Problem", "Problems", "dotted", "raise_all", "unknown_key"]

Path = tuple[str | int, ...]
"""Keys and list positions from the outside in."""


@frozen
class Problem:
    """One mistake: where it is, what is wrong, what to do. Holds no value, only names and rules."""

    path: Path
    text: str
    remedy: str = ""

    def under(self, *outer: str | int) -> Problem:
        """The same mistake seen from further outside."""
        return evolve(self, path=(*outer, *self.path))


class Problems(Exception):
    """Carries mistakes up to the place that knows the outer path; never leaves the codecs' callers."""

    def __init__(self, *found: Problem) -> None:
        super().__init__(f"{len(found)} problems")
        self.found = found


def dotted(*parts: str | int) -> str:
    """The path as people write it: ``backends.carrier.lines[2].state``; empty parts are left out."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part:
            text += f".{part}" if text else part
    return text


def unknown_key(key: str, valid: Iterable[str], *outer: str | int) -> Problem:
    """The mistake of a key that does not exist, with the nearest one that does."""
    names = sorted(valid)
    near = difflib.get_close_matches(key, names, n=1)
    if near:
        remedy = f"Did you mean '{near[0]}'?"
    else:
        remedy = "Valid keys: " + ", ".join(names) if names else "No key is valid here"
    return Problem((*outer, key), "unknown key", remedy)


def raise_all(
    where: str, found: Sequence[Problem], *, error: type[BadInput] = SettingsError, document: str = ""
) -> None:
    """Raise `error` for everything in `found`; nothing when it is empty.

    A single mistake becomes the error's own `where`: the path under `where`, after the name of the
    `document` if there is one. Several are listed together under it.
    """
    if not found:
        return
    label = f"{document}: " if document else ""
    if len(found) == 1:
        only = found[0]
        raise error(label + (dotted(where, *only.path) or "the whole"), only.text, only.remedy)
    lines = [str(BadInput(dotted(where, *p.path) or "the whole", p.text, p.remedy)) for p in found]
    raise error(document or where or "district.toml", f"{len(found)} mistakes:\n  " + "\n  ".join(lines))
