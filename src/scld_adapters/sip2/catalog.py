"""The port Catalog over SIP2: one item by its barcode (17); no message searches or gives a title."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn

from attrs import frozen

from scld_adapters.sip2.capabilities import NOT_IN_SIP2
from scld_adapters.sip2.mapping import to_item
from scld_adapters.sip2.terminal import Terminal
from scld_core.catalog.model import Item, Library, Query, Title
from scld_core.errors import UnsupportedOperation
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, TitleId
from scld_core.kernel.page import Page

__all__ = ["Sip2Catalog"]


@frozen
class Sip2Catalog:
    """The items of one system; an item's record id is its barcode."""

    terminal: Terminal

    @property
    def live(self) -> bool:
        """Yes: each call asks the system."""
        return True

    def item(self, item: ItemId) -> Item:
        """The item now."""
        call = self.terminal.call("item")
        answer = self.terminal.item(self.terminal.ours(item, call), call)
        return to_item(answer, item, self.terminal.settings)

    def find_item(self, barcode: Barcode) -> Item | None:
        """The item that has this barcode."""
        answer = self.terminal.find_item(str(barcode), self.terminal.call("find_item"))
        item = ItemId(self.terminal.name, str(barcode))
        return None if answer is None else to_item(answer, item, self.terminal.settings)

    def search(self, query: Query) -> Iterator[Page[Title]]:
        """Raises UnsupportedOperation."""
        del query
        self._unsupported("search", "search")

    def title(self, title: TitleId) -> Title:
        """Raises UnsupportedOperation."""
        del title
        self._unsupported("title", "titles")

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """Raises UnsupportedOperation."""
        del title
        self._unsupported("items_of", "titles")

    def libraries(self) -> Iterator[Page[Library]]:
        """Raises UnsupportedOperation."""
        self._unsupported("libraries", "libraries")

    def _unsupported(self, operation: str, why: str) -> NoReturn:
        raise UnsupportedOperation(self.terminal.name, operation, NOT_IN_SIP2[why])
