"""How a patron is called and reached. Every part is personal data and is masked wherever it could be seen."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from attrs import field, frozen

from scld_core.kernel.fold import words
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, matching, optional

__all__ = ["Address", "Contact", "Email", "PersonName", "Phone"]

_MAILBOX = re.compile(r"[^@\s]+@[^@\s]+")
_EXTENSION = re.compile(r"(?:ext(?:ension)?|x|#)[ .:]*([0-9]{1,8})\s*$", re.IGNORECASE)


_NO_TEXT = ("Cc", "Cs")  # what steers a screen, and halves of characters that no database takes


def _tidy(text: object) -> bool:
    """Text of one line without signs that steer a screen; any script."""
    return isinstance(text, str) and text == text.strip() and not any(unicodedata.category(c) in _NO_TEXT for c in text)


_line = matching(_tidy, "must be one line of text without outer spaces or control characters")
_filled = matching(lambda v: _tidy(v) and bool(v), "must be one line of text, and not blank")
_mailbox = matching(
    lambda v: _tidy(v) and len(v) <= 254 and bool(_MAILBOX.fullmatch(v)), "must be a mailbox such as name@host"
)


@frozen
class PersonName:
    """A name in any script: `family` is all of it where there is only one, `given` may be several words."""

    family: str = personal(validator=_filled)
    given: str = personal(default="", validator=_line)

    @property
    def key(self) -> tuple[str, ...]:
        """Its folded words, sorted, since systems disagree on their order."""
        return tuple(sorted(words(f"{self.given} {self.family}")))


@frozen(kw_only=True)
class Address:
    """Address lines as written, city, region (a state) and postcode; what is not known is blank."""

    lines: tuple[str, ...] = personal(validator=each(_line))
    city: str = personal(default="", validator=_line)
    region: str = personal(default="", validator=_line)
    postcode: str = personal(default="", validator=_line)


@frozen
class Email:
    """A mailbox as written. Case is not significant in practice; nothing else is guessed to be the same."""

    text: str = personal(validator=_mailbox)

    @property
    def key(self) -> str:
        """What equal mailboxes share."""
        return unicodedata.normalize("NFKC", self.text).casefold()


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(char)) for char in text if unicodedata.digit(char, None) is not None)


def _callable(text: Any) -> bool:
    return _tidy(text) and 7 <= len(_digits(_EXTENSION.sub("", text))) <= 15


@frozen
class Phone:
    """A telephone number as written, with 7 to 15 digits before its extension (ITU-T E.164 allows 15)."""

    text: str = personal(validator=matching(_callable, "must have 7 to 15 digits"))

    @property
    def key(self) -> str:
        """Its digits, without the 1 that North American numbers may begin with, and with its extension."""
        digits = _digits(_EXTENSION.sub("", self.text))
        extension = _EXTENSION.search(self.text)
        own = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
        return f"{own}x{_digits(extension[1])}" if extension else own


@frozen(kw_only=True)
class Contact:
    """Everything by which one patron is called and reached."""

    name: PersonName | None = personal(default=None, validator=optional(instance(PersonName)))
    address: Address | None = personal(default=None, validator=optional(instance(Address)))
    emails: tuple[Email, ...] = field(default=(), validator=each(instance(Email)))
    phones: tuple[Phone, ...] = field(default=(), validator=each(instance(Phone)))
