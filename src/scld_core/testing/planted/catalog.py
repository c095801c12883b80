"""Catalogues that tell of titles and items what is not so."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from attrs import evolve

from scld_core.catalog.model import Item, Library, Query, Title, answers_to
from scld_core.errors import NotFound, UnsupportedOperation
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import ItemId, TitleId
from scld_core.kernel.page import Page
from scld_core.memory.catalog import MemoryCatalog
from scld_core.testing.harness import CatalogBench, Harness, World
from scld_core.testing.planted import shells
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_catalog import catalog_bench, catalog_harness

__all__ = ["BUGS"]

T = TypeVar("T")
_logger = logging.getLogger(__name__)


class Spoilt(MemoryCatalog):
    """The reference catalogue of one world."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock, backend=world.context.instance, page_size=world.page_size)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def bench(self) -> CatalogBench:
        """The bench of this catalogue."""
        return catalog_bench(self.world, self)


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def libraries(self) -> Iterator[Page[Library]]:
        """Not yet written."""
        raise UnsupportedOperation("kit", "libraries", "not yet")


class SecretInLog(Spoilt):
    """Logs the request with its key."""

    def title(self, title: TitleId) -> Title:
        """As the reference does, and aloud."""
        _logger.debug("GET /titles/%s?key=%s", title, self.world.secret)
        return super().title(title)


class Shared(Spoilt):
    """Keeps its titles where every instance of its class finds them."""

    common: dict[TitleId, Title] = {}  # noqa: RUF012 - the planted bug

    def prepare(self) -> None:
        """Begin anew with every world but a second one."""
        if self.world.context.instance != "kit-b":
            self.common.clear()
        self._titles = self.common


class FirstPageOnly(Spoilt):
    """Returns the first page as the whole."""

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        yield evolve(next(super()._pages(rows)), last=True, total=None)


class RepeatsAnEdge(Spoilt):
    """Begins each page with the last row of the one before."""

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        before: tuple[T, ...] = ()
        for page in super()._pages(rows):
            yield evolve(page, rows=(*before, *page.rows), total=None)
            before = page.rows[-1:]


class NoPageForNothing(Spoilt):
    """Gives no page at all for an empty list."""

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        return super()._pages(rows) if rows else iter(())


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        return (evolve(page, as_of=page.as_of + timedelta(days=1)) for page in super()._pages(rows))


class CutPassedOffAsWhole(Spoilt):
    """Marks whatever came before the connection broke as the end."""

    def _pages(self, rows: Sequence[T]) -> Iterator[Page[T]]:
        *before, final = super()._pages(rows)
        yield from before
        yield evolve(final, last=True, total=None)


class Searching(Spoilt):
    """Looks for titles in a way of its own."""

    def fits(self, title: Title, query: Query) -> bool:
        """Whether a title is found."""
        return answers_to(title, query)

    def search(self, query: Query) -> Iterator[Page[Title]]:
        """What it takes for an answer."""
        return self._pages([known for _, known in sorted(self._titles.items()) if self.fits(known, query)])


class AccentsCount(Searching):
    """Compares letter by letter, accents and all."""

    def fits(self, title: Title, query: Query) -> bool:
        """In one case, but not without accents."""
        words = title.author.lower().replace(",", " ").split()
        asked = query.author.lower().replace(",", " ").split()
        plain = answers_to(title, evolve(query, author="")) if query.title or query.isbn else True
        return plain and all(any(word.startswith(one) for word in words) for one in asked)


class AnyWord(Searching):
    """Finds what has one of the words."""

    def fits(self, title: Title, query: Query) -> bool:
        """Any of them will do."""
        words = query.title.split() or [""]
        return any(answers_to(title, evolve(query, title=one)) for one in words if one or query.author or query.isbn)


class OnePrintedForm(Searching):
    """Compares ISBNs as they are printed."""

    def fits(self, title: Title, query: Query) -> bool:
        """Sign by sign."""
        if query.isbn and query.isbn not in title.isbns:
            return False
        return not (query.title or query.author) or answers_to(title, evolve(query, isbn=""))


class IsbnOutranks(Searching):
    """Looks at nothing else once an ISBN is given."""

    def fits(self, title: Title, query: Query) -> bool:
        """The ISBN alone."""
        return answers_to(title, evolve(query, title="", author="") if query.isbn else query)


class WildCards(Searching):
    """Lets a sign of the request stand for anything, as a database's LIKE does."""

    def fits(self, title: Title, query: Query) -> bool:
        """A word that ends with a low line may go on."""
        return answers_to(title, query) or (query.title.endswith(("_", "%")) and "wind" in title.title.lower())


class Telling(Spoilt):
    """Tells of each item through `told`."""

    def told(self, item: Item) -> Item:
        """What is said of an item."""
        return item

    def item(self, item: ItemId) -> Item:
        """The item as it is told."""
        return self.told(super().item(item))

    def find_item(self, barcode: Barcode) -> Item | None:
        """The item as it is told."""
        found = super().find_item(barcode)
        return None if found is None else self.told(found)

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """The items as they are told."""
        for page in super().items_of(title):
            yield evolve(page, rows=tuple(map(self.told, page.rows)))


class HomeIsHere(Telling):
    """Tells where an item is as where it belongs, wherever it is."""

    def told(self, item: Item) -> Item:
        """Always at home."""
        return evolve(item, at=item.home)


class HoldableUnlessSaid(Telling):
    """Takes silence for a yes."""

    def told(self, item: Item) -> Item:
        """Can be held, nobody said otherwise."""
        return evolve(item, holdable=item.holdable is not False)


class CallNumberCut(Telling):
    """Keeps ten signs of a call number."""

    def told(self, item: Item) -> Item:
        """The first ten."""
        return evolve(item, call_number=item.call_number[:10])


class OtherInstance(Telling):
    """Gives titles an id without its own instance."""

    def told(self, item: Item) -> Item:
        """Of nowhere."""
        return item if item.title is None else evolve(item, title=TitleId("ils", item.title.local))


class CountsTheAsking(Telling):
    """Shows how often it was asked, so that two answers differ."""

    def prepare(self) -> None:
        """Not yet."""
        self.asked = 0

    def told(self, item: Item) -> Item:
        """Once more."""
        self.asked += 1
        return evolve(item, kind=f"{item.kind} {self.asked}")


class EveryLibraryTakesHolds(Spoilt):
    """Lists houses where nobody picks anything up as pickup libraries."""

    def put_library(self, library: Library) -> None:
        """Open to all."""
        super().put_library(evolve(library, pickup=True))


class YearOrZero(Spoilt):
    """Gives a title without a year the year 0."""

    def put_title(self, title: Title) -> None:
        """As a number column does."""
        super().put_title(evolve(title, year=title.year or 0))


class KeepsWithdrawn(Spoilt):
    """Lists what was withdrawn among a title's items."""

    def withdraw(self, item: ItemId) -> None:
        """A status word, and nothing else."""
        self.put_item(evolve(self.item(item), word="withdrawn"))


class ForgetsEmptyTitles(Spoilt):
    """Does not know a title any more once its last item is gone."""

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """NotFound for none."""
        pages = list(super().items_of(title))
        if not any(page.rows for page in pages):
            raise NotFound("kit", "items_of", "no items")
        return iter(pages)


class NobodyForUnknown(Spoilt):
    """Lists no items for a title that nobody knows."""

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """Empty, whatever was asked."""
        return super().items_of(title) if title in self._titles else self._pages(())


class MatchesPrefix(Spoilt):
    """Finds an item by how its barcode begins, as a search does."""

    def find_item(self, barcode: Barcode) -> Item | None:
        """The first whose barcode begins so."""
        begins = (known for known in self._items.values() if str(known.barcode).startswith(str(barcode)))
        return next(begins, None)


class StripsPrefix(Spoilt):
    """Strips the instance off an id and answers about its own record of that number."""

    def item(self, item: ItemId) -> Item:
        """Of whichever instance."""
        return super().item(evolve(item, backend=self.world.context.instance))


class AnotherBranchs(Spoilt):
    """Lists the next title's items with a title's own."""

    def items_of(self, title: TitleId) -> Iterator[Page[Item]]:
        """And one more."""
        rows = [row for page in super().items_of(title) for row in page.rows]
        others = [one for one in self._items.values() if one.title != title]
        return self._pages([*rows, *others[:1]])


class Cached(Spoilt):
    """Keeps the first answer and gives it out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: dict[TitleId, Title] = {}

    def title(self, title: TitleId) -> Title:
        """As it was once."""
        return self.kept.setdefault(title, super().title(title))


class FormerNames(Searching):
    """Leaves the words of a former name in its index."""

    def prepare(self) -> None:
        """The index."""
        self.index: dict[TitleId, list[Title]] = {}

    def put_title(self, title: Title) -> None:
        """Add to the index, and take nothing out."""
        self.index.setdefault(title.id, []).append(title)
        super().put_title(title)

    def fits(self, title: Title, query: Query) -> bool:
        """By any name it ever had."""
        return any(answers_to(known, query) for known in self.index[title.id])


def _undeclared() -> Harness[CatalogBench]:
    whole = catalog_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "catalog.search": Unsupported("no index")})


def _planted(make: Callable[[World], CatalogBench], name: str, source: str, caught_by: str) -> Planted:
    label = f"catalog: {name}"
    return Planted(label, source, f"catalog.{caught_by}", "catalog", lambda: catalog_harness(make, label))


def _bug(kind: Callable[[World], Any], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: kind(world).bench(), name, source, caught_by)


def _shell(spoil: Callable[[CatalogBench], CatalogBench], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)


_STUDY = "driver study, section 4: properties of every adapter"
_STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"
_PAGES = "broken Link headers and first pages passed off as the whole (Koha as observed; hotspots study C7)"
_SEARCH = "searches that fold, join and cut words each in a way of their own (driver study, section 3)"
_HOLDS = "holds taken on what nobody can have (Koha as observed: blocks not enforced)"

BUGS: tuple[Planted, ...] = (
    _bug(DeclaredInVain, "declared but unsupported", _STUDY, "declared"),
    Planted("catalog: undeclared but answered", _STUDY, "catalog.declared", "catalog", _undeclared),
    _bug(SecretInLog, "secret in a log", _STUDY, "keeps-secrets"),
    _shell(shells.cannot_close_twice, "second close breaks", _STUDY, "closes-twice"),
    _shell(shells.breaks_after_close, "use after close breaks", _STUDY, "after-close"),
    _bug(Shared, "instances share their titles", _STUDY, "books-of-its-own"),
    _bug(FirstPageOnly, "first page only", _PAGES, "whole-list"),
    _bug(RepeatsAnEdge, "a page begins with the last row of the one before", _PAGES, "whole-list"),
    _bug(NoPageForNothing, "no page for an empty list", _PAGES, "whole-list"),
    _bug(FromTheFuture, "answer dated in the future", _STUDY, "whole-list"),
    _bug(CutPassedOffAsWhole, "cut list passed off as whole", _PAGES, "cut-list"),
    _bug(AccentsCount, "accents count", _SEARCH, "finds-all"),
    _bug(OnePrintedForm, "ISBN found in one form only", _SEARCH, "finds-all"),
    _bug(AnyWord, "one word of several is enough", _SEARCH, "finds-nothing-else"),
    _bug(IsbnOutranks, "the rest of a request left out beside an ISBN", _SEARCH, "finds-nothing-else"),
    _bug(WildCards, "a sign of the request stands for anything", _SEARCH, "finds-nothing-else"),
    _bug(HomeIsHere, "always told as on its shelf", _STUDY, "as-told"),
    _bug(HoldableUnlessSaid, "silence taken for holdable", _HOLDS, "as-told"),
    _bug(CallNumberCut, "call number cut", _STUDY, "as-told"),
    _bug(EveryLibraryTakesHolds, "pickup at a house without a desk", _HOLDS, "as-told"),
    _bug(YearOrZero, "year 0 for none", _STUDY, "as-told"),
    _bug(AnotherBranchs, "another title's item listed", _STRANGER, "only-that-title"),
    _bug(KeepsWithdrawn, "withdrawn items listed", _HOLDS, "withdrawn-is-gone"),
    _bug(ForgetsEmptyTitles, "a title without items not known", _HOLDS, "only-that-title"),
    _bug(NobodyForUnknown, "an unknown title has no items", _STRANGER, "unknown-record"),
    _bug(MatchesPrefix, "barcode matched by its beginning", _STRANGER, "unknown-record"),
    _bug(StripsPrefix, "instance stripped off an id", _STUDY, "foreign-record"),
    _bug(OtherInstance, "title id of another instance", _STUDY, "own-ids"),
    _bug(CountsTheAsking, "two answers differ", _STUDY, "again-the-same"),
    _bug(Cached, "stale answer", _STUDY, "sees-changes"),
    _shell(shells.foreign_on_outage, "foreign exception while the system is down", _STUDY, "unreachable"),
    _bug(FormerNames, "found by a former name", _SEARCH, "like-the-reference"),
    *loose_settings("catalog", "ils", catalog_harness(lambda world: Spoilt(world).bench()), "catalog"),
)
"""In the order of the checks."""
