"""Every statement of the store, built once for each database."""

from __future__ import annotations

from typing import Any, Self

from attrs import frozen

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.peer import Peer
from scld_adapters.sql.tables import UNRESOLVED_SQL, journal, records, steps

__all__ = ["Statements"]

_COLUMNS = ("id", "run", "area", "action", "subject", "state", "updated_at", "body")


def _given(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


def _put_step(upsert: Any) -> sa.Executable:
    """Insert or replace by id, and touch no row when another unresolved step has action and subject.

    One statement, so that a refusal leaves the transaction usable: on PostgreSQL a violated index
    would end it. The index stays behind this as the last word.
    """
    given = {name: _given(name) for name in _COLUMNS}
    other = steps.alias()
    taken = sa.exists().where(
        other.c.action == given["action"],
        other.c.subject == given["subject"],
        other.c.id != given["id"],
        sa.text(UNRESOLVED_SQL),
    )
    closed = sa.bindparam("is_open", type_=sa.Integer()) == 0
    row = sa.select(*given.values()).where(sa.or_(closed, ~taken))
    insert = upsert(steps).from_select(list(_COLUMNS), row)
    return insert.on_conflict_do_update(
        index_elements=["id"], set_={name: insert.excluded[name] for name in _COLUMNS[1:]}
    )


def _put_record(upsert: Any) -> sa.Executable:
    insert = upsert(records).values(kind=_given("kind"), key=_given("key"), body=_given("body"))
    return insert.on_conflict_do_update(index_elements=["kind", "key"], set_={"body": insert.excluded.body})


_STEPS = sa.select(steps.c.body).order_by(steps.c.seq)
_ENTRIES = sa.select(journal.c.body).order_by(journal.c.seq)
_OF_KIND = records.c.kind == _given("kind")
_ONE = sa.and_(_OF_KIND, records.c.key == _given("key"))


@frozen
class Statements:
    """The statements by what they do."""

    put_step: sa.Executable
    put_record: sa.Executable
    step: sa.Executable = sa.select(steps.c.body).where(steps.c.id == _given("id"))
    unresolved: sa.Executable = _STEPS.where(sa.text(UNRESOLVED_SQL))
    unresolved_of_area: sa.Executable = _STEPS.where(sa.text(UNRESOLVED_SQL), steps.c.area == _given("area"))
    steps_of_run: sa.Executable = _STEPS.where(steps.c.run == _given("run"))
    history: sa.Executable = (
        sa.select(steps.c.body)
        .where(steps.c.area == _given("area"), steps.c.updated_at >= _given("since"))
        .order_by(steps.c.updated_at, steps.c.seq)
    )
    append: sa.Executable = sa.insert(journal).values(run=_given("run"), at=_given("at"), body=_given("body"))
    entries: sa.Executable = _ENTRIES
    entries_of_run: sa.Executable = _ENTRIES.where(journal.c.run == _given("run"))
    record: sa.Executable = sa.select(records.c.body).where(_ONE)
    delete_record: sa.Executable = sa.delete(records).where(_ONE)
    records: sa.Executable = sa.select(records.c.key, records.c.body).where(_OF_KIND).order_by(records.c.key)

    @classmethod
    def of(cls, peer: Peer) -> Self:
        """The statements in the peer's dialect."""
        return cls(_put_step(peer.upsert), _put_record(peer.upsert))
