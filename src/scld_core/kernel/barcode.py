"""Library barcodes: 14 digits with a modulus-10 check digit."""

from __future__ import annotations

import re
from enum import Enum
from typing import Self

from attrs import field, frozen

from scld_core.kernel.checksum import luhn_valid
from scld_core.kernel.privacy import MASK
from scld_core.kernel.validate import matching

__all__ = ["Barcode", "BarcodeCheck", "Scan", "read_scan", "unknown_item"]

_DIGITS = 14


class BarcodeCheck(Enum):
    """What the structure of a number says; a wrong check digit is a result, not an error."""

    VALID = "valid"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    OTHER_SCHEME = "other_scheme"


def _usable(text: object) -> bool:
    return isinstance(text, str) and 0 < len(text) <= 32 and text.isascii() and text.isalnum()


@frozen(order=True, repr=False)
class Barcode:
    """A number on an item or card, as scanned, without start/stop signs.

    Its repr shows an item's number alone: any other may be on somebody's card. `str` gives the number.
    """

    number: str = field(validator=matching(_usable, "must be 1 to 32 ASCII letters or digits"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a scanned number: outer white space is dropped, nothing else is guessed."""
        return cls(text.strip())

    @property
    def check(self) -> BarcodeCheck:
        """Whether this is a 14-digit number of kind 2 (patron) or 3 (item) with a right check digit."""
        if not (len(self.number) == _DIGITS and self.number.isdigit() and self.number[0] in "23"):
            return BarcodeCheck.OTHER_SCHEME
        return BarcodeCheck.VALID if luhn_valid(self.number) else BarcodeCheck.WRONG_CHECK_DIGIT

    def __repr__(self) -> str:
        item = len(self.number) == _DIGITS and self.number.isdigit() and self.number[0] == "3"
        return f"Barcode({self.number if item else MASK})"

    def __str__(self) -> str:
        return self.number


@frozen
class Scan:
    """What a scanner sent, read: the number, and the start and stop letters that were taken off, or none."""

    number: Barcode
    start: str = ""
    stop: str = ""

    @property
    def framed(self) -> bool:
        """Whether start and stop letters were taken off."""
        return bool(self.start)


_FRAMED = re.compile(r"([A-D])([0-9]{1,30})([A-D])", re.IGNORECASE)


def read_scan(text: str) -> Scan:
    """A number as a scanner sends it, which may leave Codabar's start and stop letters (A to D) on.

    They are taken off only where both are there and everything between them is digits, since a number may
    have letters of its own. InvalidValue for what is no number at all.
    """
    bare = text.strip()
    found = _FRAMED.fullmatch(bare)
    return Scan(Barcode(found[2]), found[1], found[3]) if found else Scan(Barcode(bare))


def unknown_item(number: Barcode) -> str:
    """What to say of a number that is no item's. The number is left out: it may be on somebody's card."""
    card = number.check is not BarcodeCheck.OTHER_SCHEME and number.number[0] == "2"
    return "no item has this barcode, which looks like a card's" if card else "no item has this barcode"
