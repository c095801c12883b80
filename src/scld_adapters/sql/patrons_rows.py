"""How the embedded ILS keeps patrons: rows to values and back.

A merged record keeps its rows. What they say is read as the surviving patron's, so that nothing is
lost whichever way the merge was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.owners import records_of, survivor
from scld_adapters.sql.statements import fetch
from scld_adapters.sql.tables import (
    ils_blocks,
    ils_cards,
    ils_flags,
    ils_patrons,
    ils_persons,
    instant_text,
    optional_text,
    read_instant,
)
from scld_adapters.sql.tables_patrons import ils_patron_facts, ils_patron_keys
from scld_core import codecs
from scld_core.errors import NotFound, Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.patrons.contact import Contact
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.patrons.pin import pin_agrees
from scld_core.patrons.requests import PatronQuery, answers_to

__all__ = ["PatronRows"]

_HOLDER = sa.select(ils_cards.c.patron).where(ils_cards.c.number == sa.bindparam("number", type_=sa.Text()))
_OF = {
    table.name: sa.select(table).where(table.c.patron == sa.bindparam("patron", type_=sa.Text()))
    for table in (ils_persons, ils_cards, ils_flags, ils_blocks, ils_patron_facts)
}

_KEY = 200  # characters of a key: an index takes no more than some 2,700 bytes
_LAST = "\U0010ffff"  # sorts behind everything that begins as a word does

_PERSON = ("birth_date", "responsible_adult", "category", "home")
_FACTS = ("contact", "expires_on", "pin")


class PatronRows:
    """What can be read of patrons within one transaction of the store, and how rows are written."""

    def __init__(self, connection: sa.Connection, backend: str) -> None:
        self._connection = connection
        self._backend = backend

    def get(self, patron: PatronId, now: datetime) -> Patron:
        """The patron after all merges; NotFound for one that nobody knows."""
        left = self._survivor(patron, "get")
        records = records_of(self._connection, left)
        person = {**self._first(ils_persons, _PERSON, records), **self._first(ils_patron_facts, _FACTS, records)}
        return Patron(
            id=PatronId(self._backend, left),
            as_of=now,
            birth_date=_read_day(person["birth_date"]),
            responsible_adult=self._adult(person["responsible_adult"], records),
            category=person["category"] or "",
            home=None if person["home"] is None else LocationId(person["home"]),
            cards=self._cards(records),
            merged_from=tuple(PatronId(self._backend, record) for record in records[1:]),
            flag=self._flag(records),
            blocks=self._blocks(records),
            contact=None if person["contact"] is None else codecs.load(Contact, person["contact"]),
            expires_on=_read_day(person["expires_on"]),
        )

    def find(self, number: Barcode, now: datetime) -> Patron | None:
        """The patron whose card this is or was."""
        found = fetch(self._connection, _HOLDER, number=str(number))
        return self.get(PatronId(self._backend, found[0].patron), now) if found else None

    def search(self, query: PatronQuery, now: datetime) -> list[Patron]:
        """Everybody who answers to the query, by id."""
        records = self._connection.execute(_matching(query)).scalars()
        left = {survivor(self._connection, record, self._backend, "search") for record in records}
        found = (self.get(PatronId(self._backend, local), now) for local in sorted(left))
        return [patron for patron in found if answers_to(patron, query)]

    def check_pin(self, patron: PatronId, pin: str) -> bool:
        """Whether this is the patron's PIN."""
        records = records_of(self._connection, self._survivor(patron, "check_pin"))
        return pin_agrees(pin, self._first(ils_patron_facts, ("pin",), records)["pin"])

    def _survivor(self, patron: PatronId, operation: str) -> str:
        if patron.backend != self._backend:
            raise NotFound(self._backend, operation, "no patron with this id")
        return survivor(self._connection, patron.local, self._backend, operation)

    def _first(self, table: sa.Table, names: Sequence[str], records: Sequence[str]) -> dict[str, Any]:
        """Each fact as the first of the records knows it."""
        known = sorted(self._of(table, records), key=lambda row: records.index(row.patron))
        return {name: next((getattr(row, name) for row in known if getattr(row, name)), None) for name in names}

    def _adult(self, local: str | None, records: Sequence[str]) -> PatronId | None:
        if local is None or local in records:
            return None
        adult = survivor(self._connection, local, self._backend, "get")
        return None if adult in records else PatronId(self._backend, adult)

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

    def _of(self, table: sa.Table, records: Sequence[str]) -> Sequence[Any]:
        wanted = _OF[table.name]
        return [row for record in records for row in fetch(self._connection, wanted, patron=record)]

    def _put_all(self, local: str, patron: Patron) -> None:
        """Write everything that is told of a patron under a record that has no such rows yet."""
        self._put_person(local, patron)
        known = self._of(ils_patron_facts, [local])
        if known or patron.contact is not None or patron.expires_on is not None:
            self._put_facts(local, patron.contact, patron.expires_on, known[0].pin if known else None)
        for card in reversed(patron.cards):  # the newest comes last, as when they are replaced one by one
            self._put_card(local, card)
        if patron.flag is not None:
            self._put_flag(local, patron.flag)
        for block in patron.blocks:
            self._put_block(local, block)

    def _put_person(self, local: str, patron: Patron) -> None:
        adult = patron.responsible_adult
        row = {
            "patron": local,
            "birth_date": _day_text(patron.birth_date),
            "responsible_adult": None if adult is None else adult.local,
            "category": patron.category,
            "home": None if patron.home is None else str(patron.home),
        }
        self._delete(ils_persons, local)
        self._insert(ils_persons, row)

    def _put_facts(self, local: str, contact: Contact | None, expires_on: date | None, pin: str | None) -> None:
        told = None if contact is None else codecs.dump(contact)
        for table in (ils_patron_facts, ils_patron_keys):
            self._delete(table, local)
        row = {"patron": local, "contact": told, "expires_on": _day_text(expires_on), "pin": pin}
        self._insert(ils_patron_facts, row)
        keys = () if contact is None else sorted(_keys(contact))
        for kind, key in keys:
            self._insert(ils_patron_keys, {"kind": kind, "key": key, "patron": local})

    def _put_card(self, local: str, card: Card) -> None:
        replaced = optional_text(card.replaced_at)
        row = {"number": str(card.number), "patron": local, "present": card.present, "replaced_at": replaced}
        self._insert(ils_cards, row)

    def _put_flag(self, local: str, flag: CollectionFlag) -> None:
        row = {"patron": local, "agency": flag.agency, "since": optional_text(flag.since), "referral": flag.referral}
        self._insert(ils_flags, row)

    def _put_block(self, local: str, block: Block) -> None:
        since = optional_text(block.since)
        self._insert(ils_blocks, {"patron": local, "reason": block.reason, "since": since, "set_by": block.by})

    def _retire(self, local: str, at: datetime) -> None:
        change = sa.update(ils_cards).where(ils_cards.c.patron == local, ils_cards.c.present.is_(True))
        self._connection.execute(change.values(present=False, replaced_at=instant_text(at)))

    def _refuse_known(self, numbers: Iterable[Barcode]) -> None:
        known = sa.select(ils_cards.c.seq).where(ils_cards.c.number.in_([str(number) for number in numbers]))
        if self._connection.execute(known).first() is not None:
            raise Rejected(self._backend, "card", "the number is a card already, or was")

    def _add(self, local: str) -> None:
        if not self._is_record(local):
            self._insert(ils_patrons, {"id": local, "household": None, "merged_into": None})

    def _is_record(self, local: str) -> bool:
        known = sa.select(ils_patrons.c.id).where(ils_patrons.c.id == local)
        return self._connection.execute(known).first() is not None

    def _new_record(self) -> str:
        """A record with an id that nobody has had."""
        count = self._connection.execute(sa.select(sa.func.count()).select_from(ils_patrons)).scalar_one()
        while self._is_record(local := f"patron-{count + 1}"):
            count += 1
        self._add(local)
        return local

    def _delete(self, table: sa.Table, local: str) -> None:
        self._connection.execute(sa.delete(table).where(table.c.patron == local))

    def _insert(self, table: sa.Table, row: dict[str, Any]) -> None:
        self._connection.execute(sa.insert(table), row)


def _keys(contact: Contact) -> set[tuple[str, str]]:
    found = {("name", word[:_KEY]) for word in (contact.name.key if contact.name else ())}
    found |= {("phone", phone.key[:_KEY]) for phone in contact.phones}
    return found | {("email", email.key[:_KEY]) for email in contact.emails}


def _matching(query: PatronQuery) -> sa.Select[str]:
    """The records of which everything that is looked for was written down, or begins so."""
    keys = ils_patron_keys.c
    wanted = [("phone", part.key) for part in (query.phone,) if part is not None]
    wanted += [("email", part.key) for part in (query.email,) if part is not None]
    conditions = [sa.and_(keys.kind == kind, keys.key == key[:_KEY]) for kind, key in wanted]
    for word in query.words:
        begin = word[:_KEY]
        conditions.append(sa.and_(keys.kind == "name", keys.key >= begin, keys.key < begin + _LAST))
    chosen = sa.select(ils_patrons.c.id)
    return chosen.where(*(ils_patrons.c.id.in_(sa.select(keys.patron).where(one)) for one in conditions))


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _read_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else read_instant(text)
