"""The embedded ILS's tables of the catalogue. `tables` says how text is kept."""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._sqlalchemy import postgresql, sa
from scld_adapters.sql.tables import metadata

__all__ = ["ils_item_facts", "ils_libraries", "ils_title_keys", "ils_titles"]

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _text(name: str, *parts: Any, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null, primary_key=key)


# What an item is, beside what circulation knows of it; `holdable` is null where nobody said.
ils_item_facts = sa.Table(
    "ils_item_facts",
    metadata,
    _text("item", sa.ForeignKey("ils_items.id", name="ils_item_facts_item"), key=True),
    _text("title", null=True),
    _text("call_number"),
    sa.Column("holdable", sa.Boolean(), nullable=True),
)
sa.Index("ils_item_facts_title", ils_item_facts.c.title, ils_item_facts.c.item)

# `isbns` is the codec's JSON. A title of which there are items only has no row.
ils_titles = sa.Table(
    "ils_titles",
    metadata,
    _text("id", key=True),
    *map(_text, ("title", "author", "isbns")),
    sa.Column("year", sa.Integer(), nullable=True),
    *map(_text, ("kind", "call_number")),
)

# By what a title is found: the folded words of title and author, and ISBNs of thirteen digits.
ils_title_keys = sa.Table(
    "ils_title_keys",
    metadata,
    _text("kind", key=True),
    _text("key", key=True),
    _text("title", sa.ForeignKey("ils_titles.id", name="ils_title_keys_title"), key=True),
)
sa.Index("ils_title_keys_title_index", ils_title_keys.c.title)

ils_libraries = sa.Table(
    "ils_libraries",
    metadata,
    _text("id", key=True),
    _text("name"),
    sa.Column("pickup", sa.Boolean(), nullable=False),
)
