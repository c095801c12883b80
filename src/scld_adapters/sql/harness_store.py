"""A store in a file that can lose an answer or be out of reach, and the embedded ILS opened inside one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, frozen

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.plugin import EMBEDDED, EmbeddedConfig
from scld_adapters.sql.sqlite import SqlitePeer
from scld_adapters.sql.store import SqlStore, SqlUnit
from scld_core.errors import OutcomeUnknown, Unavailable
from scld_core.plugins import OpenBackend, open_backend
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext
from scld_core.testing.harness import World

__all__ = ["FILE", "Embedded", "LosingStore", "empty_store", "opened_embedded"]

FILE = "district.sqlite"
"""The name of every store that is made here."""

_KEPT = 24  # prepared files: the kit asks for a few seeds many times over


class LosingStore(SqlStore):
    """A store whose next commit goes unheard after `lose`, and that nobody can reach after `fall`."""

    def __init__(self, path: Path) -> None:
        super().__init__(SqlitePeer(path))
        self._losing = self._down = False

    @contextmanager
    def transaction(self) -> Generator[SqlUnit]:
        """As of any store; OutcomeUnknown after the commit that is lost, Unavailable while it is down."""
        self._stand()
        with super().transaction() as unit:
            yield unit
        if self._losing:
            self._losing = False
            raise OutcomeUnknown("store", "commit", "the connection broke", "")

    @contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """As of any store; Unavailable while it is down."""
        self._stand()
        with super().reading() as connection:
            yield connection

    def lose(self) -> None:
        """Carry out the next transaction and lose its answer."""
        self._losing = True

    def fall(self) -> None:
        """Be out of reach from now on."""
        self._down = True

    def _stand(self) -> None:
        if self._down:
            raise Unavailable("store", "transaction", "no route")


@frozen
class Embedded:
    """The embedded ILS, opened in a store of its own, and the context that it was opened with."""

    store: LosingStore
    opened: OpenBackend
    context: BackendContext


def opened_embedded(world: World) -> Embedded:
    """The embedded ILS over a new store that holds the world's seed."""
    path = world.context.folder / FILE
    path.write_bytes(_prepared(world))
    store = LosingStore(path)
    context = evolve(world.context, store=store)
    return Embedded(store, open_backend(EMBEDDED, EmbeddedConfig(page_size=world.page_size), context), context)


@cache
def empty_store() -> bytes:
    """The file of an empty store: a copy is made sooner than its tables are."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        store = LosingStore(path)
        store.create()
        store.close()
        return path.read_bytes()


@frozen
class _Prepared:
    seed: Seed
    instance: str
    file: bytes


_prepared_files: list[_Prepared] = []


def _prepared(world: World) -> bytes:
    """The file of a store that holds the seed, filled at most once for as long as it is asked for."""
    instance = world.context.instance
    for made in _prepared_files:
        if made.instance == instance and made.seed == world.seed:
            return made.file
    made = _Prepared(world.seed, instance, _filled(world))
    _prepared_files.append(made)
    del _prepared_files[:-_KEPT]
    return made.file


def _filled(world: World) -> bytes:
    path = world.context.folder / FILE
    path.write_bytes(empty_store())
    store = LosingStore(path)
    try:
        assert EMBEDDED.seed is not None  # noqa: S101 - it is an ILS for samples
        EMBEDDED.seed(EmbeddedConfig(), evolve(world.context, store=store), world.seed)
    finally:
        store.close()
    return path.read_bytes()
