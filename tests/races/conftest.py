"""Districts on both databases, and processes that work on them."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from served import Remote

from scld_adapters.sql.harness_store import empty_store
from support.districts import ANNE, POSTGRES, SECRET, SQLITE
from support.places import unmeasured

HERE = Path(__file__).parent


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path):
    """Where a district may be made, on each database."""
    address = request.getfixturevalue("postgres").database() if request.param == "postgres" else ""
    return Place(tmp_path / "district", POSTGRES if address else SQLITE, address)


class Place:
    """A folder, the store's table of its district.toml, and the database's address, which is a secret."""

    def __init__(self, folder: Path, store: str, address: str) -> None:
        self.folder = folder
        self.store = store
        self.address = address


@pytest.fixture(scope="session")
def parent():
    """The socket to the parent of all workers."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", HERE / "racer.py", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=unmeasured(PYTHONPATH=str(HERE.parent)),
        )
    yield ours
    ours.close()
    assert process.wait() == 0


@pytest.fixture(params=["sqlite", "postgres"])
def empty_address(request, tmp_path):
    """The address of an empty store in each database."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres").database(request.getfixturevalue("empty_database"))
    path = tmp_path / "district.sqlite"
    path.write_bytes(empty_store())
    return str(path)


@pytest.fixture
def two_of(parent):
    """Makes two workers of a kind, of anne and of bert, on the store at an address."""
    made = []

    def make(kind: str, address: str) -> list[Remote]:
        for actor in ("anne", "bert"):
            made.append(Remote(parent, kind))
            assert made[-1].do("open", address, actor) is None
        return made

    yield make
    for worker in made:
        worker.kill()


@pytest.fixture
def make_worker(parent, place):
    """Makes a process; all of them are gone when the test is over."""
    made = []

    def make() -> Remote:
        made.append(Remote(parent))
        made[-1].do("know", SECRET, place.address)
        return made[-1]

    yield make
    for worker in made:
        worker.kill()


@pytest.fixture
def district(make_worker, place):
    """Makes the district, and gives a function that opens it in a process of its own, so many hours after the start."""

    def found(**more):
        assert make_worker().do("found", str(place.folder), {"store": place.store, **more}) is None

        def opened(hours=0, actor=ANNE) -> Remote:
            worker = make_worker()
            assert worker.do("open", str(place.folder), hours, actor) is None
            return worker

        return opened

    return found
