"""The tables, the same on SQLite and PostgreSQL.

Text is compared by code point on both: SQLite's BINARY does so by itself, PostgreSQL is told "C".
Instants are text of one width in UTC, so that their order as text is their order in time.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from scld_adapters.sql._sqlalchemy import postgresql, sa
from scld_core.runs.model import UNRESOLVED

__all__ = [
    "OPEN_LOAN",
    "REVISION",
    "REVISIONS",
    "UNRESOLVED_SQL",
    "ils_items",
    "ils_loans",
    "ils_patrons",
    "instant_text",
    "journal",
    "metadata",
    "optional_text",
    "read_instant",
    "records",
    "steps",
    "version",
]

REVISIONS = ("0001",)
"""Every revision of the schema there has been, oldest first; `migrations/` leads from each to the next."""

REVISION = REVISIONS[-1]
"""The revision this version of scld works with."""

UNRESOLVED_SQL = "state IN ({})".format(", ".join(f"'{state}'" for state in sorted(s.value for s in UNRESOLVED)))
"""The unresolved states as SQL, spelled alike in index and queries: only then may SQLite use the index."""

OPEN_LOAN = "returned_at IS NULL"
"""What makes a loan an open one, as SQL."""

metadata = sa.MetaData()
_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers only INTEGER keys by itself


def _text(name: str, *parts: Any, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null, primary_key=key)


def _order() -> sa.Column[int]:
    """The order of first insertion."""
    return sa.Column("seq", _NUMBER, sa.Identity(always=True), primary_key=True)


steps = sa.Table(
    "steps",
    metadata,
    _order(),
    _text("id"),
    _text("run"),
    _text("area"),
    _text("action"),
    _text("subject"),
    _text("state"),
    _text("updated_at"),
    _text("body"),
    sa.UniqueConstraint("id", name="steps_id"),
)
sa.Index(
    "steps_one_unresolved",
    steps.c.action,
    steps.c.subject,
    unique=True,
    sqlite_where=sa.text(UNRESOLVED_SQL),
    postgresql_where=sa.text(UNRESOLVED_SQL),
)
sa.Index(
    "steps_unresolved",
    steps.c.area,
    steps.c.seq,
    sqlite_where=sa.text(UNRESOLVED_SQL),
    postgresql_where=sa.text(UNRESOLVED_SQL),
)
sa.Index("steps_run", steps.c.run)
sa.Index("steps_history", steps.c.area, steps.c.updated_at)

journal = sa.Table("journal", metadata, _order(), _text("run"), _text("at"), _text("body"))
sa.Index("journal_run", journal.c.run)

records = sa.Table(
    "records", metadata, _text("kind", key=True), _text("key", key=True), _text("body"), sqlite_with_rowid=False
)

# Alembic's own table and its own shape; it is made here too, so that a new store needs no Alembic.
version = sa.Table(
    "alembic_version",
    metadata,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

ils_patrons = sa.Table(
    "ils_patrons",
    metadata,
    _text("id", key=True),
    _text("household", null=True),
    _text("merged_into", sa.ForeignKey("ils_patrons.id", name="ils_patrons_merged"), null=True),
)

ils_items = sa.Table(
    "ils_items",
    metadata,
    _text("id", key=True),
    _text("barcode", null=True),
    _text("location"),
    _text("kind"),
    _text("state"),
    _text("word"),
    _text("since", null=True),
    sa.UniqueConstraint("barcode", name="ils_items_barcode"),
)

ils_loans = sa.Table(
    "ils_loans",
    metadata,
    _order(),
    _text("id"),
    _text("item", sa.ForeignKey("ils_items.id", name="ils_loans_item")),
    _text("patron", sa.ForeignKey("ils_patrons.id", name="ils_loans_patron"), null=True),
    _text("out_at", null=True),
    _text("due_at"),
    _text("returned_at", null=True),
    sa.UniqueConstraint("id", name="ils_loans_id"),
)
sa.Index(
    "ils_loans_one_open",
    ils_loans.c.item,
    unique=True,
    sqlite_where=sa.text(OPEN_LOAN),
    postgresql_where=sa.text(OPEN_LOAN),
)
sa.Index("ils_loans_item", ils_loans.c.item, ils_loans.c.seq)
sa.Index("ils_loans_due", ils_loans.c.due_at, sqlite_where=sa.text(OPEN_LOAN), postgresql_where=sa.text(OPEN_LOAN))


def instant_text(moment: datetime) -> str:
    """An aware datetime as text of fixed width in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def optional_text(moment: datetime | None) -> str | None:
    """The same of a datetime that may be missing."""
    return None if moment is None else instant_text(moment)


def read_instant(text: str) -> datetime:
    """The instant that `instant_text` wrote."""
    return datetime.fromisoformat(text)
