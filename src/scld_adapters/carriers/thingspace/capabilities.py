"""What ThingSpace can do, per operation."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.kernel.capability import Capability, Full

__all__ = ["CAPABILITIES"]

CAPABILITIES: Mapping[str, Capability] = {
    "lines.iter_lines": Full(),
    "lines.get": Full(),
    "lines.suspend": Full(),
    "lines.restore": Full(),
    "lines.terminate": Full(),
    "lines.request_state": Full(),
}
