"""The holds desk of a district that is opened from its folder, and what its facts are joined from."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from attrs import evolve, frozen

from scld_core import Options, open_desk
from scld_core.circulation.model import CheckOutRequest
from scld_core.errors import PolicyMissing, UnsupportedOperation
from scld_core.holds.model import Copy, HoldRequest
from scld_core.holds.rules import shelf_end
from scld_core.holds.states import HoldState
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.page import Page
from scld_core.kernel.time import FixedClock
from scld_core.patrons.person import Patron
from scld_core.plugins import OpenBackend
from scld_core.plugins.seed import Seed
from scld_core.wiring.holds import hold_systems
from scld_core.wiring.loans import loans_office
from scld_core.wiring.opening import Opening
from support.districts import found, plugins
from support.hotspots import NOW

PATRON, TITLE, CHENEY = PatronId("main", "p1"), TitleId("main", "t1"), LocationId("cheney")
ASK = HoldRequest(patron=PATRON, title=TITLE, pickup=CHENEY)


@pytest.fixture
def folder(tmp_path):
    """A district whose first device is a copy of a title, with one patron."""
    place = found(tmp_path / "district", numbers=(2, 6), approved=False)
    opening = Opening.of(place, Options(clock=FixedClock(NOW), registry=plugins()))
    seed = Seed(patrons=(Patron(id=PATRON, as_of=NOW),), copies={"i2": Copy(TITLE)})
    with ExitStack() as stack:
        store = opening.store(stack)
        spec = opening.spec("embedded", "backends.main")
        settings = opening.settings.backends["main"]
        spec.seed(opening.config(spec, settings, "main"), opening.context("main", store), seed)
    return place


def opened(folder, *, later=0):
    """The district, perhaps days later."""
    clock = FixedClock(NOW + timedelta(days=later))
    return open_desk(folder, actor="sample-associate", options=Options(clock=clock, registry=plugins()))


def test_a_hold_is_placed_through_the_opened_desk_and_told_by_the_days_run(folder):
    """The policy is the profile's and the district's; the write is in the outbox and in the journal."""
    with opened(folder) as desk:
        outcome = desk.holds.place(ASK)
        assert outcome.done
        assert [reason.params for reason in outcome.decision.reasons] == [(("open", "0"), ("most", "25"))]
        assert desk.holds.suspend(outcome.value.id).value.state is HoldState.SUSPENDED
        with desk.store.transaction() as unit:
            kinds = [(entry.kind, entry.subject.partition(" ")[0]) for entry in unit.journal.entries()]
        assert kinds[-2:] == [("step.prepare", "holds.suspend"), ("step.applied", "holds.suspend")]
        assert "p1" not in str(kinds)
        assert [area.area for area in desk.day.plan().areas] == ["hotspots"]


def test_who_has_the_item_places_no_hold_on_its_title(folder):
    """The loans are asked where the catalogue says which items are of the title."""
    with opened(folder) as desk:
        loans = desk.backends["main"].loans
        loans.check_out(
            CheckOutRequest(patron=PATRON, item=ItemId("main", "i2"), due_at=NOW + timedelta(days=7)), key="k"
        )
        systems = evolve(desk.holds.systems, copies=lambda title: {ItemId("main", "i2"): True})
        assert systems.borrowed(PATRON) == [ItemId("main", "i2")]
        told = evolve(desk.holds, systems=systems).may_place(ASK)
        assert [reason.code for reason in told.reasons] == ["has_it"]


def test_what_nobody_picks_up_is_listed_until_it_is_taken_down(folder):
    """The days are counted from the check-in over the library's open days; the next check-in clears the shelf."""
    with opened(folder) as desk:
        hold = desk.holds.place(ASK).value.id
        back = desk.loans.check_in("main:i2", CHENEY).value
        systems = desk.holds.systems
        until = shelf_end(systems.ruling().day, CHENEY, systems.ruling().policy, systems.ruling().calendar)
        assert (back.hold, back.shelf_until) == (hold, until)
        assert [one.id for one in desk.holds.shelf("cheney")] == [hold]
        assert desk.holds.unclaimed("cheney") == desk.holds.shelf("north-spokane") == ()
    with opened(folder, later=30) as desk:
        assert [one.state for one in desk.holds.unclaimed(CHENEY)] == [HoldState.UNCLAIMED]
        assert desk.holds.of_patron(PATRON) == ()
        assert desk.loans.check_in("main:i2", CHENEY).value.hold is None
        assert desk.holds.shelf(CHENEY) == ()


def test_where_the_ils_has_no_policy_of_ours_it_counts_the_days_itself(folder):
    """Without the policy of holds an item still comes back; so it does where the ILS has no holds at all."""
    text = (folder / "district.toml").read_text(encoding="utf-8").replace("shelf_days = 7", "")
    (folder / "district.toml").write_text(text, encoding="utf-8")
    with opened(folder) as desk:
        assert desk.loans.office.shelf_until(CHENEY) is None
        assert desk.loans.check_in("main:i2", CHENEY).done
    opening = Opening.of(folder, Options(clock=FixedClock(NOW), registry=plugins()))
    loans = desk.backends["main"].loans
    office = loans_office(opening, "main", OpenBackend(loans=loans), store=desk.store, actor=Actor("anne"))
    assert office.shelf_until(CHENEY) is None


def test_a_policy_that_is_not_set_is_named_when_it_is_asked_for(folder):
    """The desk opens without it; the first decision names the key."""
    text = (folder / "district.toml").read_text(encoding="utf-8").replace("shelf_days = 7", "")
    (folder / "district.toml").write_text(text, encoding="utf-8")
    with opened(folder) as desk, pytest.raises(PolicyMissing, match=r"holds\.shelf_days"):
        desk.holds.may_place(ASK)


@frozen
class Catalog:
    """A catalogue in two pages, or one that does not offer its lists."""

    live = True
    offered: bool = True

    def items_of(self, title):
        self._offered()
        return self._pages(Row(ItemId("main", "i1"), True), Row(ItemId("main", "i2"), None))

    def libraries(self):
        self._offered()
        return self._pages(Row(CHENEY, pickup=True), Row(LocationId("office"), pickup=False))

    def _pages(self, *rows):
        return iter([Page(rows[:1], NOW), Page(rows[1:], NOW, last=True, total=2)])

    def _offered(self):
        if not self.offered:
            raise UnsupportedOperation("main", "catalog", "no such list")


@frozen
class Row:
    """A line of a catalogue."""

    id: object
    holdable: bool | None = None
    pickup: bool = True


def systems(folder, catalog=None):
    """What the holds desk would be told by these ports."""
    with opened(folder) as desk:
        own = desk.backends["main"]
        opening = Opening(desk.settings, Options(), desk.clock, desk.registry)
        backend = OpenBackend(holds=own.holds, patrons=own.patrons)
        if catalog is not None:
            backend = WithCatalog(
                catalog, **{name: getattr(backend, name) for name in ("holds", "patrons", "fees", "loans")}
            )
        return hold_systems(opening, backend)


@frozen
class WithCatalog:
    """An opened backend with a catalogue."""

    catalog: object
    holds: object = None
    patrons: object = None
    fees: object = None
    loans: object = None


def test_copies_and_libraries_come_from_the_catalogue(folder):
    """Items with what is known of them, and the libraries where holds are picked up."""
    told = systems(folder, Catalog())
    assert told.copies(TITLE) == {ItemId("main", "i1"): True, ItemId("main", "i2"): None}
    assert told.pickups() == [CHENEY]


def test_what_no_port_tells_is_not_known(folder):
    """Neither a port that is missing nor an operation that is not offered is a fact."""
    bare = systems(folder)
    silent = systems(folder, Catalog(offered=False))
    for told in (bare, silent):
        assert (told.copies(TITLE), told.pickups()) == (None, None)
        assert (told.owed(PATRON), told.borrowed(PATRON)) == (None, None)


def test_without_holds_or_patrons_there_is_no_desk(folder):
    """Nothing can be decided by."""
    assert hold_systems(None, OpenBackend()) is None
    with opened(folder) as desk:
        assert hold_systems(None, OpenBackend(holds=desk.backends["main"].holds)) is None
        assert desk.holds.systems.owed(PATRON).cents == 0
