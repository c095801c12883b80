"""ILSs that answer wrongly about holds; `holds_writes` has those that write wrongly."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from attrs import evolve

from scld_core.errors import UnsupportedOperation
from scld_core.holds.model import Hold
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.page import Page
from scld_core.testing.harness import Harness, HoldsBench
from scld_core.testing.planted import holds_writes, shells
from scld_core.testing.planted.holds_base import Pages, Spoilt, bug, each, shell
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_holds import holds_harness

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """Not yet written."""
        raise UnsupportedOperation(hold.backend, "reactivate", f"not implemented: {key}")


class PatronInLog(Spoilt):
    """Logs whose holds are listed."""

    def of_patron(self, patron: PatronId) -> Pages:
        """As the reference does, and aloud."""
        _logger.info("holds of %s", patron)
        return super().of_patron(patron)


class Shared(Spoilt):
    """Keeps pickup libraries where every instance of its class finds them, under the hold's bare number."""

    common: dict[str, LocationId] = {}  # noqa: RUF012 - the planted bug

    def get(self, hold: HoldId) -> Hold:
        """With the library of whichever instance."""
        found = super().get(hold)
        return evolve(found, pickup=self.common.get(hold.local, found.pickup))

    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """For everybody."""
        self.common[hold.local] = pickup
        return super().change_pickup(hold, pickup, key=key)


class ItemForgotten(Spoilt):
    """Reads every hold as one on the title."""

    def get(self, hold: HoldId) -> Hold:
        """For any item."""
        return evolve(super().get(hold), item=None)


class TargetsOfTheTitle(Spoilt):
    """Tells of an item-level hold that any item of the title could fill it."""

    def of_title(self, title: TitleId) -> Pages:
        """Too many."""
        every = tuple(sorted(number for number, one in self._items.items() if one.title == title and one.holdable))
        return each(super().of_title(title), lambda one: evolve(one, targets=one.targets and every))


class RankFromZero(Spoilt):
    """Ranks all holds of the title by their place in the list, those with an item and suspended ones included."""

    def of_title(self, title: TitleId) -> Pages:
        """With one rank more."""
        ranked = (HoldState.WAITING, HoldState.SUSPENDED)
        rows = [row for page in super().of_title(title) for row in page.rows]
        shown = tuple(evolve(one, rank=n if one.state in ranked else None) for n, one in enumerate(rows, 1))
        return iter([Page(shown, self.world.clock.now(), last=True, total=len(shown))])


class NewestFirst(Spoilt):
    """Lists the queue from its end."""

    def of_title(self, title: TitleId) -> Pages:
        """Backwards."""
        rows = tuple(row for page in super().of_title(title) for row in page.rows)[::-1]
        return iter([Page(rows, self.world.clock.now(), last=True, total=len(rows))])


class AnothersHoldListed(Spoilt):
    """Lists with a patron's holds those of whoever waits next to them."""

    def of_patron(self, patron: PatronId) -> Pages:
        """And one more."""
        for page in super().of_patron(patron):
            extra = [self.get(one.id) for one in self._holds.values() if one.patron != patron and one.is_open][:1]
            yield evolve(page, rows=(*page.rows, *extra), total=None)


class MergedForgotten(Spoilt):
    """Does not list what was placed on a record that was merged away."""

    def of_patron(self, patron: PatronId) -> Pages:
        """Of one record only."""
        own = {number for number, one in self._holds.items() if one.patron == patron}
        for page in super().of_patron(patron):
            yield evolve(page, rows=tuple(row for row in page.rows if row.id in own), total=None)


class EndedStillWaits(Spoilt):
    """Reads a word that it does not know as waiting."""

    def get(self, hold: HoldId) -> Hold:
        """It waits."""
        found = super().get(hold)
        return found if found.is_open else evolve(found, state=HoldState.WAITING, trapped=None)


class MatchesPrefix(Spoilt):
    """Finds by how an id begins, as a search does."""

    def get(self, hold: HoldId) -> Hold:
        """The first that is like it."""
        alike = [one for one in self._holds if one.local.endswith(hold.local)]
        return super().get(alike[0] if alike else hold)


class StripsPrefix(Spoilt):
    """Strips the instance off an id and answers about its own hold of that number."""

    def get(self, hold: HoldId) -> Hold:
        """Of whichever instance."""
        return super().get(evolve(hold, backend=self.world.context.instance))


class ForeignTitle(Spoilt):
    """Gives a title an id without its own instance."""

    def get(self, hold: HoldId) -> Hold:
        """On a title of nowhere."""
        found = super().get(hold)
        return evolve(found, title=evolve(found.title, backend="ils"))


class FirstPageOnly(Spoilt):
    """Reads the first page and says that it was the last."""

    def of_patron(self, patron: PatronId) -> Pages:
        """Two holds at most."""
        yield evolve(next(iter(super().of_patron(patron))), last=True, total=None)


class RowsThatChange(Spoilt):
    """Gives the rows of a page as a list, which whoever reads it first may empty."""

    def of_title(self, title: TitleId) -> Pages:
        """As they were read."""
        for page in super().of_title(title):
            rows: Any = list(page.rows)
            yield evolve(page, rows=rows)


class CutPassedOff(Spoilt):
    """Marks whatever page it got to as the last."""

    def iter_pulls(self, library: LocationId) -> Pages:
        """Whole, it says."""
        for page in super().iter_pulls(library):
            yield page if self.cut_after is None else evolve(page, last=True, total=None)


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def get(self, hold: HoldId) -> Hold:
        """An answer of tomorrow."""
        found = super().get(hold)
        return evolve(found, as_of=found.as_of + timedelta(days=1))


class PullsWhatIsElsewhere(Spoilt):
    """Prints on every library's list what is on any shelf."""

    def iter_pulls(self, library: LocationId) -> Pages:
        """Fetch it from there."""
        shelves = {one.at for one in self._items.values() if one.at is not None}
        rows = [
            row
            for at in sorted(shelves)
            for page in super(PullsWhatIsElsewhere, self).iter_pulls(at)
            for row in page.rows
        ]
        shown = tuple(evolve(row, at=library) for row in rows)
        return iter([Page(shown, self.world.clock.now(), last=True, total=len(shown))])


class PullsAnyItem(Spoilt):
    """Prints for an item-level hold the first item of the title."""

    def iter_pulls(self, library: LocationId) -> Pages:
        """This one will do."""
        for page in super().iter_pulls(library):
            rows = tuple(evolve(row, item=self._first_of(row.title, library)) for row in page.rows)
            yield evolve(page, rows=rows)

    def _first_of(self, title: TitleId, library: LocationId) -> ItemId:
        return min(number for number, one in self._items.items() if (one.title, one.at) == (title, library))


class OneShelfForAll(Spoilt):
    """Lists on every library's hold shelf what is on any."""

    def iter_shelf(self, library: LocationId) -> Pages:
        """Ask there."""
        libraries = sorted({one.pickup for one in self._holds.values()})
        rows = [row for at in libraries for page in super(OneShelfForAll, self).iter_shelf(at) for row in page.rows]
        shown = tuple(evolve(row, pickup=library) for row in rows)
        return iter([Page(shown, self.world.clock.now(), last=True, total=len(shown))])


class ForgetsTheUnclaimed(Spoilt):
    """Lists only what may still be picked up."""

    def iter_shelf(self, library: LocationId) -> Pages:
        """The others stay there for ever."""
        for page in super().iter_shelf(library):
            rows = tuple(row for row in page.rows if row.is_open)
            yield evolve(page, rows=rows, total=None)


class NeverTakenDown(Spoilt):
    """Keeps on the shelf what was taken down long ago."""

    def _taken_down(self, item: ItemId) -> None:
        """It was not seen."""


class Cached(Spoilt):
    """Keeps answers and gives them out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: dict[HoldId, Hold] = {}

    def get(self, hold: HoldId) -> Hold:
        """What was true at the first question."""
        return evolve(self.kept.setdefault(hold, super().get(hold)), as_of=self.world.clock.now())


class EndsADayLate(Spoilt):
    """Ends a suspension after the day on which it should be active again."""

    def nightly(self) -> tuple[Hold, ...]:
        """One night later."""
        kept = dict(self._holds)
        ended = super().nightly()
        today = self._today()
        for number, before in kept.items():
            if before.suspended_until == today:
                self._holds[number] = before
        return ended


class EndsOnItsLastDay(Spoilt):
    """Ends a hold in the night before its last day."""

    def _today(self) -> date:
        return super()._today() + timedelta(days=1)

    def nightly(self) -> tuple[Hold, ...]:
        """Only what is not needed any more, and what was not picked up."""
        asleep = {n: one for n, one in self._holds.items() if one.state is HoldState.SUSPENDED}
        ended = super().nightly()
        self._holds.update(asleep)
        return ended


class NeverUnfillable(Spoilt):
    """Sets no item aside at its own pickup library: it is always on its way."""

    def check_in(self, item: ItemId, at: LocationId, shelf_until: date | None = None) -> Hold | None:
        """Into the crate."""
        found = super().check_in(item, at, shelf_until)
        if found is None or found.state not in TRAPPED:
            return found
        self._holds[found.id] = evolve(self._holds[found.id], state=HoldState.IN_TRANSIT)
        return self.get(found.id)


class SetAsideTwice(Spoilt):
    """Does not look whether an item that comes in is set aside for somebody already."""

    def set_aside(self, item: ItemId) -> Hold | None:
        """For nobody."""
        return None if item in self._items else super().set_aside(item)


def _undeclared() -> Harness[HoldsBench]:
    whole = holds_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "holds.iter_pulls": Unsupported("no such report")})


_STUDY = "driver study, section 4: properties of every adapter"
_STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"
_KOHA = "Koha as observed: broken Link headers, dates shifted by a day"
_QUEUE = "queues with gaps and items for the wrong hold (driver study, section 4)"

BUGS: tuple[Planted, ...] = (
    bug(DeclaredInVain, "declared but unsupported", _STUDY, "declared"),
    Planted("holds: undeclared but answered", _STUDY, "holds.declared", "holds", _undeclared),
    bug(PatronInLog, "patron in a log", _STUDY, "keeps-patrons"),
    shell(shells.cannot_close_twice, "second close breaks", _STUDY, "closes-twice"),
    shell(shells.breaks_after_close, "use after close breaks", _STUDY, "after-close"),
    bug(Shared, "instances share their pickup libraries", _STUDY, "holds-of-its-own"),
    bug(ItemForgotten, "item left out", _QUEUE, "as-told"),
    bug(TargetsOfTheTitle, "items of an item-level hold", _QUEUE, "as-told"),
    bug(RankFromZero, "suspended holds ranked though hidden", _QUEUE, "ranks"),
    bug(NewestFirst, "queue listed from its end", _QUEUE, "in-the-queues-order"),
    bug(AnothersHoldListed, "another patron's hold listed", _STRANGER, "only-that-patron"),
    bug(MergedForgotten, "holds of a merged record left out", _STRANGER, "only-that-patron"),
    bug(EndedStillWaits, "ended hold still waits", _QUEUE, "ended-hold"),
    bug(MatchesPrefix, "hold matched by a part of its id", _STRANGER, "unknown-record"),
    bug(StripsPrefix, "instance stripped off an id", _STUDY, "foreign-record"),
    bug(ForeignTitle, "title's id of another instance", _STUDY, "own-ids"),
    bug(FirstPageOnly, "first page only", _KOHA, "whole-list"),
    bug(RowsThatChange, "rows of a page that can be changed", _STUDY, "whole-list"),
    bug(CutPassedOff, "broken list marked as whole", _KOHA, "cut-list"),
    bug(FromTheFuture, "answer dated in the future", _STUDY, "dated"),
    bug(PullsWhatIsElsewhere, "item of another library's shelf to be fetched", _QUEUE, "pick-list"),
    bug(PullsAnyItem, "another item than asked for to be fetched", _QUEUE, "pick-list"),
    bug(OneShelfForAll, "one hold shelf listed at every library", _QUEUE, "hold-shelf"),
    bug(ForgetsTheUnclaimed, "what nobody picked up left out of the hold shelf", _QUEUE, "not-picked-up"),
    bug(NeverTakenDown, "what was taken down listed on the hold shelf", _QUEUE, "not-picked-up"),
    bug(Cached, "stale read", _STUDY, "sees-changes"),
    bug(NeverUnfillable, "item at its pickup library sent on its way", _QUEUE, "sees-changes"),
    bug(EndsADayLate, "suspension ends a day late", _KOHA, "suspension-ends"),
    bug(EndsOnItsLastDay, "hold ends on its last day", _KOHA, "last-day"),
    shell(shells.foreign_on_outage, "foreign exception while the system is down", _STUDY, "unreachable"),
    *holds_writes.BUGS,
    bug(SetAsideTwice, "one item set aside for two", _QUEUE, "like-the-reference"),
    *loose_settings("holds", "ils", holds_harness(lambda world: Spoilt(world).bench()), "holds"),
)
"""In the order of the checks."""
