"""Which records of the ILS may be the same person as one record, or as somebody who is not registered yet."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from scld_core.patrons.contact import Contact
from scld_core.patrons.duplicates import Duplicates, Record, find_duplicates
from scld_core.patrons.person import Patron
from scld_core.patrons.requests import PatronQuery
from scld_core.patrons.systems import PatronSystems

__all__ = ["alike"]


def alike(systems: PatronSystems, patron: Patron) -> Duplicates:
    """The pairs of `patron` with records that share its name, a telephone or a mailbox.

    Nothing is found where the ILS offers no search; `patron` need not be in the ILS.
    """
    contact = patron.contact or Contact()
    others: dict[str, Patron] = {}
    for query in _queries(contact):
        others.update((str(row.id), row) for row in systems.searched(query) or () if row.id != patron.id)
    ruling = systems.ruling()
    records = [Record(one, one.contact or Contact()) for one in (patron, *others.values())]
    found = find_duplicates(records, ruling.policy, version=ruling.version)
    return evolve(found, pairs=tuple(pair for pair in found.pairs if patron.id in pair.ids))


def _queries(contact: Contact) -> Iterator[PatronQuery]:
    if contact.name is not None and contact.name.key:
        yield PatronQuery(name=" ".join(contact.name.key))
    yield from (PatronQuery(phone=phone) for phone in contact.phones)
    yield from (PatronQuery(email=email) for email in contact.emails)
