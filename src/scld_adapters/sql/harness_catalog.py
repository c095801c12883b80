"""The embedded catalogue with the levers of the conformance kit: what staff do at its tables."""

from __future__ import annotations

from collections.abc import Callable

from scld_adapters.sql import ils
from scld_adapters.sql.catalog import file_title
from scld_adapters.sql.store import SqlStore
from scld_core.catalog import Catalog, Title
from scld_core.circulation.model import ItemState
from scld_core.kernel.ids import ItemId
from scld_core.testing.harness import CatalogBench, World

__all__ = ["catalog_levers"]


def catalog_levers(
    world: World, catalog: Catalog, store: SqlStore, *, close: Callable[[], None], outage: Callable[[], None]
) -> CatalogBench:
    """The bench of a catalogue inside `store`, which `outage` makes unreachable."""

    def show(title: Title) -> None:
        with store.transaction() as unit:
            file_title(unit.connection, title)

    def withdraw(item: ItemId) -> None:
        with store.transaction() as unit:
            ils.declare(unit.connection, item.local, ItemState.WITHDRAWN, at=world.clock.now())

    return CatalogBench(catalog=catalog, close=close, dispose=store.close, show=show, withdraw=withdraw, outage=outage)
