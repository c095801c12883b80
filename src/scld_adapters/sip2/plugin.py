"""What SIP2 registers: a BackendSpec of the kind ils, and what SIP2 can and cannot do of each port."""

from __future__ import annotations

from collections.abc import Mapping

from scld_adapters.sip2.capabilities import NOT_IN_SIP2
from scld_adapters.sip2.settings import Sip2Settings
from scld_core.kernel.capability import Capability, Convention, Full, Unsupported
from scld_core.plugins.serving import DeskServer, ServeOrder, Serving
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["CAPABILITIES", "NO_LINES", "SIP2", "SIP2_SERVER", "capabilities_of"]

NO_LINES = "the setting dialect.item_lines does not say where the barcode stands in the lines of a patron's items"

_LACKING: Mapping[str, str] = {
    "loans.iter_overdue": "overdue_list",
    "loans.claim_returned": "claim",
    "loans.declare": "declare",
    "patrons.clear_block": "unblock",
    "patrons.set_flag": "flag",
    "patrons.clear_flag": "flag",
    "patrons.search": "search",
    "patrons.register": "register",
    "patrons.update": "update",
    "patrons.put_card": "card",
    "patrons.merge": "merge",
    "holds.get": "holds_list",
    "holds.of_patron": "holds_list",
    "holds.of_title": "title_holds",
    "holds.iter_pulls": "pick_list",
    "holds.iter_shelf": "hold_shelf",
    "holds.suspend": "suspend_hold",
    "holds.reactivate": "suspend_hold",
    "catalog.search": "search",
    "catalog.title": "titles",
    "catalog.items_of": "titles",
    "catalog.libraries": "libraries",
    "fees.charge": "charge",
    "fees.cancel": "cancel_charge",
}
"""Each operation that SIP2 has no message for, by its reason in `NOT_IN_SIP2`."""

CAPABILITIES: Mapping[str, Capability] = {
    "loans.get": Convention("sip2-open-loans"),
    "loans.iter_items": Convention("sip2-open-loans"),
    "loans.of_patron": Full(),
    "loans.check_out": Convention("sip2-due-date-of-the-ils"),
    "loans.check_in": Convention("sip2-open-loans"),
    "loans.renew": Convention("sip2-known-borrower"),
    "patrons.get": Convention("sip2-facts-of-a-card"),
    "patrons.find": Convention("sip2-facts-of-a-card"),
    "patrons.check_pin": Full(),
    "patrons.set_block": Convention("sip2-one-block"),
    "holds.place": Convention("sip2-item-holds"),
    "holds.cancel": Convention("sip2-item-holds"),
    "holds.change_pickup": Convention("sip2-item-holds"),
    "catalog.item": Full(),
    "catalog.find_item": Full(),
    "fees.account": Convention("sip2-what-is-owed-now"),
    **{where: Unsupported(NOT_IN_SIP2[why]) for where, why in _LACKING.items()},
}
"""Of a system that carries out every message; what its `BX` leaves out raises UnsupportedOperation at the call."""


def capabilities_of(settings: Sip2Settings) -> Mapping[str, Capability]:
    """A patron's list of items needs a layout that names barcodes, and so does renewing."""
    if settings.dialect.item_lines != "text":
        return CAPABILITIES
    return {**CAPABILITIES, "loans.of_patron": Unsupported(NO_LINES), "loans.renew": Unsupported(NO_LINES)}


def open_sip2(settings: Sip2Settings, context: BackendContext) -> OpenBackend:
    """Make the terminal ready; connects at the first request."""
    from scld_adapters.sip2.backend import open_ports  # noqa: PLC0415 - the spec alone stays light

    return open_ports(settings, context)


SIP2 = BackendSpec(
    name="sip2",
    kind="ils",
    config=Sip2Settings,
    open=open_sip2,
    capabilities=CAPABILITIES,
    negotiate=capabilities_of,
    summary="SIP2 2.00, the protocol of self-checks: what any ILS with a SIP2 port tells a terminal and does for it",
    harness="scld_adapters.sip2.harness:harnesses",
    foreign_evidence="recorded",
)
"""The backend `sip2`."""


def _serve(order: ServeOrder) -> Serving:
    from scld_adapters.sip2.serve import serve_desks  # noqa: PLC0415 - the declaration alone stays light

    return serve_desks(order)


SIP2_SERVER = DeskServer("sip2", "SIP2 2.00, for self-checks and other terminals", _serve)
"""What answers `scld sip2 serve`."""
