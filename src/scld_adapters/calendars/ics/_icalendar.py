"""The door to icalendar and dateutil: every other module of this package takes them from here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from scld_core.errors import MissingExtra

try:
    icalendar: Any = import_module("icalendar")
    rrule: Any = import_module("dateutil.rrule")
except ImportError:
    raise MissingExtra("calendar", "icalendar") from None

__all__ = ["icalendar", "rrule"]
