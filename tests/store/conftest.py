"""Stores of every kind, each new and empty."""

import pytest
from worker import open_store

from scld_adapters.sql.harness_store import empty_store
from scld_core.memory.store import MemoryStore

DATABASES = ["sqlite", "postgres"]


def place(request) -> str:
    """Where a new store of the parameter's kind lies: a path, or a URL."""
    if request.param == "sqlite":
        path = request.getfixturevalue("tmp_path") / "district.sqlite"
        path.write_bytes(empty_store())
        return str(path)
    return request.getfixturevalue("postgres").database(request.getfixturevalue("empty_database"))


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
