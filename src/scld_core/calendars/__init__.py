"""Opening hours, closures, business days."""

from scld_core.calendars.calendar import Calendar, is_day_end, is_zone
from scld_core.calendars.model import Closure, OpenHours, WeeklyHours

__all__ = ["Calendar", "Closure", "OpenHours", "WeeklyHours", "is_day_end", "is_zone"]
