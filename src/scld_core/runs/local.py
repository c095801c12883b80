"""Writes that touch only the district's own store: the record and its audit line, together."""

from __future__ import annotations

from scld_core.kernel.actor import Actor
from scld_core.kernel.time import Clock
from scld_core.runs.model import JournalEntry
from scld_core.runs.ports import Store

__all__ = ["keep", "note"]


def keep(store: Store, kind: str, key: str, body: str, *, actor: Actor, clock: Clock, detail: str = "") -> None:
    """Store the codec's JSON `body` under `key`, with one journal line; both or neither."""
    with store.transaction() as unit:
        unit.records(kind).put(key, body)
        unit.journal.append(JournalEntry(clock.now(), actor.id, f"{kind}.kept", key, detail=detail))


def note(store: Store, kind: str, subject: str, *, actor: Actor, clock: Clock, detail: str = "") -> None:
    """One journal line on what was done to the district itself."""
    with store.transaction() as unit:
        unit.journal.append(JournalEntry(clock.now(), actor.id, kind, subject, detail=detail))
