"""How the conformance kit grades a portal without an interface: nothing is there but a person."""

from __future__ import annotations

from typing import Any

from scld_adapters.agencies.portal.plugin import AGENCY_PORTAL, AgencyPortalSettings
from scld_core.errors import ConfigurationError
from scld_core.plugins import open_backend
from scld_core.testing.harness import ChannelBench, Harness, World

__all__ = ["harnesses"]


def harnesses(settings: AgencyPortalSettings | None = None) -> tuple[Harness[Any], ...]:
    """The channel; its settings change nothing of what is graded."""
    return (Harness.of(AGENCY_PORTAL, "channel", lambda world: _bench(world, settings or AgencyPortalSettings())),)


def _bench(world: World, settings: AgencyPortalSettings) -> ChannelBench:
    opened = open_backend(AGENCY_PORTAL, settings, world.context)
    if opened.channel is None:
        raise ConfigurationError(world.context.instance, "open", "opened no channel")
    return ChannelBench(channel=opened.channel, close=opened.close, files=list[tuple[str, bytes]])
