"""What the portal by file registers, and how it is opened."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from scld_adapters.carriers.portal_csv.capabilities import CAPABILITIES, capabilities_of
from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["PORTAL_CSV", "open_portal"]


def open_portal(config: PortalCsvConfig, context: BackendContext) -> OpenBackend:
    """Make the portal's files ready; an export need not be there yet."""
    from scld_adapters.carriers.portal_csv.backend import PortalLines, PortalLinesWithBulk  # noqa: PLC0415

    kind = PortalLines if config.expires_hours is None else PortalLinesWithBulk
    zone = ZoneInfo(context.timezone)
    return OpenBackend(lines=kind(context.instance, config, folder=context.folder, clock=context.clock, zone=zone))


PORTAL_CSV = BackendSpec(
    name="portal-csv",
    kind="carrier",
    config=PortalCsvConfig,
    open=open_portal,
    capabilities=CAPABILITIES,
    negotiate=capabilities_of,
    summary="Any carrier's portal by hand: its export is read, requests leave as a bulk file and a worklist",
    harness="scld_adapters.carriers.portal_csv.harness:harnesses",
    foreign_evidence="none",
)
"""The backend `portal-csv`."""
