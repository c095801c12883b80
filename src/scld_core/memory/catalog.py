"""The reference ILS for the catalogue: what `catalog.ports.Catalog` means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from scld_core.catalog.model import Item, Library, Query, Title, answers_to
from scld_core.errors import NotFound
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock

__all__ = ["MemoryCatalog"]

T = TypeVar("T")


class MemoryCatalog:
    """A catalogue in memory; each answer is true at the clock's present.

    The writers below the port's methods stand for staff. `cut_after` makes a list break off after so many
    pages, as a failing connection would.
    """

    live = True

    def __init__(self, clock: Clock, *, backend: str = "main", page_size: int = 100) -> None:
        self.cut_after: int | None = None
        self._clock = clock
        self._backend = backend
        self._page_size = page_size
        self._titles: dict[TitleId, Title] = {}
        self._items: dict[ItemId, Item] = {}
        self._libraries: dict[LocationId, Library] = {}
        self._withdrawn: set[ItemId] = set()

    def search(self, query: Query) -> Iterator[Page[Title]]:
        """Every title that fits, in the order of their ids."""
        return self._pages([known for _, known in sorted(self._titles.items()) if answers_to(known, query)])

    def title(self, title: TitleId) -> Title:
        """The title."""
        if title not in self._titles:
            raise NotFound(self._backend, "title", f"no title {title}")
        return self._titles[title]

    def item(self, item: ItemId) -> Item:
        """The item now, also a withdrawn one."""
        if item not in self._items:
            raise NotFound(self._backend, "item", f"no item {item}")
        return self._items[item]

    def find_item(self, barcode: Barcode) -> Item | None:
        """The item that has this barcode, also a withdrawn one."""
        return next((known for known in self._items.values() if known.barcode == barcode), None)

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """The items of a title that were not withdrawn, in the order of their ids."""
        self.title(title)
        there = [known for _, known in sorted(self._items.items()) if known.id not in self._withdrawn]
        return self._pages([known for known in there if known.title == title])

    def libraries(self) -> Iterator[Page[Library]]:
        """The libraries, by their names."""
        return self._pages([known for _, known in sorted(self._libraries.items())])

    # What staff do

    def put_title(self, title: Title) -> None:
        """Catalogue a title, or correct it."""
        self._titles[title.id] = title

    def put_item(self, item: Item) -> None:
        """Catalogue an item, or correct it; one that was withdrawn is there again."""
        self._items[item.id] = item
        self._withdrawn.discard(item.id)

    def withdraw(self, item: ItemId) -> None:
        """Take an item out of the collection; its record stays."""
        self._withdrawn.add(self.item(item).id)

    def put_library(self, library: Library) -> None:
        """Open a library, or correct what is known of it."""
        self._libraries[library.id] = library

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        starts = range(0, max(len(rows), 1), self._page_size)
        for number, start in enumerate(starts):
            if number == self.cut_after:
                return
            size = start + self._page_size
            yield Page(tuple(rows[start:size]), self._clock.now(), size >= len(rows), len(rows))
