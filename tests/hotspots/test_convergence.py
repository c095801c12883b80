"""Whatever the carrier does, runs lead to the wished states, and never past what is safe."""

from collections import Counter

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scld_core.circulation.model import ItemState
from scld_core.errors import BackendError, GuardStopped, RateLimited, Unavailable
from scld_core.hotspots.account import Fate, always_done
from scld_core.hotspots.history import TERMINATE
from scld_core.hotspots.model import ServiceState, Wish
from scld_core.hotspots.rules import desired
from scld_core.memory.carrier import MemoryCarrier, seeded
from scld_core.runs.model import StepState
from support.hotspots import CALENDAR, POLICY, item_id, line
from support.world import World

COUNT = 3
NUMBERS = st.integers(0, COUNT - 1)
WEIGHTS = {
    Fate.DONE: 5,
    Fate.ACCEPTED: 3,
    Fate.LOST_BEFORE: 1,
    Fate.LOST_AFTER: 1,
    Fate.ACCEPTED_LOST: 1,
    Fate.DUPLICATED: 1,
    Fate.RATE_LIMITED: 1,
    Fate.REJECTED: 1,
    Fate.STUCK: 1,
}


class Watched(MemoryCarrier):
    """A carrier that looks over the caller's shoulder and refuses what is not safe right now."""

    world: World

    def _order(self, order):
        number = next(n for n in range(COUNT) if line(n) == order.line)
        wish = desired(self.world.loans.get(item_id(number)), self.world.policy, CALENDAR, self.world.clock.now()).wish
        allowed = {
            "suspend": (Wish.SUSPENDED, Wish.TERMINATED),
            "restore": (Wish.ACTIVE,),
            "terminate": (Wish.TERMINATED,),
        }
        assert wish in allowed[order.verb.value], f"{order.verb.value} while the wish is {wish}"
        if order.verb.value == "terminate":
            with self.world.store.transaction() as unit:
                found = [r for r in unit.steps.unresolved() if r.step.action == TERMINATE and r.key == order.key]
            assert found[0].approved, "terminated without an approval"
        try:
            answer = super()._order(order)
        except (RateLimited, Unavailable):  # turned away at the door: no action on the line
            raise
        except BackendError:
            self._count(order)
            raise
        self._count(order)
        return answer

    def _count(self, order):
        self.calls[order.line, CALENDAR.business_date(self.world.clock.now())] += 1


class Convergence(RuleBasedStateMachine):
    """A district whose patrons, staff and carrier do as they please."""

    @initialize(honour=st.booleans())
    def begin(self, honour):
        self.world = World(0)
        carrier = Watched(self.world.clock)
        carrier.world, carrier.calls, carrier.asynchronous = self.world, Counter(), True
        self.world = World(COUNT, carrier=carrier)
        carrier.world = self.world
        carrier._clock = self.world.clock

    @rule(number=NUMBERS, days=st.integers(-10, 14))
    def check_out(self, number, days):
        item = self.world.loans.get(item_id(number))
        if item.state in (ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF):
            self.world.loans.lend(item_id(number), due_at=self.world.due(days))

    @rule(number=NUMBERS, days=st.integers(1, 14))
    def renew(self, number, days):
        if self.world.loans.get(item_id(number)).state is ItemState.ON_LOAN:
            self.world.loans.extend(item_id(number), self.world.due(days))

    @rule(number=NUMBERS, state=st.sampled_from([ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF]))
    def check_in(self, number, state):
        self.world.loans.take_back(item_id(number), state)

    @rule(number=NUMBERS, state=st.sampled_from([ItemState.LOST, ItemState.CLAIMS_RETURNED, ItemState.MISSING]))
    def declare(self, number, state):
        self.world.loans.say(item_id(number), state)

    @rule(number=NUMBERS)
    def resumed_by_the_carrier(self, number):
        self.world.carrier.resume(line(number))

    @rule(seed=st.integers(0, 10**6))
    def bad_weather(self, seed):
        self.world.carrier.fates = seeded(seed, WEIGHTS)

    @rule(seed=st.integers(0, 10**6))
    def the_carrier_catches_up(self, seed):
        self.world.carrier.settle_shuffled(seed)

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours):
        self.world.clock.tick(hours=hours)

    @rule()
    def morning(self):
        result = self.world.day().run()
        explained = {r.step for r in result.receipts if r.result in ("failed", "skipped", "unknown", "waiting")}
        assert all(step.id in explained for step in result.verification.remaining)

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def the_carriers_daily_limit_is_kept(self):
        assert all(calls <= POLICY.max_actions_per_day for calls in self.world.carrier.calls.values())

    @precondition(lambda self: hasattr(self, "world"))
    @invariant()
    def no_request_has_its_effect_twice(self):
        effects = Counter(effect.key for effect in self.world.carrier.effects)
        assert all(count == 1 for count in effects.values())

    def teardown(self):
        """Fair weather again: a few mornings later nothing differs, and a further plan is empty."""
        if not hasattr(self, "world"):
            return
        self.world.carrier.fates = always_done
        for reference in self.world.carrier.pending:
            self.world.carrier.settle(reference)
        for _ in range(5):
            self.world.clock.tick(hours=POLICY.pending_limit_hours + 1)
            self.world.day().run()
        result = self.world.day().run()
        assert result.plan.steps == ()
        assert result.residual == 0
        waiting = {row.subject for row in result.plan.waiting}
        for number in range(COUNT):
            wish = desired(self.world.loans.get(item_id(number)), POLICY, CALENDAR, self.world.clock.now()).wish
            if wish is Wish.TERMINATED:
                assert str(item_id(number)) in waiting
                assert self.world.state(number) is ServiceState.SUSPENDED
            else:
                assert self.world.state(number).value == wish.value


TestConvergence = Convergence.TestCase


def test_a_guard_leaves_everything_as_it_was():
    """An empty, shrunken or broken-off answer of either system: no call, no step, no effect."""
    for spoil in ("no items", "broken off", "no lines", "lines broken off"):
        world = World(6)
        for number in range(3):
            world.loans.lend(item_id(number), due_at=world.due(-5))
        if spoil == "no items":
            world.loans._items = {}
        elif spoil == "broken off":
            world.loans.cut_after = 0
        elif spoil == "no lines":
            world.carrier.book._lines = {}
        else:
            world.carrier.cut_after = 0
        try:
            world.day().run()
        except GuardStopped:
            stopped = True
        else:
            stopped = False
        assert stopped, spoil
        assert world.carrier.effects == ()
        with world.store.transaction() as unit:
            assert unit.steps.unresolved() == ()


def test_stale_facts_stop_the_run_and_the_step():
    """An extract older than the limit: the run stops; a fact that aged between plan and call: the step does."""
    world = World(2)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    plan = world.day().plan()
    frozen_at = world.clock.now()
    real = world.loans.get
    world.loans.get = lambda item: evolve(real(item), as_of=frozen_at)
    world.clock.tick(minutes=POLICY.max_fact_age_minutes + 1)
    receipt = world.engine().execute(plan.steps[0], "run")
    assert (receipt.result, world.carrier.effects) == ("skipped", ())


def test_an_unreachable_carrier_is_an_exception_and_the_others_go_on():
    """Two carriers, one down: its devices are left alone, the other's are done, and the run says trouble."""
    world = World(2)
    down = MemoryCarrier(world.clock, fates=lambda operation: Fate.LOST_BEFORE)
    world.devices = (world.devices[0], evolve(world.devices[1], carrier="other"))
    world.systems = evolve(world.systems, carriers={"carrier": world.carrier, "other": down})
    for number in range(2):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    result = world.day().run()
    assert [r.result for r in result.receipts] == ["applied"]
    assert [e.code for e in result.plan.exceptions if e.code == "carrier_down"] == ["carrier_down"]
    assert result.trouble


def test_undo_after_apply_gives_back_every_service_that_was_taken():
    """Apply, undo: whoever was cut off has service again, and a returned device that got it keeps it."""
    world = World(4)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.carrier.suspend(line(1), key="by hand")
    result = world.day().run()
    assert [world.state(number).value for number in range(4)] == ["suspended", *["active"] * 3]
    undone = world.runs().undo(result.run)
    assert {r.subject: r.result for r in undone.receipts} == {"main:i0": "applied", "main:i1": "skipped"}
    assert {world.state(number) for number in range(4)} == {ServiceState.ACTIVE}
    world.clock.tick(minutes=1)
    assert {e.code for e in world.day().run().plan.exceptions} == {"undone_today"}
    world.clock.tick(days=1)
    assert [r.subject for r in world.day().run().receipts] == ["main:i0"]


def test_ending_a_line_takes_two_people():
    """Planned by Anne, approved by Bert, carried out by the next run; the line is gone for good."""
    world = World(1)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    first = world.day().run()
    assert world.state(0) is ServiceState.SUSPENDED
    asked = next(s for s in first.plan.steps if s.needs_approval)
    world.runs().approve([asked.id], reason="withdrawn by the manager")
    second = world.day().run()
    assert [r.result for r in second.receipts] == ["applied"]
    assert world.state(0) is ServiceState.TERMINATED
    assert world.day().run().plan.steps == ()


def test_a_step_left_unfinished_shows_as_waiting_and_not_as_done():
    """Stuck at the carrier: waiting, then an exception for a person, and never sent twice."""
    world = World(1)
    world.carrier.asynchronous = True
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.carrier.fates = seeded(1, {Fate.STUCK: 1})
    assert [r.result for r in world.day().run().receipts] == ["waiting"]
    world.clock.tick(hours=1)
    again = world.day().run()
    assert (again.receipts, [w.on for w in again.plan.waiting], again.residual) == ((), ["carrier"], 0)
    world.clock.tick(hours=POLICY.pending_limit_hours)
    late = world.day().run()
    assert [e.code for e in late.plan.exceptions] == ["pending_too_long"]
    with world.store.transaction() as unit:
        assert [r.state for r in unit.steps.unresolved()] == [StepState.WAITING_SYSTEM]


def test_a_guard_after_the_work_does_not_claim_that_nothing_was_done():
    """The ILS breaks off between applying and verifying: the receipts stand, and the run says it could not verify."""
    world = World(2)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    day = world.day(progress=lambda stage: setattr(world.loans, "cut_after", 0) if stage.what == "settled" else None)
    result = day.run()
    assert [r.result for r in result.receipts] == ["applied"]
    assert result.trouble
    assert "could not be verified" in result.unverified
    assert "nothing was changed" not in result.unverified
