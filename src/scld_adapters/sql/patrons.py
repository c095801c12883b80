"""The embedded ILS's patrons: `patrons.ports.Patrons` on the store's own database.

A merged record keeps its rows. What they say is read as the surviving patron's, so that nothing is
lost whichever way the merge was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from scld_adapters.sql import ils
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.owners import own, records_of, survivor, writing
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import (
    ils_blocks,
    ils_cards,
    ils_flags,
    ils_patron_writes,
    ils_patrons,
    ils_persons,
    instant_text,
    optional_text,
    read_instant,
)
from scld_core import codecs
from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.time import Clock
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.runs.model import Answer, AnswerKind

__all__ = ["EmbeddedPatrons", "PatronDesk"]

_DONE = Answer(AnswerKind.DONE)
_Row = sa.Row[*tuple[Any, ...]]
_Asked = CollectionFlag | Block | str


class PatronDesk:
    """What can be read of patrons and done to them within one transaction of the store.

    `connection` is `SqlUnit.connection`, so that several acts, or an act and its audit line, commit
    together. Besides the port's writes there are those of staff: `register`, `replace_card`, `merge`.
    """

    def __init__(self, connection: sa.Connection, backend: str) -> None:
        self._connection = connection
        self._backend = backend

    def get(self, patron: PatronId, now: datetime) -> Patron:
        """The patron after all merges; NotFound for one that nobody knows."""
        if patron.backend != self._backend:
            raise NotFound(self._backend, "get", "no patron with this id")
        left = survivor(self._connection, patron.local, self._backend, "get")
        records = records_of(self._connection, left)
        person = self._person(records)
        return Patron(
            id=PatronId(self._backend, left),
            as_of=now,
            birth_date=None if person["birth_date"] is None else date.fromisoformat(person["birth_date"]),
            responsible_adult=self._adult(person["responsible_adult"], records),
            category=person["category"] or "",
            home=None if person["home"] is None else LocationId(person["home"]),
            cards=self._cards(records),
            merged_from=tuple(PatronId(self._backend, record) for record in records[1:]),
            flag=self._flag(records),
            blocks=self._blocks(records),
        )

    def find(self, number: Barcode, now: datetime) -> Patron | None:
        """The patron whose card this is or was."""
        wanted = sa.select(ils_cards.c.patron).where(ils_cards.c.number == str(number))
        found = self._connection.execute(wanted).scalar_one_or_none()
        return None if found is None else self.get(PatronId(self._backend, found), now)

    def set_flag(self, patron: PatronId, flag: CollectionFlag, key: str) -> Answer:
        """Show that the patron is in collection."""
        if self._again("set_flag", patron, flag, key):
            return _DONE
        records = own(self._connection, patron, self._backend, "set_flag")
        shown = self._flag(records)
        if shown is not None and shown.referral != flag.referral:
            raise Rejected(self._backend, "set_flag", "the patron is flagged for another referral")
        if shown is None:
            self._insert(ils_flags, _flag_row(patron.local, flag))
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
            self._insert(ils_blocks, _block_row(patron.local, block))
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
        self._insert(ils_persons, _person_row(patron))
        for card in reversed(patron.cards):  # the newest comes last, as when they are replaced one by one
            self._insert(ils_cards, _card_row(local, card))
        if patron.flag is not None:
            self._insert(ils_flags, _flag_row(local, patron.flag))
        for block in patron.blocks:
            self._insert(ils_blocks, _block_row(local, block))

    def replace_card(self, patron: PatronId, number: Barcode, at: datetime) -> None:
        """Give a new card; the present ones stay known as aliases. A number that was ever used is Rejected."""
        own(self._connection, patron, self._backend, "replace_card")
        self._refuse_known([number])
        self._retire(patron.local, at)
        self._insert(ils_cards, _card_row(patron.local, Card(number=number)))

    def merge(self, gone: PatronId, kept: PatronId, at: datetime) -> None:
        """Merge one record into another one; Rejected for one record, and where both are flagged."""
        flags = [
            self._flag(own(self._connection, record, self._backend, "merge")) is not None for record in (gone, kept)
        ]
        if gone == kept or all(flags):
            raise Rejected(self._backend, "merge", "it is one record, or both are flagged; end one referral first")
        self._retire(gone.local, at)
        ils.merge_patron(self._connection, gone.local, kept.local)

    def _person(self, records: Sequence[str]) -> dict[str, Any]:
        """Each fact as the first of the records knows it."""
        rows = self._of(ils_persons, records)
        known = sorted(rows, key=lambda row: records.index(row.patron))
        names = ("birth_date", "responsible_adult", "category", "home")
        return {name: next((getattr(row, name) for row in known if getattr(row, name)), None) for name in names}

    def _adult(self, local: str | None, records: Sequence[str]) -> PatronId | None:
        if local is None or local in records:
            return None
        return PatronId(self._backend, survivor(self._connection, local, self._backend, "get"))

    def _cards(self, records: Sequence[str]) -> tuple[Card, ...]:
        rows = [(row.patron == records[0], bool(row.present), row) for row in self._of(ils_cards, records)]
        rows.sort(key=lambda one: (not (one[0] and one[1]), not one[0], -one[2].seq))
        return tuple(
            Card(
                number=Barcode(row.number),
                present=kept and present,
                replaced_at=None if row.replaced_at is None else read_instant(row.replaced_at),
            )
            for kept, present, row in rows
        )

    def _flag(self, records: Sequence[str]) -> CollectionFlag | None:
        rows = sorted(self._of(ils_flags, records), key=lambda row: records.index(row.patron))
        return next((CollectionFlag(row.agency, _instant(row.since), row.referral) for row in rows), None)

    def _blocks(self, records: Sequence[str]) -> tuple[Block, ...]:
        rows = sorted(self._of(ils_blocks, records), key=lambda row: (row.patron != records[0], row.seq))
        found: dict[str, Block] = {}
        for row in rows:
            found.setdefault(row.reason, Block(row.reason, _instant(row.since), row.set_by))
        return tuple(found.values())

    def _of(self, table: sa.Table, records: Sequence[str]) -> Sequence[_Row]:
        return self._connection.execute(sa.select(table).where(table.c.patron.in_(records))).all()

    def _again(self, verb: str, patron: PatronId, asked: _Asked, key: str) -> bool:
        """Whether this was done with the key already; Conflict when something else was."""
        rows = sa.select(ils_patron_writes).where(ils_patron_writes.c.key == key)
        known = self._connection.execute(rows).one_or_none()
        if known is None:
            return False
        done, _, told = known.body.partition(" ")
        same = (done, known.patron) == (verb, patron.local)
        if not same or asked != _read_asked(asked, told):
            raise Conflict(self._backend, verb, "the key was used for something else")
        return True

    def _done(self, verb: str, patron: PatronId, asked: _Asked, key: str) -> Answer:
        told = asked if isinstance(asked, str) else codecs.dump(asked)
        self._insert(ils_patron_writes, {"key": key, "patron": patron.local, "body": f"{verb} {told}"})
        return _DONE

    def _add(self, local: str) -> None:
        known = sa.select(ils_patrons.c.id).where(ils_patrons.c.id == local)
        if self._connection.execute(known).first() is None:
            self._insert(ils_patrons, {"id": local, "household": None, "merged_into": None})

    def _refuse_known(self, numbers: Iterable[Barcode]) -> None:
        known = sa.select(ils_cards.c.seq).where(ils_cards.c.number.in_([str(number) for number in numbers]))
        if self._connection.execute(known).first() is not None:
            raise Rejected(self._backend, "card", "the number is a card already, or was")

    def _retire(self, local: str, at: datetime) -> None:
        change = sa.update(ils_cards).where(ils_cards.c.patron == local, ils_cards.c.present.is_(True))
        self._connection.execute(change.values(present=False, replaced_at=instant_text(at)))

    def _insert(self, table: sa.Table, row: dict[str, Any]) -> None:
        self._connection.execute(sa.insert(table).values(**row))


def _read_asked(like: _Asked, told: str) -> _Asked:
    """What was stored of an earlier request of the same kind, by value: a codec may have learned fields since."""
    return told if isinstance(like, str) else codecs.load(like.__class__, told)


def _person_row(patron: Patron) -> dict[str, Any]:
    return {
        "patron": patron.id.local,
        "birth_date": None if patron.birth_date is None else patron.birth_date.isoformat(),
        "responsible_adult": None if patron.responsible_adult is None else patron.responsible_adult.local,
        "category": patron.category,
        "home": None if patron.home is None else str(patron.home),
    }


def _card_row(local: str, card: Card) -> dict[str, Any]:
    replaced = optional_text(card.replaced_at)
    return {"number": str(card.number), "patron": local, "present": card.present, "replaced_at": replaced}


def _flag_row(local: str, flag: CollectionFlag) -> dict[str, Any]:
    return {"patron": local, "agency": flag.agency, "since": optional_text(flag.since), "referral": flag.referral}


def _block_row(local: str, block: Block) -> dict[str, Any]:
    return {"patron": local, "reason": block.reason, "since": optional_text(block.since), "set_by": block.by}


def _instant(text: str | None) -> datetime | None:
    return None if text is None else read_instant(text)


class EmbeddedPatrons:
    """Live answers, each out of one consistent state of the database; each write in a transaction of its own."""

    live = True

    def __init__(self, store: SqlStore, clock: Clock, *, backend: str) -> None:
        self._store = store
        self._clock = clock
        self._backend = backend

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
