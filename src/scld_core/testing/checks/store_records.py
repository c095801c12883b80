"""Audit lines and documents: nothing changed, nothing mixed up, in a fixed order."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.testing.case import Check, check, require
from scld_core.testing.store_tools import KIND, Memory, do, entry

__all__ = ["CHECKS"]

_KEYS = ("", "a", "A", "b", "a b", "10", "9", "é", "e\N{COMBINING ACUTE ACCENT}", "z", "\U0001f4f6", "\uffee", "%", "_")
_BODIES = ('{"a":1}', "", "null", "☃\U0001f4f6", "line\nbreak\ttab", "'; --", "x" * 100_000)


def audit_in_order(case: Memory) -> None:
    """Audit lines stand in the order in which they were appended, all of them, and by run."""
    store = case.open().store
    rich = evolve(entry(7, "run-2"), detail="quote ' and\nbreak ☃", subject="kit:é")
    lines = [entry(3), rich, entry(1), entry(3)]
    for one in lines:
        do(store, lambda unit, one=one: unit.journal.append(one))  # type: ignore[misc]
    with store.transaction() as unit:
        require(unit.journal.entries() == tuple(lines), "the audit trail is not what was appended, in that order")
        require(unit.journal.entries("run-2") == (rich,), "the audit lines of a run are not those")
        require(unit.journal.entries("run-9") == (), "a run without audit lines has some")


def documents(case: Memory) -> None:
    """A document is what was put last under its kind and key; deleting what is not there does nothing."""
    store = case.open().store
    with store.transaction() as unit:
        shelf = unit.records(KIND)
        require(shelf.get("a") is None, "a document that was never put is not None")
        shelf.delete("a")
        shelf.put("a", "1")
        shelf.put("a", "2")
        unit.records(KIND + "s").put("a", "other")
    with store.transaction() as unit:
        require(unit.records(KIND).get("a") == "2", "a document is not what was put last")
        unit.records(KIND).delete("a")
        require(unit.records(KIND).get("a") is None, "a deleted document is still there")
        require(unit.records(KIND + "s").get("a") == "other", "a document of another kind has gone as well")


def keys_by_code_point(case: Memory) -> None:
    """Documents are listed by code point of their keys, in whatever order and case they were put."""
    store = case.open().store
    for key in _KEYS:
        do(store, lambda unit, key=key: unit.records(KIND).put(key, key))  # type: ignore[misc]
    with store.transaction() as unit:
        found = [key for key, _ in unit.records(KIND).items()]
    require(found == sorted(_KEYS), "documents are not listed once each by code point")


def bodies_untouched(case: Memory) -> None:
    """A body comes back as it was put, character by character."""
    store = case.open().store
    for place, body in enumerate(_BODIES):
        do(store, lambda unit, place=place, body=body: unit.records(KIND).put(str(place), body))  # type: ignore[misc]
    with store.transaction() as unit:
        for place, body in enumerate(_BODIES):
            require(unit.records(KIND).get(str(place)) == body, "a document's body has changed")


CHECKS: tuple[Check[Any], ...] = tuple(
    check("store", "transaction", writes=True)(one)
    for one in (audit_in_order, documents, keys_by_code_point, bodies_untouched)
)
"""In the order of the report."""
