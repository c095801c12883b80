"""Two ILSs to whom staff do the same things."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.kernel.ids import LoanId, LocationId
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import Harness, LoansBench
from scld_core.testing.lists import rows_of
from scld_core.testing.loans_tools import DUE, LIBRARY, WRITES, desk, request
from scld_core.testing.synthetic import INSTANCE, NOW, catalogue, item
from scld_core.testing.synthetic_accounts import patron

__all__ = ["LoansDuel"]

_SIZE = len(catalogue().items)
_SEEDED = frozenset(seen.loan.id for seen in catalogue().items if seen.loan is not None)
_STATES = (ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF)
_DECLARED = (ItemState.LOST, ItemState.CLAIMS_RETURNED)
_STAFF = ("lend", "return", "mark")
_SAID = (ItemState.LOST, ItemState.MISSING)


class LoansDuel(Sides[LoansBench]):
    """Two ILSs with equal catalogues.

    Patrons and households are left out, since an extract may lack them. A source that is not live
    and says nothing new is compared no further. `choice` of a write is for which patron, until when, or
    as what; with 2 added, the last key of that verb and item is used again, for the same or for the other.
    """

    def __init__(self, reference: Harness[LoansBench], subject: Harness[LoansBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(desk()))
        self._known = [{seen.item: seen for seen in catalogue().items} for _ in self.sides]
        self._loans = 0
        self._behind = False
        self._keys: dict[tuple[str, int], str] = {}
        self._remembers = reference.remembers_keys and subject.remembers_keys
        self.shows = all(side.bench.show for side in self.sides)
        found = [Call("get", number) for number in range(_SIZE + 1)]
        found += [Call("iter_items", number) for number in range(_SIZE)]
        found += [Call("iter_overdue", 0, days) for days in (-10, -1, 0, 1, 10)]
        found += [Call("of_patron", number) for number in (0, 1, 999)]
        choices = (0, 1, 2, 3) if self._remembers else (0, 1)
        found += [Call(verb, n, choice) for verb in WRITES for n in (1, 2, 6, 11) for choice in choices]
        staff = [Call(verb, n, choice) for verb in _STAFF for n in range(4) for choice in (0, 1)]
        offered = [call for call in found if self.offers(call.verb)]
        self.calls = (*offered, *(staff if self.shows else ()))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both; after something at the desk, the item and what is overdue."""
        if self._behind:
            return None, None
        if call.verb in WRITES:
            return self._write(call)
        if call.verb == "of_patron":
            return self.both(lambda side: _owned(side, call.number))
        if call.verb in _STAFF:
            self._loans += call.verb == "lend"
            changed = [self._desk(call, place) for place in range(len(self.sides))]
            behind = [_shown(side, seen) for side, seen in zip(self.sides, changed, strict=True)]
            self._behind = any(behind)
            if self._behind:
                return None, None
            return self.both(lambda side: (_one(side, call.number), _overdue(side, 0)))
        if call.verb == "get":
            return self.both(lambda side: _one(side, call.number))
        if call.verb == "iter_items":
            return self.both(lambda side: _some(side, call.number))
        return self.both(lambda side: _overdue(side, call.choice))

    def _write(self, call: Call) -> tuple[Any, Any]:
        asked = (call.verb, call.number)
        key = self._keys.get(asked, "") if call.choice >= 2 else ""
        key = key or self.sides[0].case.key()
        self._keys[asked] = key
        for side in self.sides:
            side.case.clock.tick(seconds=60)
        return self.both(lambda side: _written(side, call, key))

    def _desk(self, call: Call, place: int) -> Circulation:
        """The item as staff leave it, from what they see of it: where nothing but staff writes, what they left."""
        side, known = self.sides[place], self._known[place]
        now = side.case.clock.now()
        seen = side.bench.loans.get(item(call.number)) if self.offers("check_out") else known[item(call.number)]
        lent = seen.open_loan
        if call.verb == "return":
            back = seen.loan if lent is None else evolve(lent, returned_at=now)
            seen = evolve(seen, state=_STATES[call.choice], since=now, loan=back, word="")
        elif call.verb == "mark" and lent is not None:
            seen = evolve(seen, state=_DECLARED[call.choice], since=now, word="")
        elif call.verb == "lend" and lent is None:
            due = NOW + timedelta(hours=-24 if call.choice else 3)
            loan = Loan(LoanId(INSTANCE, f"duel-{self._loans}"), seen.item, due, out_at=now)
            seen = evolve(seen, state=ItemState.ON_LOAN, since=now, loan=loan, word="")
        known[seen.item] = seen
        return seen


def _written(side: Side[LoansBench], call: Call, key: str) -> object:
    port, subject, choice = side.bench.loans, item(call.number), call.choice % 2
    due = DUE + timedelta(days=choice)
    if call.verb == "check_out":
        port.check_out(request(subject, number=1 + choice, due_at=due, at_most=4), key=key)
    elif call.verb == "check_in":
        back = port.check_in(subject, (LIBRARY, LocationId("cheney"))[choice], key=key)
        return (*_facts(back.circulation), back.ended is not None, str(back.route_to))
    elif call.verb == "renew":
        port.renew(subject, due, key=key)
    elif call.verb == "claim_returned":
        port.claim_returned(subject, key=key)
    else:
        port.declare(subject, _SAID[choice], key=key)
    return (_one(side, call.number), _owned(side, 1))


def _owned(side: Side[LoansBench], number: int) -> object:
    if not side.case.declares("of_patron"):
        return ()
    return sorted((str(loan.item), str(loan.due_at)) for loan in rows_of(side.bench.loans.of_patron(patron(number))))


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
    own = loan is not None and loan.id not in _SEEDED and not loan.id.local.startswith("duel-")
    told = ("own" if own else str(loan.id), str(loan.due_at), str(loan.returned_at)) if loan else ()
    return (str(seen.item), seen.state.value, *told)
