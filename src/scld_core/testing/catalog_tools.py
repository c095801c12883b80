"""What the checks of a catalogue share: one call of each operation, and what is compared of an answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, cast

from attrs import evolve

from scld_core.catalog.model import Item, Library, Query, Title
from scld_core.kernel.page import Page
from scld_core.testing.case import Case
from scld_core.testing.harness import CatalogBench
from scld_core.testing.synthetic import INSTANCE, item
from scld_core.testing.synthetic_catalog import barcode, title

__all__ = [
    "LISTS",
    "ONE",
    "OPERATIONS",
    "Shelves",
    "calls",
    "item_facts",
    "library_facts",
    "listed",
    "one",
    "searched",
    "title_facts",
    "told",
]

Shelves = Case[CatalogBench]

LISTS = ("search", "items_of", "libraries")
ONE = ("title", "item", "find_item")
OPERATIONS = (*LISTS, *ONE)

_WIND = Query(title="wind")


def calls(bench: CatalogBench, instance: str = INSTANCE) -> dict[str, Callable[[], Any]]:
    """A call of each operation that has an answer; lists are read to their end."""
    port = bench.catalog
    return {
        "search": lambda: list(port.search(_WIND)),
        "items_of": lambda: list(port.items_of(title(0, instance))),
        "libraries": lambda: list(port.libraries()),
        "title": lambda: port.title(title(0, instance)),
        "item": lambda: port.item(item(0, instance)),
        "find_item": lambda: port.find_item(barcode(0)),
    }


def told(answer: Any) -> list[Any]:
    """The records of an answer, whether it has one or is a list of pages."""
    if not isinstance(answer, list):
        return [answer]
    pages = cast("list[Page[Any]]", answer)
    return [row for page in pages for row in page.rows]


def listed(bench: CatalogBench, operation: str) -> Iterator[Page[Any]]:
    """The list of an operation: titles with a word, items of the first title, or libraries."""
    if operation == "search":
        return bench.catalog.search(_WIND)
    return bench.catalog.items_of(title(0)) if operation == "items_of" else bench.catalog.libraries()


def one(bench: CatalogBench, operation: str, number: int = 0) -> Any:
    """The answer of an operation that has one: a title, or an item by its id or its barcode."""
    if operation == "title":
        return bench.catalog.title(title(number))
    return bench.catalog.item(item(number)) if operation == "item" else bench.catalog.find_item(barcode(number))


def searched(query: Query, searches: Collection[str]) -> bool:
    """Whether a backend can look for everything that a query gives."""
    given = {name for name in ("title", "author", "isbn") if getattr(query, name)}
    return given <= set(searches)


def item_facts(told: Item | None, tells: Collection[str]) -> tuple[str, ...] | None:
    """Which item it is, and the facts of items that its catalogue keeps."""
    if told is None:
        return None
    names = sorted(name.removeprefix("item.") for name in tells if name.startswith("item."))
    return (str(told.id), str(told.barcode), *(str(getattr(told, name)) for name in names))


def title_facts(told: Title, tells: Collection[str]) -> tuple[str, ...]:
    """Which title it is, how it is called, and the facts of titles that its catalogue keeps."""
    names = sorted(name.removeprefix("title.") for name in tells if name.startswith("title."))
    return (str(told.id), told.title, *(str(getattr(told, name)) for name in names))


def library_facts(told: Library, tells: Collection[str]) -> tuple[str, ...]:
    """Which library it is, and the facts of libraries that its catalogue keeps."""
    bare = evolve(told, name=told.name if "library.name" in tells else "")
    return (str(bare.id), bare.name, str(bare.pickup) if "library.pickup" in tells else "")
