"""The entry point of the adapters that come with scld: they register as a third party's would."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scld_core.plugins import BackendSpec, hookimpl

__all__ = ["scld_backends", "scld_declarations"]


@hookimpl
def scld_backends() -> Iterable[BackendSpec[Any]]:
    """Stores, ILSs, calendars, carriers and ways to an agency."""
    from scld_adapters.agencies.drop.plugin import AGENCY_DROP  # noqa: PLC0415 - the entry point stays light
    from scld_adapters.agencies.portal.plugin import AGENCY_PORTAL  # noqa: PLC0415
    from scld_adapters.agencies.sftp.plugin import AGENCY_SFTP  # noqa: PLC0415
    from scld_adapters.agencies.smtp.plugin import AGENCY_MAIL  # noqa: PLC0415
    from scld_adapters.calendars.ics.plugin import ICS  # noqa: PLC0415
    from scld_adapters.carriers.kajeet.plugin import KAJEET  # noqa: PLC0415
    from scld_adapters.carriers.portal_csv.plugin import PORTAL_CSV  # noqa: PLC0415
    from scld_adapters.carriers.simulated.plugin import SIMULATED  # noqa: PLC0415
    from scld_adapters.carriers.thingspace.plugin import THINGSPACE  # noqa: PLC0415
    from scld_adapters.files.plugin import FILES  # noqa: PLC0415
    from scld_adapters.koha.plugin import KOHA  # noqa: PLC0415
    from scld_adapters.sip2.plugin import SIP2  # noqa: PLC0415
    from scld_adapters.sql.plugin import SPECS  # noqa: PLC0415

    carriers = (SIMULATED, PORTAL_CSV, KAJEET, THINGSPACE)
    return (*SPECS, FILES, KOHA, SIP2, ICS, *carriers, AGENCY_DROP, AGENCY_SFTP, AGENCY_MAIL, AGENCY_PORTAL)


@hookimpl
def scld_declarations() -> Iterable[object]:
    """Extract recipes, dialects of agency files, and protocols in which desks are served."""
    from scld_adapters.agencies.declarations import dialects  # noqa: PLC0415
    from scld_adapters.files.plugin import declarations  # noqa: PLC0415
    from scld_adapters.sip2.plugin import SIP2_SERVER  # noqa: PLC0415

    return (*declarations(), *dialects(), SIP2_SERVER)
