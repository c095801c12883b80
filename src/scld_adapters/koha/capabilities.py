"""What Koha's REST interface of 23.05 can do, what SIP2 adds, and why the rest is not offered."""

from __future__ import annotations

from collections.abc import Mapping

from scld_adapters.koha.settings import KohaSettings
from scld_core.kernel.capability import Capability, Convention, Full, Unsupported

__all__ = ["CAPABILITIES", "NO_BLOCKS", "NO_LENDING", "NO_MERGE", "NO_MONEY", "NO_PULLS", "NO_STAFF", "capabilities_of"]

NO_BLOCKS = (
    "Koha's REST interface has no route for restrictions, and its SIP2 answers a block and stores none: "
    "restrict the patron in Koha's staff interface"
)
NO_MERGE = "Koha's REST interface has no route that merges patrons"
NO_MONEY = (
    "of a waiver that Koha answers with 500 the credit may be there already, and one of more than is owed "
    "spills over to other charges: post it in Koha's staff interface"
)
NO_PULLS = "Koha's REST interface has no route for the holds queue"
NO_LENDING = "Koha 23.05 has no REST route that lends or takes back: give its SIP2 port under sip2"
NO_STAFF = "a claim is recorded in somebody's name: give Koha's number of that patron as staff"

_DATES = Convention("koha-due-date-of-its-rules")
_PRESENT = Convention("koha-present-card-only")

CAPABILITIES: Mapping[str, Capability] = {
    **{f"catalog.{name}": Full() for name in ("title", "item", "find_item", "items_of", "libraries")},
    "catalog.search": Convention("koha-database-search"),
    "fees.account": Convention("koha-open-and-paid-lines"),
    "fees.charge": Unsupported(NO_MONEY),
    "fees.cancel": Unsupported(NO_MONEY),
    **{f"patrons.{name}": _PRESENT for name in ("get", "find", "search", "register", "update", "put_card")},
    "patrons.check_pin": Full(),
    **{f"patrons.{name}": Unsupported(NO_BLOCKS) for name in ("set_flag", "clear_flag", "set_block", "clear_block")},
    "patrons.merge": Unsupported(NO_MERGE),
    **{f"holds.{name}": Full() for name in ("get", "of_patron", "of_title", "iter_shelf")},
    **{f"holds.{name}": Full() for name in ("place", "cancel", "suspend", "reactivate", "change_pickup")},
    "holds.iter_pulls": Unsupported(NO_PULLS),
    **{f"loans.{name}": Convention("koha-without-claims") for name in ("get", "iter_items", "iter_overdue")},
    "loans.of_patron": Full(),
    "loans.renew": _DATES,
    "loans.check_out": _DATES,
    "loans.check_in": Convention("koha-by-sip2"),
    "loans.claim_returned": Convention("koha-return-claim"),
    "loans.declare": Convention("koha-lost-status"),
}
"""Of a configuration that has everything."""


def capabilities_of(settings: KohaSettings) -> Mapping[str, Capability]:
    """What one configuration can do."""
    lacking: dict[str, Capability] = {}
    if settings.sip2 is None:
        lacking |= {f"loans.{name}": Unsupported(NO_LENDING) for name in ("check_out", "check_in")}
    if settings.staff is None:
        lacking["loans.claim_returned"] = Unsupported(NO_STAFF)
    return {**CAPABILITIES, **lacking}
