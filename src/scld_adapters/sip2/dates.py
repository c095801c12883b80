"""Dates of SIP2: ``YYYYMMDDZZZZHHMMSS``, where ZZZZ is blank for local time, or names a zone."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from scld_adapters.sip2.errors import BadValue, Rule
from scld_adapters.sip2.settings import BirthDates, DateForm
from scld_core.errors import InvalidValue
from scld_core.kernel.time import local_instant, to_instant

__all__ = ["BLANK", "format_date", "parse_birth_date", "parse_date"]

BLANK = " " * 18
"""A date that is not given."""

_BETWEEN = {DateForm.LOCAL: "    ", DateForm.ZEROS: "0000", DateForm.UTC: "   Z"}
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(    |0000|   [A-Z])([0-9]{2})([0-9]{2})([0-9]{2})")


def format_date(moment: datetime, zone: ZoneInfo, form: DateForm = DateForm.LOCAL) -> str:
    """`moment`, an instant, in 18 characters; `zone` is where the library is."""
    wall = to_instant(moment).astimezone(UTC if form is DateForm.UTC else zone)
    return f"{wall.year:04}{wall:%m%d}{_BETWEEN[form]}{wall:%H%M%S}"


def parse_date(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant of an 18-character date, or None of a blank one.

    Blank and 0000 are local time in `zone`; an hour that the autumn repeats is read as the first of the
    two. The letter Z is UTC; every other letter is refused, since guessing a zone shifts due dates.
    """
    if not text.strip():
        return None
    found = _DATE.fullmatch(text)
    if found is None:
        raise BadValue(Rule.DATE)
    year, month, day, between, *clock = found.groups()
    if between.strip() not in ("", "0000", "Z"):
        raise BadValue(Rule.ZONE)
    hour, minute, second = map(int, clock)
    try:
        # 60 is a leap second, which no instant of ours has
        wall = time(hour, minute, min(second, 59) if second <= 60 else second)
        on = date(int(year), int(month), int(day))
        return datetime.combine(on, wall, UTC) if between.strip() == "Z" else local_instant(on, wall, zone)
    except (ValueError, OverflowError, InvalidValue):
        raise BadValue(Rule.DATE) from None


def parse_birth_date(text: str, order: BirthDates) -> date | None:
    """The day in `PB`, or None of a blank one; the dialect says in which order it stands."""
    digits = text.strip()
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{8}", digits):
        raise BadValue(Rule.DATE)
    if order is BirthDates.MONTH_FIRST:
        digits = digits[4:] + digits[:4]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise BadValue(Rule.DATE) from None
