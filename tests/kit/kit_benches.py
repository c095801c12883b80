"""Harnesses of scld's own backends, each over a system that holds state. All data is synthetic."""

from attrs import evolve

from scld_adapters.files.harness import loans_harness
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.ils import fill
from scld_adapters.sql.plugin import EMBEDDED, SQLITE, EmbeddedConfig, SqliteConfig
from scld_adapters.sql.store import open_sqlite
from scld_adapters.sql.tables import ils_items, ils_loans
from scld_core.plugins import open_backend
from scld_core.plugins.seed import Seed
from scld_core.testing.harness import Harness, LoansBench, StoreBench

FILES_LOANS = loans_harness()


# SQLite: the store, and the ILS inside it


def embedded_bench(world) -> LoansBench:
    """The embedded ILS in a new store."""
    store = open_sqlite(world.context.folder / "district.sqlite", create=True)
    context = evolve(world.context, store=store)
    EMBEDDED.seed(EmbeddedConfig(), context, world.seed)
    opened = open_backend(EMBEDDED, EmbeddedConfig(page_size=world.page_size), context)

    def show(seen):
        with store.transaction() as unit:
            unit.connection.execute(sa.delete(ils_loans).where(ils_loans.c.item == seen.item.local))
            unit.connection.execute(sa.delete(ils_items).where(ils_items.c.id == seen.item.local))
            loan = seen.loan and evolve(seen.loan, patron=None)
            fill(unit.connection, Seed(items=(evolve(seen, loan=loan),)))

    return LoansBench(loans=opened.loans, close=opened.close, dispose=store.close, show=show)


EMBEDDED_LOANS = Harness.of(EMBEDDED, "loans", embedded_bench)


def sqlite_bench(world) -> StoreBench:
    """A store in a file."""
    path = world.context.folder / "district.sqlite"
    open_sqlite(path, create=True).close()
    opened = SQLITE.open(SqliteConfig(), world.context)
    return StoreBench(store=opened.store, close=opened.close, reopen=lambda: open_sqlite(path))


SQLITE_STORE = Harness.of(SQLITE, "store", sqlite_bench)
