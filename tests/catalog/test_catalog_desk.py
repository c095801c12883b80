"""The catalogue desk: searching, what became of an item, reading a shelf."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.catalog import Item, Shelving, shelf_read, sort_key
from scld_core.catalog.desk import CatalogDesk, Standing
from scld_core.errors import InvalidValue, NotFound, SnapshotRefused
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.kernel.time import FixedClock
from scld_core.memory.catalog import MemoryCatalog
from scld_core.testing.synthetic import INSTANCE, item
from scld_core.testing.synthetic_catalog import LIBRARIES, barcode, items, title, titles

NOW = datetime(2026, 11, 2, 16, tzinfo=UTC)
CHENEY = LocationId("cheney")


def filled(**more):
    """A desk over the kit's synthetic books."""
    catalog = MemoryCatalog(FixedClock(NOW), backend=INSTANCE, page_size=2)
    for known in titles():
        catalog.put_title(known)
    for known in items():
        catalog.put_item(known)
        if known.word == "withdrawn":
            catalog.withdraw(known.id)
    for library in LIBRARIES:
        catalog.put_library(library)
    return CatalogDesk(catalog, **more)


def test_what_is_found_is_given_in_the_order_in_which_titles_file():
    """By the district's own rules: with articles left out, The Wind files under W."""
    named = [row.title for row in filled().search("wind")]
    assert named[0] == "The Wind from Nowhere Else"
    shelved = [row.title for row in filled(shelving=Shelving(articles=("THE",))).search(" wind ")]
    assert shelved == ["Wind and other poems", "The Wind from Nowhere Else", "Windmills of the Palouse"]
    assert [row.id for row in filled().search(isbn="0-306-40615-2")] == [title(0)]
    assert [row.id for row in filled().search("poems", author="exemple")] == [title(1)]


def test_nothing_to_look_for_is_refused():
    """A blank request would list the whole catalogue."""
    with pytest.raises(InvalidValue, match="author or an ISBN"):
        filled().search("  ")


def test_an_item_is_found_by_id_text_or_scan():
    """A scanner may leave its start and stop letters on; an unknown number is NotFound, and is not repeated."""
    desk = filled()
    wanted = items()[0]
    assert desk.item(item(0)) == desk.item(str(item(0))) == desk.item(f"A{barcode(0)}B") == wanted
    with pytest.raises(NotFound, match="no item has this barcode"):
        desk.item("39099999999999")
    assert desk.title(str(title(0))) == desk.title(title(0)) == titles()[0]


def test_the_items_of_a_title_stand_in_shelf_order_with_what_became_of_them():
    """The standing is the loans' word; None where no loans are told. A title without items is one nobody can have."""
    lent = Standing("on_loan", NOW, NOW)
    desk = filled(standing=lambda asked: lent if asked == item(1) else None)
    assert [(row.item.id, row.standing) for row in desk.items_of(str(title(0)))] == [(item(0), None), (item(1), lent)]
    assert desk.status(str(barcode(1))).standing == lent
    assert filled().status(item(1)).standing is None
    assert filled().items_of(title(2)) == ()


def test_libraries_are_given_by_name():
    """The Service Centre is no pickup library."""
    assert [(row.name, row.pickup) for row in filled().libraries()] == [
        ("Cheney Library", True),
        ("North Spokane Library", True),
        ("Service Centre", False),
    ]


def test_a_list_that_breaks_off_is_refused():
    """Half a list of titles is no answer to a patron."""
    desk = filled()
    desk.catalog.cut_after = 1
    with pytest.raises(SnapshotRefused, match="stopped in the middle"):
        desk.search("wind")


def test_a_scanned_shelf():
    """What is no item's and what belongs elsewhere is told; the rest is put in order by the fewest moves."""
    desk = filled()
    scanned = [str(barcode(7)), "no number", str(barcode(0)), str(barcode(1)), "39099999999999", str(barcode(3))]
    found = desk.shelf_read(scanned, at=CHENEY)
    assert found.unknown == (2, 5)
    assert [row.id for row in found.elsewhere] == [item(1)]
    assert [row.id for row in found.items] == [item(7), item(0), item(3)]
    assert [move.text for move in found.moves] == [items()[3].call_number] or len(found.moves) <= 2
    everywhere = desk.shelf_read(scanned)
    assert everywhere.elsewhere == ()
    assert len(everywhere.items) == 4


@given(st.lists(st.sampled_from(["FIC ABC", "FIC ABD", "508 SAM", "508.7 SAM", "DVD X", "J FIC ABC"]), max_size=8))
def test_a_shelf_of_the_desk_is_read_as_its_call_numbers_are(numbers):
    """The moves are those of the call numbers, and none for a shelf in order."""
    catalog = MemoryCatalog(FixedClock(NOW))
    for place, text in enumerate(numbers):
        number = Barcode(f"3909999{place:07d}")
        catalog.put_item(Item(ItemId("main", f"i{place}"), number, title=TitleId("main", "t"), call_number=text))
    desk = CatalogDesk(catalog)
    scanned = [f"3909999{place:07d}" for place in range(len(numbers))]
    assert desk.shelf_read(scanned).moves == shelf_read(numbers)
    ordered = sorted(scanned, key=lambda text: sort_key(desk.item(text).call_number))
    assert desk.shelf_read(ordered).moves == ()
