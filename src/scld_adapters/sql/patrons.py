"""The embedded ILS's patrons: `patrons.ports.Patrons` on the store's own database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs
from attrs import evolve

from scld_adapters.sql import ils
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.owners import own, records_of, writing
from scld_adapters.sql.patrons_rows import PatronRows
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import ils_blocks, ils_flags, ils_patron_writes, ils_patrons
from scld_adapters.sql.tables_patrons import ils_patron_facts
from scld_core import codecs
from scld_core.errors import Conflict, Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.patrons.pin import hashed_pin, pin_agrees
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery
from scld_core.runs.model import Answer, AnswerKind

__all__ = ["EmbeddedPatrons", "PatronDesk"]

_DONE = Answer(AnswerKind.DONE)
_Asked = CollectionFlag | Block | str


class PatronDesk(PatronRows):
    """What can be done to patrons within one transaction of the store.

    `connection` is `SqlUnit.connection`, so that several acts, or an act and its audit line, commit
    together. Besides the port's writes there are those of staff: `register`, `replace_card`, `merge`.
    """

    def set_flag(self, patron: PatronId, flag: CollectionFlag, key: str) -> Answer:
        """Show that the patron is in collection."""
        if self._again("set_flag", patron, flag, key):
            return _DONE
        records = own(self._connection, patron, self._backend, "set_flag")
        shown = self._flag(records)
        if shown is not None and shown.referral != flag.referral:
            raise Rejected(self._backend, "set_flag", "the patron is flagged for another referral")
        if shown is None:
            self._put_flag(patron.local, flag)
        return self._done("set_flag", patron, flag, key)

    def clear_flag(self, patron: PatronId, referral: str, key: str) -> Answer:
        """End the flag of one referral."""
        if self._again("clear_flag", patron, referral, key):
            return _DONE
        records = own(self._connection, patron, self._backend, "clear_flag")
        ended = sa.delete(ils_flags).where(ils_flags.c.patron.in_(records), ils_flags.c.referral == referral)
        self._connection.execute(ended)
        return self._done("clear_flag", patron, referral, key)

    def set_block(self, patron: PatronId, block: Block, key: str) -> Answer:
        """Block the patron for a reason."""
        if self._again("set_block", patron, block, key):
            return _DONE
        records = own(self._connection, patron, self._backend, "set_block")
        if not any(shown.reason == block.reason for shown in self._blocks(records)):
            self._put_block(patron.local, block)
        return self._done("set_block", patron, block, key)

    def clear_block(self, patron: PatronId, reason: str, key: str) -> Answer:
        """End the block for one reason."""
        if self._again("clear_block", patron, reason, key):
            return _DONE
        records = own(self._connection, patron, self._backend, "clear_block")
        ended = sa.delete(ils_blocks).where(ils_blocks.c.patron.in_(records), ils_blocks.c.reason == reason)
        self._connection.execute(ended)
        return self._done("clear_block", patron, reason, key)

    def register(self, patron: Patron) -> None:
        """File a patron with everything that is told of one; rows of that id in `ils_patrons` are kept.

        Ids of merged records that are new become records merged into it. A card number that is
        another patron's, or was, raises Rejected. A responsible adult need not be filed yet.
        """
        local = patron.id.local
        self._add(local)
        for record in patron.merged_from:
            self._add(record.local)
            merged = sa.update(ils_patrons).where(ils_patrons.c.id == record.local)
            self._connection.execute(merged.values(merged_into=local))
        if patron.responsible_adult is not None:
            self._add(patron.responsible_adult.local)
        self._refuse_known(card.number for card in patron.cards)
        self._put_all(local, patron)

    def add(self, new: NewPatron, key: str, now: datetime) -> Patron:
        """Register somebody with a first card, under an id that nobody has had."""
        again = self._seen("register", new, key)
        if again is not None:
            return self.get(PatronId(self._backend, again), now)
        if new.responsible_adult is not None:
            self._survivor(new.responsible_adult, "register")
        self._refuse_known([new.number])
        made = PatronId(self._backend, self._new_record())
        fields = attrs.asdict(new, recurse=False)
        number, pin = fields.pop("number"), fields.pop("pin")
        kept = None if pin is None else hashed_pin(pin)
        self._put_person(made.local, Patron(id=made, as_of=now, cards=(Card(number=number),), **fields))
        self._put_facts(made.local, new.contact, new.expires_on, kept)
        self._put_card(made.local, Card(number=number))
        self._remember("register", made.local, new, key, kept)
        return self.get(made, now)

    def update(self, patron: PatronId, change: PatronChange, key: str, now: datetime) -> Patron:
        """Change what the change names."""
        if self._seen("update", change, key, patron.local) is not None:
            return self.get(patron, now)
        records = own(self._connection, patron, self._backend, "update")
        adult = change.responsible_adult
        if adult is not None and self._survivor(adult, "update") in records:
            raise Rejected(self._backend, "update", "a patron is nobody's own responsible adult")
        left = change.applied(self.get(patron, now))
        kept = None if change.pin is None else hashed_pin(change.pin)
        self._put_person(patron.local, left)
        self._put_facts(patron.local, left.contact, left.expires_on, kept or self._pin_of(patron.local))
        self._remember("update", patron.local, change, key, kept)
        return self.get(patron, now)

    def put_card(self, patron: PatronId, number: Barcode, key: str, now: datetime) -> Patron:
        """Give a new card, once for each key."""
        if not self._again("put_card", patron, str(number), key):
            self.replace_card(patron, number, now)
            self._done("put_card", patron, str(number), key)
        return self.get(patron, now)

    def replace_card(self, patron: PatronId, number: Barcode, at: datetime) -> None:
        """Give a new card; the present ones stay known as aliases. A number that was ever used is Rejected."""
        own(self._connection, patron, self._backend, "replace_card")
        self._refuse_known([number])
        self._retire(patron.local, at)
        self._put_card(patron.local, Card(number=number))

    def merge_once(self, gone: PatronId, kept: PatronId, key: str, now: datetime) -> Patron:
        """Merge one record into another one, once for each key."""
        if not self._again("merge", kept, gone.local, key):
            self.merge(gone, kept, now)
            self._done("merge", kept, gone.local, key)
        return self.get(kept, now)

    def merge(self, gone: PatronId, kept: PatronId, at: datetime) -> None:
        """Merge one record into another one; Rejected for one record, and where both are flagged."""
        flags = [
            self._flag(own(self._connection, record, self._backend, "merge")) is not None for record in (gone, kept)
        ]
        if gone == kept or all(flags):
            raise Rejected(self._backend, "merge", "it is one record, or both are flagged; end one referral first")
        pins = [self._pin_of(record.local) for record in (kept, gone)]
        self._retire(gone.local, at)
        ils.merge_patron(self._connection, gone.local, kept.local)
        left = self.get(kept, at)  # of more than two records the first merged goes first: that is written down now
        self._put_person(kept.local, left)
        self._put_facts(kept.local, left.contact, left.expires_on, pins[0] or pins[1])
        self._delete(ils_blocks, kept.local)
        for block in left.blocks:
            self._put_block(kept.local, block)

    def _pin_of(self, local: str) -> str | None:
        found: str | None = self._first(ils_patron_facts, ("pin",), records_of(self._connection, local))["pin"]
        return found

    def _again(self, verb: str, patron: PatronId, asked: _Asked, key: str) -> bool:
        """Whether this was done with the key already; Conflict when something else was."""
        known = self._known(key)
        if known is None:
            return False
        done, _, told = known.body.partition(" ")
        if (done, known.patron) != (verb, patron.local) or asked != _read_asked(asked, told):
            raise Conflict(self._backend, verb, "the key was used for something else")
        return True

    def _done(self, verb: str, patron: PatronId, asked: _Asked, key: str) -> Answer:
        told = asked if isinstance(asked, str) else codecs.dump(asked)
        self._insert(ils_patron_writes, {"key": key, "patron": patron.local, "body": f"{verb} {told}"})
        return _DONE

    def _seen(self, verb: str, asked: NewPatron | PatronChange, key: str, local: str = "") -> str | None:
        """The record that this was done to with the key; Conflict when something else was done with it."""
        known = self._known(key)
        if known is None:
            return None
        done, _, told = known.body.partition(" ")
        digest, _, pin = told.partition(" ")
        same = (done, digest, bool(pin)) == (verb, _digest(asked), asked.pin is not None)
        if not same or local not in ("", known.patron) or not (asked.pin is None or pin_agrees(asked.pin, pin)):
            raise Conflict(self._backend, verb, "the key was used for something else")
        return str(known.patron)

    def _remember(self, verb: str, local: str, asked: NewPatron | PatronChange, key: str, hashed: str | None) -> None:
        """Keep of what was asked only so much that it is known again: it is of a person, who may change it."""
        pin = "" if hashed is None else f" {hashed}"
        self._insert(ils_patron_writes, {"key": key, "patron": local, "body": f"{verb} {_digest(asked)}{pin}"})

    def _known(self, key: str) -> sa.Row[*tuple[Any, ...]] | None:
        rows = sa.select(ils_patron_writes).where(ils_patron_writes.c.key == key)
        return self._connection.execute(rows).one_or_none()


def _digest(asked: NewPatron | PatronChange) -> str:
    return hashlib.sha256(codecs.dump(evolve(asked, pin=None)).encode()).hexdigest()


def _read_asked(like: _Asked, told: str) -> _Asked:
    """What was stored of an earlier request of the same kind, by value: a codec may have learned fields since."""
    return told if isinstance(like, str) else codecs.load(like.__class__, told)


class EmbeddedPatrons:
    """Live answers, each out of one consistent state of the database; each write in a transaction of its own."""

    live = True

    def __init__(self, store: SqlStore, clock: Clock, *, backend: str, page_size: int = 500) -> None:
        self._store = store
        self._clock = clock
        self._backend = backend
        self._page_size = page_size

    def get(self, patron: PatronId) -> Patron:
        """The patron now, after all merges."""
        now = self._clock.now()
        with self._store.reading() as connection:
            return PatronDesk(connection, self._backend).get(patron, now)

    def find(self, number: Barcode) -> Patron | None:
        """The patron whose card this is or was."""
        now = self._clock.now()
        with self._store.reading() as connection:
            return PatronDesk(connection, self._backend).find(number, now)

    def search(self, query: PatronQuery) -> Iterator[Page[Patron]]:
        """Everybody who answers to the query."""
        now, size = self._clock.now(), self._page_size
        with self._store.reading() as connection:
            rows = PatronDesk(connection, self._backend).search(query, now)
        pages = range(0, max(len(rows), 1), size)  # an empty list is one empty page, not none
        return (Page(tuple(rows[at : at + size]), now, last=at + size >= len(rows), total=len(rows)) for at in pages)

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """Whether this is the patron's PIN."""
        with self._store.reading() as connection:
            return PatronDesk(connection, self._backend).check_pin(patron, pin)

    def set_flag(self, patron: PatronId, flag: CollectionFlag, *, key: str) -> Answer:
        """Show that the patron is in collection."""
        with writing(self._store, self._backend, "set_flag", key) as connection:
            return PatronDesk(connection, self._backend).set_flag(patron, flag, key)

    def clear_flag(self, patron: PatronId, referral: str, *, key: str) -> Answer:
        """End the flag of one referral."""
        with writing(self._store, self._backend, "clear_flag", key) as connection:
            return PatronDesk(connection, self._backend).clear_flag(patron, referral, key)

    def set_block(self, patron: PatronId, block: Block, *, key: str) -> Answer:
        """Block the patron for a reason."""
        with writing(self._store, self._backend, "set_block", key) as connection:
            return PatronDesk(connection, self._backend).set_block(patron, block, key)

    def clear_block(self, patron: PatronId, reason: str, *, key: str) -> Answer:
        """End the block for one reason."""
        with writing(self._store, self._backend, "clear_block", key) as connection:
            return PatronDesk(connection, self._backend).clear_block(patron, reason, key)

    def register(self, new: NewPatron, *, key: str) -> Patron:
        """Register somebody with a first card."""
        with writing(self._store, self._backend, "register", key) as connection:
            return PatronDesk(connection, self._backend).add(new, key, self._clock.now())

    def update(self, patron: PatronId, change: PatronChange, *, key: str) -> Patron:
        """Change what the change names."""
        with writing(self._store, self._backend, "update", key) as connection:
            return PatronDesk(connection, self._backend).update(patron, change, key, self._clock.now())

    def put_card(self, patron: PatronId, number: Barcode, *, key: str) -> Patron:
        """Give the patron a new card."""
        with writing(self._store, self._backend, "put_card", key) as connection:
            return PatronDesk(connection, self._backend).put_card(patron, number, key, self._clock.now())

    def merge(self, gone: PatronId, kept: PatronId, *, key: str) -> Patron:
        """Merge one record into another one."""
        with writing(self._store, self._backend, "merge", key) as connection:
            return PatronDesk(connection, self._backend).merge_once(gone, kept, key, self._clock.now())
