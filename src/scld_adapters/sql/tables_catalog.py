"""The embedded ILS's tables of the catalogue. `tables` says how text is kept."""

from __future__ import annotations

from scld_adapters.sql._sqlalchemy import postgresql, sa
from scld_adapters.sql.tables import metadata

__all__ = ["ils_item_facts"]

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

# What an item is, beside what circulation knows of it; `holdable` is null where nobody said.
ils_item_facts = sa.Table(
    "ils_item_facts",
    metadata,
    sa.Column("item", _TEXT, sa.ForeignKey("ils_items.id", name="ils_item_facts_item"), primary_key=True),
    sa.Column("title", _TEXT, nullable=True),
    sa.Column("call_number", _TEXT, nullable=False),
    sa.Column("holdable", sa.Boolean(), nullable=True),
)
sa.Index("ils_item_facts_title", ils_item_facts.c.title, ils_item_facts.c.item)
