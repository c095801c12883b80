"""The embedded ILS learns of patrons and fees: cards, ages, flags, blocks, and the ledger.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._alembic import op
from scld_adapters.sql._sqlalchemy import postgresql, sa

revision = "0002"
down_revision = "0001"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *parts: Any, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null)


def _patron(name: str, table: str, *, null: bool = False) -> sa.Column[str]:
    return _text(name, sa.ForeignKey("ils_patrons.id", name=f"{table}_{name}"), null=null)


def _order() -> sa.Column[int]:
    return sa.Column("seq", _NUMBER, sa.Identity(always=True), primary_key=True)


def upgrade() -> None:
    """Make the tables; patrons that are there already keep their rows and are of unknown age."""
    op.create_index("ils_patrons_merged_into", "ils_patrons", ["merged_into"])
    _patrons()
    _cards_and_restrictions()
    _ledger()


def _patrons() -> None:
    op.create_table(
        "ils_persons",
        _patron("patron", "ils_persons"),
        _text("birth_date", null=True),
        _patron("responsible_adult", "ils_persons", null=True),
        _text("category"),
        _text("home", null=True),
        sa.PrimaryKeyConstraint("patron"),
    )
    op.create_table(
        "ils_patron_writes",
        _text("key"),
        _patron("patron", "ils_patron_writes"),
        _text("body"),
        sa.PrimaryKeyConstraint("key"),
    )


def _cards_and_restrictions() -> None:
    op.create_table(
        "ils_cards",
        _order(),
        _text("number"),
        _patron("patron", "ils_cards"),
        sa.Column("present", sa.Boolean(), nullable=False),
        _text("replaced_at", null=True),
        sa.UniqueConstraint("number", name="ils_cards_number"),
    )
    op.create_index("ils_cards_patron", "ils_cards", ["patron"])
    op.create_table(
        "ils_flags",
        _patron("patron", "ils_flags"),
        _text("agency"),
        _text("since", null=True),
        _text("referral"),
        sa.PrimaryKeyConstraint("patron"),
    )
    op.create_table(
        "ils_blocks",
        _order(),
        _patron("patron", "ils_blocks"),
        _text("reason"),
        _text("since", null=True),
        _text("set_by"),
        sa.UniqueConstraint("patron", "reason", name="ils_blocks_patron_reason"),
    )


def _ledger() -> None:
    op.create_table(
        "ils_entries",
        _order(),
        _text("id"),
        _patron("patron", "ils_entries"),
        *map(_text, ("kind", "at", "posted_by")),
        _text("key", null=True),
        _text("reason"),
        _text("reverses", sa.ForeignKey("ils_entries.id", name="ils_entries_reverses"), null=True),
        sa.UniqueConstraint("id", name="ils_entries_id"),
        sa.UniqueConstraint("key", name="ils_entries_key"),
        sa.UniqueConstraint("reverses", name="ils_entries_reversed_once"),
    )
    op.create_index("ils_entries_patron", "ils_entries", ["patron", "at", "seq"])
    op.create_table(
        "ils_charges",
        _text("id"),
        _text("entry", sa.ForeignKey("ils_entries.id", name="ils_charges_entry")),
        *map(_text, ("kind", "legal_class", "assessed_at")),
        _text("item", null=True),
        _text("branch", null=True),
        _text("note"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("entry", name="ils_charges_entry_once"),
    )
    op.create_table(
        "ils_parts",
        _text("entry", sa.ForeignKey("ils_entries.id", name="ils_parts_entry")),
        _text("charge", sa.ForeignKey("ils_charges.id", name="ils_parts_charge")),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("cents", sa.BigInteger(), nullable=False),
        _text("currency"),
        sa.PrimaryKeyConstraint("entry", "charge"),
        sa.CheckConstraint("cents > 0", name="ils_parts_cents"),
    )
    op.create_index("ils_parts_charge_index", "ils_parts", ["charge"])
