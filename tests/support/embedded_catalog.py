"""The embedded ILS's catalogue, graded by the kit."""

from scld_adapters.sql.harness_catalog import catalog_levers
from scld_adapters.sql.plugin import EMBEDDED
from scld_core.testing.harness import Harness
from support.accounts import _embedded


def catalog_bench(world):
    """The embedded ILS's catalogue in a new store."""
    store, opened, _ = _embedded(world)
    return catalog_levers(world, opened.catalog, store, close=opened.close, outage=store.fall)


EMBEDDED_CATALOG = Harness.of(EMBEDDED, "catalog", catalog_bench)
