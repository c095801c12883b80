"""Reading a catalogue: whole lists, what was looked for and all of it, that record and no other, each as it is."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import evolve

from scld_core.catalog.ports import Catalog
from scld_core.errors import BackendError, NotFound
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, RecordId, TitleId
from scld_core.testing.case import Check, Excused, check, refused, require
from scld_core.testing.catalog_tools import (
    LISTS,
    ONE,
    OPERATIONS,
    Shelves,
    calls,
    item_facts,
    library_facts,
    listed,
    one,
    searched,
    title_facts,
    told,
)
from scld_core.testing.lists import SIZES, rows_of, same, whole
from scld_core.testing.synthetic import INSTANCE, item
from scld_core.testing.synthetic_catalog import (
    LIBRARIES,
    QUERIES,
    WITHDRAWN,
    answering,
    barcode,
    books,
    items,
    many,
    title,
    titles,
)

__all__ = ["CHECKS"]


def whole_list(case: Shelves) -> None:
    """Everything is listed once, at every length around the size of a page, dated, and the end is marked."""
    for size in SIZES[1:] if case.operation == "search" else SIZES:
        bench = case.open(many(size))
        rows = whole(listed(bench, case.operation), case.clock, live=bench.catalog.live)
        require(len(rows) == size, f"of {size} rows {len(rows)} are listed")
        require(len({row.id for row in rows}) == size, "a row is listed twice")


def cut_list(case: Shelves) -> None:
    """A list that breaks off is not passed off as whole: it raises, or its final page is not marked as last."""
    bench = case.open(many(7))
    case.lever(bench.cut, "cut")(1)
    pages: list[Any] = []
    try:
        pages.extend(listed(bench, case.operation))
    except BackendError:
        return
    require(not pages or not pages[-1].last, "a list that broke off is marked as whole")
    require(len([row for page in pages for row in page.rows]) < 7, "the harness did not cut the list")


def finds_all(case: Shelves) -> None:
    """Every title that has all of what is looked for is found, whatever case and accents it is written with."""
    bench = case.open(books())
    for query in QUERIES:
        if searched(query, bench.searches):
            wanted = {known.id for known in titles() if answering(known, query)}
            rows = whole(bench.catalog.search(query), case.clock, live=bench.catalog.live)
            require(wanted <= {row.id for row in rows}, f"{len(wanted)} titles answer, and some are not found")
            require(len({row.id for row in rows}) == len(rows), "a title is found twice")


def finds_nothing_else(case: Shelves) -> None:
    """What is found has every word that was looked for, or the ISBN; nothing is found for what nobody has."""
    bench = case.open(books())
    case.needs("catalog.search")
    for query in QUERIES:
        if searched(query, bench.searches):
            found = rows_of(bench.catalog.search(query))
            there = {known.id: known for known in titles()}
            wrong = [row for row in found if row.id not in there or not answering(there[row.id], query)]
            require(not wrong, f"{len(wrong)} of {len(found)} titles that are found do not answer")


def as_told(case: Shelves) -> None:
    """Each record is answered with what its catalogue keeps of it."""
    bench = case.open(books())
    if case.operation in ("search", "title"):
        for known in titles():
            if case.operation == "title":
                rows = [bench.catalog.title(known.id)]
            else:
                rows = [row for row in rows_of(listed(bench, "search")) if row.id == known.id]
            facts = [title_facts(row, bench.tells) for row in rows]
            require(set(facts) <= {title_facts(known, bench.tells)}, "a title is told otherwise than it is catalogued")
    elif case.operation == "libraries":
        seen = [library_facts(row, bench.tells) for row in rows_of(bench.catalog.libraries())]
        same(seen, [library_facts(known, bench.tells) for known in LIBRARIES], "the libraries")
    else:
        _items_as_told(case)


def _items_as_told(case: Shelves) -> None:
    bench = case.open(books())
    for number, known in enumerate(items()):
        if case.operation != "items_of":
            seen = one(bench, case.operation, number)
            if seen is None and number in WITHDRAWN:
                continue
            right = item_facts(seen, bench.tells) == item_facts(known, bench.tells)
            require(right, f"an item that is {known.word} is told otherwise than it is catalogued")
            continue
        assert known.title is not None  # every synthetic item is of a title
        found = [row for row in rows_of(bench.catalog.items_of(known.title)) if row.id == known.id]
        facts = [item_facts(row, bench.tells) for row in found]
        wanted = [] if number in WITHDRAWN else [item_facts(known, bench.tells)]
        require(facts == wanted, f"an item that is {known.word} is told otherwise than it is catalogued")


def only_that_title(case: Shelves) -> None:
    """The items of a title are that title's, all of them that were not withdrawn, and no other's."""
    bench = case.open(books())
    for number in range(len(titles())):
        wanted = [known.id for at, known in enumerate(items()) if known.title == title(number) and at not in WITHDRAWN]
        rows = whole(bench.catalog.items_of(title(number)), case.clock, live=bench.catalog.live)
        same([row.id for row in rows], wanted, "the items of one title")
        require(all(row.title == title(number) for row in rows), "an item names another title")


def unknown_record(case: Shelves) -> None:
    """What the ILS does not know is NotFound, and a barcode that no item has is nobody's, though one resembles it."""
    bench = case.open(books())
    catalog = bench.catalog
    for local in ("t999", "t00", "t0000", "T000", "%", "i00", "i0000", "I000"):
        if case.operation == "title":
            refused(partial(catalog.title, TitleId(INSTANCE, local)), "title", NotFound)
        elif case.operation == "items_of":
            refused(partial(_read, catalog, TitleId(INSTANCE, local)), "items_of", NotFound)
        elif case.operation == "item":
            refused(partial(catalog.item, ItemId(INSTANCE, local)), "item", NotFound)
    if case.operation == "find_item":
        number = str(barcode(0))
        for text in (number[:-1], number + "0", number[1:], "3909999999999"):
            require(catalog.find_item(Barcode(text)) is None, "an item is found by a number that is not its own")


def _read(catalog: Catalog, asked: TitleId) -> object:
    return list(catalog.items_of(asked))


def foreign_record(case: Shelves) -> None:
    """A record of another instance is refused or is none here; the prefix is never stripped."""
    bench = case.open(books())
    calls_of = {
        "title": lambda: bench.catalog.title(title(0, "another")),
        "item": lambda: bench.catalog.item(item(0, "another")),
        "items_of": lambda: list(bench.catalog.items_of(title(0, "another"))),
    }
    refused(calls_of[case.operation], "a record of another instance")


def own_ids(case: Shelves) -> None:
    """Every id of an answer names the instance it comes from."""
    bench = case.open(books())
    rows = told(calls(bench)[case.operation]())
    ids = [found for row in rows for found in (row.id, getattr(row, "title", None)) if isinstance(found, RecordId)]
    require(ids and {found.backend for found in ids} == {INSTANCE}, "an id names another instance, or none of ours")


def again_the_same(case: Shelves) -> None:
    """Reading twice with nothing in between gives the same answer in the same order."""
    bench = case.open(books())
    first, second = (told(calls(bench)[case.operation]()) for _ in range(2))
    require(first == second, "two answers about one catalogue differ")


def sees_changes(case: Shelves) -> None:
    """What staff change shows in the next answer, or the answer is dated before it."""
    bench = case.open(books())
    show = case.lever(bench.show, "show")
    list(listed(bench, "search")) if case.operation == "search" else bench.catalog.title(title(0))
    began = case.clock.tick(seconds=5)
    named = evolve(titles()[0], title="Windward, the corrected name")
    show(named)
    case.clock.tick(seconds=5)
    if case.operation == "title":
        require(bench.catalog.title(title(0)).title == named.title, "a title keeps its former name")
        return
    pages = list(listed(bench, "search"))
    if min(page.as_of for page in pages) < began:
        raise Excused("the list is of an earlier time, and says so")
    found = {row.id: row.title for page in pages for row in page.rows}
    require(found.get(title(0)) == named.title, "a list keeps a title's former name")


def withdrawn_is_gone(case: Shelves) -> None:
    """An item that was withdrawn is among its title's items no more; a title that loses its last one stays known."""
    bench = case.open(books())
    gone = case.lever(bench.withdraw, "withdraw")
    for number in (0, 1):
        case.clock.tick(seconds=5)
        gone(item(number))
    rows = whole(bench.catalog.items_of(title(0)), case.clock, live=bench.catalog.live)
    require(not rows, "an item that was withdrawn is still listed")


def unreachable(case: Shelves) -> None:
    """While the catalogue cannot be reached, a call raises a fault of the tree and is never answered as empty."""
    bench = case.open(books())
    case.lever(bench.outage, "outage")()
    refused(calls(bench)[case.operation], case.operation)


_RECORDS = ("title", "item", "items_of")

CHECKS: tuple[Check[Any], ...] = (
    check("catalog", *LISTS)(whole_list),
    check("catalog", *LISTS)(cut_list),
    check("catalog", "search")(finds_all),
    check("catalog", "search")(finds_nothing_else),
    check("catalog", *OPERATIONS)(as_told),
    check("catalog", "items_of")(only_that_title),
    check("catalog", *ONE, "items_of")(unknown_record),
    check("catalog", *_RECORDS)(foreign_record),
    check("catalog", *(name for name in OPERATIONS if name != "libraries"))(own_ids),
    check("catalog", *OPERATIONS)(again_the_same),
    check("catalog", "search", "title")(sees_changes),
    check("catalog", "items_of")(withdrawn_is_gone),
    check("catalog", *OPERATIONS)(unreachable),
)
"""In the order of the report."""
