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
    "ils_blocks",
    "ils_cards",
    "ils_charges",
    "ils_entries",
    "ils_flags",
    "ils_items",
    "ils_loans",
    "ils_parts",
    "ils_patron_writes",
    "ils_patrons",
    "ils_persons",
    "instant_text",
    "journal",
    "metadata",
    "optional_text",
    "read_instant",
    "records",
    "steps",
    "version",
]

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
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

sa.Index("ils_patrons_merged_into", ils_patrons.c.merged_into)


def _patron(name: str, table: str, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    return _text(name, sa.ForeignKey("ils_patrons.id", name=f"{table}_{name}"), null=null, key=key)


ils_persons = sa.Table(
    "ils_persons",
    metadata,
    _patron("patron", "ils_persons", key=True),
    _text("birth_date", null=True),
    _patron("responsible_adult", "ils_persons", null=True),
    _text("category"),
    _text("home", null=True),
)

ils_cards = sa.Table(
    "ils_cards",
    metadata,
    _order(),
    _text("number"),
    _patron("patron", "ils_cards"),
    sa.Column("present", sa.Boolean(), nullable=False),
    _text("replaced_at", null=True),
    sa.UniqueConstraint("number", name="ils_cards_number"),
)
sa.Index("ils_cards_patron", ils_cards.c.patron)

ils_flags = sa.Table(
    "ils_flags",
    metadata,
    _patron("patron", "ils_flags", key=True),
    _text("agency"),
    _text("since", null=True),
    _text("referral"),
)

ils_blocks = sa.Table(
    "ils_blocks",
    metadata,
    _order(),
    _patron("patron", "ils_blocks"),
    _text("reason"),
    _text("since", null=True),
    _text("set_by"),
    sa.UniqueConstraint("patron", "reason", name="ils_blocks_patron_reason"),
)

# What was done with which idempotency key; the change itself may have been undone since.
ils_patron_writes = sa.Table(
    "ils_patron_writes", metadata, _text("key", key=True), _patron("patron", "ils_patron_writes"), _text("body")
)

ils_entries = sa.Table(
    "ils_entries",
    metadata,
    _order(),
    _text("id"),
    _patron("patron", "ils_entries"),
    _text("kind"),
    _text("at"),
    _text("posted_by"),
    _text("key", null=True),
    _text("reason"),
    _text("reverses", sa.ForeignKey("ils_entries.id", name="ils_entries_reverses"), null=True),
    sa.UniqueConstraint("id", name="ils_entries_id"),
    sa.UniqueConstraint("key", name="ils_entries_key"),
    sa.UniqueConstraint("reverses", name="ils_entries_reversed_once"),
)
sa.Index("ils_entries_patron", ils_entries.c.patron, ils_entries.c.at, ils_entries.c.seq)

ils_charges = sa.Table(
    "ils_charges",
    metadata,
    _text("id", key=True),
    _text("entry", sa.ForeignKey("ils_entries.id", name="ils_charges_entry")),
    _text("kind"),
    _text("legal_class"),
    _text("assessed_at"),
    _text("item", null=True),
    _text("branch", null=True),
    _text("note"),
    sa.UniqueConstraint("entry", name="ils_charges_entry_once"),
)

# Amounts are whole cents above zero; an entry's own amount is the sum of its parts.
ils_parts = sa.Table(
    "ils_parts",
    metadata,
    _text("entry", sa.ForeignKey("ils_entries.id", name="ils_parts_entry"), key=True),
    _text("charge", sa.ForeignKey("ils_charges.id", name="ils_parts_charge"), key=True),
    sa.Column("place", sa.Integer(), nullable=False),
    sa.Column("cents", sa.BigInteger(), nullable=False),
    _text("currency"),
    sa.CheckConstraint("cents > 0", name="ils_parts_cents"),
)
sa.Index("ils_parts_charge_index", ils_parts.c.charge)


def instant_text(moment: datetime) -> str:
    """An aware datetime as text of fixed width in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def optional_text(moment: datetime | None) -> str | None:
    """The same of a datetime that may be missing."""
    return None if moment is None else instant_text(moment)


def read_instant(text: str) -> datetime:
    """The instant that `instant_text` wrote."""
    return datetime.fromisoformat(text)
