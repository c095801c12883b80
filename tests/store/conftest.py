"""Stores of every kind, each new and empty."""

import pytest
from worker import open_store

from postgres import running
from scld_adapters.sql.store import open_postgres, open_sqlite
from scld_core.memory.store import MemoryStore

DATABASES = ["sqlite", "postgres"]


@pytest.fixture(scope="session")
def postgres():
    """One server for each test process."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres) -> str:
    """The name of a database that holds an empty store, to be copied."""
    url = postgres.database()
    open_postgres(url, create=True).close()
    return postgres.name(url)


def place(request) -> str:
    """Where a new store of the parameter's kind lies: a path, or a URL."""
    if request.param == "sqlite":
        path = request.getfixturevalue("tmp_path") / "district.sqlite"
        open_sqlite(path, create=True).close()
        return str(path)
    return request.getfixturevalue("postgres").database(request.getfixturevalue("template"))


@pytest.fixture(params=DATABASES)
def address(request):
    """The address of an empty store in a database."""
    return place(request)


@pytest.fixture
def sql_store(address):
    """An empty store in a database."""
    store = open_store(address)
    yield store
    store.close()


@pytest.fixture(params=["memory", *DATABASES])
def store(request):
    """An empty store of each kind."""
    found = MemoryStore() if request.param == "memory" else open_store(place(request))
    yield found
    found.close()
