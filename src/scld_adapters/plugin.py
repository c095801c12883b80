"""The entry point of the adapters that come with scld: they register as a third party's would."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scld_core.plugins import BackendSpec, hookimpl

__all__ = ["scld_backends", "scld_declarations"]


@hookimpl
def scld_backends() -> Iterable[BackendSpec[Any]]:
    """Stores, ILSs and carriers."""
    from scld_adapters.carriers.kajeet.plugin import KAJEET  # noqa: PLC0415 - the entry point stays light
    from scld_adapters.carriers.portal_csv.plugin import PORTAL_CSV  # noqa: PLC0415
    from scld_adapters.carriers.simulated.plugin import SIMULATED  # noqa: PLC0415
    from scld_adapters.carriers.thingspace.plugin import THINGSPACE  # noqa: PLC0415
    from scld_adapters.files.plugin import FILES  # noqa: PLC0415
    from scld_adapters.sql.plugin import SPECS  # noqa: PLC0415

    return (*SPECS, FILES, SIMULATED, PORTAL_CSV, KAJEET, THINGSPACE)


@hookimpl
def scld_declarations() -> Iterable[object]:
    """Extract recipes."""
    from scld_adapters.files.plugin import declarations  # noqa: PLC0415

    return declarations()
