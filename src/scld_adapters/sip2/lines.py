"""The free text of `AV` (fees) and of `AS`, `AT`, `AU`, `BU`, `CD` (items), per system.

SIP2 says only that these are lines of text. Each layout here is one system's habit; a line that does
not fit is kept as text and nothing is guessed from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from scld_adapters.sip2.errors import BadValue
from scld_adapters.sip2.fields import amount
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal

__all__ = ["FINES", "ITEMS", "FineLine", "ItemLine", "parse_fine", "parse_item"]

_AMOUNT = r"(?P<amount>-?[0-9]+(?:\.[0-9]{1,2})?)"

FINES: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "text": re.compile(r"(?!)"),
        "koha": re.compile(rf"(?P<what>.*?) ?{_AMOUNT}"),
        "fsip2": re.compile(rf'(?P<fee>\S+) {_AMOUNT} "(?P<kind>[^"]*)" ?(?P<what>.*)'),
    }
)
"""``text`` reads nothing; ``koha``: description, amount; ``fsip2`` (FOLIO): id, amount, "kind", title."""

ITEMS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "text": re.compile(r"(?!)"),
        "barcode": re.compile(r"(?P<item>\S+)"),
        "barcode-title": re.compile(r"(?P<item>\S+)(?: (?P<what>.*))?"),
    }
)
"""``text`` reads nothing; ``barcode``: nothing else (Koha); ``barcode-title``: both."""


@frozen
class FineLine:
    """One `AV` line: its text, and what the layout finds in it. `fee` is an id that 37 takes as `CG`."""

    text: str = personal()
    amount: Money | None = None
    fee: str | None = personal(default=None)
    kind: str = field(default="")
    what: str = personal(default="")


@frozen
class ItemLine:
    """One line about an item: its text, and the barcode and title found in it."""

    text: str = personal()
    item: str | None = personal(default=None)
    what: str = personal(default="")


def parse_fine(text: str, layout: str, currency: str = "USD") -> FineLine:
    """Read an `AV` line by the layout's name in `FINES`; a line that does not fit is text alone."""
    found = FINES[layout].fullmatch(text)
    if found is None:
        return FineLine(text)
    parts = found.groupdict()
    try:
        owed = amount(parts["amount"], currency)
    except BadValue:  # more digits than an amount has
        return FineLine(text)
    return FineLine(text, owed, parts.get("fee"), parts.get("kind") or "", parts["what"].strip())


def parse_item(text: str, layout: str) -> ItemLine:
    """Read a line about an item by the layout's name in `ITEMS`; a line that does not fit is text alone."""
    found = ITEMS[layout].fullmatch(text)
    if found is None:
        return ItemLine(text)
    parts = found.groupdict()
    return ItemLine(text, parts["item"], parts.get("what") or "")
