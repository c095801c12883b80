"""What the simulated carrier declares: everything."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.kernel.capability import Capability, Full

__all__ = ["CAPABILITIES"]

CAPABILITIES: Mapping[str, Capability] = {
    f"lines.{operation}": Full()
    for operation in ("iter_lines", "get", "suspend", "restore", "terminate", "request_state")
}
"""Each operation of the port `lines`."""
