"""Which schema a database has, and whether this version of scld may work with it."""

from __future__ import annotations

from collections.abc import Sequence

from scld_adapters.sql import tables_catalog, tables_holds, tables_loans, tables_patrons
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.tables import REVISION, REVISIONS, metadata, version
from scld_core.errors import BadInput

__all__ = ["create", "refuse_foreign", "refuse_newer", "refuse_none", "refuse_other", "revision", "told"]

_LOADED = (tables_catalog, tables_holds, tables_loans, tables_patrons)  # a table is known once its module is


def revision(connection: sa.Connection) -> str | None:
    """The revision the database says it has; None when it holds no store."""
    if not sa.inspect(connection).has_table(version.name):
        return None
    return connection.execute(sa.select(version.c.version_num)).scalar_one_or_none()


def create(connection: sa.Connection, where: str) -> None:
    """All tables, and the note of their revision; nothing when another process was first."""
    found = revision(connection)
    refuse_foreign(connection, where, found)
    if found is not None:
        return
    metadata.create_all(connection, checkfirst=False)
    connection.execute(sa.insert(version).values(version_num=REVISION))


def refuse_foreign(connection: sa.Connection, where: str, found: str | None) -> None:
    """Raise BadInput where there are tables but no note of a revision: they are another program's."""
    if found is None and sa.inspect(connection).get_table_names():
        raise BadInput(where, "holds the tables of another program", "Give the district a database of its own")


def refuse_newer(where: str, found: str | None, known: Sequence[str] = REVISIONS) -> None:
    """Raise BadInput for a revision that this scld does not know."""
    if found is not None and found not in known:
        raise BadInput(
            where,
            f"was written by a newer scld (schema {found}, this one knows up to {known[-1]})",
            "Upgrade scld, then run `scld migrate DIR`",
        )


def refuse_none(where: str, found: str | None) -> None:
    """Raise BadInput where there is no store."""
    if found is None:
        raise BadInput(where, "holds no tables of scld", "Make them with `scld migrate DIR`")


def refuse_other(where: str, found: str | None, known: Sequence[str] = REVISIONS) -> None:
    """Raise BadInput for every revision but the newest of `known`."""
    refuse_newer(where, found, known)
    refuse_none(where, found)
    if found != known[-1]:
        raise BadInput(
            where, f"was written by an older scld (schema {found}, this is {known[-1]})", "Run `scld migrate DIR`"
        )


def told(where: str, before: str | None) -> str:
    """One sentence on a migration from `before`."""
    if before == REVISION:
        return f"{where} has schema {REVISION} already; nothing was changed"
    return f"{where} now has schema {REVISION}" + (f" (was {before})" if before else "")
