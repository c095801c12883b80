"""The embedded ILS's tables of what was done to loans, beside the loans. `tables` says how text is kept."""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._sqlalchemy import postgresql, sa
from scld_adapters.sql.tables import metadata

__all__ = ["ils_loan_writes", "ils_renewals"]

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _text(name: str, *parts: Any, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null, primary_key=key)


# How often a loan was renewed; a loan of which nobody knows has no row.
ils_renewals = sa.Table(
    "ils_renewals",
    metadata,
    _text("loan", sa.ForeignKey("ils_loans.id", name="ils_renewals_loan"), key=True),
    sa.Column("times", sa.Integer(), nullable=False),
)

# What was done with which idempotency key; `loan` is the one it was about, and item and loan may have changed since.
ils_loan_writes = sa.Table(
    "ils_loan_writes",
    metadata,
    _text("key", key=True),
    _text("item", sa.ForeignKey("ils_items.id", name="ils_loan_writes_item")),
    _text("asked"),
    _text("loan", null=True),
    _text("hold", null=True),
    _text("route_to", null=True),
)
