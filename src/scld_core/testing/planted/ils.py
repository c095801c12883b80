"""ILSs that answer wrongly about items and loans."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from attrs import evolve

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import NotFound, UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Page
from scld_core.memory.loans import MemoryLoans
from scld_core.testing.harness import Harness, LoansBench, World
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL, loans_bench, loans_beside, loans_harness

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)


class Spoilt(MemoryLoans):
    """The reference ILS of one world."""

    def __init__(self, world: World) -> None:
        self.beside = loans_beside(world)
        super().__init__(world.clock, backend=world.context.instance, page_size=world.page_size, **self.beside)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def bench(self) -> LoansBench:
        """The bench of this ILS."""
        return loans_bench(self.world, self, self.beside.get("holds"))


class FirstPageOnly(Spoilt):
    """Returns the first page of what is overdue, as the whole."""

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """The first page."""
        page = next(super().iter_overdue(at))
        yield evolve(page, last=True, total=None)


class CutPassedOffAsWhole(Spoilt):
    """Marks whatever came before the connection broke as the end."""

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """Pages, the final one always marked."""
        *before, final = super().iter_items(items)
        yield from before
        yield evolve(final, last=True, total=None)


class UnknownIsOnTheShelf(Spoilt):
    """Answers for an item that it does not know: on the shelf."""

    def get(self, item: ItemId) -> Circulation:
        """An item for everybody."""
        try:
            return super().get(item)
        except NotFound:
            return Circulation(item, ItemState.CHECKED_IN, self.world.clock.now())


class InventsListed(Spoilt):
    """Lists every item that is asked for, known or not."""

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """With what nobody knows on the shelf."""
        now = self.world.clock.now()
        known = [row for page in super().iter_items(items) for row in page.rows]
        more = [Circulation(i, ItemState.CHECKED_IN, now) for i in set(items) - {row.item for row in known}]
        yield Page((*known, *more), now, last=True)


class IgnoresTheFilter(Spoilt):
    """Lists every item, whichever were asked for."""

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """The catalogue."""
        return super().iter_items(self._items) if items else super().iter_items(items)


class AskedTwiceListedTwice(Spoilt):
    """Lists an item as often as it was asked for."""

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """One row for each mention."""
        rows = {row.item: row for page in super().iter_items(items) for row in page.rows}
        found = tuple(rows[item] for item in items if item in rows)
        yield Page(found, self.world.clock.now(), last=True, total=len(found))


class WrongItem(Spoilt):
    """Answers with the item beside the one that was asked for."""

    def get(self, item: ItemId) -> Circulation:
        """The next item."""
        super().get(item)
        known = sorted(self._items)
        return super().get(known[(known.index(item) + 1) % len(known)])


class MatchesPrefix(Spoilt):
    """Finds an item by how its id begins, as a search does."""

    def get(self, item: ItemId) -> Circulation:
        """The first that begins so."""
        found = [known for known in sorted(self._items) if str(known).startswith(str(item))]
        return super().get(found[0] if found else item)


class StripsPrefix(Spoilt):
    """Strips the instance off an id and answers about its own item of that number."""

    def get(self, item: ItemId) -> Circulation:
        """Of whichever instance."""
        return super().get(evolve(item, backend=self.world.context.instance))


class StripsPrefixInLists(Spoilt):
    """Strips the instance off every id of a list."""

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """Of whichever instance."""
        return super().iter_items([evolve(item, backend=self.world.context.instance) for item in items])


class ForeignIds(Spoilt):
    """Gives loans an id without its own instance."""

    def get(self, item: ItemId) -> Circulation:
        """With a loan of nowhere."""
        found = super().get(item)
        if found.loan is None:
            return found
        return evolve(found, loan=evolve(found.loan, id=evolve(found.loan.id, backend="ils")))


class DueIsNotYet(Spoilt):
    """Leaves out what is due at this instant."""

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Before, and not at."""
        return super().iter_overdue(at - timedelta(microseconds=1))


class DueAllDay(Spoilt):
    """Counts what is due later today."""

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Until midnight in UTC."""
        return super().iter_overdue(at.replace(hour=23, minute=59, second=59))


class ReturnedIsOverdue(Spoilt):
    """Lists a loan that ended after its due date."""

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """With what is back on the shelf."""
        rows = [seen.loan for seen in self._items.values() if seen.loan is not None and seen.loan.due_at <= at]
        yield Page(tuple(rows), self.world.clock.now(), last=True, total=len(rows))


class LostIsForgotten(Spoilt):
    """Leaves out loans whose item is not plainly on loan."""

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Only of items on loan."""
        lent = {i for i, seen in self._items.items() if seen.state is ItemState.ON_LOAN}
        rows = [row for page in super().iter_overdue(at) for row in page.rows if row.item in lent]
        yield Page(tuple(rows), self.world.clock.now(), last=True)


class ReturnDropped(Spoilt):
    """Does not read when a loan ended."""

    def get(self, item: ItemId) -> Circulation:
        """As if still lent."""
        found = super().get(item)
        return evolve(found, loan=found.loan and evolve(found.loan, returned_at=None))


class DueInLocalTime(Spoilt):
    """Takes the due time on the wall for UTC."""

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """Eight hours early."""
        for page in super().iter_items(items):
            yield evolve(
                page,
                rows=tuple(
                    evolve(row, loan=row.loan and evolve(row.loan, due_at=row.loan.due_at - timedelta(hours=8)))
                    for row in page.rows
                ),
            )


class GuessesWords(Spoilt):
    """Takes a state word that it does not know for being on the shelf."""

    def get(self, item: ItemId) -> Circulation:
        """Surely at home."""
        found = super().get(item)
        return evolve(found, state=ItemState.CHECKED_IN) if found.state is ItemState.UNKNOWN_WORD else found


class DropsUnknown(Spoilt):
    """Leaves out an item whose state it cannot translate, without a word."""

    def get(self, item: ItemId) -> Circulation:
        """Known states only."""
        found = super().get(item)
        if found.state is ItemState.UNKNOWN_WORD:
            raise NotFound(self.world.context.instance, "get", "no such item")
        return found

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """Known states only."""
        odd = {i for i, seen in self._items.items() if seen.state is ItemState.UNKNOWN_WORD}
        return super().iter_items(set(items) - odd)


class Cached(Spoilt):
    """Keeps answers and gives them out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: dict[ItemId, Circulation] = {}

    def get(self, item: ItemId) -> Circulation:
        """What was true at the first question."""
        return evolve(self.kept.setdefault(item, super().get(item)), as_of=self.world.clock.now())


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def get(self, item: ItemId) -> Circulation:
        """An answer of tomorrow."""
        found = super().get(item)
        return evolve(found, as_of=found.as_of + timedelta(days=1))


class NaiveTime(Spoilt):
    """Dates its answers without a time zone."""

    def get(self, item: ItemId) -> Circulation:
        """An answer of nowhere."""
        return evolve(super().get(item), as_of=self.world.clock.now().replace(tzinfo=None))


class TellsTwoStories(Spoilt):
    """Answers one by one from one table and lists from another."""

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """Without loans."""
        for page in super().iter_items(items):
            yield evolve(page, rows=tuple(evolve(row, loan=None) for row in page.rows))


class PatronInLog(Spoilt):
    """Logs whom a loan belongs to."""

    def get(self, item: ItemId) -> Circulation:
        """As the reference does, and aloud."""
        found = super().get(item)
        if found.loan is not None and found.loan.patron is not None:
            _logger.info("loan of patron %s", found.loan.patron.local)
        return found


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Not yet written."""
        raise UnsupportedOperation("kit", "iter_overdue", f"not implemented for {at:%Y}")


class Shared(Spoilt):
    """Keeps its items where every instance of its class finds them."""

    common: dict[ItemId, Circulation] = {}  # noqa: RUF012 - the planted bug

    def prepare(self) -> None:
        """The items of everybody."""
        self._items = self.common


class CannotCloseTwice(Spoilt):
    """Releases what it has released already."""

    def bench(self) -> LoansBench:
        """With a close that breaks the second time."""
        held = ["connection"]

        def release() -> None:
            held.pop()

        return evolve(super().bench(), close=release)


class BreaksAfterClose(Spoilt):
    """Raises what its connection raises once it is closed."""

    def prepare(self) -> None:
        """Open."""
        self.closed = False

    def get(self, item: ItemId) -> Circulation:
        """Through the connection."""
        if self.closed:
            raise AttributeError("'NoneType' object has no attribute 'cursor'")
        return super().get(item)

    def bench(self) -> LoansBench:
        """With a close that only forgets."""

        def forget() -> None:
            self.closed = True

        return evolve(super().bench(), close=forget)


class ForeignOnOutage(Spoilt):
    """Lets the network library's own exception through when the system is down."""

    def prepare(self) -> None:
        """Up."""
        self.down = False

    def get(self, item: ItemId) -> Circulation:
        """The item, or whatever the socket says."""
        if self.down:
            raise ConnectionRefusedError("[Errno 111]")
        return super().get(item)

    def bench(self) -> LoansBench:
        """With a system that can go down."""

        def fall() -> None:
            self.down = True

        return evolve(super().bench(), outage=fall)


class ForgetsLaterLoans(Spoilt):
    """Leaves out every later loan of an item: it reads the first row of the history."""

    def prepare(self) -> None:
        """The loans seen of each item."""
        self.seen: dict[ItemId, set[object]] = {}

    def get(self, item: ItemId) -> Circulation:
        """With its first loan only."""
        found = super().get(item)
        if found.loan is not None:
            loans = self.seen.setdefault(item, set())
            loans.add(found.loan.id)
            if len(loans) > 1:
                return evolve(found, loan=None)
        return found


def _undeclared() -> Harness[LoansBench]:
    whole = loans_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "loans.iter_overdue": Unsupported("no such list")})


def _bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    return Planted(
        name,
        source,
        f"loans.{caught_by}",
        "loans",
        lambda: loans_harness(lambda world: kind(world).bench(), name),
    )


_PAGES = "ILS returning only the first page (hotspots study C7)"
_STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"
_DUE = "due date without time, wrong date filter, DST nights (hotspots study C5, C7)"
_STATE = "claims returned, lost and in transit items (hotspots study C4)"
_STUDY = "driver study, section 4: properties of every adapter"

BUGS: tuple[Planted, ...] = (
    _bug(DeclaredInVain, "ILS: declared but unsupported", _STUDY, "declared"),
    Planted("ILS: undeclared but answered", _STUDY, "loans.declared", "loans", _undeclared),
    _bug(PatronInLog, "ILS: patron in a log", _STUDY, "keeps-patrons"),
    _bug(CannotCloseTwice, "ILS: second close breaks", _STUDY, "closes-twice"),
    _bug(BreaksAfterClose, "ILS: use after close breaks", _STUDY, "after-close"),
    _bug(Shared, "ILS: instances share their items", _STUDY, "answers-of-its-own"),
    _bug(FirstPageOnly, "ILS: first page only", _PAGES, "whole-list"),
    _bug(CutPassedOffAsWhole, "ILS: broken list passed off as whole", _PAGES, "cut-list"),
    _bug(ReturnDropped, "ILS: time of return dropped", _STATE, "as-told"),
    _bug(DueInLocalTime, "ILS: due time shifted by the zone", _DUE, "as-told"),
    _bug(WrongItem, "ILS: another item answered", _STRANGER, "as-told"),
    _bug(DueIsNotYet, "ILS: due now is not overdue", _DUE, "due-to-the-second"),
    _bug(DueAllDay, "ILS: due later today is overdue", _DUE, "due-to-the-second"),
    _bug(ReturnedIsOverdue, "ILS: returned loan is overdue", _DUE, "due-to-the-second"),
    _bug(LostIsForgotten, "ILS: lost items' loans left out", _STATE, "due-to-the-second"),
    _bug(InventsListed, "ILS: unknown items listed as known", _STRANGER, "only-the-asked"),
    _bug(IgnoresTheFilter, "ILS: filter of a list ignored", _STRANGER, "only-the-asked"),
    _bug(AskedTwiceListedTwice, "ILS: asked for twice, listed twice", _PAGES, "only-the-asked"),
    _bug(UnknownIsOnTheShelf, "ILS: unknown item on the shelf", _STRANGER, "unknown-item"),
    _bug(MatchesPrefix, "ILS: item matched by the beginning of its id", _STRANGER, "unknown-item"),
    _bug(StripsPrefix, "ILS: instance stripped off an id", _STUDY, "foreign-item"),
    _bug(StripsPrefixInLists, "ILS: instance stripped off a list's ids", _STUDY, "foreign-item"),
    _bug(ForeignIds, "ILS: loan id of another instance", _STUDY, "own-ids"),
    _bug(FromTheFuture, "ILS: answer dated in the future", _DUE, "dated"),
    _bug(NaiveTime, "ILS: naive datetime", _DUE, "dated"),
    _bug(TellsTwoStories, "ILS: list and single answer differ", _STUDY, "again-the-same"),
    _bug(GuessesWords, "ILS: unknown word guessed as on the shelf", _STATE, "unknown-word"),
    _bug(DropsUnknown, "ILS: item in an unknown state left out", _STATE, "unknown-word"),
    _bug(Cached, "ILS: check-in not seen", _STUDY, "sees-changes"),
    _bug(ForeignOnOutage, "ILS: foreign exception while the system is down", _STUDY, "unreachable"),
    _bug(ForgetsLaterLoans, "ILS: later loan of an item left out", _STATE, "like-the-reference"),
    *loose_settings("loans", "ils", loans_harness(lambda world: Spoilt(world).bench())),
)
"""In the order of the checks."""
