"""Text of a call number without what does not count: case, diacritics, most punctuation, the script's own digits."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from unicodedata import category, combining, decimal, normalize

__all__ = ["Atom", "atoms", "fold"]

_QUOTES: Final = str.maketrans(dict.fromkeys("`\u00b4\u02b9\u02bb\u02bc\u02bf\u2018\u2019\u201b\u2032\uff07", "'"))
_PLAIN: Final = (
    str.maketrans(
        {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i", "ħ": "h", "ŧ": "t"}
        | {"\u2044": "/", "\u2215": "/", "\u2212": "-"}
    )
    | _QUOTES
)
"""Latin letters that Unicode does not take apart, and the signs that stand for a slash or a hyphen."""

_MARKS: Final = "./-'"
_ASCII: Final = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) not in _MARKS}
_ATOM: Final = re.compile(r"[0-9]+|[^0-9 ./'-]+")
_INSIDE: Final = re.compile(r"(?<=[^0-9 ./'-])'(?=[^0-9 ./'-])")
_FIRST_POINT: Final = 10
"""Combining classes from here on are accents and points; those below belong to the letter (nukta, voicing, virama)."""


class Atom(NamedTuple):
    """A run of letters or a run of digits: `first` after white space, and the marks that touch it on either side.

    `before` is the one mark among ``. / - '`` that separates it from what it is glued to, empty where it is glued
    without any; `after` is ``.`` or empty.
    """

    first: bool
    before: str
    text: str
    after: str

    @property
    def digits(self) -> bool:
        """Whether it is a number."""
        return "0" <= self.text[0] <= "9"

    @property
    def glued(self) -> bool:
        """Whether it follows the atom before it with nothing between the two."""
        return not self.first and not self.before


def fold(text: str) -> str:
    """Give `text` in lower-case letters, ASCII digits, the marks ``. / - '`` and spaces; accents are gone.

    Letters of other scripts stay as they are, case folded. Total, and folding twice is folding once.
    """
    if text.isascii():
        plain = text.lower().replace("`", "'").translate(_ASCII)
    else:
        plain = "".join(map(_plain, _caseless(text)))
    return _INSIDE.sub("", plain)


def _caseless(text: str) -> str:
    """Compatibility decomposition can bring back capitals, and folding can bring back composed letters: both twice."""
    once = normalize("NFKD", text.translate(_QUOTES).casefold()).casefold()
    return normalize("NFKD", once).casefold().translate(_PLAIN)


def _plain(char: str) -> str:
    if char.isascii():
        return char.translate(_ASCII)
    kind = category(char)
    if combining(char) >= _FIRST_POINT or kind == "Cf":
        return ""
    if kind == "Nd":
        return str(decimal(char))
    if kind == "Pd":
        return "-"
    return char if char.isalnum() or kind[0] == "M" else " "


def atoms(text: str) -> tuple[Atom, ...]:
    """Cut `text` into its runs of letters and digits; empty when nothing in it counts."""
    folded = fold(text)
    found: list[Atom] = []
    end = 0
    for match in _ATOM.finditer(folded):
        between = folded[end : match.start()]
        first = not found or " " in between
        end = match.end()
        found.append(
            Atom(first, _mark(between.rpartition(" ")[2]), match[0], "." if folded[end : end + 1] == "." else "")
        )
    return tuple(found)


def _mark(run: str) -> str:
    """One mark for a run of them: a point wins, since ``796/.357`` is a prime and then the decimal point."""
    return "." if "." in run else run[:1]
