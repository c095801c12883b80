"""Two ILSs whose patrons are flagged, blocked and changed in the same way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.runs.model import AnswerKind
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import Harness, PatronsBench
from scld_core.testing.patrons_tools import facts
from scld_core.testing.synthetic import NOW
from scld_core.testing.synthetic_accounts import AGENCY, COUNT, MERGED, card, ledger, patron

__all__ = ["PatronsDuel"]

_NUMBERS = (0, 1, 2)
_REFERRALS = ("referral-7", "referral-8")
_REASONS = ("collection", "address")
_WRITES = ("set_flag", "clear_flag", "set_block", "clear_block")


class PatronsDuel(Sides[PatronsBench]):
    """Two ILSs with equal patrons.

    `choice` is which referral or which reason; with 2 added, the last key of that verb and patron is
    used again, for the same or for the other. `move` changes a patron at the desk. A source that is
    not live and says nothing new is compared no further, nor is what a person has to carry out.
    """

    def __init__(self, reference: Harness[PatronsBench], subject: Harness[PatronsBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(ledger()))
        self._keys: dict[tuple[str, int], str] = {}
        self._moves = 0
        self._behind = False
        self.remembers = reference.remembers_keys and subject.remembers_keys
        self.shows = all(side.bench.show for side in self.sides)
        self.calls = self._calls()

    def _calls(self) -> tuple[Call, ...]:
        found = [Call("get", number) for number in (*range(COUNT), *MERGED, 999)]
        found += [Call("find", number, age) for number in range(COUNT) for age in (0, 1, 7)]
        choices = (0, 1, 2, 3) if self.remembers else (0, 1)
        found += [Call(verb, number, choice) for verb in _WRITES for number in _NUMBERS for choice in choices]
        found += [Call(verb, number) for verb in _WRITES for number in (MERGED[0], 999)]
        offered = [call for call in found if self.offers(call.verb)]
        return (*offered, *(Call("move", number) for number in _NUMBERS if self.shows))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both, and the patron afterwards."""
        if self._behind:
            return None, None
        if call.verb == "get":
            return self.both(lambda side: facts(side.bench.patrons.get(patron(call.number))))
        if call.verb == "find":
            return self.both(lambda side: _found(side, call))
        for side in self.sides:
            side.case.clock.tick(seconds=60)
        return self._move(call.number) if call.verb == "move" else self._write(call)

    def _write(self, call: Call) -> tuple[Any, Any]:
        asked = (call.verb, call.number)
        key = self._keys.get(asked, "") if call.choice >= 2 else ""
        key = key or self.sides[0].case.key()
        self._keys[asked] = key
        found = self.both(lambda side: _written(side, call, key))
        self._behind = "by a person" in found
        return (None, None) if self._behind else found

    def _move(self, number: int) -> tuple[Any, Any]:
        self._moves += 1
        for side in self.sides:
            told: Patron = evolve(side.bench.patrons.get(patron(number)), category=f"kind-{self._moves}")
            assert side.bench.show is not None  # `shows` says so
            side.bench.show(told)
            seen = side.bench.patrons.get(patron(number))
            self._behind = self._behind or (not side.bench.patrons.live and seen.as_of < side.case.clock.now())
        return (None, None) if self._behind else self.both(lambda side: _shown(side, number))


def _shown(side: Side[PatronsBench], number: int) -> object:
    return facts(side.bench.patrons.get(patron(number)))


def _found(side: Side[PatronsBench], call: Call) -> object:
    seen = side.bench.patrons.find(card(call.number, call.choice))
    return None if seen is None else facts(seen)


def _written(side: Side[PatronsBench], call: Call, key: str) -> object:
    port, subject, choice = side.bench.patrons, patron(call.number), call.choice % 2
    since = NOW - timedelta(days=choice)
    if call.verb == "set_flag":
        answer = port.set_flag(subject, CollectionFlag(AGENCY, since, _REFERRALS[choice]), key=key)
    elif call.verb == "clear_flag":
        answer = port.clear_flag(subject, _REFERRALS[choice], key=key)
    elif call.verb == "set_block":
        answer = port.set_block(subject, Block(_REASONS[choice], since, "scld"), key=key)
    else:
        answer = port.clear_block(subject, _REASONS[choice], key=key)
    if answer.kind is AnswerKind.FOR_OPERATOR:
        return "by a person"
    return _shown(side, call.number)
