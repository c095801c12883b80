"""The embedded ILS's catalogue: `catalog.ports.Catalog` on the store's own database, and how staff fill it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.statements import fetch
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import ils_items
from scld_adapters.sql.tables_catalog import ils_item_facts, ils_libraries, ils_title_keys, ils_titles
from scld_core import codecs
from scld_core.catalog import Item, Library, Query, Title, answers_to, isbn13
from scld_core.circulation.model import ItemState
from scld_core.errors import NotFound
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.fold import words
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.plugins.seed import Seed

__all__ = ["EmbeddedCatalog", "file_catalog", "file_library", "file_title"]

T = TypeVar("T")

_KEY = 200  # characters of a key: an index takes no more than some 2,700 bytes
_LAST = "\U0010ffff"  # sorts behind everything that begins as a word does


def _given(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=sa.Text())


_items = sa.select(ils_items, ils_item_facts.c.title, ils_item_facts.c.call_number, ils_item_facts.c.holdable)
_items = _items.outerjoin(ils_item_facts, ils_item_facts.c.item == ils_items.c.id)

_STATEMENTS: Mapping[str, sa.ClauseElement] = {
    "title": sa.select(ils_titles).where(ils_titles.c.id == _given("title")),
    "copies": sa.select(ils_item_facts.c.item).where(ils_item_facts.c.title == _given("title")).limit(1),
    "item": _items.where(ils_items.c.id == _given("item")),
    "barcode": _items.where(ils_items.c.barcode == _given("barcode")),
    "items_of": _items.where(
        ils_item_facts.c.title == _given("title"), ils_items.c.state != ItemState.WITHDRAWN.value
    ).order_by(ils_items.c.id),
    "libraries": sa.select(ils_libraries).order_by(ils_libraries.c.id),
}


class EmbeddedCatalog:
    """Live answers, each out of one consistent state of the database.

    A title of which nothing is known but its items has a blank title. An item stands at its home when it
    is on a shelf, and anywhere else otherwise.
    """

    live = True

    def __init__(self, store: SqlStore, clock: Clock, *, backend: str, page_size: int = 500) -> None:
        self._store = store
        self._clock = clock
        self._backend = backend
        self._page_size = page_size

    def search(self, query: Query) -> Iterator[Page[Title]]:
        """Every title that fits, in the order of their ids."""
        with self._store.reading() as connection:
            rows = connection.execute(_matching(query)).all()
        return self._pages([title for title in map(self._title, rows) if answers_to(title, query)])

    def title(self, title: TitleId) -> Title:
        """The title."""
        rows = self._run("title", title=self._local(title))
        if rows:
            return self._title(rows[0])
        self._known(title, "title")
        return Title(title, "")

    def item(self, item: ItemId) -> Item:
        """The item now, also a withdrawn one."""
        for row in self._run("item", item=item.local if item.backend == self._backend else ""):
            return self._item(row)
        raise NotFound(self._backend, "item", f"no item {item}")

    def find_item(self, barcode: Barcode) -> Item | None:
        """The item that has this barcode, also a withdrawn one."""
        return next(map(self._item, self._run("barcode", barcode=str(barcode))), None)

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """The items of a title that were not withdrawn, in the order of their ids."""
        rows = self._run("items_of", title=self._local(title))
        if not rows and not self._run("title", title=self._local(title)):
            self._known(title, "items_of")
        return self._pages(list(map(self._item, rows)))

    def libraries(self) -> Iterator[Page[Library]]:
        """The libraries, by their short names."""
        rows = self._run("libraries")
        return self._pages([Library(LocationId(row.id), row.name, bool(row.pickup)) for row in rows])

    def _local(self, title: TitleId) -> str:
        return title.local if title.backend == self._backend else ""

    def _known(self, title: TitleId, operation: str) -> None:
        if not self._run("copies", title=self._local(title)):
            raise NotFound(self._backend, operation, f"no title {title}")

    def _run(self, name: str, **given: Any) -> list[Any]:
        with self._store.reading() as connection:
            return fetch(connection, _STATEMENTS[name], **given)

    def _title(self, row: Any) -> Title:
        return Title(
            TitleId(self._backend, row.id),
            row.title,
            author=row.author,
            isbns=codecs.load(tuple[str, ...], row.isbns),
            year=row.year,
            kind=row.kind,
            call_number=row.call_number,
        )

    def _item(self, row: Any) -> Item:
        home = LocationId(row.location) if row.location else None
        return Item(
            ItemId(self._backend, row.id),
            None if row.barcode is None else Barcode(row.barcode),
            row.word or row.state,
            title=None if row.title is None else TitleId(self._backend, row.title),
            call_number=row.call_number or "",
            kind=row.kind,
            home=home,
            at=home if row.state == ItemState.CHECKED_IN.value else None,
            holdable=None if row.holdable is None else bool(row.holdable),
        )

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        now = self._clock.now()
        for start in range(0, max(len(rows), 1), self._page_size):
            end = start + self._page_size
            yield Page(tuple(rows[start:end]), now, end >= len(rows), len(rows))


def _matching(query: Query) -> sa.Select[Any]:
    """The titles of which everything that is looked for was written down, or begins so."""
    keys = ils_title_keys.c
    conditions = [
        sa.and_(keys.kind == kind, keys.key >= word[:_KEY], keys.key < word[:_KEY] + _LAST)
        for kind, text in (("title", query.title), ("author", query.author))
        for word in words(text)
    ]
    isbn = isbn13(query.isbn)
    if isbn is not None:
        conditions.append(sa.and_(keys.kind == "isbn", keys.key == isbn))
    found = sa.select(ils_titles).where(*(ils_titles.c.id.in_(sa.select(keys.title).where(one)) for one in conditions))
    return found.order_by(ils_titles.c.id)


# What staff do


def file_title(connection: sa.Connection, title: Title) -> None:
    """Catalogue a title, or correct it."""
    local = title.id.local
    connection.execute(sa.delete(ils_title_keys).where(ils_title_keys.c.title == local))
    connection.execute(sa.delete(ils_titles).where(ils_titles.c.id == local))
    row = {name: getattr(title, name) for name in ("title", "author", "year", "kind", "call_number")}
    connection.execute(sa.insert(ils_titles), {"id": local, "isbns": codecs.dump(title.isbns), **row})
    keys = [{"kind": kind, "key": key, "title": local} for kind, key in sorted(_keys(title))]
    if keys:
        connection.execute(sa.insert(ils_title_keys), keys)


def _keys(title: Title) -> set[tuple[str, str]]:
    found = {("title", word[:_KEY]) for word in words(title.title)}
    found |= {("author", word[:_KEY]) for word in words(title.author)}
    return found | {("isbn", isbn) for isbn in map(isbn13, title.isbns) if isbn is not None}


def file_library(connection: sa.Connection, library: Library) -> None:
    """Open a library, or correct what is known of it."""
    local = str(library.id)
    connection.execute(sa.delete(ils_libraries).where(ils_libraries.c.id == local))
    connection.execute(sa.insert(ils_libraries).values(id=local, name=library.name, pickup=library.pickup))


def file_catalog(connection: sa.Connection, seed: Seed) -> None:
    """Start with the titles and libraries of a sample."""
    for title in seed.titles:
        file_title(connection, title)
    for library in seed.libraries:
        file_library(connection, library)
