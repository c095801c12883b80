"""Two carriers in one district: what happens to one is no business of the other's."""

from datetime import date, timedelta

import pytest
from e2e_district import MONDAY, Portal, at, tick_all
from e2e_kajeet import KajeetAccount
from e2e_thingspace import ThingSpaceAccount

from support.clock import Ticking

TUESDAY, WEDNESDAY = (MONDAY + timedelta(days=n) for n in (1, 2))
OVERDUE = date(2026, 9, 29)
KAJEET, OTHER = (0, 1, 2, 3), (4, 5, 6, 7)


@pytest.fixture
def kajeet(monkeypatch):
    """Lines 0 to 3."""
    made = KajeetAccount(monkeypatch, KAJEET)
    yield made
    made.server.close()


@pytest.fixture
def verizon(monkeypatch):
    """Lines 4 to 7."""
    made = ThingSpaceAccount(monkeypatch, Ticking(at(MONDAY)), OTHER)
    yield made
    made.server.close()


@pytest.fixture
def town(found, kajeet, verizon, send):
    """0 and 4 overdue; both carriers have an interface."""
    devices = {**dict.fromkeys(KAJEET, "kajeet"), **dict.fromkeys(OTHER, "verizon")}
    town = found({"kajeet": kajeet.table(), "verizon": verizon.table()}, devices, clock=verizon.clock)
    town.transports.update(kajeet=send, verizon=send)
    town.lend(0, OVERDUE)
    town.lend(4, OVERDUE)
    town.extract()
    return town


def test_one_that_is_down_from_the_start_is_named_and_the_other_is_served(town, kajeet, verizon):
    """Nobody answers at Kajeet: exit 5, its hotspots are left alone, Verizon's are done; tomorrow the rest."""
    kajeet.server.close()
    verizon.server.__enter__()
    day = town.morning()
    assert (day.code, day.asked, day.exceptions) == (5, [("suspend", 4, "waiting")], ["carrier_down"])
    assert "kajeet" in day.page
    assert town.slept == [0.5, 1.0] * 2  # once before and once after the work
    assert verizon.asked() == [("suspend", 4)]


def test_what_waits_at_a_carrier_that_is_down_stays_in_sight(town, kajeet, verizon):
    """Its requests are under way and its question is open: both are still listed, and nothing is taken back."""
    town.put(5, "lost_paid")
    town.extract()
    with kajeet.server:
        verizon.server.__enter__()
        first = town.morning()
        verizon.server.close()
        town.clock.tick(minutes=30)
        town.extract()
        down = town.morning()
    assert (down.code, down.exceptions) == (5, ["carrier_down"])
    assert down.waits == first.waits
    assert [row for row in down.waits if row[1] == 5] == [("suspend", 5, "carrier"), ("terminate", 5, "approval")]
    assert {r.state.value for r in town.records()} == {"applied", "waiting_system", "awaiting_approval"}


def test_one_that_falls_in_mid_batch_fails_its_own_steps_only(town, kajeet, verizon):
    """Kajeet goes away after the plan: its step is failed or unknown, Verizon's is accepted."""
    kajeet.server.__enter__()
    verizon.server.__enter__()

    def pull_the_plug(stage):
        if stage.what == "apply" and stage.done == 0:
            kajeet.server.close()

    day = town.morning(progress=pull_the_plug)
    assert (day.code, day.asked) == (5, [("suspend", 0, "failed"), ("suspend", 4, "waiting")])
    assert "carrier_down" in day.exceptions


def test_an_undo_takes_back_what_both_did(town, kajeet, verizon):
    """One run over two carriers is undone in one go, and each change was made once."""
    with kajeet.server, verizon.server:
        run = town.morning().result.run
        verizon.fake.settle()
        town.clock.tick(minutes=10)
        town.extract()
        town.morning()
        town.undo(run)
        verizon.fake.settle()
        town.clock.tick(minutes=10)
        today = town.morning()
        assert (today.planned, today.exceptions) == ([], ["undone_today", "undone_today"])
        assert kajeet.effects() == [(0, "suspended"), (0, "active")]
        assert verizon.effects() == [(4, "suspend"), (4, "active")]


def test_a_portal_beside_an_interface(found, kajeet, send):
    """Kajeet is down, the portal has its worklist; a bulk file holds the portal's lines only."""
    devices = {**dict.fromkeys(KAJEET, "kajeet"), **dict.fromkeys(OTHER, "portal")}
    town = found({"kajeet": kajeet.table(), "portal": Portal.TABLE}, devices)
    town.transports["kajeet"] = send
    portal = Portal(town, OTHER)
    for n in (0, 4):
        town.lend(n, OVERDUE)
    town.extract()
    portal.export()
    kajeet.server.close()
    day = town.morning()
    assert (day.code, day.asked) == (5, [("suspend", 4, "waiting")])
    portal.upload(day.bulk("portal"))
    assert portal.words[4] == "Suspended"
    assert town.confirm(tick_all(day.worklist("portal"))) == ([(4, "applied")], [])


def test_a_carrier_without_a_usable_export_stops_everybody_by_name(found, kajeet, send):
    """A stale file is no outage but a mistake that a person mends: exit 4, nothing is done anywhere."""
    devices = {**dict.fromkeys(KAJEET, "kajeet"), **dict.fromkeys(OTHER, "portal")}
    town = found({"kajeet": kajeet.table(), "portal": Portal.TABLE}, devices)
    town.transports["kajeet"] = send
    Portal(town, OTHER).export(at(MONDAY - timedelta(days=3)))
    town.lend(0, OVERDUE)
    town.extract()
    with kajeet.server:
        stopped = town.morning()
    assert (stopped.code, stopped.error.split(" is ")[0], kajeet.effects()) == (4, "portal", [])
