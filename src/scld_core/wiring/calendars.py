"""The district's calendar, with the closures that another system keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from attrs import evolve

from scld_core.errors import SettingsError
from scld_core.runs.guards import take_snapshot

if TYPE_CHECKING:
    from scld_core.plugins import OpenBackend
    from scld_core.wiring.opening import Opening

__all__ = ["with_closures"]

_BEFORE, _AFTER = timedelta(days=2 * 366), timedelta(days=3 * 366)
"""As far as loans, claims and requests reach back, and due dates and cards ahead."""


def with_closures(opening: Opening, backends: Mapping[str, OpenBackend]) -> Opening:
    """The same opening, whose calendar has what the backend of `closures_from` tells; without one, as it is.

    Raises SettingsError where that backend keeps no closures, and SnapshotRefused for a list that broke off:
    a date counted without them would be wrong.
    """
    settings = opening.settings
    name = settings.calendar.closures_from
    if not name:
        return opening
    port = backends[name].calendars
    if port is None:
        raise SettingsError("calendar.closures_from", f"{name} keeps no closures", "Name one that does")
    today = settings.opening_hours().business_date(opening.clock.now())
    pages = port.closures(today - _BEFORE, today + _AFTER)
    told = take_snapshot("the closures", pages, lambda closure: closure, live=port.live).rows
    calendar = evolve(settings.calendar, closures=(*settings.calendar.closures, *told))
    return evolve(opening, settings=evolve(settings, calendar=calendar))
