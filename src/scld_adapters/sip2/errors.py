"""What can be wrong with a frame, a value or a connection; no text ever repeats what came over the wire.

::

    WireProblem             everything the codec and the value readers raise
    ├── BadFrame            the peer's bytes are not a legal frame
    │   └── Damaged         the checksum is wrong or missing: the same bytes may arrive whole when sent again
    ├── BadValue            a field's text is not what its meaning demands
    └── Unsendable          our own message must not be sent
    LinkFault               everything a connection raises
    ├── NotConnected        provably nothing was sent
    ├── LinkTimeout         nothing came in time
    └── LinkLost            the connection broke
"""

from __future__ import annotations

from enum import Enum

__all__ = [
    "BadFrame",
    "BadValue",
    "Damaged",
    "LinkFault",
    "LinkLost",
    "LinkTimeout",
    "NotConnected",
    "Rule",
    "Unsendable",
    "WireProblem",
]


class Rule(Enum):
    """What a frame or a value breaks; the value is the sentence for people."""

    CHECKSUM = "the checksum does not fit the bytes"
    NO_CHECKSUM = "the checksum is missing"
    TOO_LONG = "the frame is longer than the limit"
    ENCODING = "the bytes are not text in the agreed encoding"
    CODE = "the first two characters are no SIP2 message"
    FIXED = "the fields of fixed width are not as the message has them"
    UNCLOSED = "the last field is not closed by the delimiter"
    TAG = "a field does not begin with two capital letters or a letter and a digit"
    CONTROL = "a field holds a control character"
    VALUE = "a field is longer than the limit"
    MISSING = "a required field is missing"
    REPEATED = "a field stands twice that may stand once"
    EXTRA = "a field does not belong to this message"
    DELIMITER = "a value holds the field delimiter or a line end"
    DATE = "the text is no SIP2 date and time"
    ZONE = "the time zone letter is not known"
    AMOUNT = "the text is no amount with two decimals at most"
    ANSWER = "the text is neither Y, N nor blank"
    NUMBER = "the text is no whole number"
    NAME = "the message has no field of that name"


class WireProblem(Exception):
    """A rule is broken at a place, such as ``64.AE``; the offending text is never repeated."""

    def __init__(self, rule: Rule, where: str = "") -> None:
        super().__init__(f"{where}: {rule.value}" if where else rule.value)
        self.rule = rule
        self.where = where

    def __reduce__(self) -> tuple[type[WireProblem], tuple[Rule, str]]:
        return type(self), (self.rule, self.where)


class BadFrame(WireProblem):
    """The bytes are not a legal frame of the dialect."""


class Damaged(BadFrame):
    """The checksum is wrong, or missing where it is demanded; a resend may mend it."""


class BadValue(WireProblem):
    """A field's text is not what its meaning demands."""


class Unsendable(WireProblem):
    """Our own message breaks a rule; nothing was sent."""


class LinkFault(Exception):
    """A connection failed; the text names no peer data."""


class NotConnected(LinkFault):
    """No connection was made, or TLS refused the peer: provably nothing was sent."""


class LinkTimeout(LinkFault):
    """The peer sent, or took, nothing in time."""


class LinkLost(LinkFault):
    """The connection broke while it was used: what was sent may have arrived."""
