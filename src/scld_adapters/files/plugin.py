"""What this package registers: the backend `files`, and the recipes of the extracts it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from scld_adapters.files.settings import READ_ONLY, FilesConfig
from scld_core.kernel.capability import Capability, Full, Unsupported
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

if TYPE_CHECKING:
    from scld_core.plugins.recipes import Recipe

__all__ = ["CAPABILITIES", "FILES", "declarations"]

_READ_ONLY = Unsupported(READ_ONLY)

CAPABILITIES: Mapping[str, Capability] = {
    "loans.get": Full(),
    "loans.iter_items": Full(),
    "loans.iter_overdue": Full(),
    **{f"loans.{name}": _READ_ONLY for name in ("of_patron", "check_out", "check_in", "renew")},
    **{f"loans.{name}": _READ_ONLY for name in ("claim_returned", "declare")},
    "fees.account": Full(),
    "fees.charge": _READ_ONLY,
    "fees.cancel": _READ_ONLY,
    "notices.iter_notices": Full(),
    "notices.iter_sent": Full(),
}
"""Of a configuration that names all three files; of one that is not named the port is not there."""


def _negotiate(config: FilesConfig) -> Mapping[str, Capability]:
    named = {"loans": config.path, "fees": config.charges, "notices": config.notices}
    return {where: found for where, found in CAPABILITIES.items() if named[where.partition(".")[0]] is not None}


def _open(config: FilesConfig, context: BackendContext) -> OpenBackend:
    from scld_adapters.files.backend import open_files  # noqa: PLC0415 - the spec alone stays light

    return open_files(config, context)


FILES = BackendSpec(
    name="files",
    kind="ils",
    config=FilesConfig,
    open=_open,
    capabilities=CAPABILITIES,
    negotiate=_negotiate,
    summary="CSV or XLSX extracts of any ILS; scld extract ILS hotspot-loans prints how to make one",
    harness="scld_adapters.files.harness:harnesses",
)
"""The backend `files`."""


def declarations() -> tuple[Recipe, ...]:
    """What goes to the hook `scld_declarations`: every extract recipe of this package."""
    from scld_adapters.files.recipe import recipes  # noqa: PLC0415 - read only when somebody asks

    return recipes()
