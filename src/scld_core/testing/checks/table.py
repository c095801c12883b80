"""The checks of each port, in the order of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scld_core.testing.case import Check
from scld_core.testing.checks import (
    calendars_read,
    catalog_open,
    catalog_read,
    channel_faults,
    channel_open,
    channel_read,
    channel_send,
    fees_open,
    fees_read,
    fees_write,
    holds_life,
    holds_open,
    holds_read,
    holds_write,
    lines_bulk,
    lines_faults,
    lines_open,
    lines_read,
    lines_requests,
    lines_write,
    loans_ask,
    loans_holds,
    loans_open,
    loans_read,
    loans_write,
    notices_open,
    notices_read,
    patrons_open,
    patrons_people,
    patrons_read,
    patrons_write,
    reference,
    spec,
    store_open,
    store_records,
    store_steps,
    store_units,
)

__all__ = ["CHECKS", "checks_of"]

CHECKS: Mapping[str, tuple[Check[Any], ...]] = {
    "lines": (
        *spec.CHECKS["lines"],
        *lines_open.CHECKS,
        *lines_read.CHECKS,
        *lines_write.CHECKS,
        *lines_requests.CHECKS,
        *lines_faults.CHECKS,
        *lines_bulk.CHECKS,
        *reference.CHECKS["lines"],
    ),
    "loans": (
        *spec.CHECKS["loans"],
        *loans_open.CHECKS,
        *loans_read.CHECKS,
        *loans_write.CHECKS,
        *loans_ask.CHECKS,
        *loans_holds.CHECKS,
        *reference.CHECKS["loans"],
    ),
    "channel": (
        *spec.CHECKS["channel"],
        *channel_open.CHECKS,
        *channel_read.CHECKS,
        *channel_send.CHECKS,
        *channel_faults.CHECKS,
        *reference.CHECKS["channel"],
    ),
    "fees": (
        *spec.CHECKS["fees"],
        *fees_open.CHECKS,
        *fees_read.CHECKS,
        *fees_write.CHECKS,
        *reference.CHECKS["fees"],
    ),
    "patrons": (
        *spec.CHECKS["patrons"],
        *patrons_open.CHECKS,
        *patrons_read.CHECKS,
        *patrons_write.CHECKS,
        *patrons_people.CHECKS,
        *reference.CHECKS["patrons"],
    ),
    "notices": (
        *spec.CHECKS["notices"],
        *notices_open.CHECKS,
        *notices_read.CHECKS,
        *reference.CHECKS["notices"],
    ),
    "holds": (
        *spec.CHECKS["holds"],
        *holds_open.CHECKS,
        *holds_read.CHECKS,
        *holds_write.CHECKS,
        *holds_life.CHECKS,
        *reference.CHECKS["holds"],
    ),
    "catalog": (
        *spec.CHECKS["catalog"],
        *catalog_open.CHECKS,
        *catalog_read.CHECKS,
        *reference.CHECKS["catalog"],
    ),
    "calendars": (
        *spec.CHECKS["calendars"],
        *calendars_read.CHECKS,
        *reference.CHECKS["calendars"],
    ),
    "store": (
        *spec.CHECKS["store"],
        *store_open.CHECKS,
        *store_units.CHECKS,
        *store_steps.CHECKS,
        *store_records.CHECKS,
        *reference.CHECKS["store"],
    ),
}
"""All checks by port."""


def checks_of(port: str) -> tuple[Check[Any], ...]:
    """The checks of one port."""
    return CHECKS[port]
