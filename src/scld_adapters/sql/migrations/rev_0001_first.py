"""The first schema: outbox, journal, records, and the embedded ILS.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._alembic import op
from scld_adapters.sql._sqlalchemy import postgresql, sa

revision = "0001"
down_revision = None

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNRESOLVED = "state IN ('awaiting_approval', 'prepared', 'unknown', 'waiting_operator', 'waiting_system')"
_OPEN = "returned_at IS NULL"


def _text(name: str, *parts: Any, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null)


def _order() -> sa.Column[int]:
    return sa.Column("seq", _NUMBER, sa.Identity(always=True), primary_key=True)


def _index(name: str, table: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    only = None if where is None else sa.text(where)
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=only, postgresql_where=only)


def upgrade() -> None:
    """Make every table."""
    _store()
    _ils()


def _store() -> None:
    columns = ("id", "run", "area", "action", "subject", "state", "updated_at", "body")
    op.create_table("steps", _order(), *map(_text, columns), sa.UniqueConstraint("id", name="steps_id"))
    _index("steps_one_unresolved", "steps", "action", "subject", where=_UNRESOLVED, unique=True)
    _index("steps_unresolved", "steps", "area", "seq", where=_UNRESOLVED)
    _index("steps_run", "steps", "run")
    _index("steps_history", "steps", "area", "updated_at")
    op.create_table("journal", _order(), _text("run"), _text("at"), _text("body"))
    _index("journal_run", "journal", "run")
    op.create_table(
        "records",
        _text("kind"),
        _text("key"),
        _text("body"),
        sa.PrimaryKeyConstraint("kind", "key"),
        sqlite_with_rowid=False,
    )


def _ils() -> None:
    op.create_table(
        "ils_patrons",
        _text("id"),
        _text("household", null=True),
        _text("merged_into", sa.ForeignKey("ils_patrons.id", name="ils_patrons_merged"), null=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ils_items",
        _text("id"),
        _text("barcode", null=True),
        *map(_text, ("location", "kind", "state", "word")),
        _text("since", null=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("barcode", name="ils_items_barcode"),
    )
    op.create_table(
        "ils_loans",
        _order(),
        _text("id"),
        _text("item", sa.ForeignKey("ils_items.id", name="ils_loans_item")),
        _text("patron", sa.ForeignKey("ils_patrons.id", name="ils_loans_patron"), null=True),
        _text("out_at", null=True),
        _text("due_at"),
        _text("returned_at", null=True),
        sa.UniqueConstraint("id", name="ils_loans_id"),
    )
    _index("ils_loans_one_open", "ils_loans", "item", where=_OPEN, unique=True)
    _index("ils_loans_item", "ils_loans", "item", "seq")
    _index("ils_loans_due", "ils_loans", "due_at", where=_OPEN)
