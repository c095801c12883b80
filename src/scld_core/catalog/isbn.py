"""One form for an ISBN, which is printed in two lengths."""

from __future__ import annotations

import re

__all__ = ["isbn13"]

_TEN = re.compile("[0-9]{9}[0-9X]")
_THIRTEEN = re.compile("97[89][0-9]{10}")
_JOINED = re.compile("[\\s\u00ad\u2010-\u2015-]+")


def isbn13(text: str) -> str | None:
    """The thirteen digits of an ISBN of ten or thirteen, with or without hyphens; None where it is none.

    Source: ISBN Users' Manual (International ISBN Agency), modulus 11 with weights 10 to 1 for ten digits
    and modulus 10 with weights 1 and 3 for thirteen.
    """
    plain = _JOINED.sub("", text).upper()
    if _TEN.fullmatch(plain):
        weighed = sum(
            weight * (10 if sign == "X" else int(sign)) for weight, sign in zip(range(10, 0, -1), plain, strict=True)
        )
        return None if weighed % 11 else _with_check("978" + plain[:9])
    return plain if _THIRTEEN.fullmatch(plain) and _with_check(plain[:12]) == plain else None


def _with_check(twelve: str) -> str:
    total = sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(twelve))
    return f"{twelve}{-total % 10}"
