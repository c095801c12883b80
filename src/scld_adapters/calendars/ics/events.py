"""iCalendar text to events as they stand in it: total, no dates worked out, nothing known of libraries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from scld_adapters.calendars.ics._icalendar import icalendar
from scld_core.errors import FileRefused
from scld_core.kernel.page import Quarantined

__all__ = ["Event", "IcsText", "read_ics"]

_END = "END:VCALENDAR"


@frozen
class Event:
    """A whole-day event: from `first` to `last`, both included, before it comes again by `rule`.

    `line` is where it begins in the file. `places` are its location and its categories. `instead_of` is the
    day of the series whose occurrence this one replaces; `left_out` are days on which it does not come again.
    """

    uid: str
    line: int
    title: str
    first: date
    last: date
    places: tuple[str, ...] = ()
    rule: str = ""
    left_out: frozenset[date] = frozenset()
    instead_of: date | None = None
    cancelled: bool = False


@frozen
class IcsText:
    """What a file says: its events, those that cannot be used, and when it was made as far as it tells."""

    events: tuple[Event, ...]
    quarantined: tuple[Quarantined, ...] = field(factory=tuple)
    told: datetime | None = None


class _Unusable(Exception):
    """Why an event cannot be used."""


def read_ics(data: bytes, source: str) -> IcsText:
    """Read a whole file; raises FileRefused for one that is no iCalendar text, or was cut short."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused(source, "is not UTF-8, as iCalendar is", "Export the calendar again") from None
    lines = [line.strip().upper() for line in text.splitlines()]
    if next(iter(lines), "") != "BEGIN:VCALENDAR":
        raise FileRefused(source, "is no iCalendar file", "Export the calendar as .ics")
    if next((line for line in reversed(lines) if line), "") != _END:
        raise FileRefused(source, f"does not end with {_END}: it was cut short", "Export the calendar again")
    try:
        found: Any = icalendar.Calendar.from_ical(text)
        components: list[Any] = list(found.walk("VEVENT"))
    except Exception as fault:  # noqa: BLE001 - over damaged text icalendar raises what it runs into
        raise FileRefused(source, f"cannot be read as iCalendar ({type(fault).__name__})", "Export it again") from None
    begins = [number for number, line in enumerate(lines, 1) if line == "BEGIN:VEVENT"]
    if len(begins) != len(components):
        raise FileRefused(source, "has events inside of something that cannot be read", "Export the calendar again")
    events: list[Event] = []
    quarantined: list[Quarantined] = []
    for line, component in zip(begins, components, strict=True):
        try:
            events.append(_event(component, line))
        except _Unusable as why:
            quarantined.append(Quarantined(source, line, str(why)))
        except Exception as fault:  # noqa: BLE001 - the same of what it reads only when it is asked for
            quarantined.append(Quarantined(source, line, f"cannot be read ({type(fault).__name__})"))
    return IcsText(tuple(events), tuple(quarantined), _told(found, components))


def _event(component: Any, line: int) -> Event:
    if component.errors:
        name = component.errors[0][0] or "an event"
        raise _Unusable(f"{name} cannot be read")
    first = _day(component, "DTSTART")
    if first is None:
        raise _Unusable("has no first day")
    if "RDATE" in component:
        raise _Unusable("comes again on days that are listed (RDATE), which is not read")
    return Event(
        uid=_text(component, "UID"),
        line=line,
        title=_text(component, "SUMMARY"),
        first=first,
        last=_last(component, first),
        places=tuple(_places(component)),
        rule=_rule(component),
        left_out=frozenset(_left_out(component)),
        instead_of=_day(component, "RECURRENCE-ID"),
        cancelled=_text(component, "STATUS").upper() == "CANCELLED",
    )


def _text(component: Any, name: str) -> str:
    return " ".join(str(component.get(name, "")).split())


def _day(component: Any, name: str) -> date | None:
    found = component.get(name)
    if found is None:
        return None
    value: object = getattr(found, "dt", None)
    if isinstance(value, datetime) or not isinstance(value, date):
        raise _Unusable(f"{name} has a time of day: only whole days close a library")
    return value


def _last(component: Any, first: date) -> date:
    """The end of an event is the day after its last one (RFC 5545, 3.6.1); without an end it is one day."""
    end = _day(component, "DTEND")
    length = component.get("DURATION")
    if end is None and length is not None:
        end = first + length.dt
    if end is None:
        return first
    if end <= first:
        raise _Unusable("ends before it begins")
    return date.fromordinal(end.toordinal() - 1)


def _places(component: Any) -> Iterator[str]:
    place = _text(component, "LOCATION")
    if place:
        yield place
    for group in _groups(component, "CATEGORIES"):
        for category in getattr(group, "cats", ()):
            if str(category).strip():
                yield str(category).strip()


def _groups(component: Any, name: str) -> list[Any]:
    """A property that may be written once, several times or not at all."""
    found: Any = component.get(name)
    if found is None:
        return []
    return list(found) if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownArgumentType]


def _rule(component: Any) -> str:
    found = component.get("RRULE")
    if found is None:
        return ""
    if isinstance(found, list):
        raise _Unusable("comes again by two rules, of which RFC 5545 allows one")
    text: str = found.to_ical().decode()
    if not any(f"FREQ={often}" in text.upper() for often in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")):
        raise _Unusable("comes again more often than daily")
    return text


def _left_out(component: Any) -> Iterator[date]:
    for group in _groups(component, "EXDATE"):
        for one in getattr(group, "dts", ()):
            value: date = one.dt
            yield value.date() if isinstance(value, datetime) else value


def _told(calendar: Any, components: list[Any]) -> datetime | None:
    """The calendar's own time (RFC 7986), or else the latest at which one of its events was written."""
    own = _stamp(calendar, "LAST-MODIFIED")
    written = (_stamp(one, "DTSTAMP") for one in components)
    return own or max((stamp for stamp in written if stamp is not None), default=None)


def _stamp(component: Any, name: str) -> datetime | None:
    """An instant of a component; None where there is none, and where it cannot be read."""
    try:
        value: object = component[name].dt
    except Exception:  # noqa: BLE001 - what icalendar could not read raises as it likes when it is asked for
        return None
    return value if isinstance(value, datetime) and value.tzinfo is not None else None
