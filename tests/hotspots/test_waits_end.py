"""Nothing waits for ever: what nobody can be asked about ends, and what nobody here asked for is told."""

from datetime import timedelta

import pytest
from attrs import evolve

from scld_core.circulation.model import ItemState
from scld_core.errors import UnsupportedOperation
from scld_core.hotspots.account import Fate
from scld_core.hotspots.history import RESTORE, SUSPEND
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.plan import plan_hotspots
from scld_core.kernel.page import Quarantined
from scld_core.memory.carrier import MemoryCarrier, scripted
from scld_core.runs.model import StepRecord, StepState
from support.hotspots import NOW, POLICY, device, facts, item_id, line, out, ruling
from support.world import World

LIMIT = POLICY.pending_limit_hours
COUNT = 5


class Hidden(MemoryCarrier):
    """A carrier with an interface for requests and none for looking."""

    words = True

    def iter_lines(self):
        """Not offered."""
        raise UnsupportedOperation("carrier", "iter_lines", "no list")

    def get(self, line):
        """Not offered."""
        raise UnsupportedOperation("carrier", "get", "no list")

    def request_state(self, reference):
        """Offered where `words`."""
        if not self.words:
            raise UnsupportedOperation("carrier", "request_state", "no word on a request")
        return super().request_state(reference)


def in_flight(state=StepState.WAITING_SYSTEM, carrier=None):
    """A district with one overdue device, whose suspension the carrier has accepted or may have."""
    world = World(COUNT)
    if carrier is not None:
        world.carrier = carrier(world.clock)
        for number in range(COUNT):
            world.carrier.add(line(number))
        world.systems = evolve(world.systems, carriers={"carrier": world.carrier})
    world.carrier.asynchronous = True
    world.loans.lend(item_id(0), due_at=world.due(-5))
    if state is StepState.WAITING_SYSTEM:
        world.carrier.fates = scripted(Fate.STUCK)
        world.day().run()
    else:
        (step,) = world.day().plan().steps
        with world.store.transaction() as unit:
            unit.steps.put(StepRecord(step, "r", state, world.clock.now(), "anne", (world.clock.now(),)))
    return world


def states(world):
    with world.store.transaction() as unit:
        return [r.state for r in unit.steps.history("hotspots", NOW - timedelta(days=1))]


def left_account(world):
    world.carrier.remove(line(0))
    for reference in world.carrier.pending:
        world.carrier.settle(reference)


def left_settings(world):
    world.systems = evolve(world.systems, carriers={"renamed": world.carrier})
    world.devices = tuple(evolve(d, carrier="renamed") for d in world.devices)


@pytest.mark.parametrize("leave", [left_account, left_settings])
@pytest.mark.parametrize("state", [StepState.WAITING_SYSTEM, StepState.UNKNOWN, StepState.PREPARED])
def test_a_request_nobody_can_be_asked_about_ends_with_the_carrier_s_time(state, leave):
    """The line left the account, or the carrier the settings: waited for as long as a carrier may take, then over."""
    world = in_flight(state)
    leave(world)
    world.clock.tick(hours=LIMIT)
    waiting = world.day().run().plan.waiting
    assert [row.on for row in waiting] in (["carrier"], ["read-back"])
    world.clock.tick(hours=1)
    plan = world.day().run().plan
    assert plan.waiting == ()
    assert "pending_too_long" not in {e.code for e in plan.exceptions}
    with world.store.transaction() as unit:
        assert unit.steps.unresolved() == ()


def test_a_line_that_comes_back_is_judged_by_what_it_shows():
    """Gone for a week while a suspension was under way; back in service: suspended by a new request, once."""
    world = in_flight()
    left_account(world)
    world.clock.tick(hours=LIMIT + 1)
    assert [e.code for e in world.day().run().plan.exceptions] == ["not_at_carrier"]
    world.carrier.add(line(0))
    world.clock.tick(hours=1)
    assert [r.result for r in world.day().run().receipts] == ["applied"]
    assert world.state(0) is ServiceState.SUSPENDED


def test_what_an_operator_has_for_a_carrier_that_is_gone_is_withdrawn():
    """Its device is gone too: nobody goes on with it. Where the carrier is only down, the row stays."""
    (step,) = plan_hotspots(facts((out(0, 5), ServiceState.ACTIVE)), ruling()).steps
    row = StepRecord(step, "r", StepState.WAITING_OPERATOR, NOW, attempts=(NOW,))
    gone = evolve(facts(), records=(row,), lines={"other": ()})
    assert [w.step for w in plan_hotspots(gone, ruling()).withdrawals] == [step.id]
    down = {"carrier_down": (Quarantined("carrier", 0, "no answer"),)}
    kept = plan_hotspots(evolve(gone, devices=(device(0),), quarantined=down), ruling())
    assert ([w.step for w in kept.waiting], kept.withdrawals) == ([step.id], ())


@pytest.mark.parametrize("words", [True, False])
def test_a_request_to_a_carrier_that_shows_nothing_ends_by_its_word_or_by_time(words):
    """What was lost on the way is waited for, and the restore after it is not blocked for ever."""
    world = in_flight(StepState.PREPARED, Hidden)
    world.carrier.words = words
    world.day().run()
    assert states(world) == [StepState.UNKNOWN]
    world.loans.take_back(item_id(0), ItemState.IN_TRANSIT)
    world.clock.tick(hours=LIMIT + 1)
    result = world.day().run()
    assert [(r.action, r.result) for r in result.receipts] == [(RESTORE, "applied")]
    world.clock.tick(hours=1)
    assert world.day().run().plan.steps == ()


def test_the_word_of_a_carrier_that_shows_nothing_ends_a_request():
    """It says that the suspension is done: so it is."""
    world = in_flight(carrier=Hidden)
    world.carrier.settle(world.carrier.pending[0])
    world.clock.tick(hours=1)
    world.day().run()
    assert states(world) == [StepState.APPLIED]


def test_a_carrier_without_a_word_on_requests_is_read_by_its_lines():
    """The line is unchanged after the carrier's time: not done, and asked for again."""

    class Wordless(MemoryCarrier):
        def request_state(self, reference):
            """Not offered."""
            raise UnsupportedOperation("carrier", "request_state", "no word on a request")

        def get(self, line):
            """The line without the request that is stuck."""
            return evolve(super().get(line), state=ServiceState.ACTIVE)

    world = in_flight(carrier=Wordless)
    world.clock.tick(hours=LIMIT + 1)
    world.day().run()
    assert states(world) == [StepState.FAILED]


PENDING = [ServiceState.PENDING_SUSPEND, ServiceState.PENDING_RESTORE]


@pytest.mark.parametrize("state", PENDING)
def test_a_change_under_way_that_nobody_here_asked_for_is_told_at_once(state):
    """There is no knowing since when: a person asks, and the line is left alone."""
    plan = plan_hotspots(facts((out(0, 5), state)), ruling())
    assert (plan.steps, plan.waiting) == ((), ())
    (row,) = plan.exceptions
    assert (row.code, "no request of ours is under way" in row.detail) == ("pending_not_ours", True)


@pytest.mark.parametrize("state", PENDING)
@pytest.mark.parametrize("hours", [LIMIT, LIMIT + 1])
def test_shortly_after_a_request_of_ours_a_list_may_lag(state, hours):
    """Until the carrier's time is over it is waited for, and then told."""
    (step,) = plan_hotspots(facts((out(0, 5), ServiceState.ACTIVE)), ruling()).steps
    at = NOW - timedelta(hours=hours)
    done = StepRecord(step, "r", StepState.APPLIED, at, attempts=(at,))
    plan = plan_hotspots(evolve(facts((out(0, 5), state)), records=(done,)), ruling())
    assert [w.on for w in plan.waiting] == ["carrier"] * (hours == LIMIT)
    assert [e.code for e in plan.exceptions] == ["pending_not_ours"] * (hours > LIMIT)


@pytest.mark.parametrize("ours", [StepState.WAITING_OPERATOR, StepState.WAITING_SYSTEM])
def test_a_change_that_we_asked_for_is_told_once(ours):
    """The open row speaks for it, first as waiting and after its time as an exception."""
    (step,) = plan_hotspots(facts((out(0, 5), ServiceState.ACTIVE)), ruling()).steps
    assert step.action == SUSPEND
    for hours, told in ((1, []), (LIMIT + 1, ["pending_too_long"])):
        at = NOW - timedelta(hours=hours)
        found = evolve(facts((out(0, 5), PENDING[0])), records=(StepRecord(step, "r", ours, at, attempts=(at,)),))
        assert [e.code for e in plan_hotspots(found, ruling()).exceptions] == told
