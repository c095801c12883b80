"""Titles and libraries of the embedded ILS, and by what a title is found.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._alembic import op
from scld_adapters.sql._sqlalchemy import postgresql, sa

revision = "0007"
down_revision = "0006"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _text(name: str, *parts: Any) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=False)


def upgrade() -> None:
    """Make the tables; of the titles whose items are there nothing of this was known."""
    op.create_table(
        "ils_titles",
        *map(_text, ("id", "title", "author", "isbns")),
        sa.Column("year", sa.Integer(), nullable=True),
        *map(_text, ("kind", "call_number")),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ils_title_keys",
        *map(_text, ("kind", "key")),
        _text("title", sa.ForeignKey("ils_titles.id", name="ils_title_keys_title")),
        sa.PrimaryKeyConstraint("kind", "key", "title"),
    )
    op.create_index("ils_title_keys_title_index", "ils_title_keys", ["title"])
    op.create_table(
        "ils_libraries",
        *map(_text, ("id", "name")),
        sa.Column("pickup", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
