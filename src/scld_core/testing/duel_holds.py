"""Two ILSs in which the same holds are placed, changed and filled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.errors import NotFound
from scld_core.holds.model import Hold, HoldManner
from scld_core.kernel.decision import Unanswered
from scld_core.kernel.ids import HoldId
from scld_core.testing.case import Case
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import Harness, HoldsBench
from scld_core.testing.holds_tools import WRITES, asked, facts
from scld_core.testing.references_holds import reference_of
from scld_core.testing.synthetic import item
from scld_core.testing.synthetic_accounts import COUNT, MERGED, patron
from scld_core.testing.synthetic_holds import CHENEY, COPIES, NORTH, TODAY, desk, hold, request

__all__ = ["HoldsDuel"]

_TITLES = (1, 2, 3, 5)
_PLACES = (NORTH, CHENEY)
_COMING = tuple(number for number in COPIES if number != 6)  # nobody has that one, and it cannot be held
_CHOICES = {"cancel": {0, 2}, "suspend": {0, 1, 2, 3}, "reactivate": {0, 2}, "change_pickup": {0, 1, 2, 3}}
_HOLDS = 8
_NEW = 4  # so many of the holds that are placed meanwhile can be named


class HoldsDuel(Sides[HoldsBench]):
    """Two ILSs with equal holds; the reference treats them as the other one declares to do.

    A hold's number is one of the seed, from `_HOLDS` on one that was placed since, in that order. For `place` the
    number is ten times the patron and the title, and `choice` the pickup library; with 2 added, the
    last key of that verb and number is used again. `come_in` and `days` are at the desk and by the
    clock: they need the levers of both. Holds that are new have no id in common, so that they are told
    by their place; their targets and ranks are compared where both tell them.
    """

    def __init__(self, reference: Harness[HoldsBench], subject: Harness[HoldsBench]) -> None:
        with Case(subject, "duel") as case:
            manner = case.open(desk()).holds.manner
        if manner != HoldManner():  # the reference has every manner, and takes the subject's
            reference = reference_of(manner)
        super().__init__(reference, subject, lambda case: case.open(desk()))
        self.tells = set(self.sides[0].bench.tells) & set(self.sides[1].bench.tells)
        self._new: list[list[HoldId]] = [[], []]
        self._keys: dict[tuple[str, int], str] = {}
        self.remembers = reference.remembers_keys and subject.remembers_keys
        self._keeps_ended = self._shows_ended()
        self.calls = self._calls()

    def _calls(self) -> tuple[Call, ...]:
        choices = {0, 1, 2, 3} if self.remembers else {0, 1}
        numbers = range(_HOLDS + _NEW)
        found = [Call("get", number) for number in (*numbers, 999)]
        found += [Call("of_patron", number) for number in (*range(COUNT), *self._merged(), 999)]
        found += [Call("of_title", number) for number in (*_TITLES, 999)]
        found += [Call(verb, 0, choice) for verb in ("iter_pulls", "iter_shelf") for choice in (0, 1)]
        found += [Call("place", 10 * who + what, c) for who in (1, 3, 4) for what in (1, 3, 4, 5) for c in choices]
        found += [Call(verb, number, c) for verb in WRITES[1:] for number in numbers for c in _CHOICES[verb] & choices]
        offered = [call for call in found if self.offers(call.verb)]
        if all(side.bench.come_in for side in self.sides):
            offered += [Call("come_in", number, choice) for number in _COMING for choice in (0, 1)] * 3
        if all(side.bench.night for side in self.sides):
            offered += [Call("days", days) for days in (1, 4)]
        return tuple(offered)

    def _merged(self) -> tuple[int, ...]:
        """A record that was merged away, unless the ILS has forgotten that there was one."""
        try:
            list(self.sides[1].bench.holds.of_patron(patron(MERGED[0])))
        except NotFound:
            return ()
        except Exception:  # noqa: BLE001, S110 - the comparison will show it
            pass
        return MERGED[:1]

    def _shows_ended(self) -> bool:
        try:
            return self.sides[1].bench.holds.get(hold(6)).id == hold(6)
        except Exception:  # noqa: BLE001 - the checks judge it
            return False

    def _ended(self, call: Call) -> bool:
        """Whether a call is about a hold that has ended, of an ILS that forgets these."""
        if self._keeps_ended or call.verb not in ("get", *WRITES[1:]):
            return False
        try:
            return not self.sides[0].bench.holds.get(self._hold(self.sides[0], call.number)).is_open
        except NotFound:
            return False

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both, and what it left; none about a hold that only one of them still shows."""
        if self._ended(call):
            return None, None
        if call.verb == "get":
            return self.both(lambda side: self._told(side, side.bench.holds.get(self._hold(side, call.number))))
        if call.verb in ("of_patron", "of_title"):
            return self.both(lambda side: self._list(side, call))
        if call.verb == "iter_pulls":
            return self.both(lambda side: self._pulls(side, call.choice))
        if call.verb == "iter_shelf":
            return self.both(lambda side: self._shelf(side, call.choice))
        for side in self.sides:
            side.case.clock.tick(seconds=60)
        if call.verb in ("come_in", "days"):
            return self.both(lambda side: self._at_the_desk(side, call))
        return self._write(call)

    def _write(self, call: Call) -> tuple[Any, Any]:
        asked_for = (call.verb, call.number)
        key = self._keys.get(asked_for, "") if call.choice >= 2 else ""
        key = key or self.sides[0].case.key()
        self._keys[asked_for] = key
        return self.both(lambda side: self._written(side, call, key))

    def _at_the_desk(self, side: Side[HoldsBench], call: Call) -> object:
        if call.verb == "days":
            side.case.clock.tick(days=call.number)
            assert side.bench.night is not None  # `_calls` says so
            side.bench.night()
        else:
            assert side.bench.come_in is not None
            side.bench.come_in(item(call.number), _PLACES[call.choice])
        return [self._list(side, Call("of_title", what)) for what in _TITLES]

    def _written(self, side: Side[HoldsBench], call: Call, key: str) -> object:
        port, choice = side.bench.holds, call.choice % 2
        if call.verb == "place":
            wanted = evolve(request(*divmod(call.number, 10), pickup=_PLACES[choice]), at_most=3)
            answer = port.place(wanted, key=key)
            if isinstance(answer, Unanswered):
                return "asks"
            self._remember(side, answer)
            return self._told(side, answer)
        subject = self._hold(side, call.number)
        if call.verb == "suspend":
            until = TODAY + timedelta(days=3) if choice else None
            return self._told(side, port.suspend(subject, until, key=key))
        if call.verb == "change_pickup":
            return self._told(side, port.change_pickup(subject, _PLACES[choice], key=key))
        return self._told(side, (port.cancel if call.verb == "cancel" else port.reactivate)(subject, key=key))

    def _remember(self, side: Side[HoldsBench], new: Hold) -> None:
        known = self._new[self.sides.index(side)]
        if new.id not in known:
            known.append(new.id)

    def _hold(self, side: Side[HoldsBench], number: int) -> HoldId:
        new = self._new[self.sides.index(side)]
        place = number - _HOLDS
        return new[place] if 0 <= place < len(new) else hold(number)

    def _told(self, side: Side[HoldsBench], seen: Hold) -> object:
        new = self._new[self.sides.index(side)]
        number = f"new {new.index(seen.id)}" if seen.id in new else str(seen.id)
        return number, seen.rank, facts(seen, self.tells)[1:]

    def _list(self, side: Side[HoldsBench], call: Call) -> object:
        return [self._told(side, one) for page in asked(side.bench, call.verb, call.number) for one in page.rows]

    def _pulls(self, side: Side[HoldsBench], choice: int) -> object:
        pages = asked(side.bench, "iter_pulls", at=_PLACES[choice])
        return [(str(row.item), str(row.title), str(row.pickup)) for page in pages for row in page.rows]

    def _shelf(self, side: Side[HoldsBench], choice: int) -> object:
        rows = [row for page in asked(side.bench, "iter_shelf", at=_PLACES[choice]) for row in page.rows]
        return sorted(str(self._told(side, row)) for row in rows if row.is_open or self._keeps_ended)
