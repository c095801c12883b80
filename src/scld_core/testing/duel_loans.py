"""Two ILSs to whom staff do the same things."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.kernel.ids import LoanId
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import Harness, LoansBench
from scld_core.testing.lists import rows_of
from scld_core.testing.synthetic import INSTANCE, NOW, catalogue, item

__all__ = ["LoansDuel"]

_SIZE = len(catalogue().items)
_STATES = (ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF)
_DECLARED = (ItemState.LOST, ItemState.CLAIMS_RETURNED)


class LoansDuel(Sides[LoansBench]):
    """Two ILSs with equal catalogues.

    Patrons and households are left out, since an extract may lack them. A source that is not live
    and says nothing new is compared no further.
    """

    def __init__(self, reference: Harness[LoansBench], subject: Harness[LoansBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(catalogue()))
        self._known = {seen.item: seen for seen in catalogue().items}
        self._loans = 0
        self._behind = False
        self.shows = all(side.bench.show for side in self.sides)
        found = [Call("get", number) for number in range(_SIZE + 1)]
        found += [Call("iter_items", number) for number in range(_SIZE)]
        found += [Call("iter_overdue", 0, days) for days in (-10, -1, 0, 1, 10)]
        desk = [Call(verb, n, choice) for verb in ("lend", "return", "declare") for n in range(4) for choice in (0, 1)]
        self.calls = tuple(c for c in (*found, *(desk if self.shows else ())) if c in desk or self.offers(c.verb))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both; after something at the desk, the item and what is overdue."""
        if self._behind:
            return None, None
        if call.verb in ("lend", "return", "declare"):
            changed = self._desk(call)
            behind = [_shown(side, changed) for side in self.sides]
            self._behind = any(behind)
            if self._behind:
                return None, None
            return self.both(lambda side: (_one(side, call.number), _overdue(side, 0)))
        if call.verb == "get":
            return self.both(lambda side: _one(side, call.number))
        if call.verb == "iter_items":
            return self.both(lambda side: _some(side, call.number))
        return self.both(lambda side: _overdue(side, call.choice))

    def _desk(self, call: Call) -> Circulation:
        seen = self._known[item(call.number)]
        now = self.sides[0].case.clock.now()
        lent = seen.loan if seen.loan is not None and seen.loan.returned_at is None else None
        if call.verb == "return":
            back = seen.loan if lent is None else evolve(lent, returned_at=now)
            seen = evolve(seen, state=_STATES[call.choice], since=now, loan=back, word="")
        elif call.verb == "declare" and lent is not None:
            seen = evolve(seen, state=_DECLARED[call.choice], since=now, word="")
        elif call.verb == "lend" and lent is None:
            self._loans += 1
            due = NOW + timedelta(hours=-24 if call.choice else 3)
            loan = Loan(LoanId(INSTANCE, f"duel-{self._loans}"), seen.item, due, out_at=now)
            seen = evolve(seen, state=ItemState.ON_LOAN, since=now, loan=loan, word="")
        self._known[seen.item] = seen
        return seen


def _shown(side: Side[LoansBench], changed: Circulation) -> bool:
    """Let the ILS say it; gives whether the source is not live and its answer is older."""
    now = side.case.clock.tick(seconds=60)
    assert side.bench.show is not None  # `shows` says so
    side.bench.show(changed)
    return not side.bench.loans.live and side.bench.loans.get(changed.item).as_of < now


def _one(side: Side[LoansBench], number: int) -> object:
    return _facts(side.bench.loans.get(item(number)))


def _some(side: Side[LoansBench], number: int) -> object:
    asked = [item(n) for n in range(number, _SIZE + 2, 2)]
    return sorted(map(_facts, rows_of(side.bench.loans.iter_items(asked))))


def _overdue(side: Side[LoansBench], days: int) -> object:
    return sorted(str(loan.id) for loan in rows_of(side.bench.loans.iter_overdue(NOW + timedelta(days=days))))


def _facts(seen: Circulation) -> tuple[str, ...]:
    loan = seen.loan
    told = (str(loan.id), str(loan.due_at), str(loan.returned_at)) if loan else ()
    return (str(seen.item), seen.state.value, *told)
