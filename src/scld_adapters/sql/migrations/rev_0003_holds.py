"""Holds of the embedded ILS.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._alembic import op
from scld_adapters.sql._sqlalchemy import postgresql, sa

revision = "0003"
down_revision = "0002"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = "state IN ('in_transit', 'ready', 'suspended', 'trapped', 'waiting')"
_TRAPPED = "state IN ('in_transit', 'ready', 'trapped')"


def _text(name: str, *parts: Any, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null)


def _index(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    text = sa.text(where)
    op.create_index(name, "ils_holds", columns, unique=unique, sqlite_where=text, postgresql_where=text)


def upgrade() -> None:
    """Make the tables; there were no holds before."""
    op.create_table(
        "ils_holds",
        sa.Column("seq", _NUMBER, sa.Identity(always=True), primary_key=True),
        _text("id"),
        _text("patron", sa.ForeignKey("ils_patrons.id", name="ils_holds_patron")),
        _text("title"),
        _text("item", sa.ForeignKey("ils_items.id", name="ils_holds_item"), null=True),
        *map(_text, ("pickup", "state", "placed_at")),
        _text("trapped", sa.ForeignKey("ils_items.id", name="ils_holds_trapped"), null=True),
        _text("suspended_until", null=True),
        _text("shelf_until", null=True),
        _text("not_needed_after", null=True),
        sa.UniqueConstraint("id", name="ils_holds_id"),
    )
    _index("ils_holds_one_open", ["patron", "title"], _OPEN, unique=True)
    _index("ils_holds_one_trap", ["trapped"], _TRAPPED, unique=True)
    _index("ils_holds_queue", ["title", "seq"], _OPEN)
    op.create_table(
        "ils_hold_writes",
        _text("key"),
        _text("hold", sa.ForeignKey("ils_holds.id", name="ils_hold_writes_hold")),
        _text("body"),
        sa.PrimaryKeyConstraint("key"),
    )
