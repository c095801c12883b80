"""The harness of the reference catalogue in memory, over a line that can be down."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.circulation.model import ItemState
from scld_core.memory.catalog import MemoryCatalog
from scld_core.testing.far import Far
from scld_core.testing.harness import CatalogBench, Harness, World
from scld_core.testing.references import FULL
from scld_core.testing.synthetic_catalog import as_items

__all__ = ["MEMORY_CATALOG", "catalog_bench", "catalog_harness"]


def catalog_bench(world: World, catalog: MemoryCatalog) -> CatalogBench:
    """A bench of a catalogue in memory (or a faulty kind of it) with every lever there is."""
    seed = world.seed
    for title in seed.titles:
        catalog.put_title(title)
    for item in as_items(seed):
        catalog.put_item(item)
        if item.word == ItemState.WITHDRAWN.value:
            catalog.withdraw(item.id)
    for library in seed.libraries:
        catalog.put_library(library)
    line = Far(world.context.instance)

    def cut(pages: int) -> None:
        catalog.cut_after = pages

    return CatalogBench(
        catalog=line.to(catalog, "catalog"),
        show=catalog.put_title,
        withdraw=catalog.withdraw,
        cut=cut,
        outage=line.fall,
    )


def catalog_harness(make: Callable[[World], CatalogBench], name: str = "memory") -> Harness[CatalogBench]:
    """A harness of a catalogue that declares everything."""
    return Harness(name=name, port="catalog", make=make, capabilities=FULL)


def _catalog(world: World) -> CatalogBench:
    made = MemoryCatalog(world.clock, backend=world.context.instance, page_size=world.page_size)
    return catalog_bench(world, made)


MEMORY_CATALOG = catalog_harness(_catalog)
"""The reference catalogue."""
