"""What a call number consists of, and the piece of the sort key that each part becomes."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

__all__ = ["LABELS", "Kind", "Part", "class_", "count", "cutter", "decimals", "number", "prefix", "word", "year"]


class Kind(Enum):
    """What a part is; the value is the digit that begins it in a key, so it is also the order among the kinds.

    What comes later in a call number has a lower digit: a number without author that goes on with its year
    stands before the one that goes on with an author. Decimals of a class have none: they go on with its digits.
    """

    EARLY = "0"
    """A collection that stands before what has no prefix."""
    YEAR = "1"
    NUMBER = "2"
    """A volume, season, part or plain number: an integer."""
    CLASS = "3"
    """A Dewey class, its three digits."""
    COUNT = "4"
    """A number of more than three digits where a class could stand, such as a title that begins with a year."""
    CUTTER = "5"
    """Digits behind a cutter's letters: decimals."""
    WORD = "6"
    """Letters: of a cutter, a work mark, an author, a title, a Library of Congress class."""
    LATE = "9"
    """A collection that stands after what has no prefix."""
    DECIMALS = ""
    """Digits behind the decimal point of a class."""


class Part(NamedTuple):
    """One part: its kind, its value in folded text, for a number its label ("volume"), and its piece of the key.

    Two parts are equal exactly when their pieces are. The functions of this module make them.
    """

    kind: Kind
    value: str
    label: str
    code: str


_DIGITS: Final = str.maketrans("0123456789", "abcdefghij")
_FIRST: Final = ord("a")
_FOREIGN, _INNER = "7", "8"

LABELS: Final = (
    *("", "to", "of", "volume", "tome", "series", "book", "season", "number", "part", "episode"),
    *("disc", "edition", "supplement", "index", "copy"),
)
"""Labels of numbers in shelf order: no label first, ``to`` ends a range, ``of`` follows a slash or a point."""


def class_(digits: str) -> Part:
    """A Dewey class of at most three digits, filled up to three."""
    value = digits.zfill(3)
    return Part(Kind.CLASS, value, "", Kind.CLASS.value + value.translate(_DIGITS))


def decimals(digits: str) -> Part:
    """Decimals of a class, digit by digit."""
    return Part(Kind.DECIMALS, digits, "", digits.translate(_DIGITS))


def cutter(digits: str) -> Part:
    """Digits of a cutter, digit by digit."""
    return Part(Kind.CUTTER, digits, "", Kind.CUTTER.value + digits.translate(_DIGITS))


def year(digits: str) -> Part:
    """A year of four digits."""
    return Part(Kind.YEAR, digits, "", Kind.YEAR.value + digits.translate(_DIGITS))


def number(digits: str, label: str = "") -> Part:
    """An integer, of any length, behind one of `LABELS`."""
    value = digits.lstrip("0") or "0"
    return Part(Kind.NUMBER, value, label, Kind.NUMBER.value + chr(_FIRST + LABELS.index(label)) + _integer(value))


def count(digits: str) -> Part:
    """An integer where a class could stand."""
    value = digits.lstrip("0") or "0"
    return Part(Kind.COUNT, value, "", Kind.COUNT.value + _integer(value))


def word(letters: str) -> Part:
    """A word, letter by letter; other letters than a to z come before them, words that begin with one after all."""
    if letters.isascii():
        return Part(Kind.WORD, letters, "", Kind.WORD.value + letters)
    code = "".join(map(_letter, letters))
    return Part(Kind.WORD, letters, "", _FOREIGN + code[1:] if code[0] == _INNER else Kind.WORD.value + code)


def prefix(name: str, rank: int) -> Part:
    """A collection: `rank` is negative before what has no prefix and positive after it, at most 600 either way."""
    kind = Kind.EARLY if rank < 0 else Kind.LATE
    high, low = divmod(rank % 676, 26)
    return Part(kind, name, "", kind.value + chr(_FIRST + high) + chr(_FIRST + low))


def _integer(value: str) -> str:
    """How many digits, then the digits: so 10 comes after 9, at any length."""
    long, rest = divmod(len(value) - 1, 25)
    return "z" * long + chr(_FIRST + rest) + value.translate(_DIGITS)


def _letter(char: str) -> str:
    """One letter of a word: a digit that no kind has, and five letters for the code point, where it is not a to z."""
    if char.isascii():
        return char
    code = ord(char)
    letters = ""
    for _ in range(5):
        code, rest = divmod(code, 26)
        letters = chr(_FIRST + rest) + letters
    return _INNER + letters
