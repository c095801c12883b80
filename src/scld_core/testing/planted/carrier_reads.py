"""Carriers that read wrongly: short lists, wrong lines, old answers, guessed words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.errors import NotFound, Unavailable
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.kernel.page import Page
from scld_core.runs.model import Answer, ReadBack
from scld_core.testing.planted.carrier_base import STUDY, Spoilt, bug
from scld_core.testing.planted.model import Planted

__all__ = ["BUGS"]


def _each(change: Callable[[LineView], LineView], page: Page[LineView]) -> Page[LineView]:
    return evolve(page, rows=tuple(map(change, page.rows)))


class FirstPageOnly(Spoilt):
    """Shows what one page of the portal shows, and says that this is all."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """The first page, as if it were the list."""
        page = next(super().iter_lines())
        yield evolve(page, last=True, total=len(page.rows))


class EstimatedTotal(Spoilt):
    """Announces a total that the system only estimates."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Pages with the total rounded up."""
        for page in super().iter_lines():
            yield evolve(page, total=(page.total or 0) // 10 * 10 + 10)


class EndNotMarked(Spoilt):
    """Never says which page is the last, so that every list looks broken off."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Pages without an end."""
        for page in super().iter_lines():
            yield evolve(page, last=False)


class NoPageForNothing(Spoilt):
    """Gives no page at all for an empty account."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Pages that have rows."""
        return (page for page in super().iter_lines() if page.rows)


class CutPassedOffAsWhole(Spoilt):
    """Marks whatever came last before the connection broke as the last page."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Pages, the final one always marked."""
        pages = list(super().iter_lines())
        yield from pages[:-1]
        yield evolve(pages[-1], last=True, total=None)


class RowTwice(Spoilt):
    """Repeats at the beginning of each page the row that ended the one before it."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Overlapping pages."""
        before: tuple[LineView, ...] = ()
        for page in super().iter_lines():
            yield evolve(page, rows=before + page.rows, total=None)
            before = page.rows[-1:]


class RowLost(Spoilt):
    """Loses the first row of every page but the first, as a list does that shifts while it is read."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Pages with gaps."""
        for number, page in enumerate(super().iter_lines()):
            yield evolve(page, rows=page.rows[1:], total=None) if number else evolve(page, total=None)


class ListWithoutNumbers(Spoilt):
    """Lists lines without their device numbers, though it knows them."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Pages by SIM alone."""
        for page in super().iter_lines():
            yield _each(lambda row: evolve(row, imei=None), page)


class RowsWithoutPages(Spoilt):
    """Yields rows where pages are promised, so that nothing says whether the list is whole."""

    def iter_lines(self) -> Iterator[Any]:
        """Rows."""
        for page in super().iter_lines():
            yield from page.rows


class MatchesTheEnd(Spoilt):
    """Finds a line by the last digits of a number that nobody checked."""

    def get(self, line: Line) -> LineView:
        """Whichever line ends so."""
        for page in super().iter_lines():
            for row in page.rows:
                if str(row.iccid)[-8:] == str(line.iccid)[-8:]:
                    return row
        return super().get(line)


class UnknownIsEmpty(Spoilt):
    """Answers for a line that it does not know, with a state that looks like one."""

    def get(self, line: Line) -> LineView:
        """A line for everybody."""
        try:
            return super().get(line)
        except NotFound:
            return LineView(line.imei, line.iccid, ServiceState.TERMINATED, self.world.clock.now())


class NeighboursLine(Spoilt):
    """Answers with the line beside the one that was asked for."""

    def get(self, line: Line) -> LineView:
        """The next line of the account."""
        found = super().get(line)
        rows = [row for page in super().iter_lines() for row in page.rows]
        return rows[(rows.index(found) + 1) % len(rows)]


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def get(self, line: Line) -> LineView:
        """An answer of tomorrow."""
        found = super().get(line)
        return evolve(found, observed_at=found.observed_at + timedelta(hours=8))


class LocalAsUtc(Spoilt):
    """Takes the local time of Spokane for UTC, so that a live answer is eight hours old."""

    def get(self, line: Line) -> LineView:
        """An answer of last night."""
        found = super().get(line)
        return evolve(found, observed_at=found.observed_at - timedelta(hours=8))


class NaiveTime(Spoilt):
    """Dates its answers without a time zone."""

    def get(self, line: Line) -> LineView:
        """An answer of nowhere."""
        found = super().get(line)
        return evolve(found, observed_at=found.observed_at.replace(tzinfo=None))


class ListFromTheFuture(Spoilt):
    """Dates its pages with a clock that is ahead."""

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Pages of tomorrow."""
        for page in super().iter_lines():
            yield evolve(page, as_of=page.as_of + timedelta(hours=1))


class MovesOn(Spoilt):
    """Shows another part of the account each time, as a cursor does that is kept between calls."""

    def prepare(self) -> None:
        """The place where the last list ended."""
        self.place = 0

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """The list from where the last one ended."""
        pages = list(super().iter_lines())
        self.place += 1
        return iter(pages if self.place % 2 else pages[::-1][:1])


class CachedForMinutes(Spoilt):
    """Keeps answers for a while and gives them out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: dict[Line, LineView] = {}

    def get(self, line: Line) -> LineView:
        """What was true at the first question."""
        return self.kept.setdefault(line, super().get(line))


class HidesAutoResume(Spoilt):
    """Believes for ever what it was once told of a suspension, whatever the carrier does meanwhile."""

    def prepare(self) -> None:
        """The lines that were seen suspended."""
        self.suspended: set[object] = set()

    def get(self, line: Line) -> LineView:
        """Suspended once, suspended for ever."""
        found = super().get(line)
        if found.state is ServiceState.SUSPENDED:
            self.suspended.add(found.iccid)
        return evolve(found, state=ServiceState.SUSPENDED) if found.iccid in self.suspended else found

    def restore(self, line: Line, *, key: str) -> Answer:
        """Its own restores it remembers."""
        answer = super().restore(line, key=key)
        self.suspended.discard(line.iccid)
        return answer


class OutlivesItsEnd(Spoilt):
    """Announces when a suspension ends, and shows it afterwards too."""

    def get(self, line: Line) -> LineView:
        """Suspended until somebody restores it."""
        found = super().get(line)
        stored = self.book.line(str(line.iccid))
        if stored is not None and stored.state is ServiceState.SUSPENDED:
            ends = stored.resumes_at or found.observed_at + timedelta(days=90)
            return evolve(found, state=ServiceState.SUSPENDED, resumes_at=ends)
        return found


class GuessesWords(Spoilt):
    """Takes every state word that it does not know for active."""

    def _known(self, row: LineView) -> LineView:
        return evolve(row, state=ServiceState.ACTIVE) if row.state is ServiceState.UNKNOWN_WORD else row

    def get(self, line: Line) -> LineView:
        """A line that surely works."""
        return self._known(super().get(line))

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Lines that surely work."""
        for page in super().iter_lines():
            yield _each(self._known, page)


class DropsTheWord(Spoilt):
    """Shows that a state is unknown, and not which."""

    def get(self, line: Line) -> LineView:
        """A line without its word."""
        return evolve(super().get(line), word="")


class ReadingRefreshes(Spoilt):
    """Wakes a line up in order to read it."""

    def get(self, line: Line) -> LineView:
        """The line, restored and suspended again where it was suspended."""
        found = super().get(line)
        if found.state is ServiceState.SUSPENDED:
            super().restore(line, key="wake")
            super().suspend(line, key="sleep")
        return found


class KnowsEveryRequest(Spoilt):
    """Says of every reference that it is done."""

    def request_state(self, reference: str) -> ReadBack:
        """Done, surely."""
        found = super().request_state(reference)
        return ReadBack.DONE if found is ReadBack.UNKNOWN else found


class ForeignOnOutage(Spoilt):
    """Lets the network library's own exception through when the system is down."""

    def get(self, line: Line) -> LineView:
        """The line, or whatever the socket says."""
        try:
            return super().get(line)
        except Unavailable:
            raise ConnectionRefusedError("[Errno 111]") from None


class KeyErrorForUnknown(Spoilt):
    """Raises what the dictionary raises for a line that it does not know."""

    def get(self, line: Line) -> LineView:
        """The line, or KeyError."""
        try:
            return super().get(line)
        except NotFound:
            raise KeyError(str(line.iccid)) from None


def _of(source: str) -> Callable[[type[Spoilt], str, str], Planted]:
    def made(kind: type[Spoilt], name: str, caught_by: str) -> Planted:
        return bug(kind, name, source=source, caught_by=caught_by)

    return made


_beacon: Any = _of("Mobile Beacon portal, which shows 1,000 units of 3,000 (hotspots study C1)")
_paging: Any = _of("ILSs that return only the first page, or an estimate (hotspots study C7; driver study 4)")
_kajeet: Any = _of("Koha plugin for Kajeet: IMEI field unvalidated (hotspots study C6)")
_time: Any = _of("naive and local datetimes (hotspots study C7; driver study 4)")
_cache: Any = _of("drivers that cache for 2 to 60 seconds (driver study 4)")
_resume: Any = _of("ThingSpace ends a suspension after 90 days by itself (hotspots study C2)")
_words: Any = _of("carrier state unknown word (hotspots study C7); default 'eligible' for unknown (driver study 5.7)")
_study: Any = _of(STUDY)

BUGS: tuple[Planted, ...] = (
    _beacon(FirstPageOnly, "first page only", "whole-list"),
    _paging(EstimatedTotal, "total is an estimate", "whole-list"),
    _paging(EndNotMarked, "end of a list not marked", "whole-list"),
    _paging(NoPageForNothing, "no page for an empty account", "whole-list"),
    _paging(CutPassedOffAsWhole, "broken list passed off as whole", "cut-list"),
    _paging(RowTwice, "row repeated at a page's border", "whole-list"),
    _paging(RowLost, "row lost at a page's border", "whole-list"),
    _paging(RowsWithoutPages, "rows without pages", "cut-list"),
    _paging(MovesOn, "cursor kept between calls", "again-the-same"),
    _kajeet(ListWithoutNumbers, "list without device numbers", "listed-as-told"),
    _kajeet(MatchesTheEnd, "line matched by its last digits", "unknown-line"),
    _study(UnknownIsEmpty, "unknown line answered as a terminated one", "unknown-line"),
    _study(NeighboursLine, "another line answered", "got-as-told"),
    _study(KeyErrorForUnknown, "foreign exception for an unknown line", "unknown-line"),
    _study(ForeignOnOutage, "foreign exception while the system is down", "unreachable"),
    _time(FromTheFuture, "answer dated in the future", "dated"),
    _time(LocalAsUtc, "local time taken for UTC", "dated"),
    _time(NaiveTime, "naive datetime", "got-as-told"),
    _time(ListFromTheFuture, "list dated in the future", "whole-list"),
    _cache(CachedForMinutes, "stale read after a write", "read-back"),
    _resume(HidesAutoResume, "auto-resume hidden", "sees-changes"),
    _resume(OutlivesItsEnd, "suspension shown beyond its announced end", "resumes"),
    _words(GuessesWords, "unknown word guessed as active", "unknown-word"),
    _words(DropsTheWord, "carrier's own word dropped", "unknown-word"),
    _study(ReadingRefreshes, "reading changes the line", "reads-only"),
    _study(KnowsEveryRequest, "request that never was is done", "unknown-request"),
)
"""In the order of the checks."""
