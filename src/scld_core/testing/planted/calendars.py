"""Calendars that tell of closures what is not so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from attrs import evolve

from scld_core.calendars.model import Closure
from scld_core.errors import UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.page import Page
from scld_core.memory.calendars import MemoryCalendars
from scld_core.testing.harness import CalendarsBench, Harness, World
from scld_core.testing.planted import shells
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_calendars import calendars_bench, calendars_harness

__all__ = ["BUGS"]

Pages = Iterator[Page[Closure]]
_logger = logging.getLogger(__name__)
_DAY = timedelta(days=1)


class Spoilt(MemoryCalendars):
    """The reference calendar of one world; every closure goes through `told`."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock, page_size=world.page_size)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def told(self, closure: Closure) -> Closure:
        """What is said of a closure."""
        return closure

    def _pages(self, rows: list[Closure]) -> Pages:
        return super()._pages([self.told(row) for row in rows])

    def bench(self) -> CalendarsBench:
        """The bench of this calendar."""
        return calendars_bench(self.world, self)


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def closures(self, since: date, until: date) -> Pages:
        """Not yet written."""
        raise UnsupportedOperation("kit", "closures", f"cannot list from {since} to {until}")


class SecretInLog(Spoilt):
    """Logs the address of the calendar with its key."""

    def closures(self, since: date, until: date) -> Pages:
        """As the reference does, and aloud."""
        _logger.debug("GET /calendar.ics?key=%s", self.world.secret)
        return super().closures(since, until)


class Shared(Spoilt):
    """Keeps its closures where every instance of its class finds them."""

    common: list[Closure] = []  # noqa: RUF012 - the planted bug

    def prepare(self) -> None:
        """Begin anew with every world but a second one."""
        if self.world.context.instance != "kit-b":
            self.common.clear()
        self._closures = self.common


class FirstPageOnly(Spoilt):
    """Returns the first page as the whole."""

    def _pages(self, rows: list[Closure]) -> Pages:
        yield evolve(next(super()._pages(rows)), last=True, total=None)


class EndNotMarked(Spoilt):
    """Never says that a page is the last."""

    def _pages(self, rows: list[Closure]) -> Pages:
        return (evolve(page, last=False) for page in super()._pages(rows))


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def _pages(self, rows: list[Closure]) -> Pages:
        return (evolve(page, as_of=page.as_of + _DAY) for page in super()._pages(rows))


class CutPassedOffAsWhole(Spoilt):
    """Marks whatever came before the connection broke as the end."""

    def _pages(self, rows: list[Closure]) -> Pages:
        *before, final = super()._pages(rows)
        yield from before
        yield evolve(final, last=True, total=None)


class EndIncluded(Spoilt):
    """Takes the day after the end, with which iCalendar ends an event, for its last one."""

    def told(self, closure: Closure) -> Closure:
        """A day longer."""
        return evolve(closure, last=closure.last + _DAY)


class ADayEarly(Spoilt):
    """Reads a day as midnight UTC and shows it in local time."""

    def told(self, closure: Closure) -> Closure:
        """The evening before."""
        return evolve(closure, first=closure.first - _DAY, last=closure.last - _DAY)


class OneDayEach(Spoilt):
    """Knows no closure of several days."""

    def told(self, closure: Closure) -> Closure:
        """The first day."""
        return evolve(closure, last=closure.first)


class Everywhere(Spoilt):
    """Drops the libraries, so that one library's boiler closes the district."""

    def told(self, closure: Closure) -> Closure:
        """The whole district."""
        return evolve(closure, locations=())


class FirstLibraryOnly(Spoilt):
    """Keeps one library of several."""

    def told(self, closure: Closure) -> Closure:
        """The first one named."""
        return evolve(closure, locations=closure.locations[:1])


class Asked(Spoilt):
    """Chooses the closures of some days in a way of its own."""

    def chosen(self, one: Closure, since: date, until: date) -> bool:
        """Whether a closure is of these days."""
        return one.first <= until and one.last >= since

    def closures(self, since: date, until: date) -> Pages:
        """Those it takes for them."""
        list(super().closures(since, until))  # what is refused stays refused
        found = [one for one in self._closures if self.chosen(one, since, until)]
        return self._pages(sorted(found, key=lambda one: (one.first, one.last, one.reason)))


class BeginsWithin(Asked):
    """Leaves out what began before the days that are asked about."""

    def chosen(self, one: Closure, since: date, until: date) -> bool:
        """By the first day alone."""
        return since <= one.first <= until


class EndsWithin(Asked):
    """Leaves out what ends after them."""

    def chosen(self, one: Closure, since: date, until: date) -> bool:
        """By the last day alone."""
        return since <= one.last <= until


class LastDayLeftOut(Asked):
    """Takes the days as half open."""

    def chosen(self, one: Closure, since: date, until: date) -> bool:
        """Up to the day before."""
        return one.first < until and one.last >= since


class TheWholeYear(Asked):
    """Gives the whole year, whatever was asked."""

    def chosen(self, one: Closure, since: date, until: date) -> bool:
        """Of the years of these days."""
        return since.year <= one.last.year and one.first.year <= until.year


class AsEntered(Spoilt):
    """Gives closures as they were entered, the last first."""

    def _pages(self, rows: list[Closure]) -> Pages:
        return super()._pages(rows[::-1])


class NoDaysForNone(Spoilt):
    """Answers an impossible question with nothing."""

    def closures(self, since: date, until: date) -> Pages:
        """None at all, or as the reference."""
        return self._pages([]) if until < since else super().closures(since, until)


class CountsTheAsking(Spoilt):
    """Notes how often it was asked, so that two answers differ."""

    def prepare(self) -> None:
        """Not yet."""
        self.asked = 0

    def closures(self, since: date, until: date) -> Pages:
        """Once more."""
        self.asked += 1
        return super().closures(since, until)

    def told(self, closure: Closure) -> Closure:
        """Numbered by the answer."""
        return evolve(closure, reason=f"{closure.reason} ({self.asked})") if self.asked > 1 else closure


class Cached(Spoilt):
    """Keeps the first answer and gives it out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: list[Closure] = []

    def _pages(self, rows: list[Closure]) -> Pages:
        self.kept = self.kept or rows
        return super()._pages(self.kept)


class TakenOutStays(Spoilt):
    """Keeps a closure that was taken out again."""

    def take_out(self, closure: Closure) -> None:
        """It stays."""
        self._closures.remove(closure)
        self._closures.append(closure)


def _undeclared() -> Harness[CalendarsBench]:
    whole = calendars_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "calendars.closures": Unsupported("no such view")})


def _planted(make: Callable[[World], CalendarsBench], name: str, source: str, caught_by: str) -> Planted:
    label = f"calendars: {name}"
    return Planted(label, source, f"calendars.{caught_by}", "calendars", lambda: calendars_harness(make, label))


def _bug(kind: Callable[[World], Any], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: kind(world).bench(), name, source, caught_by)


def _shell(spoil: Callable[[CalendarsBench], CalendarsBench], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)


_STUDY = "driver study, section 4: properties of every adapter"
_PAGES = "first pages passed off as the whole (hotspots study C7)"
_DATES = "days read as instants, and ends that are included (suspension date shifted by a day: Koha as observed)"
_WINDOW = "windows that leave out or double their edge (fees study A5 10, B5)"
_TREE = "closures of a library and of the district (rooms and calendars, section 3)"

BUGS: tuple[Planted, ...] = (
    _bug(DeclaredInVain, "declared but unsupported", _STUDY, "declared"),
    Planted("calendars: undeclared but answered", _STUDY, "calendars.declared", "calendars", _undeclared),
    _bug(SecretInLog, "secret in a log", _STUDY, "keeps-secrets"),
    _shell(shells.cannot_close_twice, "second close breaks", _STUDY, "closes-twice"),
    _shell(shells.breaks_after_close, "use after close breaks", _STUDY, "after-close"),
    _bug(Shared, "instances share their closures", _STUDY, "days-of-its-own"),
    _bug(FirstPageOnly, "first page only", _PAGES, "whole-list"),
    _bug(EndNotMarked, "end not marked", _PAGES, "whole-list"),
    _bug(FromTheFuture, "answer dated in the future", _STUDY, "whole-list"),
    _bug(CutPassedOffAsWhole, "cut list passed off as whole", _PAGES, "cut-list"),
    _bug(EndIncluded, "a day too long", _DATES, "as-told"),
    _bug(ADayEarly, "a day too early", _DATES, "as-told"),
    _bug(OneDayEach, "several days told as one", _DATES, "as-told"),
    _bug(Everywhere, "one library's closure told as the district's", _TREE, "as-told"),
    _bug(FirstLibraryOnly, "one library of two", _TREE, "as-told"),
    _bug(BeginsWithin, "what began before left out", _WINDOW, "of-these-days"),
    _bug(EndsWithin, "what ends after left out", _WINDOW, "of-these-days"),
    _bug(LastDayLeftOut, "the last day left out", _WINDOW, "of-these-days"),
    _bug(TheWholeYear, "the whole year listed", _WINDOW, "of-these-days"),
    _bug(AsEntered, "the last first", _PAGES, "by-first-day"),
    _bug(NoDaysForNone, "an impossible question answered", _STUDY, "no-days"),
    _bug(CountsTheAsking, "two answers differ", _STUDY, "again-the-same"),
    _bug(Cached, "stale answer dated now", _STUDY, "sees-changes"),
    _shell(shells.foreign_on_outage, "foreign exception while the system is down", _STUDY, "unreachable"),
    _bug(TakenOutStays, "a closure that was taken out stays", _TREE, "like-the-reference"),
    *loose_settings("calendars", "calendar", calendars_harness(lambda world: Spoilt(world).bench())),
)
"""In the order of the checks."""
