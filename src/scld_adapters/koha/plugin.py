"""What Koha registers: its BackendSpec."""

from __future__ import annotations

from scld_adapters.koha.capabilities import CAPABILITIES, capabilities_of
from scld_adapters.koha.settings import KohaSettings
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["KOHA"]


def _open(settings: KohaSettings, context: BackendContext) -> OpenBackend:
    from scld_adapters.koha.backend import open_ports  # noqa: PLC0415 - the spec alone stays light

    return open_ports(settings, context)


KOHA = BackendSpec(
    name="koha",
    kind="ils",
    config=KohaSettings,
    open=_open,
    capabilities=CAPABILITIES,
    negotiate=capabilities_of,
    summary="Koha 23.05 by REST, and by SIP2 where REST has no route: patrons, holds, loans, catalogue, what is owed",
    harness="scld_adapters.koha.harness:harnesses",
    foreign_evidence="recorded",
)
"""The backend `koha`."""
