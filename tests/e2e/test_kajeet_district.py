"""A district with Kajeet over HTTP: a normal day, and every fault of the wire in the middle of it."""

import logging
from datetime import date, timedelta

import pytest
from attrs import evolve
from e2e_district import MONDAY, PATRON, tick_all
from e2e_kajeet import TOKEN, KajeetAccount

from scld_adapters._shared.fakehttp import Fault

DEVICES = dict.fromkeys(range(4), "carrier")
OVERDUE, SOON = date(2026, 9, 29), date(2026, 10, 20)
WISHED = {0: "suspended", 1: "active", 2: "suspended", 3: "active"}
CHANGES = [(0, "suspended"), (1, "active"), (2, "suspended")]

FAULTS = [fault for fault in Fault if fault is not Fault.NONE]


def is_write(request):
    """Whether a request asks for a change."""
    return request.method == "PUT"


def is_list(request):
    """Whether it reads the account's list."""
    return request.method == "GET" and "searchValue" not in dict(request.query)


def is_look(request):
    """Whether it reads one line."""
    return request.method == "GET" and "searchValue" in dict(request.query)


@pytest.fixture
def account(monkeypatch):
    """Four lines, one of which is suspended though its hotspot came back."""
    made = KajeetAccount(monkeypatch, DEVICES, suspended=[1])
    with made.server:
        yield made


@pytest.fixture
def make(found, account, send):
    """Makes the district: 0 and 2 overdue, 1 came back, 3 on loan."""

    def made(*, delayed=False, own_client=False):
        town = found({"carrier": account.table(delayed=delayed)}, DEVICES)
        if not own_client:
            town.transports["carrier"] = send
        town.lend(0, OVERDUE)
        town.lend(2, OVERDUE)
        town.lend(3, SOON)
        town.extract()
        return town

    return made


def as_wished(town, account):
    """The carrier is as the rule wishes, nothing was lost or done twice, and the last day ended at zero."""
    assert account.statuses() == WISHED
    assert {n: wish.value for n, wish in town.wishes().items()} == WISHED
    assert sorted(account.effects()) == CHANGES


def test_a_normal_day(make, account):
    """Planned, done, verified, with the client that district.toml brings; a second run sends no write."""
    town = make(own_client=True)
    day = town.morning()
    assert (day.code, day.strict, day.result.residual) == (0, 0, 0)
    assert day.asked == [("restore", 1, "applied"), ("suspend", 0, "applied"), ("suspend", 2, "applied")]
    as_wished(town, account)
    writes = len(list(filter(is_write, account.server.requests)))
    assert town.morning().planned == []
    assert len(list(filter(is_write, account.server.requests))) == writes == 3


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_one_write_is_settled_by_the_next_runs(make, account, fault):
    """Whatever happens to one request for a change: one or two clean runs later all is as wished, each change once."""
    town = make()
    account.server.script(Fault.NONE, fault, only=is_write)
    first = town.morning()
    account.server.script()
    others = [r for *_, r in first.asked if r == "applied"]
    assert len(others) >= 2, "the fault of one step stopped another"
    town.clock.tick(minutes=10)
    second = town.morning()
    account.server.release()
    town.clock.tick(minutes=10)
    third = town.morning()
    assert (third.code, third.planned, third.waits, third.result.residual) == (0, [], [], 0), (first, second)
    as_wished(town, account)


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.DROP_AFTER, Fault.DELAY, Fault.FAIL_AFTER, Fault.TRUNCATE])
def test_a_delayed_account_is_waited_for_before_anything_is_sent_again(make, account, fault):
    """Where changes may show late a lost request is not repeated within the limit, and is settled after it."""
    town = make(delayed=True)
    account.server.script(fault, only=is_write)
    first = town.morning()
    account.server.script()
    assert first.code in (0, 5)
    town.clock.tick(minutes=10)
    assert town.morning().planned == []
    account.server.release()
    town.sleep_until(MONDAY + timedelta(days=3))
    town.morning()
    town.clock.tick(minutes=10)
    last = town.morning()
    assert (last.code, last.planned, last.waits) == (0, [], [])
    as_wished(town, account)


@pytest.mark.parametrize(
    ("only", "fault"),
    [
        *((is_list, fault) for fault in FAULTS),
        *((is_look, fault) for fault in (Fault.DROP, Fault.TRUNCATE, Fault.TOO_MANY_WAIT, Fault.EXPIRE)),
    ],
)
def test_a_fault_of_one_read_loses_nothing(make, account, fault, only):
    """The list or one line cannot be read once: it is asked again, or left for the next run."""
    town = make()
    account.server.script(fault, only=only)
    town.morning()
    account.server.script()
    for _ in range(2):
        town.clock.tick(minutes=10)
        last = town.morning()
    assert (last.code, last.planned, last.waits) == (0, [], [])
    as_wished(town, account)


@pytest.mark.parametrize("seed", range(5))
def test_a_storm_of_faults_blows_over(make, account, seed):
    """Twelve faults in a row, drawn by a seed, over reads and writes alike."""
    town = make()
    account.server.faults = type(account.server.faults).seeded(seed, 12, FAULTS)
    for _ in range(3):
        town.morning()
        town.clock.tick(minutes=10)
    account.server.script()
    account.server.release()
    for _ in range(2):
        last = town.morning()
        town.clock.tick(minutes=10)
    assert (last.code, last.planned, last.waits) == (0, [], [])
    as_wished(town, account)


@pytest.mark.parametrize(("fault", "seconds"), [(Fault.TOO_MANY, 1.0), (Fault.TOO_MANY_WAIT, 2.0)])
def test_a_carrier_that_asks_to_come_back_is_asked_again_in_the_same_run(make, account, fault, seconds):
    """429 on a write: the run sleeps as long as it was asked to, once, and finishes its work."""
    town = make()
    account.server.script(fault, only=is_write)
    day = town.morning()
    assert (day.code, town.slept) == (0, [seconds])
    as_wished(town, account)


def test_a_write_that_answers_503_is_not_repeated_in_the_same_run(make, account):
    """Nobody knows what 503 means for a change: the line is read, and the next run goes on."""
    town = make()
    account.server.script(Fault.BUSY_WAIT, only=is_write)
    day = town.morning()
    assert (day.code, day.asked[-1][2], town.slept) == (5, "applied", [])
    assert town.morning().code == 0
    as_wished(town, account)


def test_a_token_that_ends_in_mid_batch_is_read_again(make, account):
    """The secret's place has a new token already: nobody notices."""
    town = make()
    account.server.script(Fault.NONE, Fault.EXPIRE, only=is_write)
    assert town.morning().code == 0
    as_wished(town, account)


def test_a_token_that_ended_and_was_not_renewed_is_told_by_name(make, account):
    """Half of the batch fails with the reason; with the new token the next run does the rest."""
    town = make()
    account.renews = False
    account.server.script(Fault.NONE, Fault.EXPIRE, only=is_write)
    day = town.morning()
    assert day.code == 5
    assert sorted(r for *_, r in day.asked) == ["applied", "failed", "failed"]
    assert "carrier_down" in day.exceptions
    assert TOKEN not in day.page
    account.renew()
    assert town.morning().code == 0
    as_wished(town, account)


def test_a_suspension_that_arrives_after_the_hotspot_came_back_is_taken_back(make, account):
    """Lost on the way for a day, then it takes effect on a returned device: the next run restores it."""
    town = make()
    account.server.script(Fault.DELAY, only=is_write)
    assert town.morning().code == 5
    account.server.script()
    town.sleep_until(MONDAY + timedelta(days=1), 7)
    town.put(0)
    town.sleep_until(MONDAY + timedelta(days=1))
    assert town.morning().code == 0
    account.server.release()
    town.clock.tick(minutes=10)
    assert town.morning().asked == [("restore", 0, "applied")]
    assert account.statuses()[0] == "active"


def test_a_returned_hotspot_is_restored_the_next_morning_and_tested_before_it_leaves(make, account):
    """The whole way of one device: overdue, suspended, returned, restored, tested, lent again."""
    town = make()
    town.morning()
    town.sleep_until(MONDAY + timedelta(days=1), 7)
    town.put(0)
    town.sleep_until(MONDAY + timedelta(days=1))
    day = town.morning()
    assert day.asked == [("restore", 0, "applied")]
    with town.open() as desk:
        device = next(d for d in desk.hotspots.devices() if str(d.item) == "main:i0")
        assert not desk.hotspots.may_leave(device).permitted
        desk.hotspots.record_test(str(device.barcode), passed=True)
        assert desk.hotspots.may_leave(device).permitted


def test_no_patron_and_no_secret_goes_where_it_does_not_belong(make, account, caplog):
    """The carrier never hears of a household; neither folder, report, JSON, journal nor log holds the token."""
    caplog.set_level(logging.DEBUG)
    town = make(own_client=True)
    town.copies[0].household = f"{PATRON}-0"
    town.extract()
    account.server.script(Fault.FAIL_AFTER, Fault.EXPIRE, only=is_write)
    day = town.morning()
    town.morning()
    with town.open() as desk:
        spoken = repr((desk.runs.journal(), desk, desk.settings, day.json))
    assert PATRON not in account.told()
    for text in (town.traces(), spoken, caplog.text, day.page):
        assert PATRON not in text
        assert TOKEN not in text


def test_what_kajeet_cannot_do_is_on_a_worklist_and_stops_nothing_else(make, account):
    """Kajeet publishes no request that ends a line: the approved end is for the operator, and no morning fails."""
    town = make()
    town.put(1, "withdrawn")
    town.extract()
    town.morning()
    town.approve(town.record("terminate", 1).step.id)
    town.sleep_until(MONDAY + timedelta(days=1), 7)
    town.put(0)
    town.sleep_until(MONDAY + timedelta(days=1))
    day = town.morning()
    assert day.asked == [("restore", 0, "applied"), ("terminate", 1, "waiting")]
    assert (day.code, day.waits) == (0, [("terminate", 1, "operator")])
    assert account.statuses()[1] == "suspended"
    town.sleep_until(MONDAY + timedelta(days=2))
    again = town.morning()
    assert (again.code, again.asked, again.waits) == (0, [], day.waits)
    assert town.confirm(tick_all(again.worklist())) == ([(1, "applied")], [])


def test_the_media_center_switches_the_same_lines_and_hears_of_no_borrower(found, account, send):
    """Mode media: a check-in stops service, a check-out restores it, and both name the device alone."""
    town = found({"carrier": account.media_table()}, DEVICES)
    town.transports["carrier"] = send
    account.fake.resume("509-555-0001")
    town.lend(0, OVERDUE)
    town.extract()
    assert town.morning().asked == [("suspend", 0, "applied")]
    town.sleep_until(MONDAY + timedelta(days=1), 7)
    town.put(0)
    town.sleep_until(MONDAY + timedelta(days=1))
    assert town.morning().asked == [("restore", 0, "applied")]
    assert account.effects()[1:] == [(0, "checked in"), (0, "checked out")]
    assert PATRON not in account.told()


@pytest.mark.parametrize("spoilt", ["empty", "short", "doubled"])
def test_an_account_that_lists_too_little_changes_nothing(make, account, spoilt):
    """An empty, shortened or slipping list with status 200: exit 4, by name, and no write is sent."""
    town = make()
    shapes = {
        "empty": lambda page: evolve(page, total=0, rows=()),
        "short": lambda page: evolve(page, total=2, rows=page.rows[:2]),
        "doubled": lambda page: evolve(page, total=2 * page.total, rows=page.rows * 2),
    }
    account.fake.tamper = shapes[spoilt]
    stopped = town.morning()
    assert stopped.code in (4, 5)
    assert "carrier" in (stopped.error or stopped.page)
    assert not list(filter(is_write, account.server.requests))
