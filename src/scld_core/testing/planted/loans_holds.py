"""ILSs whose loans do not mind their holds."""

from __future__ import annotations

from datetime import date

from scld_core.circulation.model import CheckIn, CheckOutRequest, Loan
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import ItemId, LocationId
from scld_core.testing.harness import Harness, LoansBench
from scld_core.testing.planted.ils import Spoilt
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import loans_harness

__all__ = ["BUGS"]


class BackOnTheShelf(Spoilt):
    """Takes every item back to its own shelf, whoever waits for it."""

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """As if nobody did."""
        holds, self._holds = self._holds, None
        try:
            return super().check_in(item, at, key=key, shelf_until=shelf_until)
        finally:
            self._holds = holds


class StaysWhereItCameIn(Spoilt):
    """Sets an item aside, and forgets to say where it has to go."""

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """It stays."""
        found = super().check_in(item, at, key=key, shelf_until=shelf_until)
        return found if found.hold is None else CheckIn(found.circulation, found.ended, found.hold, None)


class OnTheShelfForEver(Spoilt):
    """Puts what is ready on the hold shelf without an end."""

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Until it is picked up."""
        del shelf_until
        return super().check_in(item, at, key=key)


class FirstComeFirstServed(Spoilt):
    """Lends what is set aside to whoever takes it to the desk."""

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """To anybody."""
        hold = None if self._holds is None else self._holds.set_aside(request.item)
        if self._holds is not None and hold is not None and hold.patron != request.patron:
            self._holds.free(hold.id)
        return super().check_out(request, key=key, answers=answers)


_DESK = "holds trapped at check-in and lent to the next in line (issue 4: wrong pickup, trapped, in transit)"


def _bug(kind: type[Spoilt], name: str, caught_by: str) -> Planted:
    def made() -> Harness[LoansBench]:
        return loans_harness(lambda world: kind(world).bench(), name)

    return Planted(f"loans: {name}", _DESK, f"loans.{caught_by}", "loans", made)


BUGS: tuple[Planted, ...] = (
    _bug(BackOnTheShelf, "an item that is waited for goes back on the shelf", "set-aside"),
    _bug(StaysWhereItCameIn, "an item for another library stays", "set-aside"),
    _bug(OnTheShelfForEver, "an item that is ready kept on the hold shelf for ever", "set-aside"),
    _bug(FirstComeFirstServed, "an item that is set aside lent to another", "for-nobody-else"),
)
"""In the order of the checks."""
