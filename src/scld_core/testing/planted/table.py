"""All planted bugs."""

from __future__ import annotations

from scld_core.testing.planted import (
    asks,
    calendars,
    carrier_reads,
    carrier_shell,
    carrier_writes,
    catalog,
    channel,
    fees,
    holds,
    ils,
    loans_holds,
    loans_writes,
    notices,
    patrons,
    patrons_people,
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
    *loans_writes.BUGS,
    *asks.BUGS,
    *loans_holds.BUGS,
    *channel.BUGS,
    *fees.BUGS,
    *patrons.BUGS,
    *patrons_people.BUGS,
    *notices.BUGS,
    *holds.BUGS,
    *catalog.BUGS,
    *calendars.BUGS,
    *stores.BUGS,
)
"""In the order of the ports."""
