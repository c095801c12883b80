"""Harnesses of scld's own backends, each over a system that holds state. All data is synthetic."""

import csv
import hashlib
import io
from collections.abc import Callable

from attrs import evolve, frozen

from scld_adapters._shared.fakehttp import FakeServer, Fault
from scld_adapters.carriers.kajeet.fake import FakeKajeet
from scld_adapters.carriers.kajeet.plugin import KAJEET
from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_adapters.carriers.kajeet.wire import WireDevice
from scld_adapters.carriers.portal_csv.plugin import PORTAL_CSV
from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_adapters.carriers.simulated.backend import SimulatedLines
from scld_adapters.carriers.simulated.plugin import SIMULATED
from scld_adapters.carriers.simulated.settings import SimulatedConfig
from scld_adapters.carriers.thingspace.fake import ACCOUNT, FakeThingSpace
from scld_adapters.carriers.thingspace.plugin import THINGSPACE
from scld_adapters.carriers.thingspace.session import Credentials
from scld_adapters.carriers.thingspace.settings import ThingSpaceSettings
from scld_adapters.files.extract import COLUMNS
from scld_adapters.files.plugin import FILES
from scld_adapters.files.settings import FilesConfig
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.ils import fill
from scld_adapters.sql.plugin import EMBEDDED, SQLITE, EmbeddedConfig, SqliteConfig
from scld_adapters.sql.store import open_sqlite
from scld_adapters.sql.tables import ils_items, ils_loans
from scld_core.circulation.model import ItemState
from scld_core.errors import Unavailable
from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.devices import Line
from scld_core.plugins import OpenBackend, SecretRef, open_backend
from scld_core.plugins.seed import Seed
from scld_core.testing.harness import CarrierBench, Harness, LoansBench, StoreBench
from scld_core.testing.references import account_line, changes

WRITES = {
    Fate.LOST_AFTER: Fault.DROP_AFTER,
    Fate.LOST_BEFORE: Fault.DROP,
    Fate.DUPLICATED: Fault.DUPLICATE,
    Fate.RATE_LIMITED: Fault.TOO_MANY_WAIT,
}


def http_texts(server) -> Callable[[], list[str]]:
    """Everything that arrived at a fake, as text."""
    return lambda: [
        f"{r.method} {r.url} {r.query} {dict(r.headers)} {r.body.decode(errors='replace')}" for r in server.requests
    ]


def faults(server, is_write) -> dict[Fate, Callable[[], None]]:
    """What the loopback server can do to the next request that asks for a change."""
    return {fate: (lambda fault=fault: server.script(fault, only=is_write)) for fate, fault in WRITES.items()}


def down(server) -> Callable[[], None]:
    """From now on every request is dropped."""
    return lambda: server.script(*[Fault.DROP] * 50)


# Kajeet


def kajeet(send) -> Harness[CarrierBench]:
    """Sentinel's device status, over its fake."""

    def make(world):
        numbers = {str(v.iccid): f"521-267-{place:04d}" for place, v in enumerate(world.seed.lines)}
        words = {ServiceState.ACTIVE: "active", ServiceState.SUSPENDED: "suspended"}
        rows = [
            WireDevice(
                numbers[str(v.iccid)],
                v.word or words[v.state],
                imei=str(v.imei),
                iccid=str(v.iccid),
                media_status="checked out",
            )
            for v in world.seed.lines
        ]
        fake = FakeKajeet("SYNTHETIC-LIB", rows)
        fake.token = world.secret
        server = FakeServer(fake)
        server.__enter__()
        settings = KajeetSettings(
            "SYNTHETIC-LIB", SecretRef("env:TOKEN"), base_url=server.url, page_size=world.page_size
        )
        opened = open_backend(KAJEET, settings, evolve(world.context, transport=send))

        def cut(pages):
            server.script(*[Fault.NONE] * pages, *[Fault.DROP] * 9)

        def later():
            fake.instant = False

        def refuse():
            fake.may_change = False

        return CarrierBench(
            lines=opened.lines,
            close=opened.close,
            dispose=server.close,
            texts=http_texts(server),
            outage=down(server),
            effects=lambda line: sum(e.mdn == numbers.get(str(line.iccid)) for e in fake.effects),
            settle=fake.settle,
            show=lambda v: fake.resume(numbers[str(v.iccid)], v.word or words[v.state]),
            fates={**faults(server, lambda r: r.method == "PUT"), Fate.ACCEPTED: later, Fate.REJECTED: refuse},
            cut=cut,
        )

    return Harness.of(KAJEET, "lines", make)


# ThingSpace


def thingspace(send) -> Harness[CarrierBench]:
    """Connectivity Management, over its fake."""

    def make(world):
        words = {ServiceState.ACTIVE: "active", ServiceState.SUSPENDED: "suspend"}
        known = Credentials(*[world.secret] * 4)
        fake = FakeThingSpace([Line(v.imei, v.iccid) for v in world.seed.lines], known, world.clock)
        for v in world.seed.lines:
            fake.lines[str(v.iccid)].state = v.word or words[v.state]
        fake.page_limit = world.page_size
        server = FakeServer(fake, expire=fake.expire)
        server.__enter__()
        refs = {name: SecretRef(f"env:{name}") for name in ("key", "secret", "username", "password")}
        settings = ThingSpaceSettings(ACCOUNT, base_url=server.url, page_size=world.page_size, **refs)
        opened = open_backend(THINGSPACE, settings, evolve(world.context, transport=send))
        shown = []

        def show(view):
            shown.append(str(view.iccid))
            fake.change(str(view.iccid), view.word or words[view.state])

        def effects(line):
            return sum(e.iccid == str(line.iccid) for e in fake.effects) - shown.count(str(line.iccid))

        def spend():
            fake.budget = 0

        return CarrierBench(
            lines=opened.lines,
            close=opened.close,
            dispose=server.close,
            texts=http_texts(server),
            outage=down(server),
            effects=effects,
            settle=fake.settle,
            show=show,
            fates={
                **faults(server, lambda r: "/actions/" in r.url and not r.url.endswith("/list")),
                Fate.ACCEPTED: lambda: None,
                Fate.REJECTED: spend,
            },
            cut=lambda pages: server.script(
                *[Fault.NONE] * pages, *[Fault.DROP] * 9, only=lambda r: r.url.endswith("/list")
            ),
        )

    return Harness.of(THINGSPACE, "lines", make)


# the simulated carrier


def simulated_bench(world) -> CarrierBench:
    """The account file in the district's folder."""
    config = SimulatedConfig(page_size=world.page_size)
    SIMULATED.seed(config, world.context, world.seed)
    script, out = [], []

    def fates(operation):
        if out:
            raise Unavailable(world.context.instance, operation, "the synthetic carrier is down")
        return script.pop() if script and operation in ("suspend", "restore", "terminate") else Fate.DONE

    backend = SimulatedLines(
        world.context.folder / config.file,
        world.context.instance,
        world.clock,
        terms=config.terms,
        page_size=config.page_size,
        fates=fates,
    )
    opened = open_backend(
        evolve(SIMULATED, open=lambda config, context: OpenBackend(lines=backend)), config, world.context
    )
    shown = {str(v.iccid): v.state for v in world.seed.lines}

    def show(view):
        shown[str(view.iccid)] = view.state
        backend.put(account_line(view))

    return CarrierBench(
        lines=opened.lines,
        effects=lambda line: changes(
            [e for e in backend.effects() if e.line == str(line.iccid)], shown[str(line.iccid)]
        ),
        settle=backend.settle,
        show=show,
        fates={
            fate: (lambda fate=fate: script.append(fate))
            for fate in Fate
            if fate not in (Fate.ACCEPTED, Fate.STUCK, Fate.ACCEPTED_LOST)  # it says that it never waits
        },
        outage=lambda: out.append(True),
        texts=list[str],
    )


SIMULATED_LINES = Harness.of(SIMULATED, "lines", simulated_bench, remembers_keys=True)


# the portal by file


def portal_bench(world) -> CarrierBench:
    """A portal whose export a person saves, and which takes a file of requests."""
    config = PortalCsvConfig(
        export="*.csv",
        extracted_at="manifest",
        words={"on": ServiceState.ACTIVE, "off": ServiceState.SUSPENDED},
        expires_hours=24,
    )
    rows = {str(v.iccid): v for v in world.seed.lines}
    words = {ServiceState.ACTIVE: "on", ServiceState.SUSPENDED: "off"}

    def save():
        lines = ["imei,iccid,status", *(f"{v.imei},{v.iccid},{v.word or words[v.state]}" for v in rows.values())]
        path = world.context.folder / "lines.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        manifest = world.context.folder / "lines.csv.meta.toml"
        manifest.write_text(f"as_of = {world.clock.now().isoformat()}\nrows = {len(rows)}\n", encoding="utf-8")

    def show(view):
        rows[str(view.iccid)] = view
        save()

    save()
    opened = open_backend(PORTAL_CSV, config, world.context)
    return CarrierBench(
        lines=opened.lines,
        close=opened.close,
        effects=lambda line: 0,  # the portal changes nothing by itself
        show=show,
        texts=lambda: [path.read_text(encoding="utf-8") for path in world.context.folder.iterdir()],
        outage=lambda: [path.unlink() for path in world.context.folder.iterdir()],
    )


PORTAL = Harness.of(PORTAL_CSV, "lines", portal_bench)


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
