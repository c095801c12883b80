"""Titles of the embedded ILS.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

from scld_adapters.sql._alembic import op
from scld_adapters.sql._sqlalchemy import postgresql, sa

revision = "0004"
down_revision = "0003"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ils_item_facts",
        sa.Column("item", _TEXT, sa.ForeignKey("ils_items.id", name="ils_item_facts_item"), nullable=False),
        sa.Column("title", _TEXT, nullable=True),
        sa.Column("call_number", _TEXT, nullable=False),
        sa.Column("holdable", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("item"),
    )
    op.create_index("ils_item_facts_title", "ils_item_facts", ["title", "item"])
