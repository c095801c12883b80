"""What circulation needs of an ILS."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from scld_core.circulation.model import Circulation, Loan
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Page

__all__ = ["Loans"]


class Loans(Protocol):
    """Loans and check-in states of one ILS."""

    @property
    def live(self) -> bool:
        """Whether `get` asks the ILS at the moment of the call; false for a file."""
        ...

    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now; raises NotFound for an item the ILS does not know."""
        ...

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """The circulation of each of `items` that the ILS knows, in pages; unknown ones are absent."""
        ...

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Every open loan that was due at or before `at`, in pages."""
        ...
