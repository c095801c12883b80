"""The port Catalog over Koha's REST interface. The search is in Koha's tables, not in its search engine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scld_adapters._shared.faults import Call, undecodable
from scld_adapters.koha.desk import KohaDesk
from scld_adapters.koha.transport import FEW
from scld_adapters.koha.wire import (
    decode_biblio,
    decode_item,
    decode_library,
)
from scld_core.catalog import Item, Library, Query, Title, answers_to, isbn13
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.fold import words
from scld_core.kernel.ids import ItemId, TitleId
from scld_core.kernel.page import Page

__all__ = ["KohaCatalog"]


class KohaCatalog:
    """Titles, items and libraries as Koha has them now."""

    live = True

    def __init__(self, desk: KohaDesk) -> None:
        """Over one Koha."""
        self._desk = desk

    def search(self, query: Query) -> Iterator[Page[Title]]:
        """Titles of whose fields each has the words, in the order of their numbers.

        Koha compares without regard to case and accents as its database is set up; what does not answer by
        our own comparison is left out.
        """
        desk, call = self._desk, self._desk.call("search")
        pages = desk.koha.pages(
            call, "/biblios", decode_biblio, key=lambda row: row.number, order="biblio_id", where=_asked(query)
        )
        for batch in pages:
            found = desk.each(call, lambda told, _: desk.map.title(told), batch.rows)
            yield Page(tuple(title for title in found if answers_to(title, query)), desk.clock.now(), batch.last)

    def title(self, title: TitleId) -> Title:
        """The title."""
        desk, call = self._desk, self._desk.call("title")
        told = desk.koha.one(call, "biblios", desk.number(title, call), decode_biblio)
        return desk.mapped(call, lambda one, _: desk.map.title(one), told)

    def item(self, item: ItemId) -> Item:
        """The item, also a withdrawn one."""
        desk, call = self._desk, self._desk.call("item")
        told = desk.koha.one(call, "items", desk.number(item, call), decode_item)
        return desk.mapped(call, lambda one, _: desk.map.item(one), told)

    def find_item(self, barcode: Barcode) -> Item | None:
        """The item with this barcode; None for none."""
        desk, call = self._desk, self._desk.call("find_item")
        rows = desk.koha.listed(call, "/items", decode_item, {"external_id": str(barcode)}, FEW)
        if any((row.barcode or "").casefold() != str(barcode).casefold() for row in rows):  # its database ignores case
            raise undecodable(call, "Koha answered with items of other barcodes")
        own = [row for row in rows if row.barcode == str(barcode)]
        return desk.mapped(call, lambda one, _: desk.map.item(one), own[0]) if own else None

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """The items of a title that were not withdrawn."""
        desk, call = self._desk, self._desk.call("items_of")
        number = desk.number(title, call)
        rows = desk.koha.all(call, f"/biblios/{number}/items", decode_item, key=lambda row: row.number, order="item_id")
        if any(row.biblio != number for row in rows):
            raise undecodable(call, "an item is another title's")
        if not rows:
            self._known(number, call)
        found = desk.each(call, lambda told, _: desk.map.item(told), (row for row in rows if not row.withdrawn))
        yield Page(found, desk.clock.now(), last=True, total=len(found))

    def libraries(self) -> Iterator[Page[Library]]:
        """The libraries."""
        desk, call = self._desk, self._desk.call("libraries")
        rows = desk.koha.all(call, "/libraries", decode_library, key=lambda row: row.code, order="library_id")
        found = desk.each(call, lambda told, _: desk.map.library(told), rows)
        yield Page(found, desk.clock.now(), last=True, total=len(found))

    def _known(self, number: int, call: Call) -> None:
        self._desk.koha.one(call, "biblios", number, decode_biblio)


def _asked(query: Query) -> dict[str, Any]:
    """Koha's filter: each word somewhere in the field, which finds more than is asked for and nothing less."""
    wanted: list[dict[str, Any]] = [
        {"-or": [{"title": {"-like": _plain(word)}}, {"subtitle": {"-like": _plain(word)}}]}
        for word in words(query.title)
    ]
    wanted += [{"author": {"-like": _plain(word)}} for word in words(query.author)]
    isbn = isbn13(query.isbn)
    if isbn is not None:  # printed with hyphens or without, in one of two lengths
        wanted.append({"isbn": {"-like": f"%{'%'.join(isbn[3:12])}%"}})
    return {"-and": wanted}


def _plain(word: str) -> str:
    """The signs of a word in their order, whatever stands between: an apostrophe joins a word and is none of it."""
    return f"%{'%'.join(sign if sign.isalnum() else '_' for sign in word)}%"
