"""What the embedded ILS's ports for patrons and fees share: merged records, and writes that know their key."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.statements import fetch
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import ils_patrons
from scld_core.errors import NotFound, OutcomeUnknown, ProtocolViolation, Rejected
from scld_core.kernel.ids import PatronId

__all__ = ["SERVICE", "own", "records_of", "survivor", "writing"]

SERVICE = "scld"
"""By whom an entry was posted that a port wrote; who asked for it is in the journal, under the same key."""

_of = sa.bindparam("of", type_=sa.Text())

_up = sa.select(ils_patrons.c.id, ils_patrons.c.merged_into).where(ils_patrons.c.id == _of).cte(recursive=True)
_above = sa.select(ils_patrons.c.id, ils_patrons.c.merged_into).where(ils_patrons.c.id == _up.c.merged_into)
_UP = sa.select(_up.union(_above))  # UNION, and not UNION ALL: it ends in a circle, too

_down = sa.select(ils_patrons.c.id).where(ils_patrons.c.id == _of).cte(recursive=True)
_below = sa.select(ils_patrons.c.id).where(ils_patrons.c.merged_into == _down.c.id)
_DOWN = sa.select(_down.union(_below))


def survivor(connection: sa.Connection, patron: str, backend: str, operation: str) -> str:
    """The record that is left of one after all merges; NotFound for one that nobody knows."""
    rows = fetch(connection, _UP, of=patron)
    if not rows:
        raise NotFound(backend, operation, "no patron with this id")
    for row in rows:
        if row.merged_into is None:
            return str(row.id)
    raise ProtocolViolation(backend, operation, "cards were merged in a circle; none of them survives")


def own(connection: sa.Connection, patron: PatronId, backend: str, operation: str) -> list[str]:
    """The records that a write to `patron` is about: its own first. Rejected for one that was merged away."""
    if patron.backend != backend:
        raise NotFound(backend, operation, "no patron with this id")
    if survivor(connection, patron.local, backend, operation) != patron.local:
        raise Rejected(backend, operation, "this record was merged into another one")
    return records_of(connection, patron.local)


def records_of(connection: sa.Connection, patron: str) -> list[str]:
    """A surviving record's id, then those of the records that were merged into it, in order."""
    found = {row.id for row in fetch(connection, _DOWN, of=patron)}
    return [patron, *sorted(found - {patron})]


@contextmanager
def writing(store: SqlStore, backend: str, operation: str, key: str) -> Generator[sa.Connection]:
    """One serialised transaction; a commit whose answer is lost is told with the key of the request."""
    try:
        with store.transaction() as unit:
            yield unit.connection
    except OutcomeUnknown as lost:
        raise OutcomeUnknown(backend, operation, lost.problem, key) from None
