"""All planted bugs."""

from __future__ import annotations

from scld_core.testing.planted import (
    carrier_reads,
    carrier_shell,
    carrier_writes,
    channel,
    fees,
    ils,
    notices,
    patrons,
    portal,
    stores,
)
from scld_core.testing.planted.model import Planted

__all__ = ["PLANTED"]

PLANTED: tuple[Planted, ...] = (
    *carrier_shell.BUGS,
    *carrier_reads.BUGS,
    *carrier_writes.BUGS,
    *portal.BUGS,
    *ils.BUGS,
    *channel.BUGS,
    *fees.BUGS,
    *patrons.BUGS,
    *notices.BUGS,
    *stores.BUGS,
)
"""In the order of the ports."""
