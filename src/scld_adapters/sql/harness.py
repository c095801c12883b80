"""How the conformance kit grades the store on SQLite and the embedded ILS inside it. All data is synthetic.

An embedded list is read in one transaction: none can break off between its pages, and so no bench has
a lever that cuts.
"""

from __future__ import annotations

from typing import Any

from scld_adapters.sql.harness_accounts import fees_bench, patrons_bench
from scld_adapters.sql.harness_catalog import catalog_levers
from scld_adapters.sql.harness_lending import holds_bench, loans_bench
from scld_adapters.sql.harness_store import empty_store, opened_embedded
from scld_adapters.sql.plugin import EMBEDDED, SQLITE, EmbeddedConfig, SqliteConfig
from scld_adapters.sql.store import SqlStore, open_sqlite
from scld_core.errors import AdapterBug
from scld_core.testing.harness import CatalogBench, Harness, StoreBench, World

__all__ = [
    "EMBEDDED_CATALOG",
    "EMBEDDED_FEES",
    "EMBEDDED_HOLDS",
    "EMBEDDED_LOANS",
    "EMBEDDED_PATRONS",
    "SQLITE_STORE",
    "harnesses",
    "store_harnesses",
]


def harnesses(settings: EmbeddedConfig | None = None) -> tuple[Harness[Any], ...]:
    """Every port of the embedded ILS; of `settings` nothing is used: how long a page is, the kit says."""
    del settings
    return EMBEDDED_LOANS, EMBEDDED_PATRONS, EMBEDDED_FEES, EMBEDDED_HOLDS, EMBEDDED_CATALOG


def store_harnesses(settings: SqliteConfig | None = None) -> tuple[Harness[StoreBench], ...]:
    """The store in a file of the name that `settings` give."""
    return (SQLITE_STORE if settings is None else _store_harness(settings),)


def _catalog_bench(world: World) -> CatalogBench:
    ils = opened_embedded(world)
    if ils.opened.catalog is None:
        raise AdapterBug(ils.context.instance, "open", "opened no port catalog")
    return catalog_levers(world, ils.opened.catalog, ils.store, close=ils.opened.close, outage=ils.store.fall)


def _store_harness(settings: SqliteConfig) -> Harness[StoreBench]:
    def make(world: World) -> StoreBench:
        path = world.context.folder / settings.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(empty_store())
        opened = SQLITE.open(settings, world.context)

        def reopen() -> SqlStore:
            return open_sqlite(path)

        if opened.store is None:
            raise AdapterBug(world.context.instance, "open", "opened no store")
        return StoreBench(store=opened.store, close=opened.close, reopen=reopen)

    return Harness.of(SQLITE, "store", make)


EMBEDDED_LOANS = Harness.of(EMBEDDED, "loans", loans_bench, remembers_keys=True)
"""The embedded ILS's loans."""

EMBEDDED_PATRONS = Harness.of(EMBEDDED, "patrons", patrons_bench, remembers_keys=True)
"""The embedded ILS's patrons."""

EMBEDDED_FEES = Harness.of(EMBEDDED, "fees", fees_bench, remembers_keys=True)
"""The embedded ledger."""

EMBEDDED_HOLDS = Harness.of(EMBEDDED, "holds", holds_bench, remembers_keys=True)
"""The embedded ILS's holds."""

EMBEDDED_CATALOG = Harness.of(EMBEDDED, "catalog", _catalog_bench)
"""The embedded ILS's catalogue."""

SQLITE_STORE = _store_harness(SqliteConfig())
"""The store in a file."""
