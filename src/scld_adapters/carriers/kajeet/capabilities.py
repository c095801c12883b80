"""What Kajeet can do, per operation and mode."""

from __future__ import annotations

from collections.abc import Mapping

from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_core.kernel.capability import Capability, Convention, Full, Unsupported

__all__ = ["CAPABILITIES", "NO_REQUEST_NUMBERS", "NO_TERMINATION", "capabilities_of"]

NO_TERMINATION = "Kajeet publishes no request that ends a line for good; ask Kajeet's support"
NO_REQUEST_NUMBERS = "Kajeet gives no request numbers; the line itself is read instead"

CAPABILITIES: Mapping[str, Capability] = {
    "lines.iter_lines": Full(),
    "lines.get": Full(),
    "lines.suspend": Full(),
    "lines.restore": Full(),
    "lines.terminate": Unsupported(NO_TERMINATION),
    "lines.request_state": Unsupported(NO_REQUEST_NUMBERS),
}


def capabilities_of(settings: KajeetSettings) -> Mapping[str, Capability]:
    """In mode media the service follows a loan that the carrier believes in, and that is a convention."""
    if settings.mode == "status":
        return CAPABILITIES
    return {
        **CAPABILITIES,
        "lines.suspend": Convention("kajeet-media-checkin"),
        "lines.restore": Convention("kajeet-media-checkout-without-borrower"),
    }
