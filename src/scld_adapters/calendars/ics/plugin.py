"""What this package registers: the backend `ics`."""

from __future__ import annotations

from scld_adapters.calendars.ics.settings import IcsConfig
from scld_core.kernel.capability import Full
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["ICS"]


def _open(config: IcsConfig, context: BackendContext) -> OpenBackend:
    from scld_adapters.calendars.ics.backend import open_ics  # noqa: PLC0415 - icalendar is loaded at first use

    return open_ics(config, context)


ICS = BackendSpec(
    name="ics",
    kind="calendar",
    config=IcsConfig,
    open=_open,
    capabilities={"calendars.closures": Full()},
    summary="Closures out of a calendar that was saved as an iCalendar file",
    harness="scld_adapters.calendars.ics.harness:harnesses",
)
"""The backend `ics`."""
