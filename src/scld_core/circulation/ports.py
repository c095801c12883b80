"""What circulation needs of an ILS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import date, datetime
from typing import Protocol

from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.kernel.capability import reads, writes
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.page import Page

__all__ = ["DECLARED", "KEEPS_LOAN", "Loans"]

KEEPS_LOAN = frozenset({ItemState.LOST, ItemState.LOST_PAID, ItemState.ON_LOAN})
"""What can be declared of an item on loan only, and leaves the loan open."""

DECLARED = KEEPS_LOAN | {ItemState.MISSING, ItemState.WITHDRAWN, ItemState.CHECKED_IN}
"""What can be declared of an item."""


def _ours(instance: str, loan: Loan) -> bool:
    return loan.item.backend == loan.id.backend == instance


def _whole(instance: str, answer: Circulation) -> bool:
    return answer.loan is None or (answer.loan.item == answer.item and _ours(instance, answer.loan))


def _of_item(instance: str, item: ItemId) -> Callable[[Circulation], bool]:
    return lambda answer: answer.item == item and _whole(instance, answer)


def _of_items(instance: str, items: Collection[ItemId]) -> Callable[[Circulation], bool]:
    asked = frozenset(items)
    return lambda row: row.item in asked and _whole(instance, row)


def _overdue(instance: str, at: datetime) -> Callable[[Loan], bool]:
    return lambda loan: _ours(instance, loan) and loan.due_at <= at


def _of_patron(instance: str, patron: PatronId) -> Callable[[Loan], bool]:
    return lambda loan: loan.patron == patron and loan.is_open and _ours(instance, loan)


class Loans(Protocol):
    """Loans and check-in states of one ILS.

    A write is given an idempotency key. The same key with the same arguments, however late, gives what
    was done with it as it is now and does nothing more; with other arguments it raises Conflict. What an
    item's state does not permit is Rejected. A write raises NotFound for an item or patron that the ILS
    does not know, a fault before any effect Unavailable or RateLimited, and one after which the effect is
    uncertain OutcomeUnknown. A write that was answered has happened: one whose effect the ILS left out is
    OutcomeUnknown or Rejected, never an answer.
    """

    @property
    def live(self) -> bool:
        """Whether `get` asks the ILS at the moment of the call; false for a file."""
        ...

    @reads(about=_of_item)
    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now; raises NotFound for an item the ILS does not know."""
        ...

    @reads(about=_of_items)
    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """The circulation of each of `items` that the ILS knows, in pages; unknown ones are absent."""
        ...

    @reads(about=_overdue)
    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Every open loan that was due at or before `at`, in pages."""
        ...

    @reads(about=_of_patron)
    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """The patron's open loans, the first due first, with those of records merged into this one, in pages.

        Raises NotFound for a patron whom the ILS does not know and for a record that was merged away.
        """
        ...

    @writes()
    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Lend an item; or what has to be answered first, in which case nothing was lent.

        Rejected for an item that has an open loan, was withdrawn or is set aside for somebody else, for a
        record that was merged away, for a due instant that is not to come, and where the patron would have
        more than `at_most`. A hold of this patron for which the item is set aside is filled by it.
        """
        ...

    @writes()
    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Take an item back at a library: its loan ends, and it is set aside for the next hold or has to go home.

        Also for an item that is not on loan. `shelf_until` is the last day on the hold shelf of an item that is set
        aside and picked up here; an ILS that counts those days itself keeps to its own, as it does without one.
        Rejected for an item that was withdrawn.
        """
        ...

    @writes()
    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Move the due instant of the open loan; or what has to be answered first.

        None leaves the date to the ILS. Rejected for an item that is not on loan, is lost or is claimed as
        returned, and for a due instant that is not later than the present one.
        """
        ...

    @writes()
    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Show that the patron says to have brought the item back; its loan stays open.

        An item of which that is shown is left as it is. Rejected for one without an open loan.
        """
        ...

    @writes()
    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Say what became of an item: one of `DECLARED`.

        An open loan stays open as LOST, LOST_PAID and ON_LOAN, which need one, and ends as MISSING,
        WITHDRAWN and CHECKED_IN. An item of which that is shown is left as it is. Rejected for any
        other state.
        """
        ...
