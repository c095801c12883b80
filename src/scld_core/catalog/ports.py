"""What the catalogue desk needs of an ILS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from scld_core.catalog.model import Item, Library, Query, Title
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.capability import reads
from scld_core.kernel.ids import ItemId, TitleId
from scld_core.kernel.page import Page

__all__ = ["Catalog"]


def _ours(instance: str, item: Item) -> bool:
    return item.id.backend == instance and (item.title is None or item.title.backend == instance)


def _listed(instance: str, query: Query) -> Callable[[Title], bool]:
    del query
    return lambda row: row.id.backend == instance


def _the_title(instance: str, title: TitleId) -> Callable[[Title], bool]:
    del instance
    return lambda answer: answer.id == title


def _the_item(instance: str, item: ItemId) -> Callable[[Item], bool]:
    return lambda answer: answer.id == item and _ours(instance, answer)


def _with_barcode(instance: str, barcode: Barcode) -> Callable[[Item | None], bool]:
    return lambda answer: answer is None or (answer.barcode == barcode and _ours(instance, answer))


def _of_title(instance: str, title: TitleId) -> Callable[[Item], bool]:
    return lambda row: row.title == title and _ours(instance, row)


class Catalog(Protocol):
    """The titles, the items and the libraries of one ILS, to be read.

    What became of an item, and who has it, is told by the loans.
    """

    @property
    def live(self) -> bool:
        """Whether reading asks the ILS at the moment of the call; false for a file."""
        ...

    @reads(about=_listed)
    def search(self, query: Query) -> Iterator[Page[Title]]:
        """Every title that fits the query, each once, in pages.

        Which words are found, and whether parts of words are, may be a convention of the ILS; a title
        that has all of the words is among those found.
        """
        ...

    @reads(about=_the_title)
    def title(self, title: TitleId) -> Title:
        """The title; NotFound for one that the ILS does not know."""
        ...

    @reads(about=_the_item)
    def item(self, item: ItemId) -> Item:
        """The item now; NotFound for one that the ILS does not know."""
        ...

    @reads(about=_with_barcode)
    def find_item(self, barcode: Barcode) -> Item | None:
        """The item that has this barcode; None for none."""
        ...

    @reads(about=_of_title)
    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """Every item of the title that can still be lent, in pages; NotFound for a title the ILS does not know.

        A withdrawn item is left out, so that a title without items is one that nobody can have.
        """
        ...

    @reads()
    def libraries(self) -> Iterator[Page[Library]]:
        """The libraries of the ILS, in pages."""
        ...
