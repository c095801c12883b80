"""Harnesses of scld's own backends, each over a system that holds state. All data is synthetic."""

import csv
import hashlib
import io

from attrs import evolve, frozen

from scld_adapters.files.extract import COLUMNS
from scld_adapters.files.plugin import FILES
from scld_adapters.files.settings import FilesConfig
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.ils import fill
from scld_adapters.sql.plugin import EMBEDDED, SQLITE, EmbeddedConfig, SqliteConfig
from scld_adapters.sql.store import open_sqlite
from scld_adapters.sql.tables import ils_items, ils_loans
from scld_core.circulation.model import ItemState
from scld_core.plugins import open_backend
from scld_core.plugins.seed import Seed
from scld_core.testing.harness import Harness, LoansBench, StoreBench

# an extract of any ILS


@frozen
class Extract:
    """A hotspot-loans extract that is written anew whenever the ILS says something else."""

    world: object
    rows: dict

    def save(self):
        """Write file and manifest as of now."""
        now = self.world.clock.now().isoformat()
        text = io.StringIO()
        out = csv.writer(text)
        out.writerow([*COLUMNS])
        for seen in self.rows.values():
            loan = seen.loan
            times = [t.isoformat() if t else "" for t in ((loan.due_at, loan.out_at, loan.returned_at) if loan else ())]
            barcode = self.world.seed.barcodes.get(seen.item.local, "")
            word = seen.word if seen.state is ItemState.UNKNOWN_WORD else seen.state.value
            since = seen.since.isoformat() if seen.since else ""
            owner = [loan.id.local, *times, str(loan.household or "")] if loan else [""] * 5
            out.writerow([seen.item.local, barcode, word, since, *owner, now])
        data = text.getvalue().encode()
        path = self.world.context.folder / "hotspot-loans.csv"
        path.write_bytes(data)
        manifest = f'as_of = {now}\nrows = {len(self.rows)}\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
        path.with_name(path.name + ".meta.toml").write_text(manifest, encoding="utf-8")

    def show(self, seen):
        """The ILS says something else of an item; somebody exports again."""
        self.rows[seen.item] = seen
        self.save()


def files_bench(world) -> LoansBench:
    """The newest extract in the district's folder."""
    extract = Extract(world, {seen.item: seen for seen in world.seed.items})
    extract.save()
    opened = open_backend(FILES, FilesConfig("hotspot-loans*.csv"), world.context)
    return LoansBench(
        loans=opened.loans,
        close=opened.close,
        show=extract.show,
        outage=lambda: [path.unlink() for path in world.context.folder.iterdir()],
    )


FILES_LOANS = Harness.of(FILES, "loans", files_bench)


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
