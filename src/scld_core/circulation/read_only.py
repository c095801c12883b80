"""A source that shows loans and changes none, such as a file: what it says to every request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.errors import UnsupportedOperation
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.page import Page

__all__ = ["ReadOnlyLoans"]


class ReadOnlyLoans:
    """The part of `circulation.ports.Loans` that such a source does not offer, to be inherited.

    A backend that uses it declares `loans.of_patron` and every write as unsupported. `refused` says why.
    """

    refused = "it shows loans and changes none"

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """Raises UnsupportedOperation."""
        raise self._unsupported("of_patron", patron)

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Raises UnsupportedOperation."""
        raise self._unsupported("check_out", request, key, answers)

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Raises UnsupportedOperation."""
        raise self._unsupported("check_in", item, at, key, shelf_until)

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Raises UnsupportedOperation."""
        raise self._unsupported("renew", item, due_at, key, answers)

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Raises UnsupportedOperation."""
        raise self._unsupported("claim_returned", item, key)

    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Raises UnsupportedOperation."""
        raise self._unsupported("declare", item, state, key)

    def _unsupported(self, operation: str, *given: object) -> UnsupportedOperation:
        del given
        return UnsupportedOperation(type(self).__name__, operation, self.refused)
