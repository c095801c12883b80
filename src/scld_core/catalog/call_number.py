"""Call numbers in shelf order: `CallNumber.parse` for their parts, `sort_key` for a key that any database sorts."""

from __future__ import annotations

import re
from typing import Final, Self

from attrs import field, frozen

from scld_core.catalog.call_number_fold import atoms
from scld_core.catalog.call_number_machine import START, Heads, State, start
from scld_core.catalog.call_number_parts import Part
from scld_core.catalog.call_number_rules import HEAD
from scld_core.catalog.call_number_shelving import STANDARD, Shelving
from scld_core.kernel.validate import instance

__all__ = ["CallNumber", "sort_key"]


_COMMON = re.compile(
    r"((?:[a-z]+ ){0,2})(?:([0-9]{1,3})(?:\.([0-9]+))? )?([a-z]+)(?:([0-9]+)([a-z]?))?"
    r"(?: v\. ?([1-9][0-9]{0,2}))?(?: (1[4-9][0-9]{2}|20[0-9]{2}))?"
).fullmatch
"""Collections, a Dewey class, a name or cutter, a volume, a year: most call numbers, and no more to find in them."""

_CODES: Final = str.maketrans("!@#%&0123456789", "12356abcdefghij")
"""Digits as a key has them, and signs that stand for the kinds until then."""

_LENGTH: Final = " abc"
_HEADS: Final = START.shared.heads
_SLOW: Final = START.shared.reader.slow


def _district(shelving: Shelving) -> tuple[State, Heads, frozenset[str]]:
    state = start(shelving)
    return state, state.shared.heads, state.shared.reader.slow


def sort_key(text: str, shelving: Shelving | None = None) -> str:
    """A key for `text`: keys in the order of their bytes are call numbers in the order of the shelf.

    Total over any text. A key has only the digits 0 to 9 and the letters a to z, so it sorts the same under a
    binary, a case-sensitive or a case-insensitive collation and under those of English; a collation that reads
    runs of digits as numbers ("numeric", "natural") is the one to keep away from. Equal keys are one place on the
    shelf. Keys of two shelf orders (`shelving`, by default `STANDARD`) do not compare.
    """
    match = _COMMON(text.lower())
    state, heads, slow = (START, _HEADS, _SLOW) if shelving is None else _district(shelving)
    if match is not None:
        head, cls, rest, name, digits, mark, volume, year = match.groups("")
        before = heads[head]
        if before is not None and name not in slow and (cls not in slow if cls else len(name) > before[1]):
            key = (f"#{cls}{rest}&{name}" if len(cls) == 3 else f"#{cls:0>3}{rest}&{name}") if cls else f"&{name}"
            if digits:
                key += f"%{digits}&{mark}" if mark else f"%{digits}"
            if volume:
                key += f"@d{_LENGTH[len(volume)]}{volume}"
            if year:
                key += f"!{year}"
            return before[0] + key.translate(_CODES)
    key = ""
    for token in text.split():
        piece, state = state[token]
        key += piece
    return key + state.end


@frozen(eq=False)
class CallNumber:
    """A call number as written, with the key of its place in one shelf order, and the parts that count.

    Two are equal when they stand in one place, whatever their punctuation and case: their keys are equal, and so
    are their parts. Comparing numbers of two shelf orders raises TypeError.
    """

    text: str = field(validator=instance(str))
    shelving: Shelving = field(default=STANDARD, repr=False, validator=instance(Shelving))
    sort_key: str = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "sort_key", sort_key(self.text, None if self.shelving is STANDARD else self.shelving))

    @property
    def parts(self) -> tuple[Part, ...]:
        """What was read, left to right; read anew at each call. The key is their pieces, joined."""
        return start(self.shelving).shared.reader.read(HEAD, atoms(self.text), final=True)[0]

    @classmethod
    def parse(cls, text: str, shelving: Shelving = STANDARD) -> Self:
        """Read any text: what is no call number has the words and numbers in it as its parts, or none."""
        return cls(text, shelving)

    def __str__(self) -> str:
        return self.text

    def __hash__(self) -> int:
        return hash(self.sort_key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CallNumber):
            return NotImplemented
        return self.sort_key == other.sort_key and self._comparable(other)

    def __lt__(self, other: CallNumber) -> bool:
        return self.sort_key < other.sort_key if self._comparable(other) else NotImplemented

    def __le__(self, other: CallNumber) -> bool:
        return self.sort_key <= other.sort_key if self._comparable(other) else NotImplemented

    def __gt__(self, other: CallNumber) -> bool:
        return self.sort_key > other.sort_key if self._comparable(other) else NotImplemented

    def __ge__(self, other: CallNumber) -> bool:
        return self.sort_key >= other.sort_key if self._comparable(other) else NotImplemented

    def _comparable(self, other: object) -> bool:
        return isinstance(other, CallNumber) and (self.shelving is other.shelving or self.shelving == other.shelving)
