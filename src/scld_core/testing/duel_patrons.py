"""Two ILSs whose patrons are flagged, blocked and changed in the same way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from attrs import evolve

from scld_core.kernel.ids import PatronId
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.patrons.requests import PatronChange, PatronQuery
from scld_core.runs.model import AnswerKind
from scld_core.testing.case import Case
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import Harness, PatronsBench
from scld_core.testing.patrons_tools import PEOPLE, facts, listed, newcomer
from scld_core.testing.synthetic import NOW
from scld_core.testing.synthetic_accounts import AGENCY, COUNT, MERGED, card, ledger, patron
from scld_core.testing.synthetic_people import SHARED_PHONE, contact, name_of, roll

__all__ = ["PatronsDuel"]

_NUMBERS = (0, 1, 2)
_REFERRALS = ("referral-7", "referral-8")
_REASONS = ("collection", "address")
_WRITES = ("set_flag", "clear_flag", "set_block", "clear_block")
_SEEDED = frozenset(str(patron(number)) for number in (*range(COUNT), *MERGED))


class PatronsDuel(Sides[PatronsBench]):
    """Two ILSs with equal patrons.

    `choice` is which referral or which reason; with 2 added, the last key of that verb and patron is
    used again, for the same or for the other. `move` changes a patron at the desk. A source that is
    not live and says nothing new is compared no further, nor is what a person has to carry out. The id
    of whoever is registered is the system's own and not compared.
    """

    def __init__(self, reference: Harness[PatronsBench], subject: Harness[PatronsBench]) -> None:
        super().__init__(reference, subject, _start(reference, subject))
        self._keys: dict[tuple[str, int], str] = {}
        self._moves = 0
        self._merged = False
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
        found += [Call("search", number, choice) for number in range(COUNT) for choice in (0, 1, 2)]
        found += [Call(verb, number, choice) for verb in PEOPLE for number in _NUMBERS for choice in choices]
        found += [Call("update", number, 4) for number in (MERGED[0], 999)]
        offered = [call for call in found if self.offers(call.verb)]
        return (*offered, *(Call("move", number) for number in _NUMBERS if self.shows))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both, and the patron afterwards."""
        if self._behind:
            return None, None
        if call.verb == "get":
            return self.both(lambda side: _shown(side, call.number))
        if call.verb == "find":
            return self.both(lambda side: _found(side, call))
        if call.verb == "search":
            return self.both(lambda side: sorted(map(_plain, listed(side.bench, _query(call)))))
        for side in self.sides:
            side.case.clock.tick(seconds=60)
        return self._move(call.number) if call.verb == "move" else self._write(call)

    def _write(self, call: Call) -> tuple[Any, Any]:
        asked = (call.verb, call.number)
        key = self._keys.get(asked, "") if call.choice >= 2 else ""
        key = key or self.sides[0].case.key()
        self._keys[asked] = key
        self._merged = self._merged or call.verb == "merge"
        found = self.both(lambda side: _written(side, call, key))
        self._behind = "by a person" in found
        return (None, None) if self._behind else found

    def _move(self, number: int) -> tuple[Any, Any]:
        if self._merged:  # what staff say of one record then is what they say of several
            return None, None
        self._moves += 1
        for side in self.sides:
            told: Patron = evolve(side.bench.patrons.get(patron(number)), category=f"kind-{self._moves}")
            assert side.bench.show is not None  # `shows` says so
            side.bench.show(told)
            seen = side.bench.patrons.get(patron(number))
            self._behind = self._behind or (not side.bench.patrons.live and seen.as_of < side.case.clock.now())
        return (None, None) if self._behind else self.both(lambda side: _shown(side, number))


def _start(reference: Harness[Any], subject: Harness[Any]) -> Callable[[Case[PatronsBench]], PatronsBench]:
    named = all("patrons.search" in side.capabilities for side in (reference, subject))
    return lambda case: case.open(roll() if named else ledger())


def _query(call: Call) -> PatronQuery:
    if call.choice == 0:
        return PatronQuery(name=name_of(call.number))
    if call.choice == 1:
        return PatronQuery(phone=SHARED_PHONE)
    return PatronQuery(email=contact(call.number).emails[0])


def _plain(seen: Patron) -> tuple[Any, ...]:
    """The facts, without the id of a record that the system has made itself."""
    number, *others = facts(seen)
    return (number if number in _SEEDED else "new", *others)


def _shown(side: Side[PatronsBench], number: int) -> object:
    return _plain(side.bench.patrons.get(patron(number)))


def _found(side: Side[PatronsBench], call: Call) -> object:
    seen = side.bench.patrons.find(card(call.number, call.choice))
    return None if seen is None else _plain(seen)


def _of_person(side: Side[PatronsBench], call: Call, key: str) -> object:
    port, subject, choice = side.bench.patrons, patron(call.number), call.choice % 2
    if call.verb == "register":
        return _plain(port.register(evolve(newcomer(card(60 + choice)), responsible_adult=None), key=key))
    if call.verb == "put_card":
        return _plain(port.put_card(subject, card(call.number, 20 + choice), key=key))
    if call.verb == "merge":
        return _plain(port.merge(_next(call.number, choice), subject, key=key))
    if call.choice == 4:
        return _plain(port.update(subject, PatronChange(category="x"), key=key))
    changes = (PatronChange(contact=contact(5 + call.number % 2)), PatronChange(category="kind-x"))
    return _plain(port.update(subject, changes[choice], key=key))


def _next(number: int, choice: int) -> PatronId:
    return patron((number + 1 + choice) % COUNT)


def _written(side: Side[PatronsBench], call: Call, key: str) -> object:
    if call.verb in PEOPLE:
        return _of_person(side, call, key)
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
