"""What the drop folder registers, and how it is opened."""

from __future__ import annotations

from collections.abc import Mapping

from scld_adapters.agencies.drop.settings import AgencyDropSettings
from scld_core.kernel.capability import Capability, Full
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["AGENCY_DROP", "CAPABILITIES", "open_drop"]

CAPABILITIES: Mapping[str, Capability] = {"channel.deliver": Full(), "channel.delivered": Full()}


def open_drop(settings: AgencyDropSettings, context: BackendContext) -> OpenBackend:
    """Make the folder ready; it is looked at when a file is delivered."""
    from scld_adapters.agencies.drop.backend import DropChannel  # noqa: PLC0415 - the spec alone stays light

    folder = context.folder / settings.folder
    return OpenBackend(channel=DropChannel(context.instance, folder, taken_away=settings.taken_away))


AGENCY_DROP = BackendSpec(
    name="agency-drop",
    kind="agency",
    config=AgencyDropSettings,
    open=open_drop,
    capabilities=CAPABILITIES,
    summary="Files to the agency through a folder, each under its name only when it is whole",
    foreign_evidence="none",
    harness="scld_adapters.agencies.drop.harness:harnesses",
)
"""The backend `agency-drop`."""
