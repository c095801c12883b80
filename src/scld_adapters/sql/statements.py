"""Every statement of the store, built and compiled once for each database.

A compiled statement goes to the driver as it is: per step that saves as much time as SQLite itself takes.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self, cast

from attrs import frozen

from scld_adapters.sql._sqlalchemy import DBAPIError, SQLCompiler, sa
from scld_adapters.sql.peer import Peer
from scld_adapters.sql.tables import UNRESOLVED_SQL, journal, records, steps

__all__ = ["Prepared", "Statements", "fetch"]

_COLUMNS = ("id", "run", "area", "action", "subject", "state", "updated_at", "body")


@cache
def _row_of(names: tuple[str, ...]) -> Callable[[Any], Any]:
    make: Any = namedtuple  # noqa: PYI024 - the columns of a statement name its fields
    row: Callable[[Any], Any] = make("Row", names)._make
    return row


@frozen
class Prepared:
    """A statement in the driver's own SQL; `order` is None for a driver that takes parameters by name."""

    sql: str
    constants: Mapping[str, Any]
    order: tuple[str, ...] | None

    @classmethod
    def of(cls, statement: sa.ClauseElement, dialect: sa.Dialect) -> Self:
        """Compile for a dialect."""
        compiled = cast("SQLCompiler", statement.compile(dialect=dialect))
        order = compiled.positiontup
        return cls(compiled.string, dict(compiled.params), None if order is None else tuple(order))

    def run(self, connection: sa.Connection, given: Mapping[str, Any]) -> sa.CursorResult[*tuple[Any, ...]]:
        """Execute with the parameters `given` by name."""
        return connection.exec_driver_sql(self.sql, self.bound(given))

    def fetch(self, connection: sa.Connection, given: Mapping[str, Any]) -> list[Any]:
        """The same by the driver's own cursor, in a third of the time: rows that know their columns by name.

        A fault of the driver is raised as SQLAlchemy raises it, without values.
        """
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self.sql, self.bound(given))
            columns: Any = cursor.description  # None for what gives no rows
            if columns is None:
                return []
            make = _row_of(tuple([column[0] for column in columns]))
            return [make(row) for row in cursor.fetchall()]
        except connection.dialect.loaded_dbapi.Error as error:
            raise DBAPIError.instance(
                self.sql, None, error, connection.dialect.loaded_dbapi.Error, hide_parameters=True
            ) from None
        finally:
            cursor.close()

    def bound(self, given: Mapping[str, Any]) -> Any:
        """The parameters as the driver takes them."""
        values = {**self.constants, **given} if self.constants else given
        return values if self.order is None else tuple([values[name] for name in self.order])


_COMPILED: dict[tuple[str, int], tuple[sa.ClauseElement, Prepared]] = {}


def fetch(connection: sa.Connection, statement: sa.ClauseElement, **given: Any) -> list[Any]:
    """The rows of a statement that is a module's constant, compiled once for each kind of database."""
    key = (connection.dialect.name, id(statement))
    found = _COMPILED.get(key)
    if found is None:
        found = _COMPILED[key] = (
            statement,
            Prepared.of(statement, connection.dialect),
        )  # kept, so that its id is its own
    return found[1].fetch(connection, given)


def _given(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


def _put_step(upsert: Any) -> Any:
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
    insert: Any = upsert(steps).from_select(list(_COLUMNS), row)
    replace = {name: insert.excluded[name] for name in _COLUMNS[1:]}
    return insert.on_conflict_do_update(index_elements=["id"], set_=replace)


def _put_record(upsert: Any) -> Any:
    insert = upsert(records).values(kind=_given("kind"), key=_given("key"), body=_given("body"))
    return insert.on_conflict_do_update(index_elements=["kind", "key"], set_={"body": insert.excluded.body})


_STEPS = sa.select(steps.c.body).order_by(steps.c.seq)
_ENTRIES = sa.select(journal.c.body).order_by(journal.c.seq)
_OF_KIND = records.c.kind == _given("kind")
_ONE = sa.and_(_OF_KIND, records.c.key == _given("key"))
_OF_AREA = steps.c.area == _given("area")
_OPEN = sa.text(UNRESOLVED_SQL)

_PLAIN: Mapping[str, sa.ClauseElement] = {
    "step": sa.select(steps.c.body).where(steps.c.id == _given("id")),
    # The plus keeps SQLite from reading the whole history in the order of seq, for the few rows that are open.
    "unresolved": sa.select(steps.c.body).where(_OPEN).order_by(sa.text("+seq")),
    "unresolved_of_area": _STEPS.where(_OPEN, _OF_AREA),
    "steps_of_run": _STEPS.where(steps.c.run == _given("run")),
    "history": sa.select(steps.c.body)
    .where(_OF_AREA, steps.c.updated_at >= _given("since"))
    .order_by(steps.c.updated_at, steps.c.seq),
    "append": sa.insert(journal).inline().values(run=_given("run"), at=_given("at"), body=_given("body")),
    "entries": _ENTRIES,
    "entries_of_run": _ENTRIES.where(journal.c.run == _given("run")),
    "record": sa.select(records.c.body).where(_ONE),
    "delete_record": sa.delete(records).where(_ONE),
    "records": sa.select(records.c.key, records.c.body).where(_OF_KIND).order_by(records.c.key),
}


@frozen
class Statements:
    """The statements by what they do."""

    put_step: Prepared
    put_record: Prepared
    step: Prepared
    unresolved: Prepared
    unresolved_of_area: Prepared
    steps_of_run: Prepared
    history: Prepared
    append: Prepared
    entries: Prepared
    entries_of_run: Prepared
    record: Prepared
    delete_record: Prepared
    records: Prepared

    @staticmethod
    def of(peer: Peer) -> Statements:
        """The statements in the peer's dialect, compiled for the first store in it."""
        dialect = peer.engine.dialect
        found = _OF_DIALECT.get(type(dialect))
        if found is None:
            own = {"put_step": _put_step(peer.upsert), "put_record": _put_record(peer.upsert)}
            found = Statements(**{name: Prepared.of(one, dialect) for name, one in {**_PLAIN, **own}.items()})
            _OF_DIALECT[type(dialect)] = found
        return found


_OF_DIALECT: dict[type[sa.Dialect], Statements] = {}
