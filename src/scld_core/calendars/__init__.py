"""Opening hours, closures, business days."""

from scld_core.calendars.calendar import Calendar, is_day_end, is_zone
from scld_core.calendars.model import Closure, OpenHours, WeeklyHours
from scld_core.calendars.ports import Calendars

__all__ = ["Calendar", "Calendars", "Closure", "OpenHours", "WeeklyHours", "is_day_end", "is_zone"]
