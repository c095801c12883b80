"""The door to Alembic: walks a database up the revisions in `migrations/`.

There is no env.py: what Alembic would ask of it is given here, on the store's own connection, so that a
migration runs inside the store's lock and transaction and is undone whole when it fails.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.tables import REVISION
from scld_core.errors import MissingExtra

try:
    from alembic import op
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory
except ImportError:
    raise MissingExtra("sql", "alembic") from None

__all__ = ["op", "scripts", "upgrade"]

_FOLDER = Path(__file__).parent / "migrations"


def scripts() -> ScriptDirectory:
    """The revisions in the package."""
    return ScriptDirectory(str(_FOLDER), version_locations=[str(_FOLDER)])


def upgrade(connection: sa.Connection) -> None:
    """Run every revision the database lacks, in the transaction of `connection`."""
    script = scripts()

    def steps(found: Any, _context: Any) -> Any:
        return script._upgrade_revs(REVISION, found)  # noqa: SLF001 - what Alembic's own `upgrade` command calls

    with EnvironmentContext(Config(), script, fn=steps, destination_rev=REVISION) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()
