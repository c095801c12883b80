"""Events to closures: which of them close a library, which one, and on which days they come again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from attrs import evolve, frozen

from scld_adapters.calendars.ics._icalendar import rrule
from scld_adapters.calendars.ics.events import Event, IcsText
from scld_adapters.calendars.ics.settings import IcsConfig
from scld_core.calendars import Closure
from scld_core.kernel.ids import LocationId
from scld_core.kernel.page import Quarantined

__all__ = ["Closures", "closures_of"]

_MOST = 4000  # occurrences of one event between two days; no closure comes again daily for ten years


@frozen
class Closures:
    """The closures of some days, and what cannot be used."""

    rows: tuple[Closure, ...]
    quarantined: tuple[Quarantined, ...]


def closures_of(text: IcsText, config: IcsConfig, source: str, since: date, until: date) -> Closures:
    """What a file says of the days from `since` to `until`, by first day; of two that are equal one is left."""
    replaced = {(event.uid, event.instead_of) for event in text.events}  # None for a series, which begins on a day
    rows: set[Closure] = set()
    quarantined = list(text.quarantined)
    for event in text.events:
        if event.cancelled or not _closes(event, config):
            continue
        libraries = [config.library(place) for place in event.places]
        known = tuple(library for library in libraries if library is not None)
        if event.places and not known:
            named = ", ".join(event.places)
            why = f"names no library that `libraries` has: {named}"
            quarantined.append(Quarantined(source, event.line, why))
            continue
        try:
            rows.update(list(_occurrences(event, known, replaced, since, until)))
        except (ValueError, OverflowError, TypeError, IndexError):  # dateutil's own, over a rule that is none
            quarantined.append(Quarantined(source, event.line, "comes again by a rule that cannot be worked out"))
    return Closures(tuple(sorted(rows, key=_order)), tuple(quarantined))


def _order(closure: Closure) -> tuple[object, ...]:
    return closure.first, closure.last, closure.reason, closure.locations


def _closes(event: Event, config: IcsConfig) -> bool:
    title = event.title.casefold()
    return not config.closed or any(word.casefold() in title for word in config.closed)


def _occurrences(
    event: Event,
    libraries: tuple[LocationId, ...],
    replaced: set[tuple[str, date | None]],
    since: date,
    until: date,
) -> Iterator[Closure]:
    whole = Closure(event.first, event.last, event.title or "closed", tuple(sorted(set(libraries))))
    for first in _firsts(event, since, until):
        taken = event.instead_of is None and (event.uid, first) in replaced
        last = first + (event.last - event.first)
        if first in event.left_out or taken or first > until or last < since:
            continue
        yield evolve(whole, first=first, last=last)


def _firsts(event: Event, since: date, until: date) -> Iterator[date]:
    if not event.rule:
        yield event.first
        return
    begin = datetime.combine(event.first, time())
    found = rrule.rrulestr(_floating(event.rule), dtstart=begin)
    if next(iter(found), None) != begin:  # RFC 5545, 3.8.5.3: what such a series is, is undefined
        raise ValueError
    reach = since - (event.last - event.first)
    low = datetime.combine(max(reach, event.first), time())
    for count, one in enumerate(found.xafter(low - timedelta(microseconds=1))):
        if one.date() > until:
            return
        if count >= _MOST:
            raise ValueError
        yield one.date()


def _floating(rule: str) -> str:
    """The rule with an end by date, as dateutil takes it for days: RFC 5545 writes a whole-day series' end so."""
    parts = (part.partition("=") for part in rule.split(";"))
    return ";".join(f"{key}={value[:8] if key.upper() == 'UNTIL' else value}" for key, _, value in parts)
