"""What a library system can do, from the `BX` of its 98; and what SIP2 has no message for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from scld_adapters.sip2.messages import MESSAGES
from scld_core.kernel.capability import Capability, Full, Unsupported

__all__ = ["BX_ORDER", "NOT_IN_SIP2", "capability", "format_supported", "parse_supported"]

BX_ORDER = ("23", "11", "09", "01", "99", "97", "93", "63", "35", "37", "17", "19", "25", "15", "29", "65")
"""Which request each place of `BX` is about."""

NOT_IN_SIP2: Mapping[str, str] = MappingProxyType(
    {
        "waive": "SIP2 has no message that waives a fee; a payment must never stand for a waiver",
        "refund": "SIP2 has no message that takes a payment back",
        "unblock": "25 enables a patron in tests only, and most systems do not implement it",
        "suspend_hold": "SIP2 has no message that suspends a hold",
        "search": "SIP2 has no message that searches",
        "charge": "SIP2 has no message that charges a fee",
        "cancel_charge": "SIP2 has no message that cancels a fee",
        "flag": "SIP2 has no message for a patron's collection flag",
        "register": "SIP2 has no message that registers a patron",
        "update": "SIP2 has no message that changes a patron's data",
        "card": "SIP2 has no message that gives a patron another card",
        "merge": "SIP2 has no message that merges patrons",
        "overdue_list": "SIP2 lists what one patron has; no message lists everything that is overdue",
        "claim": "SIP2 has no message that records a claim of an item returned",
        "declare": "19 changes an item's security marks; no message declares an item lost or missing",
        "titles": "SIP2 tells of items; no message gives a title or a list of its items",
        "libraries": "SIP2 has no message that lists libraries",
        "holds_list": "63 lists the items held; neither where a hold is picked up nor since when is told",
        "title_holds": "SIP2 lists one patron's holds; no message gives a title's",
        "pick_list": "SIP2 has no message for a pick list",
        "hold_shelf": "SIP2 has no message for a hold shelf",
    }
)
"""What no SIP2 server can do, and why."""


def parse_supported(flags: str) -> frozenset[str]:
    """The requests that a `BX` declares; what a short one does not mention is not supported."""
    return frozenset(code for code, flag in zip(BX_ORDER, flags, strict=False) if flag == "Y")


def format_supported(codes: Iterable[str]) -> str:
    """The `BX` that declares these requests."""
    known = frozenset(codes)
    return "".join("Y" if code in known else "N" for code in BX_ORDER)


def capability(code: str, supported: frozenset[str]) -> Capability:
    """What a system with that `BX` declares of one request.

    Servers in use declare more than they do, 01 and 25 above all.
    """
    if code in supported:
        return Full()
    return Unsupported(f"the system's BX declares no {code} ({MESSAGES[code].name})")
