"""Which requests of a self-check a district's desks can answer: what its ILS has, and what its adapter declares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from scld_adapters.sip2.desk_protocol import ServedDesk
from scld_core import codecs
from scld_core.kernel.capability import Unsupported
from scld_core.plugins.guard import port_operations

__all__ = ["NEEDS", "is_offered", "unsupported"]

NEEDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "23": ("patrons.find",),
        "63": ("patrons.find",),
        "17": ("catalog.find_item",),
        "11": ("patrons.find", "catalog.find_item", "loans.get", "loans.check_out"),
        "09": ("catalog.find_item", "loans.get", "loans.check_in"),
        "29": ("patrons.find", "catalog.find_item", "loans.get", "loans.renew"),
        "15": ("patrons.find", "patrons.get", "catalog.find_item", "holds.of_patron", "holds.place"),
    }
)
"""The operations of the ILS without which a request can never be carried out."""

_PORTS = ("patrons", "catalog", "loans", "holds")
_WITH_PIN = ("11", "29", "15")


def is_offered(code: str, desk: ServedDesk, lacking: Collection[str], *, require_pin: bool) -> bool:
    """Whether a request can be carried out at all; `lacking` are the operations that the ILS does not offer."""
    needed = NEEDS[code] + (("patrons.check_pin",) if require_pin and code in _WITH_PIN else ())
    there = {port for port in _PORTS if getattr(desk, port) is not None}
    return all(one.partition(".")[0] in there and one not in lacking for one in needed)


def unsupported(desk: Any) -> frozenset[str]:
    """The operations of an opened district's ILS that its adapter declares as unsupported, as it is configured."""
    name = next(name for name, opened in desk.backends.items() if opened.loans is not None)
    chosen = desk.settings.backends[name]
    spec = next(one for one in desk.registry.backends() if one.name == chosen.use and one.kind != "store")
    declared: Mapping[str, object] = spec.capabilities
    if spec.negotiate is not None:
        declared = spec.negotiate(codecs.structure(spec.config, chosen.table, where=f"backends.{name}"))
    known = (operation for port in _PORTS for operation in port_operations(port))
    return frozenset(one for one in known if isinstance(declared.get(one, _UNDECLARED), Unsupported))


_UNDECLARED = Unsupported("the adapter does not declare it")
