"""The catalogue desk: what there is, where it stands and how; and a shelf that was scanned."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from attrs import field, frozen

from scld_core.catalog.call_number import sort_key
from scld_core.catalog.call_number_shelf import Move, shelf_read
from scld_core.catalog.call_number_shelving import STANDARD, Shelving
from scld_core.catalog.model import Item, Library, Query, Title
from scld_core.catalog.ports import Catalog
from scld_core.errors import InvalidValue, NotFound
from scld_core.kernel.barcode import read_scan, unknown_item
from scld_core.kernel.fold import fold, words
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.kernel.validate import instance, instant, optional
from scld_core.runs.guards import take_snapshot

__all__ = ["CatalogDesk", "ItemStatus", "ShelfReading", "Standing", "not_told"]


@frozen
class Standing:
    """What became of an item, as the loans tell it: a word such as ``on_loan``, and when it is due if it is lent."""

    state: str
    as_of: datetime = field(validator=instant)
    due_at: datetime | None = field(default=None, validator=optional(instant))


@frozen
class ItemStatus:
    """An item and what became of it; `standing` is None where no loans are told."""

    item: Item = field(validator=instance(Item))
    standing: Standing | None = field(default=None, validator=optional(instance(Standing)))


@frozen
class ShelfReading:
    """A shelf as it was scanned.

    `moves` are the fewest that put it in order; their positions count from 0 among `items`. `unknown` are
    the scans, by their place from 1, that are no item's, and `elsewhere` the items that belong on no shelf
    of that library.
    """

    items: tuple[Item, ...]
    moves: tuple[Move, ...]
    unknown: tuple[int, ...] = ()
    elsewhere: tuple[Item, ...] = ()


def not_told(item: ItemId) -> Standing | None:
    """What there is to say of an item where the ILS shows no loans."""
    del item
    return None


@frozen
class CatalogDesk:
    """The catalogue of one ILS, as a district shelves it.

    NotFound is raised for what the ILS does not know, SnapshotRefused for a list that broke off, and the
    other faults of a system as they come.
    """

    catalog: Catalog = field(repr=False)
    shelving: Shelving = STANDARD
    standing: Callable[[ItemId], Standing | None] = field(default=not_told, repr=False)

    def search(self, title: str = "", *, author: str = "", isbn: str = "") -> tuple[Title, ...]:
        """Every title that fits all of what is given, as titles file; InvalidValue for nothing, and for no ISBN."""
        query = Query(title=title.strip(), author=author.strip(), isbn=isbn.strip())
        found = take_snapshot("the titles", self.catalog.search(query), lambda row: row.id, live=self.catalog.live)
        return tuple(sorted(found.rows, key=lambda row: (self._filed(row.title), row.id)))

    def title(self, title: TitleId | str) -> Title:
        """A title, by its id or by the id's text such as ``main:t1``."""
        return self.catalog.title(TitleId.of(title))

    def item(self, item: ItemId | str) -> Item:
        """An item, by its id, by the id's text such as ``main:i1``, or by its barcode as it was scanned."""
        if not isinstance(item, str) or ":" in item:
            return self.catalog.item(ItemId.of(item))
        number = read_scan(item).number
        found = self.catalog.find_item(number)
        if found is None:
            raise NotFound("catalog", "item", unknown_item(number))
        return found

    def status(self, item: ItemId | str) -> ItemStatus:
        """An item, and what became of it."""
        found = self.item(item)
        return ItemStatus(found, self.standing(found.id))

    def items_of(self, title: TitleId | str) -> tuple[ItemStatus, ...]:
        """The items of a title and what became of each, in shelf order; none where all of them were withdrawn."""
        pages = self.catalog.items_of(TitleId.of(title))
        rows = take_snapshot("the title's items", pages, lambda row: row.id, live=self.catalog.live).rows
        ordered = sorted(rows, key=lambda row: (self._key(row), row.id))
        return tuple(ItemStatus(row, self.standing(row.id)) for row in ordered)

    def libraries(self) -> tuple[Library, ...]:
        """The libraries, by name."""
        pages = self.catalog.libraries()
        rows = take_snapshot("the libraries", pages, lambda row: row.id, live=self.catalog.live).rows
        return tuple(sorted(rows, key=lambda row: (row.name or str(row.id), row.id)))

    def shelf_read(self, scanned: Iterable[str] | str, *, at: LocationId | str | None = None) -> ShelfReading:
        """What to move on a shelf whose barcodes were scanned from left to right, at a library if it is named.

        One text is what a scanner typed: a barcode to a line.

        Barcodes that are no item's, and items whose home is another library, take no part in the order.
        """
        if isinstance(scanned, str):
            scanned = scanned.split()
        at = None if at is None else LocationId.of(at)
        items: list[Item] = []
        unknown: list[int] = []
        elsewhere: list[Item] = []
        for place, text in enumerate(scanned, start=1):
            found = self._scanned(text)
            if found is None:
                unknown.append(place)
            elif at is not None and found.home not in (None, at):
                elsewhere.append(found)
            else:
                items.append(found)
        moves = shelf_read([item.call_number for item in items], self.shelving)
        return ShelfReading(tuple(items), moves, tuple(unknown), tuple(elsewhere))

    def _scanned(self, text: str) -> Item | None:
        try:
            number = read_scan(text).number
        except InvalidValue:
            return None
        return self.catalog.find_item(number)

    def _filed(self, title: str) -> tuple[str, ...]:
        """A title's words as it files: without an article at the beginning, where the district leaves these out."""
        found = words(title)
        articles = {fold(article) for article in self.shelving.articles}
        return found[1:] if len(found) > 1 and found[0] in articles else found

    def _key(self, item: Item) -> str:
        return sort_key(item.call_number, self.shelving)
