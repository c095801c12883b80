"""What holds need of an ILS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Protocol

from scld_core.holds.model import Hold, HoldManner, HoldRequest, Pull
from scld_core.holds.rules import on_shelf
from scld_core.kernel.capability import reads, writes
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, LocationId, PatronId, TitleId
from scld_core.kernel.page import Page

__all__ = ["Holds"]


def _ours(instance: str, hold: Hold) -> bool:
    records = (hold.id, hold.patron, hold.title, hold.item, hold.trapped, *(hold.targets or ()))
    return all(record is None or record.backend == instance for record in records)


def _the_hold(instance: str, hold: HoldId) -> Callable[[Hold], bool]:
    return lambda answer: answer.id == hold and _ours(instance, answer)


def _of_patron(instance: str, patron: PatronId) -> Callable[[Hold], bool]:
    return lambda row: row.patron == patron and row.is_open and _ours(instance, row)


def _of_title(instance: str, title: TitleId) -> Callable[[Hold], bool]:
    return lambda row: row.title == title and row.is_open and _ours(instance, row)


def _at(instance: str, library: LocationId) -> Callable[[Pull], bool]:
    return lambda row: row.at == library and row.item.backend == row.hold.backend == instance


def _on_shelf_of(instance: str, library: LocationId) -> Callable[[Hold], bool]:
    return lambda row: row.pickup == library and on_shelf(row) and _ours(instance, row)


class Holds(Protocol):
    """The holds of one ILS.

    A write is given an idempotency key. The same key with the same arguments, however late, gives the
    same hold as it is now and does nothing more; with other arguments it raises Conflict. What a hold's
    state does not permit is Rejected, and so is a second open hold of one patron on one title. A write
    raises NotFound for a hold, patron or title that the ILS does not know, a fault before any effect
    Unavailable or RateLimited, and one after which the effect is uncertain OutcomeUnknown. A write that
    was answered has happened: one whose effect the ILS left out is OutcomeUnknown or Rejected, never an
    answer.
    """

    @property
    def live(self) -> bool:
        """Whether reading asks the ILS at the moment of the call; false for a file."""
        ...

    @property
    def manner(self) -> HoldManner:
        """How this ILS treats holds."""
        ...

    @reads(about=_the_hold)
    def get(self, hold: HoldId) -> Hold:
        """The hold now, also one that has ended where the ILS keeps these; NotFound for any other."""
        ...

    @reads(about=_of_patron)
    def of_patron(self, patron: PatronId) -> Iterator[Page[Hold]]:
        """The patron's open holds in the order in which they were placed, in pages; NotFound for nobody."""
        ...

    @reads(about=_of_title)
    def of_title(self, title: TitleId) -> Iterator[Page[Hold]]:
        """The title's open holds in the order in which they will be filled, trapped ones first, in pages."""
        ...

    @reads(about=_at)
    def iter_pulls(self, library: LocationId) -> Iterator[Page[Pull]]:
        """The pick list of a library: an item on its shelf for each hold that one of them can fill, in pages."""
        ...

    @reads(about=_on_shelf_of)
    def iter_shelf(self, library: LocationId) -> Iterator[Page[Hold]]:
        """The holds whose item stands on the hold shelf of a library, the first day over first, in pages.

        Those that are ready, and those that nobody picked up in time until the item is taken down. A hold
        without a last day comes after the others.
        """
        ...

    @writes()
    def place(self, request: HoldRequest, *, key: str, answers: Answers | None = None) -> Hold | Unanswered:
        """Place a hold; or what has to be answered first, in which case nothing was placed.

        Rejected where the patron would have more than `at_most`, for an item of another title, and for a
        title that cannot be held.
        """
        ...

    @writes()
    def cancel(self, hold: HoldId, *, key: str) -> Hold:
        """End a hold; an item that was set aside goes to the next one. One that was cancelled stays so."""
        ...

    @writes()
    def suspend(self, hold: HoldId, until: date | None, *, key: str) -> Hold:
        """Pass over a hold until a day, or until it is reactivated; what else happens `manner` declares.

        Again with another day changes the day. Rejected for a day that is not after today.
        """
        ...

    @writes()
    def reactivate(self, hold: HoldId, *, key: str) -> Hold:
        """End the suspension now; a hold that is not suspended is left as it is."""
        ...

    @writes()
    def change_pickup(self, hold: HoldId, pickup: LocationId, *, key: str) -> Hold:
        """Change where it is picked up. Rejected once an item is set aside, unless `manner` says otherwise."""
        ...
