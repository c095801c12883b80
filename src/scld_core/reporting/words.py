"""Days, instants and spans as people at a desk write them.

Names are English whatever the machine's locale, so that a page made twice is the same page.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scld_core.kernel.money import Money

__all__ = ["clock_words", "day_words", "instant_words", "money_words", "span_words"]

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def day_words(day: date) -> str:
    """``Friday, November 20, 2026``."""
    return f"{_DAYS[day.weekday()]}, {_MONTHS[day.month - 1]} {day.day}, {day.year}"


def clock_words(moment: datetime, zone: ZoneInfo) -> str:
    """``8:02 AM PST``: the wall clock in `zone`, with its abbreviation on that day."""
    local = moment.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local.minute:02} {'AM' if local.hour < 12 else 'PM'} {local.tzname()}"


def instant_words(moment: datetime, zone: ZoneInfo, *, year: int | None = None) -> str:
    """``Fri Nov 20, 2026, 8:02 AM PST``; without the year where it is `year`, which the reader knows."""
    day = moment.astimezone(zone).date()
    written = f"{_DAYS[day.weekday()][:3]} {_MONTHS[day.month - 1][:3]} {day.day}"
    known = "" if day.year == year else f", {day.year}"
    return f"{written}{known}, {clock_words(moment, zone)}"


def span_words(span: timedelta) -> str:
    """``under a minute``, ``8 min``, ``2 h 5 min`` or ``3 days``; never rounded up."""
    minutes = span // timedelta(minutes=1)
    if minutes < 1:
        return "under a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{minutes // (24 * 60)} days"


def money_words(amount: Money) -> str:
    """``1,234.50``, ``-5.00`` (a true minus sign) or ``12.50 CAD``: two decimals always, so that columns line up."""
    sign = "\N{MINUS SIGN}" if amount.cents < 0 else ""
    whole, part = divmod(abs(amount.cents), 100)
    return f"{sign}{whole:,}.{part:02}" + ("" if amount.currency == "USD" else f" {amount.currency}")
