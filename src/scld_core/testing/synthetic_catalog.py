"""The synthetic titles, items and libraries that every check of the catalogue begins with. Nobody wrote the books."""

from __future__ import annotations

from collections.abc import Mapping

from scld_core.catalog.model import Item, Library, Query, Title
from scld_core.circulation.model import Circulation, ItemState
from scld_core.holds.model import Copy
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.plugins.seed import Seed
from scld_core.testing.synthetic import INSTANCE, NOW, item

__all__ = [
    "LIBRARIES",
    "QUERIES",
    "WITHDRAWN",
    "answering",
    "as_items",
    "barcode",
    "books",
    "items",
    "many",
    "number_of",
    "title",
    "titles",
]

LIBRARIES = (
    Library(LocationId("cheney"), "Cheney Library"),
    Library(LocationId("north-spokane"), "North Spokane Library"),
    Library(LocationId("service-centre"), "Service Centre", pickup=False),
)
"""Two libraries, and a house where nobody picks anything up."""

_TITLES = (
    ("The Wind from Nowhere Else", "Imaginary, Ann", ("978-0-306-40615-7",), 1999, "book", "FIC IMA"),
    ("Wind and other poems", "Éxemple, José", ("0-8044-2957-X", "9780804429573"), 2004, "book", "811.6 EXE"),
    ("Windmills of the Palouse", "Imaginary, Ann", (), None, "book", ""),
    ("Ветер в степи", "Выдумка, Анна", (), 2015, "book", "RUSSIAN FIC VYD"),
    ("A map of nothing at all", "", (), 1850, "map", "912.797 MAP"),
    ("100 % wool_", "O'Nobody, Pat", (), 2020, "dvd", "DVD 746.43 ONE"),
)
"""Accents, another script, an apostrophe, signs that a database takes for its own; one without author or year."""

_ITEMS: Mapping[int, tuple[int, ItemState, str, bool | None]] = {
    0: (0, ItemState.CHECKED_IN, "cheney", True),
    1: (0, ItemState.ON_LOAN, "north-spokane", None),
    2: (0, ItemState.WITHDRAWN, "cheney", None),
    3: (1, ItemState.IN_TRANSIT, "cheney", True),
    4: (1, ItemState.CHECKED_IN, "north-spokane", False),
    5: (2, ItemState.WITHDRAWN, "cheney", None),
    6: (3, ItemState.MISSING, "north-spokane", None),
    7: (5, ItemState.CHECKED_IN, "cheney", True),
}
"""The items by number: of which title, how they stand, whose they are, and whether they can be held."""

WITHDRAWN = tuple(number for number, (_, state, *_) in _ITEMS.items() if state is ItemState.WITHDRAWN)
"""The numbers of the items that are gone."""

QUERIES: tuple[Query, ...] = (
    Query(title="wind"),
    Query(title="WIND from"),
    Query(title="wind imaginary"),
    Query(author="imaginary"),
    Query(author="ann imagin"),
    Query(title="palouse", author="Imaginary, Ann"),
    Query(title="palouse", author="exemple"),
    Query(author="jose exemple"),
    Query(author="José"),
    Query(title="ветер"),
    Query(author="o'nobody"),
    Query(title="100 %"),
    Query(title="wool_"),
    Query(title="nowhere else to be found"),
    Query(isbn="9780306406157"),
    Query(isbn="0-306-40615-2"),
    Query(isbn="978-0-8044-2957-3", title="poems"),
    Query(isbn="9791234567896"),
    Query(title="map", isbn="9780306406157"),
)
"""What may be looked for: one word, several, parts of words, other cases and accents, both lengths of an ISBN."""


def title(number: int, instance: str = INSTANCE) -> TitleId:
    """The synthetic title `number`."""
    return TitleId(instance, f"t{number:03d}")


def number_of(found: TitleId) -> int:
    """The number of a synthetic title."""
    return int(found.local.removeprefix("t"))


def barcode(number: int) -> Barcode:
    """The barcode of the synthetic item `number`."""
    return Barcode(f"3909999{number:07d}")


def titles(instance: str = INSTANCE) -> tuple[Title, ...]:
    """The titles; number 4 has no items, those of number 2 were all withdrawn."""
    return tuple(
        Title(title(number, instance), name, author=author, isbns=isbns, year=year, kind=kind, call_number=shelf)
        for number, (name, author, isbns, year, kind, shelf) in enumerate(_TITLES)
    )


def items(instance: str = INSTANCE) -> tuple[Item, ...]:
    """The items as they have to be told, withdrawn ones too."""
    return tuple(_item(number, instance) for number in _ITEMS)


def _item(number: int, instance: str) -> Item:
    of, state, home, holdable = _ITEMS[number]
    place = LocationId(home)
    return Item(
        item(number, instance),
        barcode(number),
        state.value,
        title=title(of, instance),
        call_number=f"{_TITLES[of][5]} c.{number}".strip(),
        kind=_TITLES[of][4],
        home=place,
        at=place if state is ItemState.CHECKED_IN else None,
        holdable=holdable,
    )


def books(instance: str = INSTANCE) -> Seed:
    """An ILS that holds these."""
    return _seed(titles(instance), items(instance))


def many(size: int, instance: str = INSTANCE) -> Seed:
    """So many titles of one name, as many items of the title number 0, and as many libraries."""
    named = tuple(Title(title(number, instance), f"Wind, volume {number}") for number in range(max(size, 1)))
    own = tuple(
        Item(item(n, instance), barcode(n), "checked_in", title=title(0, instance), kind="book") for n in range(size)
    )
    return _seed(named, own, tuple(Library(LocationId(f"library-{n}"), f"Library {n}") for n in range(size)))


def _seed(named: tuple[Title, ...], own: tuple[Item, ...], libraries: tuple[Library, ...] = LIBRARIES) -> Seed:
    return Seed(
        items=tuple(Circulation(one.id, ItemState(one.word), NOW, word=one.word, since=NOW) for one in own),
        barcodes={one.id.local: str(one.barcode) for one in own},
        homes={one.id.local: "" if one.home is None else str(one.home) for one in own},
        copies={one.id.local: _copy(one) for one in own},
        kinds={one.id.local: one.kind for one in own},
        titles=named,
        libraries=libraries,
    )


def _copy(one: Item) -> Copy:
    assert one.title is not None  # every synthetic item is of a title
    return Copy(one.title, one.call_number, one.holdable)


def as_items(seed: Seed) -> tuple[Item, ...]:
    """The items of a seed, as the reference tells them."""
    return tuple(_of_seed(seed, seen.item, seen.state) for seen in seed.items)


def _of_seed(seed: Seed, number: ItemId, state: ItemState) -> Item:
    local = number.local
    copy, home = seed.copies.get(local), seed.homes.get(local, "")
    place = LocationId(home) if home else None
    return Item(
        number,
        Barcode(seed.barcodes[local]) if local in seed.barcodes else None,
        state.value,
        title=None if copy is None else copy.title,
        call_number="" if copy is None else copy.call_number,
        kind=seed.kinds.get(local, ""),
        home=place,
        at=place if state is ItemState.CHECKED_IN else None,
        holdable=None if copy is None else copy.holdable,
    )


def answering(known: Title, query: Query) -> bool:
    """Whether a title is what is looked for, worked out another way than the reference's: see `_ANSWERS`."""
    return number_of(known.id) in _ANSWERS[QUERIES.index(query)]


_ANSWERS: tuple[tuple[int, ...], ...] = (
    (0, 1, 2),
    (0,),
    (),
    (0, 2),
    (0, 2),
    (2,),
    (),
    (1,),
    (1,),
    (3,),
    (5,),
    (5,),
    (5,),
    (),
    (0,),
    (0,),
    (1,),
    (),
    (),
)
"""Which titles answer to each query, by hand."""
