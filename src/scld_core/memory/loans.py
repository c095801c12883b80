"""The reference ILS for loans and check-in states: what `circulation.ports.Loans` means."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from attrs import evolve

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import InvalidValue, NotFound, Rejected
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.patrons.model import Household

__all__ = ["MemoryLoans"]

T = TypeVar("T")


class MemoryLoans:
    """Items and loans in memory; each answer is true at the clock's present.

    The writers below the port's methods stand for staff at the desk. An item has one open loan at
    most. What staff declare of an item (lost, claimed, missing) leaves its loan open; only a
    check-in ends it. `cut_after` makes a list break off after so many pages, as a failing
    connection would: the last page then lacks `last`.
    """

    live = True

    def __init__(self, clock: Clock, *, backend: str = "main", page_size: int = 100) -> None:
        self._clock = clock
        self._backend = backend
        self._page_size = page_size
        self._items: dict[ItemId, Circulation] = {}
        self._loans = 0
        self.cut_after: int | None = None

    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now."""
        try:
            return evolve(self._items[item], as_of=self._clock.now())
        except KeyError:
            raise NotFound(self._backend, "get", f"no item {item}") from None

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """The circulation of each known item of `items`, in the order of their ids."""
        return self._pages([self.get(item) for item in sorted(self._items.keys() & set(items))])

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Open loans due at or before `at`, the longest overdue first."""
        loans = [seen.loan for seen in self._items.values() if seen.loan is not None]
        overdue = [loan for loan in loans if loan.returned_at is None and loan.due_at <= at]
        return self._pages(sorted(overdue, key=lambda loan: (loan.due_at, loan.item)))

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        now, size = self._clock.now(), self._page_size
        starts = range(0, max(len(rows), 1), size)  # an empty list is one empty page, not none
        for number, start in enumerate(starts):
            if number == self.cut_after:
                return
            yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))

    def put(self, seen: Circulation) -> None:
        """File an item as a sample or a test describes it, replacing what was known."""
        self._items[seen.item] = seen

    def add(self, item: ItemId) -> Circulation:
        """Catalogue an item that is on the shelf; one that is known already is refused."""
        if item in self._items:
            raise Rejected(self._backend, "add", f"{item} exists already")
        return self._put(Circulation(item, ItemState.CHECKED_IN, self._clock.now()))

    def check_out(
        self,
        item: ItemId,
        *,
        due_at: datetime,
        loan: LoanId | None = None,
        patron: PatronId | None = None,
        household: Household | None = None,
    ) -> Circulation:
        """Lend an item, cataloguing it when it is new; one with an open loan is refused."""
        known = self._items.get(item)
        if known is not None and _open_loan(known) is not None:
            raise Rejected(self._backend, "check_out", f"{item} has an open loan")
        self._loans += 1
        number = loan or LoanId(item.backend, f"loan-{self._loans}")
        now = self._clock.now()
        lent = Loan(number, item, due_at, out_at=now, patron=patron, household=household)
        return self._put(Circulation(item, ItemState.ON_LOAN, now, lent))

    def renew(self, item: ItemId, due_at: datetime) -> Circulation:
        """Move the open loan's due instant; an item without one is refused."""
        known = self.get(item)
        lent = _open_loan(known)
        if lent is None:
            raise Rejected(self._backend, "renew", f"{item} is not on loan")
        self._items[item] = evolve(known, loan=evolve(lent, due_at=due_at))
        return self.get(item)

    def check_in(self, item: ItemId, state: ItemState = ItemState.CHECKED_IN) -> Circulation:
        """Take an item back: to the shelf, into transit or onto the hold shelf; ends its open loan."""
        if state not in (ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF):
            raise InvalidValue("check_in", "state", "must be checked_in, in_transit or on_hold_shelf")
        known = self.get(item)
        lent = _open_loan(known)
        ended = known.loan if lent is None else evolve(lent, returned_at=self._clock.now())
        return self._put(Circulation(item, state, self._clock.now(), ended))

    def declare(self, item: ItemId, state: ItemState, since: datetime | None = None, *, word: str = "") -> Circulation:
        """Say what became of an item, from `since` (now when left out); its loan stays as it is.

        With UNKNOWN_WORD, `word` is the ILS's own word that nobody translated.
        """
        return self._put(evolve(self.get(item), state=state, word=word), since)

    def _put(self, seen: Circulation, since: datetime | None = None) -> Circulation:
        self._items[seen.item] = evolve(seen, since=since or self._clock.now())
        return self.get(seen.item)


def _open_loan(seen: Circulation) -> Loan | None:
    return seen.loan if seen.loan is not None and seen.loan.returned_at is None else None
