"""The catalogue of a district that is opened: the sample's books, the shelf order, what other ports say."""

import pytest
from attrs import evolve

from scld_core import codecs, open_desk
from scld_core.catalog import STANDARD, Library, Shelving, sort_key
from scld_core.errors import InvalidValue, SettingsError, UnsupportedOperation
from scld_core.kernel.ids import ItemId, LocationId, TitleId
from scld_core.kernel.time import FixedClock
from scld_core.memory.catalog import MemoryCatalog
from scld_core.memory.loans import MemoryLoans
from scld_core.plugins import OpenBackend
from scld_core.sample.template import district_toml
from scld_core.settings import read_settings
from scld_core.wiring.catalog import catalog_desk
from scld_core.wiring.desk import Options
from scld_core.wiring.founding import init_district
from scld_core.wiring.holds import hold_systems
from scld_core.wiring.opening import Opening
from support.hotspots import NOW


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The sample district in a folder."""
    folder = tmp_path_factory.mktemp("catalog") / "sample"
    init_district(folder, actor="sample-associate", sample=True)
    return folder


def settings(tmp_path, **tables):
    """A district's settings with more tables."""
    toml = codecs.parse_toml(district_toml("Synthetic"), where="test")
    return read_settings({**toml, **tables}, folder=tmp_path)


@pytest.mark.parametrize("memory", [True, False])
def test_the_samples_books_are_looked_for_and_held(memory, sample):
    """In memory and in the folder's own ILS alike; what is on loan says when it is due."""
    with open_desk(None if memory else sample, actor="sample-associate", sample=memory) as desk:
        found = desk.catalog.search("imaginary rivers", author="sample")
        assert [str(row.id) for row in found] == ["main:t1001", "main:t1002"]
        assert [row.standing.state for row in desk.catalog.items_of("main:t1001")] == ["checked_in"] * 4
        assert len(desk.catalog.libraries()) == 10
        hotspots = desk.catalog.items_of("main:hotspot")
        lent = [row for row in hotspots if row.standing.due_at is not None]
        assert lent
        assert len(repr(desk)) < 5000


def test_nobody_waits_for_a_title_that_was_withdrawn_or_at_a_house_without_a_desk():
    """The desk asks the catalogue: no items left, a library that is none, and every reason at once."""
    with open_desk(sample=True, actor="sample-associate") as desk:
        catalog = desk.backends["main"].catalog
        patron = desk.patrons.get("main:p1022").id
        for row in desk.catalog.items_of("main:t1002"):
            catalog.withdraw(row.item.id)
        catalog.put_library(Library(LocationId("service-centre"), pickup=False))
        refused = desk.holds.place(patron, title="main:t1002", pickup="service-centre")
        assert not refused.done
        assert {"title_withdrawn", "unknown_pickup"} <= {reason.code for reason in refused.decision.reasons}
        with pytest.raises(InvalidValue, match="pickup"):
            desk.holds.place(patron, title="main:t1002")
        with pytest.raises(InvalidValue, match="title"):
            desk.holds.place(patron, pickup="cheney")
        held = desk.holds.place(
            patron, title=TitleId("main", "t1003"), pickup=LocationId("cheney"), item=ItemId("main", "b0009")
        )
        assert held.value.item == ItemId("main", "b0009")
        assert desk.holds.place(patron, title="main:t1004", pickup="cheney", item="main:b0013").done


def test_a_pick_list_is_in_the_order_of_the_shelves():
    """Of one library, whatever order the ILS lists it in."""
    with open_desk(sample=True, actor="sample-associate") as desk:
        patron = desk.patrons.get("main:p1022").id
        wanted = [title.id for title in desk.catalog.search(author="invented")]
        wanted += [TitleId("main", "t1006"), TitleId("main", "t1012")]
        for title in wanted:
            assert desk.holds.place(patron, title=title, pickup="cheney").done
        shelves = desk.settings.shelving
        for library in desk.catalog.libraries():
            keys = [sort_key(pull.call_number, shelves) for pull in desk.holds.pick_list(library.id)]
            assert keys == sorted(keys)


def test_ids_may_be_given_as_text():
    """A person at a notebook types them; a scanner types a shelf, a barcode to a line."""
    with open_desk(sample=True, actor="sample-associate") as desk:
        held = desk.holds.place("main:p1022", title="main:t1001", pickup="cheney")
        number = str(held.value.id)
        assert [str(one.id) for one in desk.holds.of_patron("main:p1022")] == [number]
        assert [str(one.id) for one in desk.holds.of_title("main:t1001")] == [number]
        assert [str(one.hold) for one in desk.holds.pick_list("airway-heights")] == [number]
        assert desk.holds.explain(number)
        assert str(desk.holds.change_pickup(number, "argonne").value.pickup) == "argonne"
        assert desk.holds.suspend(number).done
        assert desk.holds.reactivate(number).done
        assert desk.holds.cancel(number).done
        shelf = desk.catalog.shelf_read("39999010000220\n39999010000014\n39999019999999\n", at="deer-park")
        assert (shelf.unknown, len(shelf.items) + len(shelf.elsewhere)) == ((3,), 2)


def test_shelf_order_comes_from_the_settings(tmp_path):
    """A district's own collections; a mistake in them is told at its path, and so is a key that nobody knows."""
    assert settings(tmp_path).shelving == STANDARD
    own = {"prefixes": ["", "DVD", "FIC"], "spellings": [["VIDEO", "DVD"]], "before_names": ["FIC"], "mac": True}
    read = settings(tmp_path, shelving=own).shelving
    assert read == Shelving(prefixes=("", "DVD", "FIC"), spellings=(("VIDEO", "DVD"),), before_names=("FIC",), mac=True)
    with pytest.raises(SettingsError, match=r"shelving.*prefixes"):
        settings(tmp_path, shelving={**own, "prefixes": ["DVD"]})
    with pytest.raises(SettingsError, match="articles"):
        settings(tmp_path, shelving={"article": ["the"]})


def test_a_desk_without_loans_tells_no_standing(tmp_path):
    """And an item that is never lent has none either; without a catalogue there is no desk."""
    clock = FixedClock(NOW)
    catalog = MemoryCatalog(clock)
    found = settings(tmp_path)
    assert catalog_desk(found, OpenBackend()) is None
    number = ItemId("main", "i1")
    assert catalog_desk(found, OpenBackend(catalog=catalog)).standing(number) is None
    assert catalog_desk(found, OpenBackend(catalog=catalog, loans=MemoryLoans(clock))).standing(number) is None


def test_an_ils_that_lists_no_libraries_or_cannot_has_not_said_where_holds_go(tmp_path):
    """Only a list with libraries in it says that another place is none."""
    del tmp_path
    with open_desk(sample=True, actor="sample-associate") as desk:
        catalog = MemoryCatalog(desk.clock)
        opening = _opening(desk)
        opened = evolve(desk.backends["main"], catalog=catalog)
        systems = hold_systems(opening, opened)
        assert systems.pickups() is None
        catalog.put_library(Library(LocationId("cheney")))
        catalog.put_library(Library(LocationId("service-centre"), pickup=False))
        assert systems.pickups() == [LocationId("cheney")]
        blind = evolve(opened, catalog=_Blind())
        assert hold_systems(opening, blind).pickups() is None
        assert hold_systems(opening, blind).copies(TitleId("main", "t1")) is None


class _Blind:
    """A catalogue that offers nothing."""

    live = True

    def libraries(self):
        raise UnsupportedOperation("main", "libraries", "not offered")

    def items_of(self, title):
        raise UnsupportedOperation("main", "items_of", f"not offered for {title}")


def _opening(desk):
    """How the desk was opened."""
    return Opening(desk.settings, Options(), desk.clock, desk.registry)
