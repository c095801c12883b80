"""Numbers of mobile equipment: IMEI (the device), ICCID (the SIM), MSISDN (the telephone number).

`parse` accepts the separators that vendors print (spaces, dashes, a trailing F on an ICCID) and
refuses everything else by name: a number that a spreadsheet rounded cannot be repaired.
"""

from __future__ import annotations

import re
from typing import Self

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.checksum import luhn_valid
from scld_core.kernel.validate import matching

__all__ = ["Iccid", "Imei", "Line", "Msisdn"]

_SCIENTIFIC = re.compile(r"^\s*\d+(?:[.,]\d+)?[eE][+-]?\d+\s*$")
_SEPARATORS = re.compile(r"[\s\-]")
_DIGITS = re.compile(r"[0-9]+")


def _digits(owner: str, text: str) -> str:
    if _SCIENTIFIC.match(text):
        raise InvalidValue(owner, "", "spreadsheet damage: written in scientific notation, digits are lost")
    bare = _SEPARATORS.sub("", text)
    if not _DIGITS.fullmatch(bare):
        raise InvalidValue(owner, "", "must be digits, with spaces or dashes at most")
    return bare


def _is_imei(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"[0-9]{15}", text)) and luhn_valid(text)


def _is_iccid(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"89[0-9]{16,18}", text))


def _is_msisdn(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(r"1[2-9][0-9]{9}", text))


@frozen(order=True)
class Imei:
    """A device: exactly 15 digits whose last is the Luhn check digit."""

    digits: str = field(validator=matching(_is_imei, "must be 15 digits with a right check digit"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an IMEI; a shorter number is refused with the hint that a zero may be lost."""
        digits = _digits(cls.__name__, text)
        if len(digits) < 15:
            raise InvalidValue(
                cls.__name__, "", f"has {len(digits)} digits, not 15: a leading zero or the check digit may be lost"
            )
        if len(digits) > 15:
            raise InvalidValue(
                cls.__name__, "", f"has {len(digits)} digits, not 15 (an IMEISV has 16 and no check digit)"
            )
        return cls(digits)

    def __str__(self) -> str:
        return self.digits


@frozen(order=True)
class Iccid:
    """A SIM: 18 to 20 digits that start with 89, the telecommunications industry prefix."""

    digits: str = field(validator=matching(_is_iccid, "must be 18 to 20 digits that start with 89"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an ICCID; one filler F at the end, as some portals print it, is dropped."""
        bare = text.strip()
        return cls(_digits(cls.__name__, bare[:-1] if bare[-1:] in ("F", "f") else bare))

    def __str__(self) -> str:
        return self.digits


@frozen(order=True)
class Msisdn:
    """A telephone number of the North American plan, country code first: 1 and ten digits."""

    digits: str = field(validator=matching(_is_msisdn, "must be 1 and ten digits of the North American plan"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number with or without +1, dashes or spaces."""
        bare = _digits(cls.__name__, text.strip().removeprefix("+"))
        return cls("1" + bare if len(bare) == 10 else bare)

    def __str__(self) -> str:
        return self.digits


@frozen(order=True)
class Line:
    """What a carrier knows a hotspot by. Names no person."""

    imei: Imei
    iccid: Iccid
    msisdn: Msisdn | None = None

    def __str__(self) -> str:
        return f"IMEI {self.imei}, SIM {self.iccid}"
