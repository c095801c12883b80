"""The modulus-10 (Luhn) check digit shared by barcodes, IMEIs and ICCIDs."""

from __future__ import annotations

__all__ = ["luhn_digit", "luhn_valid"]


def luhn_digit(body: str) -> str:
    """The check digit that completes `body`, a string of ASCII digits."""
    total = 0
    for place, char in enumerate(reversed(body)):
        doubled = int(char) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def luhn_valid(digits: str) -> bool:
    """Whether the last digit of `digits` is the check digit of the rest.

    Finds every single wrong digit but not the swap 09 <-> 90, so it never proves identity.
    """
    return len(digits) > 1 and luhn_digit(digits[:-1]) == digits[-1]
