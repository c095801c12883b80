"""The embedded ILS's holds: items that come and go, days that pass, merged records, on both databases."""

from datetime import UTC, date, datetime

import pytest

from scld_adapters.sql import holds_items, ils
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.holds import EmbeddedHolds
from scld_adapters.sql.patrons import PatronDesk
from scld_adapters.sql.plugin import EMBEDDED, EmbeddedConfig
from scld_core.circulation.model import Circulation, ItemState
from scld_core.errors import NotFound, Rejected, Unavailable
from scld_core.holds.model import Copy, HoldRequest
from scld_core.holds.states import HoldState
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.patrons.person import Patron
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext
from scld_core.testing.clock import TickingClock

NOW = datetime(2026, 3, 10, 16, tzinfo=UTC)
NORTH, CHENEY = LocationId("north-spokane"), LocationId("cheney")
ZONE = "America/Los_Angeles"


def patron(number):
    """A synthetic patron's id."""
    return PatronId("main", f"p{number}")


class Shop:
    """The holds of a store, and what circulation does to items."""

    def __init__(self, store, folder):
        self.store, self.clock = store, TickingClock(NOW)
        context = BackendContext("main", self.clock, folder, str, store=store, timezone=ZONE)
        items = tuple(Circulation(ItemId("main", f"i{n}"), ItemState.CHECKED_IN, NOW) for n in (1, 2, 3))
        seed = Seed(
            items=items,
            homes={f"i{n}": "cheney" for n in (1, 2, 3)},
            patrons=tuple(Patron(id=patron(n), as_of=NOW) for n in (1, 2, 3)),
            copies={f"i{n}": Copy(TitleId("main", "t1"), f"FIC {n}") for n in (1, 2)},
        )
        EMBEDDED.seed(EmbeddedConfig(), context, seed)
        self.holds = EmbeddedHolds(store, self.clock, backend="main", zone=ZONE, page_size=2)
        self.keys = 0

    def key(self):
        self.keys += 1
        return f"k{self.keys}"

    def place(self, who, at=CHENEY, **more):
        ask = HoldRequest(patron=patron(who), title=TitleId("main", "t1"), pickup=at, **more)
        return self.holds.place(ask, key=self.key())

    def do(self, what, *arguments, **more):
        """One of circulation's acts."""
        now = self.clock.now()
        today = now.date()
        with self.store.transaction() as unit:
            return what(unit.connection, *arguments, backend="main", now=now, today=today, **more)

    def on_shelf(self):
        return [hold.id for page in self.holds.iter_shelf(CHENEY) for hold in page.rows]

    def queue(self):
        return [hold for page in self.holds.of_title(TitleId("main", "t1")) for hold in page.rows]


@pytest.fixture
def shop(sql_store, tmp_path):
    """A store with a title of two items, three patrons, and an item of no title."""
    return Shop(sql_store, tmp_path)


def test_an_item_that_comes_in_goes_to_the_first_hold_and_to_the_shelf_of_its_library(shop):
    """At the pickup library it is ready until the day given; elsewhere it has to be sent, and is ready on arrival."""
    first, second = shop.place(1), shop.place(2, NORTH)
    ready = shop.do(holds_items.trap_for, "i1", CHENEY, shelf_until=date(2026, 3, 20))
    assert (ready.id, ready.state, ready.shelf_until) == (first.id, HoldState.READY, date(2026, 3, 20))
    away = shop.do(holds_items.trap_for, "i2", CHENEY)
    assert (away.id, away.state, away.pickup) == (second.id, HoldState.TRAPPED, NORTH)
    assert shop.do(holds_items.send, "i2").state is HoldState.IN_TRANSIT
    assert shop.do(holds_items.trap_for, "i2", CHENEY).state is HoldState.IN_TRANSIT
    arrived = shop.do(holds_items.trap_for, "i2", NORTH, shelf_until=date(2026, 3, 22))
    assert (arrived.state, arrived.shelf_until) == (HoldState.READY, date(2026, 3, 22))
    assert shop.do(holds_items.set_aside, "i2").id == second.id
    assert [hold.rank for hold in shop.queue()] == [None, None]


def test_an_item_that_nobody_waits_for_is_set_aside_for_nobody(shop):
    """Nor is one of no title, and nothing is sent, freed or picked up of it."""
    assert shop.do(holds_items.trap_for, "i1", CHENEY) is None
    assert shop.do(holds_items.trap_for, "i3", CHENEY) is None
    assert shop.do(holds_items.send, "i1") is None
    assert shop.do(holds_items.free, "i1") is None
    assert shop.do(holds_items.pick_up, "i1", "p1") is None
    assert shop.do(holds_items.set_aside, "i1") is None


def test_an_item_that_is_lost_on_the_way_leaves_its_hold_in_its_place(shop):
    """It waits again, before the others, and the next item is its."""
    first, second = shop.place(1, NORTH), shop.place(2)
    shop.do(holds_items.trap_for, "i1", CHENEY)
    assert shop.do(holds_items.free, "i1").state is HoldState.WAITING
    assert [(hold.id, hold.rank) for hold in shop.queue()] == [(first.id, 1), (second.id, 2)]
    assert shop.do(holds_items.trap_for, "i2", NORTH).id == first.id


def test_only_the_one_it_is_for_borrows_an_item_that_is_set_aside(shop):
    """Somebody else is refused; the patron's loan fills the hold, ready or not."""
    hold = shop.place(1, NORTH)
    shop.do(holds_items.trap_for, "i1", CHENEY)
    with pytest.raises(Rejected, match="somebody else"):
        shop.do(holds_items.pick_up, "i1", "p2")
    assert shop.do(holds_items.pick_up, "i1", "p1").state is HoldState.FILLED
    assert shop.holds.get(hold.id).state is HoldState.FILLED
    assert shop.queue() == []


def test_days_do_their_work_though_no_program_runs(shop):
    """A suspension ends on its day by the district's wall, a hold after its last one, an item goes to the next."""
    first, second = shop.place(1), shop.place(2, not_needed_after=date(2026, 3, 14))
    shop.holds.suspend(first.id, date(2026, 3, 12), key="s")
    shop.clock.tick(days=1.5)  # in UTC it is the 12th already, in Spokane not yet
    assert shop.holds.get(first.id).state is HoldState.SUSPENDED
    shop.clock.tick(days=0.5)
    assert [(hold.id, hold.rank) for hold in shop.queue()] == [(first.id, 1), (second.id, 2)]
    shop.do(holds_items.trap_for, "i1", CHENEY, shelf_until=date(2026, 3, 13))
    shop.clock.tick(days=3)
    assert [shop.holds.get(hold.id).state for hold in (first, second)] == [HoldState.UNCLAIMED, HoldState.EXPIRED]
    third = shop.place(3)
    assert shop.on_shelf() == [first.id]
    assert shop.do(holds_items.trap_for, "i1", CHENEY).id == third.id
    assert shop.on_shelf() == [third.id]
    assert shop.queue()[0].id == third.id


def test_a_patron_may_ask_again_for_what_the_days_have_ended(shop):
    """The row that says otherwise is brought up to date by the new hold."""
    old = shop.place(1, not_needed_after=date(2026, 3, 11))
    shop.clock.tick(days=3)
    new = shop.place(1)
    assert new.id != old.id
    assert [hold.id for page in shop.holds.of_patron(patron(1)) for hold in page.rows] == [new.id]
    with pytest.raises(Rejected, match="expired"):
        shop.holds.cancel(old.id, key=shop.key())


def test_holds_of_a_merged_record_are_the_survivors(shop):
    """They count against one hold on a title, and the list names the surviving patron."""
    old = shop.place(1)
    with shop.store.transaction() as unit:
        PatronDesk(unit.connection, "main").merge(patron(1), patron(2), NOW)
    (seen,) = [hold for page in shop.holds.of_patron(patron(2)) for hold in page.rows]
    assert (seen.id, seen.patron) == (old.id, patron(2))
    with pytest.raises(Rejected, match="already"):
        shop.place(2)
    with pytest.raises(Rejected, match="merged"):
        shop.place(1)


def test_what_is_gone_for_good_fills_nothing(shop):
    """A lost item is no target; with the last one gone the hold is unfillable and no other is placed."""
    hold = shop.place(1)
    with shop.store.transaction() as unit:
        for number in (1, 2):
            ils.declare(unit.connection, f"i{number}", ItemState.LOST, at=NOW)
    assert shop.holds.get(hold.id).unfillable
    with pytest.raises(Rejected, match="no item"):
        shop.place(2)


def test_lists_come_in_pages_and_what_is_unknown_is_not_found(shop):
    """Three holds in pages of two; an empty list is one page."""
    for number in (1, 2, 3):
        shop.place(number)
    pages = list(shop.holds.of_title(TitleId("main", "t1")))
    assert [(len(page.rows), page.last, page.total) for page in pages] == [(2, False, 3), (1, True, 3)]
    assert [len(page.rows) for page in shop.holds.iter_pulls(NORTH)] == [0]
    with pytest.raises(NotFound):
        list(shop.holds.of_title(TitleId("main", "t9")))
    with pytest.raises(NotFound):
        list(shop.holds.of_patron(PatronId("other", "p1")))


def test_a_fault_of_the_database_is_told_without_values(shop):
    """What goes by the driver's own cursor is refused in the tree's words."""
    hold = shop.place(1)
    with shop.store.transaction() as unit:
        unit.connection.execute(sa.text("ALTER TABLE ils_hold_writes RENAME TO gone"))
    with pytest.raises(Unavailable) as refusal:
        shop.holds.cancel(hold.id, key="canary-key")
    assert "ils_hold_writes" in str(refusal.value)
    assert "canary-key" not in str(refusal.value)
    assert shop.holds.get(hold.id).is_open


def test_a_pull_is_one_item_for_one_hold_by_call_number(shop):
    """Two items on the shelf, three who wait: two lines, in the order of the shelf."""
    for number in (1, 2, 3):
        shop.place(number, NORTH)
    rows = [row for page in shop.holds.iter_pulls(CHENEY) for row in page.rows]
    assert [(row.call_number, row.item.local, row.pickup) for row in rows] == [
        ("FIC 1", "i1", NORTH),
        ("FIC 2", "i2", NORTH),
    ]
