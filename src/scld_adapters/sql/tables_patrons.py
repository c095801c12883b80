"""The embedded ILS's tables of how patrons are called and reached. `tables` says how text is kept."""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._sqlalchemy import postgresql, sa
from scld_adapters.sql.tables import metadata

__all__ = ["ils_patron_facts", "ils_patron_keys"]

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def _text(name: str, *parts: Any, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null, primary_key=key)


# `contact` is the codec's JSON, `expires_on` an ISO date, `pin` a salted hash and never the PIN.
ils_patron_facts = sa.Table(
    "ils_patron_facts",
    metadata,
    _text("patron", sa.ForeignKey("ils_patrons.id", name="ils_patron_facts_patron"), key=True),
    _text("contact", null=True),
    _text("expires_on", null=True),
    _text("pin", null=True),
)

# By what a patron is found: the folded words of the name, the keys of telephones and mailboxes.
ils_patron_keys = sa.Table(
    "ils_patron_keys",
    metadata,
    _text("kind", key=True),
    _text("key", key=True),
    _text("patron", sa.ForeignKey("ils_patrons.id", name="ils_patron_keys_patron"), key=True),
)
sa.Index("ils_patron_keys_patron_index", ils_patron_keys.c.patron)
