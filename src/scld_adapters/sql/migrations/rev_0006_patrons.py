"""Patrons of the embedded ILS: contacts, by what they are found, the end of a card, and PINs as hashes.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._alembic import op
from scld_adapters.sql._sqlalchemy import postgresql, sa

revision = "0006"
down_revision = "0005"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _text(name: str, *parts: Any, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null)


def _patron(name: str) -> sa.Column[str]:
    return _text("patron", sa.ForeignKey("ils_patrons.id", name=name))


def upgrade() -> None:
    """Make the tables; of the patrons who are there nothing of this was known."""
    op.create_table(
        "ils_patron_facts",
        _patron("ils_patron_facts_patron"),
        *(_text(name, null=True) for name in ("contact", "expires_on", "pin")),
        sa.PrimaryKeyConstraint("patron"),
    )
    op.create_table(
        "ils_patron_keys",
        *map(_text, ("kind", "key")),
        _patron("ils_patron_keys_patron"),
        sa.PrimaryKeyConstraint("kind", "key", "patron"),
    )
    op.create_index("ils_patron_keys_patron_index", "ils_patron_keys", ["patron"])
