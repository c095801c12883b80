"""Two catalogues that staff change in the same way."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.testing.catalog_tools import item_facts, library_facts, one, searched, title_facts
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.harness import CatalogBench, Harness
from scld_core.testing.synthetic import item
from scld_core.testing.synthetic_catalog import QUERIES, books, items, title, titles

__all__ = ["CatalogDuel"]

_NAMES = ("Wind, once more", "Ein ganz anderer Name", "100")


class CatalogDuel(Sides[CatalogBench]):
    """Two equal catalogues.

    `number` is the title, the item or the query; `choice` is the name that a title gets by the lever
    `show`, `withdraw` takes an item away. Compared is what both keep, without the order of rows.
    """

    def __init__(self, reference: Harness[CatalogBench], subject: Harness[CatalogBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(books()))
        benches = [side.bench for side in self.sides]
        self.tells = set(benches[0].tells) & set(benches[1].tells)
        searches = set(benches[0].searches) & set(benches[1].searches)
        found = [Call("search", number) for number, query in enumerate(QUERIES) if searched(query, searches)]
        found += [Call(verb, number) for verb in ("title", "items_of") for number in (*range(len(titles())), 999)]
        found += [Call(verb, number) for verb in ("item", "find_item") for number in (*range(len(items())), 999)]
        found += [Call("libraries")]
        offered = [call for call in found if self.offers(call.verb)]
        names = range(len(titles()))
        if all(bench.show for bench in benches):
            offered += [Call("show", number, n) for number in names for n in range(len(_NAMES))]
        if all(bench.withdraw for bench in benches):
            offered += [Call("withdraw", number) for number in (0, 3, 7)]
        self.calls = tuple(offered)

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both."""
        return self.both(lambda side: self._done(side, call))

    def _done(self, side: Side[CatalogBench], call: Call) -> object:
        bench = side.bench
        side.case.clock.tick(seconds=60)
        if call.verb == "show":
            assert bench.show is not None  # the calls say so
            bench.show(evolve(titles()[call.number], title=_NAMES[call.choice]))
        elif call.verb == "withdraw":
            assert bench.withdraw is not None  # the calls say so
            bench.withdraw(item(call.number))
        elif call.verb in ("item", "find_item"):
            told = one(bench, call.verb, call.number)
            return item_facts(told, self.tells - {"item.word", "item.at"})
        elif call.verb == "title":
            return title_facts(bench.catalog.title(title(call.number)), self.tells)
        else:
            return self._listed(bench, call)
        return None

    def _listed(self, bench: CatalogBench, call: Call) -> object:
        if call.verb == "search":
            pages = list(bench.catalog.search(QUERIES[call.number]))
            return sorted(title_facts(row, self.tells) for page in pages for row in page.rows), pages[-1].last
        if call.verb == "items_of":
            of = list(bench.catalog.items_of(title(call.number)))
            return sorted(str(row.id) for page in of for row in page.rows), of[-1].last
        libraries = list(bench.catalog.libraries())
        rows = [library_facts(row, self.tells) for page in libraries for row in page.rows]
        return sorted(rows), libraries[-1].last
