"""Harnesses of scld's own backends, each over a system that holds state. All data is synthetic."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve

from scld_adapters.files.harness import loans_harness
from scld_adapters.sql import ils
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.ils import fill
from scld_adapters.sql.plugin import EMBEDDED, SQLITE, EmbeddedConfig, SqliteConfig
from scld_adapters.sql.store import open_sqlite
from scld_adapters.sql.tables import ils_items, ils_loans, instant_text, optional_text
from scld_core.plugins import open_backend
from scld_core.plugins.seed import Seed
from scld_core.testing.harness import Harness, LoansBench, StoreBench

FILES_LOANS = loans_harness()


# SQLite: the store, and the ILS inside it


@cache
def empty() -> bytes:
    """A new store's file: making its tables takes longer than most checks."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sqlite"
        open_sqlite(path, create=True).close()
        return path.read_bytes()


def new_store(path):
    """A new store in a file."""
    path.write_bytes(empty())
    return open_sqlite(path)


def embedded_bench(world) -> LoansBench:
    """The embedded ILS in a new store."""
    store = new_store(world.context.folder / "district.sqlite")
    context = evolve(world.context, store=store)
    EMBEDDED.seed(EmbeddedConfig(), context, world.seed)
    opened = open_backend(EMBEDDED, EmbeddedConfig(page_size=world.page_size), context)

    def show(seen):
        local, loan = seen.item.local, seen.loan
        with store.transaction() as unit:
            connection = unit.connection
            known = connection.execute(sa.select(ils_items.c.id).where(ils_items.c.id == local)).first()
            if known is None:
                fill(connection, Seed(items=(evolve(seen, loan=loan and evolve(loan, patron=None)),)))
                return
            ils.declare(connection, local, seen.state, at=seen.since, word=seen.word)
            mine = sa.update(ils_loans).where(ils_loans.c.item == local)
            ended = instant_text(world.clock.now())
            others = mine.where(ils_loans.c.returned_at.is_(None))
            connection.execute(others.values(returned_at=ended))
            if loan is None:
                return
            times = {"due_at": instant_text(loan.due_at), "returned_at": optional_text(loan.returned_at)}
            if not connection.execute(mine.where(ils_loans.c.id == loan.id.local).values(**times)).rowcount:
                out = optional_text(loan.out_at)
                connection.execute(sa.insert(ils_loans).values(id=loan.id.local, item=local, out_at=out, **times))

    return LoansBench(loans=opened.loans, close=opened.close, dispose=store.close, show=show)


EMBEDDED_LOANS = Harness.of(EMBEDDED, "loans", embedded_bench, remembers_keys=True)


def sqlite_bench(world) -> StoreBench:
    """A store in a file."""
    path = world.context.folder / "district.sqlite"
    open_sqlite(path, create=True).close()
    opened = SQLITE.open(SqliteConfig(), world.context)
    return StoreBench(store=opened.store, close=opened.close, reopen=lambda: open_sqlite(path))


SQLITE_STORE = Harness.of(SQLITE, "store", sqlite_bench)
