"""The embedded ILS's tables of holds. `tables` says how text, numbers and order are kept."""

from __future__ import annotations

from typing import Any

from scld_adapters.sql._sqlalchemy import postgresql, sa
from scld_adapters.sql.tables import metadata
from scld_core.holds.states import OPEN, TRAPPED, HoldState

__all__ = ["OPEN_HOLD", "SHELVED_HOLD", "TRAPPED_HOLD", "ils_hold_writes", "ils_holds"]

_TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _in(states: frozenset[HoldState]) -> str:
    return "state IN ({})".format(", ".join(f"'{state}'" for state in sorted(s.value for s in states)))


OPEN_HOLD = _in(OPEN)
"""What makes a hold an open one, as SQL, spelled alike in index and queries."""

TRAPPED_HOLD = _in(TRAPPED)
"""What says that an item is set aside for it, as SQL."""


SHELVED_HOLD = _in(frozenset({HoldState.READY, HoldState.UNCLAIMED}))
"""What says that its item stands on the hold shelf where it names one, as SQL."""


def _text(name: str, *parts: Any, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, _TEXT, *parts, nullable=null, primary_key=key)


# The order of `seq` is the queue. Days are ISO dates; `item` is the one asked for, `trapped` the one set aside.
ils_holds = sa.Table(
    "ils_holds",
    metadata,
    sa.Column("seq", _NUMBER, sa.Identity(always=True), primary_key=True),
    _text("id"),
    _text("patron", sa.ForeignKey("ils_patrons.id", name="ils_holds_patron")),
    _text("title"),
    _text("item", sa.ForeignKey("ils_items.id", name="ils_holds_item"), null=True),
    _text("pickup"),
    _text("state"),
    _text("placed_at"),
    _text("trapped", sa.ForeignKey("ils_items.id", name="ils_holds_trapped"), null=True),
    _text("suspended_until", null=True),
    _text("shelf_until", null=True),
    _text("not_needed_after", null=True),
    sa.UniqueConstraint("id", name="ils_holds_id"),
)


def _index(name: str, *columns: sa.Column[Any], where: str, unique: bool = False) -> None:
    sa.Index(name, *columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


_index("ils_holds_one_open", ils_holds.c.patron, ils_holds.c.title, where=OPEN_HOLD, unique=True)
_index("ils_holds_one_trap", ils_holds.c.trapped, where=TRAPPED_HOLD, unique=True)
_index("ils_holds_queue", ils_holds.c.title, ils_holds.c.seq, where=OPEN_HOLD)

# What was done with which idempotency key; the hold may have changed since.
ils_hold_writes = sa.Table(
    "ils_hold_writes",
    metadata,
    _text("key", key=True),
    _text("hold", sa.ForeignKey("ils_holds.id", name="ils_hold_writes_hold")),
    _text("body"),
)
