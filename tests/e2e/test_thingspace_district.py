"""A district with ThingSpace over HTTP: what is accepted today is done later, and some of it never."""

import logging
from datetime import date, timedelta

import pytest
from attrs import evolve
from e2e_district import MONDAY, PATRON, at
from e2e_story import told
from e2e_thingspace import CANARY, ThingSpaceAccount, listening

from scld_adapters._shared.fakehttp import Fault
from scld_core.errors import BadInput
from support.clock import Ticking

DEVICES = dict.fromkeys(range(4), "carrier")
OVERDUE, SOON = date(2026, 9, 29), date(2027, 6, 30)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 3))
CHANGES = [(0, "suspend"), (1, "active"), (2, "suspend")]
ASKED = [("restore", 1), ("suspend", 0), ("suspend", 2)]
FAULTS = [fault for fault in Fault if fault is not Fault.NONE]


def is_write(request):
    """Whether a request asks for a change of a line."""
    return request.url.endswith(("/suspend", "/restore", "/deactivate"))


@pytest.fixture
def account(monkeypatch):
    """Four lines, one of which is suspended though its hotspot came back."""
    made = ThingSpaceAccount(monkeypatch, Ticking(at(MONDAY)), DEVICES, suspended=[1])
    with made.server:
        yield made


@pytest.fixture
def town(found, account, send):
    """0 and 2 overdue, 1 came back, 3 on loan."""
    town = found({"carrier": account.table()}, DEVICES, clock=account.clock)
    town.transports["carrier"] = send
    town.lend(0, OVERDUE)
    town.lend(2, OVERDUE)
    town.lend(3, SOON)
    town.extract()
    return town


def test_accepted_on_monday_done_on_tuesday(town, account):
    """Three requests are accepted and wait; the platform carries them out; the next run finds them applied."""
    town.transports.clear()
    monday = town.morning()
    assert (monday.code, monday.strict, monday.result.residual) == (0, 3, 0)
    assert [(verb, n) for verb, n, result in monday.asked if result == "waiting"] == ASKED
    assert {on for *_, on in monday.waits} == {"carrier"}
    assert account.effects() == []
    again = town.morning()
    assert (again.planned, again.waits) == ([], monday.waits)
    assert len(account.asked()) == 3
    account.fake.settle()
    town.sleep_until(TUESDAY)
    tuesday = town.morning()
    assert (tuesday.code, tuesday.strict, tuesday.planned, tuesday.waits) == (0, 0, [], [])
    assert "Finished from earlier runs" in tuesday.page
    assert sorted(account.effects()) == CHANGES
    assert told(town, town.record("suspend", 0).step.id) == ["prepare", "accepted", "applied"]


def test_what_stays_pending_for_ever_is_for_a_person_and_not_sent_again(town, account):
    """Past the limit it is on the exception list; when the carrier moves at last it is applied."""
    account.fake.pending_forever = True
    town.morning()
    town.sleep_until(TUESDAY)
    assert town.morning().exceptions == []
    town.sleep_until(THURSDAY)
    thursday = town.morning()
    assert thursday.exceptions == ["pending_too_long"] * 3
    assert (thursday.planned, thursday.code, len(account.asked())) == ([], 0, 3)
    account.fake.pending_forever = False
    account.fake.settle()
    town.clock.tick(hours=1)
    last = town.morning()
    assert (last.planned, last.exceptions) == ([], [])
    assert sorted(account.effects()) == CHANGES


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        *((fault, True) for fault in FAULTS),
        *((fault, False) for fault in (Fault.DROP, Fault.DROP_AFTER, Fault.DELAY, Fault.FAIL_AFTER)),
    ],
)
def test_a_fault_of_one_request_is_settled(town, account, fault, shows):
    """Whether or not the list names what is under way: nothing is lost and no line changes twice."""
    account.fake.shows_pending = shows
    account.server.script(Fault.NONE, fault, only=is_write)
    first = town.morning()
    account.server.script()
    assert len([r for *_, r in first.asked if r == "waiting"]) >= 2
    town.clock.tick(minutes=10)
    town.morning()
    account.fake.settle()
    town.sleep_until(THURSDAY)  # past pending_limit_hours: what was never taken is sent again
    town.morning()
    account.server.release()
    account.fake.settle()
    town.clock.tick(minutes=10)
    last = town.morning()
    assert (last.code, last.planned, last.waits, last.exceptions) == (0, [], [], [])
    assert sorted(account.effects()) == CHANGES


def test_tokens_that_end_in_mid_batch_are_renewed(town, account):
    """Both tokens end between two requests; nobody notices, and there is one more sign-in."""
    account.server.script(Fault.NONE, Fault.EXPIRE, only=is_write)
    assert town.morning().code == 0
    assert (account.fake.tokens, account.fake.sessions) == (2, 2)
    assert len(account.asked()) == 3


def test_a_request_that_the_carrier_reports_as_failed_is_asked_anew(town, account):
    """Failure is final for a request and not for its step: the next run asks again, under a new key."""
    town.morning()
    key = town.record("suspend", 0).key
    account.change(0, "pending activation")
    account.fake.settle()
    account.change(0, "active")
    account.fake.effects.clear()
    town.sleep_until(TUESDAY)
    tuesday = town.morning()
    assert tuesday.asked == [("suspend", 0, "waiting")]
    assert town.record("suspend", 0).key != key
    account.fake.settle()
    town.sleep_until(WEDNESDAY)
    assert town.morning().waits == []
    assert account.effects() == [(0, "suspend")]


def test_a_suspension_that_ends_by_itself_is_announced_and_planned_again(town, account):
    """Ninety days: a week before, staff are told; afterwards it is drift, with a step of its own."""
    town.morning()
    account.fake.settle()
    town.sleep_until(TUESDAY)
    assert "resume_soon" not in _notes(town.morning())
    town.sleep_until(MONDAY + timedelta(days=85))
    announced = town.morning()
    assert _notes(announced).count("resume_soon") == 2
    first = town.record("suspend", 0).step.id
    town.sleep_until(MONDAY + timedelta(days=92))
    resumed = town.morning()
    assert [w[:2] for w in resumed.asked] == [("suspend", 0), ("suspend", 2)]
    assert town.record("suspend", 0).step.id != first
    assert "not in the state we last confirmed" in resumed.page
    account.fake.settle()
    town.clock.tick(minutes=10)
    assert town.morning().waits == []
    assert account.states()[0] == "suspend"


def test_a_line_whose_days_of_the_year_are_spent_is_for_a_person(town, account):
    """Twice ninety days suspended: the third time nobody asks the carrier."""
    for days in (0, 91, 182):
        town.sleep_until(MONDAY + timedelta(days=days))
        last = town.morning()
        account.fake.settle()
        town.clock.tick(minutes=10)
        town.morning()
    assert "suspended_too_long" in last.exceptions
    assert account.states()[0] == "active"


def test_a_line_has_five_requests_a_day_and_goes_on_tomorrow(town, account):
    """The platform fails one line again and again: after five requests the day is over for it, and for it alone."""
    for _ in range(7):
        last = town.morning()
        account.change(0, "pending activation")
        account.fake.settle()
        account.change(0, "active")
        town.clock.tick(minutes=20)
        town.extract()
    assert last.exceptions == ["budget"]
    assert account.asked().count(("suspend", 0)) == 5
    assert account.states()[2] == "suspend"
    town.sleep_until(TUESDAY, 11)
    assert town.morning().asked == [("suspend", 0, "waiting")]


def test_a_question_waits_quietly_while_the_line_is_under_way(town, account):
    """Lost and paid: the suspension is pending for days; the question of its end is neither lost nor asked twice."""
    town.put(3, "lost_paid")
    town.extract()
    town.morning()
    question = town.record("terminate", 3).step.id
    for day in (TUESDAY, WEDNESDAY):
        town.sleep_until(day)
        morning = town.morning()
        assert ("terminate", 3, "approval") in morning.waits
    assert told(town, question) == ["needs_approval"]
    town.approve(question)
    town.clock.tick(hours=1)
    assert ("deactivate", 3) not in account.asked()
    assert town.morning().code == 0
    assert ("deactivate", 3) not in account.asked()  # nothing opposite or further while something is under way
    account.fake.settle()
    town.clock.tick(hours=1)
    assert town.morning().asked == [("terminate", 3, "waiting")]
    account.fake.settle()
    town.clock.tick(hours=1)
    last = town.morning()
    assert (last.planned, last.waits, account.states()[3]) == ([], [], "deactive")


def test_a_run_under_way_is_undone_once_it_is_done(town, account):
    """Before, undo says that it still waits; after, it gives back what was taken; the same day leaves those alone."""
    run = town.morning().result.run
    with pytest.raises(BadInput, match="3 of its steps still wait"):
        town.undo(run)
    account.fake.settle()
    town.clock.tick(minutes=10)
    receipts, _ = town.undo(run)
    assert sorted(r.result for r in receipts) == ["skipped", "waiting", "waiting"]
    account.fake.settle()
    town.clock.tick(minutes=10)
    today = town.morning()
    assert (today.planned, today.exceptions) == ([], ["undone_today"] * 2)
    assert [account.states()[n] for n in (0, 1, 2)] == ["active"] * 3
    town.sleep_until(TUESDAY)
    assert sorted(town.morning().planned) == [one for one in ASKED if one[0] == "suspend"]


def test_no_patron_and_no_secret_goes_where_it_does_not_belong(town, account, caplog):
    """The carrier never hears of a household; no file, page, journal or log holds a secret or a token."""
    caplog.set_level(logging.DEBUG)
    account.server.script(Fault.FAIL_AFTER, Fault.EXPIRE, Fault.TRUNCATE, only=is_write)
    day = town.morning()
    with town.open() as desk:
        spoken = repr((desk, desk.settings, desk.backends, day.json))
    assert PATRON not in account.told()
    for text in (town.traces(), spoken, caplog.text, day.page):
        assert PATRON not in text
        assert CANARY not in text
        assert "bearer-canary" not in text
        assert "session-canary" not in text


def test_a_callback_settles_the_step_it_names(town, account):
    """The carrier's news comes before the next morning: the step is applied, by an actor of its own."""
    with listening(town) as sender:
        town.morning()
        account.fake.settle(1)
        town.clock.tick(minutes=5)
        assert sender.send(list(account.fake.callbacks)) == [200]
    states = sorted(r.state.value for r in town.records())
    assert states == ["applied", "waiting_system", "waiting_system"]
    (last,) = [e for e in town.journal() if e.actor == "callbacks"]
    assert (last.kind, last.detail) == ("step.applied", "read back: done")


def test_untrusted_callbacks_change_nothing(town, account):
    """Forged, about nothing we know, early, twice or broken: the outbox stays as it is."""
    with listening(town) as sender:
        town.morning()
        account.fake.settle(1)
        (honest,) = account.fake.callbacks
        before = town.records()
        waiting = next(r for r in before if r.reference != honest.request_id)
        assert sender.send_forged(honest) == [401]
        assert sender.send_unknown(honest) == [200]
        assert sender.send([evolve(honest, request_id=waiting.reference)]) == [200]  # a lie with the right password
        assert sender.post(b"{") == 400
        assert town.records() == before
        town.clock.tick(minutes=5)
        assert sender.send_twice([honest]) == [200, 200]
        assert sum(e.actor == "callbacks" for e in town.journal()) == 1
    assert sorted(r.state.value for r in town.records()) == ["applied", "waiting_system", "waiting_system"]


def test_a_callback_during_a_run_comes_again(town, account):
    """The district is taken: 503 now, and the same message settles the step afterwards."""
    with listening(town) as sender:
        town.morning()
        account.fake.settle(1)
        with town.open() as desk, desk.store.exclusive("run"):
            assert sender.send(list(account.fake.callbacks)) == [503]
        assert sender.send(list(account.fake.callbacks)) == [200]
    assert "applied" in {r.state.value for r in town.records()}


def _notes(morning):
    return [note.code for area in morning.result.plan.areas for note in area.notes]
