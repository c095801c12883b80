"""Patrons as far as a desk leans on them: their ids, and which of them share a household."""

from __future__ import annotations

import re
from typing import Any, Self

from attrs import frozen

from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.redact import redact
from scld_core.kernel.validate import matching

__all__ = ["Household", "PatronId"]

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_BARCODE = re.compile(r"[0-9]{14}")

_shaped = matching(
    lambda v: isinstance(v, str) and bool(_KEY.fullmatch(v)),
    "must be an opaque key of 1 to 64 letters, digits, '-', '_', '.' or ':'",
)
_opaque = matching(
    lambda v: redact(v) == v and not _BARCODE.fullmatch(v),
    "must be an opaque key, and looks like the number of a card or a telephone",
)


def _key(owner: object, attribute: Any, value: Any) -> None:
    _shaped(owner, attribute, value)
    _opaque(owner, attribute, value)


@frozen
class Household:
    """A key that is equal for patrons of one household and says nothing else of them.

    It is as personal as the patron and is masked like one. What may be a name, an address, a
    mailbox, a card or a telephone is no key: InvalidValue says so without repeating it.
    """

    key: str = personal(validator=_key)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key; outer white space is dropped, nothing else is guessed."""
        return cls(text.strip())

    def __str__(self) -> str:
        return self.key
