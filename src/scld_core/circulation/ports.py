"""What circulation needs of an ILS."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Protocol

from scld_core.circulation.model import Circulation, Loan
from scld_core.kernel.capability import reads
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Page

__all__ = ["Loans"]


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


class Loans(Protocol):
    """Loans and check-in states of one ILS."""

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
