"""What a portal without an interface can do: it depends on whether it has an export."""

from __future__ import annotations

from collections.abc import Mapping

from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_core.kernel.capability import Capability, Convention, Full, Unsupported

__all__ = ["CAPABILITIES", "NO_EXPORT", "capabilities_of"]

NO_EXPORT = "the portal has no export; state is what operators confirm"
"""Why nothing can be read."""

_BY_HAND: Mapping[str, Capability] = {
    "lines.suspend": Convention("operator"),
    "lines.restore": Convention("operator"),
    "lines.terminate": Convention("operator"),
    "lines.request_state": Convention("next-export"),  # always UNKNOWN: only a later export can say
}

CAPABILITIES: Mapping[str, Capability] = {"lines.iter_lines": Full(), "lines.get": Full(), **_BY_HAND}
"""With an export."""


def capabilities_of(config: PortalCsvConfig) -> Mapping[str, Capability]:
    """What this configuration can do."""
    if config.export is not None:
        return CAPABILITIES
    return {"lines.iter_lines": Unsupported(NO_EXPORT), "lines.get": Unsupported(NO_EXPORT), **_BY_HAND}
