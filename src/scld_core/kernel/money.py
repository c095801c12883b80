"""Money in integer cents: what cannot be written exactly is refused, never rounded."""

from __future__ import annotations

import re
from typing import Self

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.validate import instance, matching

__all__ = ["Money"]

_AMOUNT = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,2}))?(?: ([A-Z]{3}))?")


def _is_currency(text: object) -> bool:
    return isinstance(text, str) and len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


@frozen
class Money:
    """An amount in one currency; `cents` are its hundredths, negative for a credit.

    Amounts of two currencies neither add nor compare: both raise InvalidValue.
    """

    cents: int = field(validator=instance(int))
    currency: str = field(default="USD", validator=matching(_is_currency, "must be three capital letters"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``12``, ``12.5``, ``-12.50`` or ``12.50 CAD``.

        Raises InvalidValue for thousands separators, currency signs, exponents, NaN and a third decimal.
        """
        found = _AMOUNT.fullmatch(text)
        if found is None:
            raise InvalidValue(cls.__name__, "", "must be an amount such as 12.50, with two decimals at most")
        sign, whole, part, currency = found.groups()
        cents = int(whole) * 100 + int((part or "").ljust(2, "0"))
        return cls(-cents if sign else cents, currency or "USD")

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        whole, part = divmod(abs(self.cents), 100)
        return f"{sign}{whole}.{part:02}" + ("" if self.currency == "USD" else f" {self.currency}")

    def __add__(self, other: Money) -> Money:
        return Money(self.cents + self._same(other).cents, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.cents - self._same(other).cents, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.cents, self.currency)

    def __bool__(self) -> bool:
        return self.cents != 0

    def __lt__(self, other: Money) -> bool:
        return self.cents < self._same(other).cents

    def __le__(self, other: Money) -> bool:
        return self.cents <= self._same(other).cents

    def __gt__(self, other: Money) -> bool:
        return self.cents > self._same(other).cents

    def __ge__(self, other: Money) -> bool:
        return self.cents >= self._same(other).cents

    def split(self, parts: int) -> tuple[Money, ...]:
        """So many shares whose sum is this amount and which differ by a cent at most, the larger first."""
        if parts < 1:
            raise InvalidValue("Money", "parts", "must be at least 1")
        share, rest = divmod(self.cents, parts)
        return tuple(Money(share + (place < rest), self.currency) for place in range(parts))

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise InvalidValue("Money", "currency", f"must be {self.currency} on both sides")
        return other
