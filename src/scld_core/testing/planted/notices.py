"""Records of notices that tell of what was sent what is not so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from attrs import evolve

from scld_core.errors import UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.page import Page
from scld_core.memory.notices import MemoryNotices
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult
from scld_core.testing.harness import Harness, NoticesBench, World
from scld_core.testing.planted import shells
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_agency import notices_bench, notices_harness

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)

Pages = Iterator[Page[Notice]]


class Spoilt(MemoryNotices):
    """The reference record of one world; every list goes through `told`."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock, backend=world.context.instance, page_size=world.page_size)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def told(self, notice: Notice) -> Notice:
        """What is said of a notice."""
        return notice

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        for page in super()._pages(wanted):
            yield evolve(page, rows=tuple(map(self.told, page.rows)))

    def bench(self) -> NoticesBench:
        """The bench of this record."""
        return notices_bench(self.world, self)


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def iter_sent(self, since: datetime) -> Pages:
        """Not yet written."""
        raise UnsupportedOperation("kit", "iter_sent", f"cannot list since {since}")


class PatronInLog(Spoilt):
    """Logs whose notices are asked for."""

    def iter_notices(self, patron: PatronId) -> Pages:
        """As the reference does, and aloud."""
        _logger.info("notices to %s", patron.local)
        return super().iter_notices(patron)


class PatronInTemplate(Spoilt):
    """Gives a letter's name with the patron in it, where nothing masks it."""

    def told(self, notice: Notice) -> Notice:
        """To whom, in plain words."""
        return evolve(notice, template=f"letter to {notice.patron.local}")


class Shared(Spoilt):
    """Keeps its record where every instance of its class finds it."""

    common: list[Notice] = []  # noqa: RUF012 - the planted bug

    def prepare(self) -> None:
        """Begin anew with every world but a second one."""
        if self.world.context.instance != "kit-b":
            self.common.clear()
        self._notices = self.common


class FirstPageOnly(Spoilt):
    """Returns the first page as the whole."""

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        yield evolve(next(super()._pages(wanted)), last=True, total=None)


class EndNotMarked(Spoilt):
    """Never says that a page is the last."""

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        return (evolve(page, last=False) for page in super()._pages(wanted))


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        return (evolve(page, as_of=page.as_of + timedelta(days=1)) for page in super()._pages(wanted))


class CutPassedOffAsWhole(Spoilt):
    """Marks whatever came before the connection broke as the end."""

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        *before, final = super()._pages(wanted)
        yield from before
        yield evolve(final, last=True, total=None)


class ResultDropped(Spoilt):
    """Does not ask what became of a notice: everything was sent."""

    def told(self, notice: Notice) -> Notice:
        """A bounced bill is a bill."""
        return evolve(notice, result=NoticeResult.SENT)


class ChannelSwapped(Spoilt):
    """Numbers the channels from another table."""

    def told(self, notice: Notice) -> Notice:
        """Mail is e-mail, and e-mail is mail."""
        swapped = {Channel.MAIL: Channel.EMAIL, Channel.EMAIL: Channel.MAIL}
        return evolve(notice, channel=swapped.get(notice.channel, notice.channel))


class EveryNoticeWarns(Spoilt):
    """Takes every notice for one that names the agency."""

    def told(self, notice: Notice) -> Notice:
        """Evidence out of nothing."""
        return evolve(notice, names_assignment=True)


class AnotherAmount(Spoilt):
    """Keeps the amount in a column of six digits."""

    def told(self, notice: Notice) -> Notice:
        """At most 9999.99."""
        if notice.amount is None or notice.amount.cents < 10**6:
            return notice
        return evolve(notice, amount=Money(notice.amount.cents % 10**6))


class SecondIsFirst(Spoilt):
    """Knows one kind of overdue notice."""

    def told(self, notice: Notice) -> Notice:
        """The second one is a first one."""
        return evolve(notice, kind=NoticeKind.OVERDUE) if notice.kind is NoticeKind.OVERDUE_2 else notice


class NewestFirst(Spoilt):
    """Begins with the newest."""

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        rows = [row for page in super()._pages(wanted) for row in page.rows][::-1]
        yield Page(tuple(rows), self.world.clock.now(), last=True)


class PagesSortedAlone(Spoilt):
    """Sorts each page for itself, and the pages by nothing."""

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        pages = list(super()._pages(wanted))
        for place, page in enumerate(reversed(pages)):
            yield evolve(page, last=place == len(pages) - 1)


class TheFamilys(Spoilt):
    """Lists with a patron's notices those to another one."""

    def iter_notices(self, patron: PatronId) -> Pages:
        """With the next one's."""
        others = sorted({one.patron for one in self._notices} - {patron})
        family = {patron, *others[:1]}
        return self._pages(lambda notice: notice.patron in family)


class WithoutFailures(Spoilt):
    """Leaves out of a patron's list what came back."""

    def iter_notices(self, patron: PatronId) -> Pages:
        """What arrived."""
        return self._pages(lambda notice: notice.patron == patron and notice.result.left)


class MatchesPrefix(Spoilt):
    """Finds a patron by how the id begins, as a search does."""

    def iter_notices(self, patron: PatronId) -> Pages:
        """Everybody's whose id begins so."""
        return self._pages(lambda notice: notice.patron.local.startswith(patron.local))


class StripsPrefix(Spoilt):
    """Strips the instance off an id and answers about its own patron of that number."""

    def iter_notices(self, patron: PatronId) -> Pages:
        """Of whichever instance."""
        return super().iter_notices(evolve(patron, backend=self.world.context.instance))


class StrictlyAfter(Spoilt):
    """Leaves out what was sent at the very instant."""

    def iter_sent(self, since: datetime) -> Pages:
        """From after then on."""
        return self._pages(lambda notice: notice.sent_at > since)


class WholeDays(Spoilt):
    """Asks for days, and gives the whole first one."""

    def iter_sent(self, since: datetime) -> Pages:
        """From midnight on."""
        return self._pages(lambda notice: notice.sent_at.date() >= since.date())


class ForeignItems(Spoilt):
    """Gives items an id without its own instance."""

    def told(self, notice: Notice) -> Notice:
        """With items of nowhere."""
        return notice if notice.item is None else evolve(notice, item=ItemId("ils", notice.item.local))


class CountsTheAsking(Spoilt):
    """Gives each answer's notices a new place, so that two answers differ."""

    def prepare(self) -> None:
        """How often it was asked."""
        self.asked = 0

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        self.asked += 1
        return super()._pages(wanted)

    def told(self, notice: Notice) -> Notice:
        """Noted."""
        return evolve(notice, note=f"answer {self.asked}")


class Cached(Spoilt):
    """Keeps the first answer and gives it out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: list[Notice] = []

    def _pages(self, wanted: Callable[[Notice], bool]) -> Pages:
        self.kept = self.kept or list(self._notices)
        now, self._notices = self._notices, self.kept
        pages = list(super()._pages(wanted))
        self._notices = now
        return iter(pages)


class OneADay(Spoilt):
    """Keeps one notice of a day and kind, and takes a second one for a copy."""

    def record(self, notice: Notice) -> None:
        """Unless the same went out that day."""
        known = {(one.patron, one.kind, one.sent_at.date()) for one in self._notices}
        if (notice.patron, notice.kind, notice.sent_at.date()) not in known:
            super().record(notice)


def _undeclared() -> Harness[NoticesBench]:
    whole = notices_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "notices.iter_sent": Unsupported("no such index")})


def _planted(make: Callable[[World], NoticesBench], name: str, source: str, caught_by: str) -> Planted:
    label = f"notices: {name}"
    return Planted(label, source, f"notices.{caught_by}", "notices", lambda: notices_harness(make, label))


def _bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: kind(world).bench(), name, source, caught_by)


def _shell(spoil: Callable[[NoticesBench], NoticesBench], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)


_STUDY = "driver study, section 4: properties of every adapter"
_STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"
_PAGES = "an ILS that returns only the first page (hotspots study C7)"
_POLARIS = "numbers of kinds, channels and results that two public pages give differently"
_LAW = "RCW 19.16.500(2): what counts as the notice before an assignment (district facts, section 6)"
_WINDOW = "windows that leave out or double their edge (fees study A5 10, B5)"

BUGS: tuple[Planted, ...] = (
    _bug(DeclaredInVain, "declared but unsupported", _STUDY, "declared"),
    Planted("notices: undeclared but answered", _STUDY, "notices.declared", "notices", _undeclared),
    _bug(PatronInLog, "patron in a log", _STUDY, "keeps-patrons"),
    _bug(PatronInTemplate, "patron in a field that nothing masks", _STUDY, "keeps-patrons"),
    _shell(shells.cannot_close_twice, "second close breaks", _STUDY, "closes-twice"),
    _shell(shells.breaks_after_close, "use after close breaks", _STUDY, "after-close"),
    _bug(Shared, "instances share their record", _STUDY, "notices-of-its-own"),
    _bug(FirstPageOnly, "first page only", _PAGES, "whole-list"),
    _bug(EndNotMarked, "end not marked", _PAGES, "whole-list"),
    _bug(FromTheFuture, "answer dated in the future", _STUDY, "whole-list"),
    _bug(CutPassedOffAsWhole, "cut list passed off as whole", _PAGES, "cut-list"),
    _bug(ResultDropped, "result dropped", _LAW, "as-told"),
    _bug(ChannelSwapped, "channels swapped", _POLARIS, "as-told"),
    _bug(SecondIsFirst, "second overdue notice told as the first", _POLARIS, "as-told"),
    _bug(EveryNoticeWarns, "every notice told as naming the agency", _LAW, "as-told"),
    _bug(AnotherAmount, "amount cut to six digits", _POLARIS, "as-told"),
    _bug(NewestFirst, "newest first", _PAGES, "oldest-first"),
    _bug(PagesSortedAlone, "pages in the wrong order", _PAGES, "oldest-first"),
    _bug(TheFamilys, "another patron's notice listed", _STRANGER, "only-that-patron"),
    _bug(WithoutFailures, "failed notices left out", _LAW, "only-that-patron"),
    _bug(MatchesPrefix, "patron matched by the beginning of an id", _STRANGER, "unknown-patron"),
    _bug(StripsPrefix, "instance stripped off an id", _STUDY, "foreign-patron"),
    _bug(StrictlyAfter, "the very instant left out", _WINDOW, "since-is-included"),
    _bug(WholeDays, "the whole first day listed", _WINDOW, "since-is-included"),
    _bug(ForeignItems, "item id of another instance", _STUDY, "own-ids"),
    _bug(CountsTheAsking, "two answers differ", _STUDY, "again-the-same"),
    _bug(Cached, "stale answer dated now", _STUDY, "sees-changes"),
    _shell(shells.foreign_on_outage, "foreign exception while the system is down", _STUDY, "unreachable"),
    _bug(OneADay, "second notice of a day taken for a copy", _LAW, "like-the-reference"),
    *loose_settings("notices", "ils", notices_harness(lambda world: Spoilt(world).bench()), "notices"),
)
"""In the order of the checks."""
