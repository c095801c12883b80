"""The reference ILS for patrons: what `patrons.ports.Patrons` means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import evolve

from scld_core.errors import Conflict, InvalidValue, NotFound, Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.patrons.pin import hashed_pin, pin_agrees
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery, answers_to
from scld_core.patrons.rules import merged
from scld_core.runs.model import Answer, AnswerKind

__all__ = ["MemoryPatrons"]

_DONE = Answer(AnswerKind.DONE)
_COST = 4  # of a PIN's hash: nothing here outlives the process


class MemoryPatrons:
    """Patrons in memory; each answer is true at the clock's present.

    The writers below the port's methods stand for staff at the desk. A card number belongs to one
    patron for ever, present or not.
    """

    live = True

    def __init__(self, clock: Clock, *, backend: str = "main", page_size: int = 500) -> None:
        self._clock = clock
        self._backend = backend
        self._page_size = page_size
        self._pins: dict[PatronId, str] = {}
        self._registered: dict[str, PatronId] = {}
        self._patrons: dict[PatronId, Patron] = {}
        self._into: dict[PatronId, PatronId] = {}
        self._keys: dict[str, tuple[Any, ...]] = {}

    def get(self, patron: PatronId) -> Patron:
        """The patron now, after all merges."""
        found = self._patrons[self.survivor(patron)]
        adult = None if found.responsible_adult is None else self.survivor(found.responsible_adult)
        return evolve(found, as_of=self._clock.now(), responsible_adult=None if adult == found.id else adult)

    def find(self, number: Barcode) -> Patron | None:
        """The patron whose card this is or was."""
        return next((self.get(known.id) for known in self._patrons.values() if known.has_card(number)), None)

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """Show that the patron is in collection."""
        if self._again(key, "set_flag", patron, flag):
            return _DONE
        found = self._own(patron, "set_flag")
        if found.flag is not None and found.flag.referral != flag.referral:
            raise Rejected(self._backend, "set_flag", "the patron is flagged for another referral")
        return self._done(evolve(found, flag=found.flag or flag), key, "set_flag", patron, flag)

    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """End the flag of one referral."""
        if self._again(key, "clear_flag", patron, referral):
            return _DONE
        found = self._own(patron, "clear_flag")
        ends = found.flag is not None and found.flag.referral == referral
        return self._done(evolve(found, flag=None if ends else found.flag), key, "clear_flag", patron, referral)

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Block the patron for a reason."""
        if self._again(key, "set_block", patron, block):
            return _DONE
        found = self._own(patron, "set_block")
        more = () if found.blocked_for(block.reason) else (block,)
        return self._done(evolve(found, blocks=(*found.blocks, *more)), key, "set_block", patron, block)

    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """End the block for one reason."""
        if self._again(key, "clear_block", patron, reason):
            return _DONE
        found = self._own(patron, "clear_block")
        left = tuple(block for block in found.blocks if block.reason != reason)
        return self._done(evolve(found, blocks=left), key, "clear_block", patron, reason)

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Everybody who answers to the query, by id."""
        found = [patron for patron in map(self.get, sorted(self._patrons)) if answers_to(patron, query)]
        return _pages(found, self._page_size, self._clock)

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """Whether this is the patron's PIN."""
        return pin_agrees(pin, self._pins.get(self.survivor(patron)), cost=_COST)

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """Register somebody with a first card."""
        if self._again(key, "register", new):
            return self.get(self._registered[key])
        adult = None if new.responsible_adult is None else self.survivor(new.responsible_adult)
        self._refuse_used("register", new.number)
        made = Patron(
            id=self._next_id(),
            as_of=self._clock.now(),
            birth_date=new.birth_date,
            responsible_adult=adult,
            category=new.category,
            home=new.home,
            cards=(Card(number=new.number),),
            contact=new.contact,
            expires_on=new.expires_on,
        )
        self._keep_pin(made.id, new.pin)
        self._registered[key] = made.id
        return self._so(made, key, "register", new)

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Change what the change names."""
        if self._again(key, "update", patron, change):
            return self.get(patron)
        found = self._own(patron, "update")
        if change.responsible_adult is not None and self.survivor(change.responsible_adult) == patron:
            raise Rejected(self._backend, "update", "a patron is nobody's own responsible adult")
        self._keep_pin(patron, change.pin)
        return self._so(change.applied(found), key, "update", patron, change)

    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """Give the patron a new card."""
        return self._once(key, lambda: self.replace_card(patron, number), "put_card", patron, number)

    def merge(self, gone: PatronId, kept: PatronId, *, key: str = "") -> Patron:
        """Merge one record into another one; staff at the desk need no key."""
        return self._once(key, lambda: self._merge(gone, kept), "merge", gone, kept)

    def survivor(self, patron: PatronId) -> PatronId:
        """The record that is left of one after all merges; NotFound for one that nobody knows."""
        while patron in self._into:
            patron = self._into[patron]
        if patron not in self._patrons:
            raise NotFound(self._backend, "get", "no patron with this id")
        return patron

    def put(self, patron: Patron) -> None:
        """File a patron as a sample or a test describes it, replacing what was known of the record."""
        if any(known.has_card(card.number) for card in patron.cards for known in self._others(patron.id)):
            raise Rejected(self._backend, "put", "a card number is another patron's, or was")
        self._patrons[patron.id] = patron
        self._into.update(dict.fromkeys(patron.merged_from, patron.id))

    def replace_card(self, patron: PatronId, number: Barcode) -> Patron:
        """Give a new card; the present ones stay known as aliases. A number that was ever used is refused."""
        found = self._own(patron, "replace_card")
        self._refuse_used("replace_card", number)
        now = self._clock.now()
        old = tuple(evolve(card, present=False, replaced_at=now) if card.present else card for card in found.cards)
        self._patrons[patron] = evolve(found, cards=(Card(number=number), *old))
        return self.get(patron)

    def _merge(self, gone: PatronId, kept: PatronId) -> Patron:
        try:
            left = merged(self._own(gone, "merge"), self._own(kept, "merge"), self._clock.now())
        except InvalidValue as problem:
            raise Rejected(self._backend, "merge", problem.rule) from None
        del self._patrons[gone]
        self._patrons[kept] = left
        self._into[gone] = kept
        pin = self._pins.pop(gone, None)
        if pin is not None:
            self._pins.setdefault(kept, pin)
        return self.get(kept)

    def _others(self, patron: PatronId) -> list[Patron]:
        return [known for known in self._patrons.values() if known.id != patron]

    def _own(self, patron: PatronId, operation: str) -> Patron:
        if self.survivor(patron) != patron:
            raise Rejected(self._backend, operation, "this record was merged into another one")
        return self._patrons[patron]

    def _again(self, key: str, *asked: Any) -> bool:
        if key in self._keys and self._keys[key] != asked:
            raise Conflict(self._backend, str(asked[0]), "the key was used for something else")
        return key in self._keys

    def _done(self, patron: Patron, key: str, *asked: Any) -> Answer:
        self._so(patron, key, *asked)
        return _DONE

    def _so(self, patron: Patron, key: str, *asked: Any) -> Patron:
        self._patrons[patron.id] = patron
        self._keys[key] = asked
        return self.get(patron.id)

    def _once(self, key: str, work: Callable[[], Patron], verb: str, *asked: PatronId | Barcode) -> Patron:
        if key and self._again(key, verb, *asked):
            return self.get(next(one for one in asked[::-1] if isinstance(one, PatronId)))
        left = work()
        if key:
            self._keys[key] = (verb, *asked)
        return left

    def _refuse_used(self, operation: str, number: Barcode) -> None:
        if any(known.has_card(number) for known in self._patrons.values()):
            raise Rejected(self._backend, operation, "the number is a card already, or was")

    def _next_id(self) -> PatronId:
        taken = {*self._patrons, *self._into}
        number = len(taken) + 1
        while (made := PatronId(self._backend, f"patron-{number}")) in taken:
            number += 1
        return made

    def _keep_pin(self, patron: PatronId, pin: str | None) -> None:
        if pin is not None:
            self._pins[patron] = hashed_pin(pin, cost=_COST)


def _pages(rows: list[Patron], size: int, clock: Clock) -> Iterator[Page[Patron]]:
    now = clock.now()
    for start in range(0, max(len(rows), 1), size):  # an empty list is one empty page, not none
        yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))
