"""Taking personal data out of text that nobody typed into a field: foreign errors, operators' notes.

What can be told by its shape is replaced by the name of its kind: library card numbers, e-mail
addresses, telephone numbers. A person's name has no shape; only not writing it keeps it out. What
an operator needs stays: item numbers (14 digits that begin with 3), IMEI, ICCID, and a line's number
as systems print it, in bare digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from scld_core.kernel.checksum import luhn_valid

__all__ = ["CARD", "MAILBOX", "TELEPHONE", "Redact", "redact", "without_cards"]

Redact = Callable[[str], str]
"""Gives a text without what must not be in it."""

CARD = "(card number)"
MAILBOX = "(e-mail address)"
TELEPHONE = "(telephone number)"

_CARDS = (
    re.compile(r"(?<![0-9])[0-9]{14}(?![0-9])"),
    re.compile(r"(?<![0-9])2[ -]?[0-9]{4}[ -]?(?:[0-9]{5}[ -]?[0-9]{4}|[0-9]{8}[ -]?[0-9])(?![0-9])"),  # as printed
    # In other groups, but no part of a longer number in groups, such as an ICCID.
    re.compile(r"(?<![0-9])(?<![0-9][ -])[0-9](?:[ -]?[0-9]){13}(?![ -]?[0-9])"),
)
_STAMP = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]")
_MAILBOX = re.compile(r"(?<![\w.+%'-])[\w.+%'-]+@[\w-]+(?:\.[\w-]+)*")
_ABROAD = re.compile(r"(?<![0-9])\+[1-9](?:[ .()-]{0,2}[0-9]){7,14}(?![0-9])")
_NATIONAL = re.compile(
    r"(?<![0-9])(?<![0-9][.-])(?:1[ .-])?(?:\([2-9][0-9]{2}\)[ .-]?|[2-9][0-9]{2}[ .-])[0-9]{3}[ .-][0-9]{4}"
    r"(?![.-]?[0-9])"
)


def redact(text: str) -> str:
    """`text` with cards, mailboxes and telephone numbers replaced; what is replaced once stays so."""
    while (seen := _once(text)) != text:  # again: what stood beside a replaced number may have hidden another
        text = seen
    return text


def without_cards(text: str) -> str:
    """`text` with cards replaced and nothing else: for the number of a record, which may look like a telephone's."""
    for pattern in _CARDS:
        text = pattern.sub(_card, text)
    return text


def _once(text: str) -> str:
    text = without_cards(text)
    text = _MAILBOX.sub(MAILBOX, text) if "@" in text else text
    return _NATIONAL.sub(TELEPHONE, _ABROAD.sub(TELEPHONE, text))


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", found[0])
    # An instant of 14 digits stands in many a file's name; one that could be a card is taken for one.
    instant = _STAMP.fullmatch(digits) and not luhn_valid(digits)
    return found[0] if digits[0] == "3" or instant else CARD
