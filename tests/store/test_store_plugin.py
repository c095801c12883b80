"""What the package offers to the registry."""

import subprocess
import sys
from pathlib import Path

import pytest
from worker import write

from scld_adapters.sql.filesystem import check_folder
from scld_adapters.sql.plugin import EMBEDDED, POSTGRES, SPECS, SQLITE, EmbeddedConfig, PostgresConfig, SqliteConfig
from scld_core import codecs
from scld_core.catalog import Catalog
from scld_core.circulation.model import Circulation, ItemState
from scld_core.circulation.ports import Loans
from scld_core.errors import BadInput, ConfigurationError, InvalidValue, SettingsError
from scld_core.fees import Fees
from scld_core.holds.ports import Holds
from scld_core.kernel.capability import Full, operations
from scld_core.kernel.ids import ItemId
from scld_core.kernel.time import SystemClock
from scld_core.memory.store import MemoryStore
from scld_core.patrons import Patrons
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext, SecretRef


def context(folder: Path, *, secret=str, store=None) -> BackendContext:
    """A context as wiring makes it."""
    return BackendContext("main", SystemClock(), folder, secret, store=store)


def test_the_sqlite_store_of_a_folder_is_made_by_migration_and_found_again(tmp_path):
    """A new district's store is migrated into being; until then its first use says what is missing."""
    opened = SQLITE.open(SqliteConfig(), context(tmp_path))
    with pytest.raises(BadInput, match="no store here"), opened.store.transaction():
        pass
    opened.store.migrate()
    with opened.store.transaction() as unit:
        write(unit, "one")
    opened.close()
    opened.close()
    again = SQLITE.open(SqliteConfig(), context(tmp_path))
    with again.store.transaction() as unit:
        assert len(unit.steps.unresolved()) == 1
    assert again.store.notes == tuple(filter(None, [check_folder(tmp_path)]))
    again.close()


def test_the_postgres_store_takes_its_address_from_a_secret(postgres, empty_database, tmp_path):
    """The settings hold a reference; the text is asked for at open."""
    url = postgres.database(empty_database)
    config = codecs.structure(PostgresConfig, {"url": "env:SCLD_DB"}, where="store")
    asked = []
    opened = POSTGRES.open(config, context(tmp_path, secret=lambda ref: asked.append(ref) or url))
    with opened.store.transaction() as unit:
        write(unit, "one")
    opened.close()
    assert asked == [SecretRef("env:SCLD_DB")]


def test_the_embedded_ils_lives_in_the_districts_store(tmp_path):
    """It shares the store's engine; with a store that has none it says what it needs."""
    store = SQLITE.open(SqliteConfig("deep.sqlite"), context(tmp_path)).store
    store.create()
    opened = EMBEDDED.open(EmbeddedConfig(page_size=2), context(tmp_path, store=store))
    (page,) = opened.loans.iter_items([])
    assert (opened.loans.live, page.rows, page.last, page.total) == (True, (), True, 0)
    opened.close()
    store.close()
    for use in (EMBEDDED.open, lambda config, given: EMBEDDED.seed(config, given, Seed())):
        with pytest.raises(ConfigurationError, match="sqlite or postgres"):
            use(EmbeddedConfig(), context(tmp_path, store=MemoryStore()))


def test_the_embedded_ils_is_filled_from_a_seed(tmp_path):
    """What the sample puts in is what the port gives out."""
    store = SQLITE.open(SqliteConfig(), context(tmp_path)).store
    store.create()
    now = SystemClock().now()
    seen = Circulation(ItemId("main", "i1"), ItemState.IN_TRANSIT, now, since=now)
    EMBEDDED.seed(EmbeddedConfig(), context(tmp_path, store=store), Seed((seen,)))
    loans = EMBEDDED.open(EmbeddedConfig(), context(tmp_path, store=store)).loans
    assert loans.get(seen.item).state is ItemState.IN_TRANSIT
    store.close()


def test_the_declared_capabilities_are_the_ports_own():
    """Every operation of its ports is declared, none besides, all in full."""
    ports = {"loans": Loans, "fees": Fees, "patrons": Patrons, "holds": Holds, "catalog": Catalog}
    every = {f"{port}.{name}" for port, protocol in ports.items() for name in operations(protocol)}
    assert EMBEDDED.capabilities == dict.fromkeys(every, Full())
    assert [spec.name for spec in SPECS] == ["sqlite", "postgres", "embedded"]


@pytest.mark.parametrize("file", ["", "/etc/passwd", "../elsewhere.sqlite", 5])
def test_the_database_stays_inside_the_districts_folder(file):
    """A path that leads out is refused."""
    with pytest.raises(InvalidValue, match="inside the folder"):
        SqliteConfig(file)


def test_a_typo_in_the_stores_table_is_named(tmp_path):
    """The settings error says which key, and the nearest valid one."""
    with pytest.raises(SettingsError, match="file"):
        codecs.structure(SqliteConfig, {"flie": "x.sqlite"}, where="store")


def test_the_plugin_module_is_light():
    """Importing it loads neither SQLAlchemy nor a driver nor Alembic."""
    code = (
        "import sys, scld_adapters.sql.plugin;"
        "print([n for n in ('sqlalchemy', 'psycopg', 'alembic') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_opening_a_store_does_not_load_alembic(tmp_path):
    """Only migration needs it: a new store and its first transaction go without."""
    code = (
        "import sys, pathlib; from scld_adapters.sql.store import open_sqlite;"
        f"open_sqlite(pathlib.Path({str(tmp_path / 's.sqlite')!r}), create=True).close();"
        "print('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
