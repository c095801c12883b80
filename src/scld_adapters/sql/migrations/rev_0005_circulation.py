"""Loans of the embedded ILS: how often each was renewed, and what was done with which key.

A revision is never edited once it is released: it says what the tables were, not what they are.
"""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._alembic import op
from scld_adapters.sql._sqlalchemy import postgresql, sa

revision = "0005"
down_revision = "0004"

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _text(name: str, *parts: Any, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null)


def upgrade() -> None:
    """Make the tables; how often the loans that are there were renewed nobody knows."""
    op.create_table(
        "ils_renewals",
        _text("loan", sa.ForeignKey("ils_loans.id", name="ils_renewals_loan")),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("loan"),
    )
    op.create_table(
        "ils_loan_writes",
        _text("key"),
        _text("item", sa.ForeignKey("ils_items.id", name="ils_loan_writes_item")),
        _text("asked"),
        *(_text(name, null=True) for name in ("loan", "hold", "route_to")),
        sa.PrimaryKeyConstraint("key"),
    )
