"""The door to Alembic: walks a database up the revisions in `migrations/`.

There is no env.py: each revision runs on the store's own connection, inside the store's lock and
transaction, so that a migration that fails is undone whole.
"""

from __future__ import annotations

from pathlib import Path

from scld_adapters.sql._sqlalchemy import sa
from scld_core.errors import MissingExtra

try:
    from alembic import op
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory
except ImportError:
    raise MissingExtra("sql", "alembic") from None

__all__ = ["op", "scripts", "upgrade"]


def scripts() -> ScriptDirectory:
    """The revisions in the package."""
    folder = str(Path(__file__).parent / "migrations")
    return ScriptDirectory(folder, version_locations=[folder])


def upgrade(connection: sa.Connection) -> None:
    """Run every revision the database lacks, oldest first, in the transaction of `connection`."""
    context = MigrationContext.configure(connection, opts={"transactional_ddl": True})
    directory = scripts()
    missing = list(directory.iterate_revisions("head", context.get_current_revision() or "base"))
    with Operations.context(context):
        for script in reversed(missing):
            script.module.upgrade()
            context.stamp(directory, script.revision)
