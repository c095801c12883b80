"""Patrons as far as a desk leans on them: their ids, and which of them share a household."""

from __future__ import annotations

import re
from typing import Self

from attrs import frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import matching

__all__ = ["Household", "PatronId"]

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_CARD = re.compile(r"2[0-9]{13}")


def _is_key(text: object) -> bool:
    return isinstance(text, str) and bool(_KEY.fullmatch(text))


@frozen
class Household:
    """A key that is equal for patrons of one household and says nothing else of them.

    It is as personal as the patron and is masked like one.
    """

    key: str = personal(validator=matching(_is_key, "must be an opaque key of letters and digits"))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key; a card number is refused, and so is what may be a name, an address or a mailbox."""
        if _CARD.fullmatch(text.strip()):
            raise InvalidValue(cls.__name__, "key", "must be an opaque key, and looks like a patron's card number")
        return cls(text.strip())

    def __str__(self) -> str:
        return self.key
