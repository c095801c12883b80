"""Taking a run back obeys what every run obeys: the safety law, the blast radius, the budget of a line."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.circulation.model import ItemState
from scld_core.errors import BlastRadius
from scld_core.hotspots.history import RESTORE, SUSPEND
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.rules import desired
from scld_core.runs.action import Area
from scld_core.runs.model import AreaPlan, StepState
from scld_core.services.runs_desk import RunsDesk
from support.hotspots import POLICY, item_id, line, ruling
from support.world import World


def returned(count, of=6, **more):
    """A world whose first `count` devices are checked in and still suspended; the morning run restores them."""
    world = World(of, **more)
    for number in range(count):
        world.carrier.suspend(line(number), key=f"by hand {number}")
    return world


def lost(world, number):
    """The item is declared lost after the run: now the facts ask for a suspension."""
    world.loans.say(item_id(number), ItemState.LOST)


HAPPENINGS = {
    "nothing": lambda world, n: None,
    "lent": lambda world, n: world.loans.lend(item_id(n), due_at=world.due(7)),
    "in grace": lambda world, n: world.loans.lend(item_id(n), due_at=world.due(-1)),
    "overdue": lambda world, n: world.loans.lend(item_id(n), due_at=world.due(-5)),
    "lost": lost,
}


@given(cases=st.lists(st.tuples(st.booleans(), st.sampled_from(sorted(HAPPENINGS))), min_size=1, max_size=5))
def test_no_undo_takes_service_that_the_facts_do_not_forbid(cases):
    """Whatever the run did and whatever happened since: what undo suspends is what the rule says now, freshly read."""
    world = World(len(cases))
    for number, (given_back, _) in enumerate(cases):
        if given_back:
            world.carrier.suspend(line(number), key=f"by hand {number}")
        else:
            world.loans.lend(item_id(number), due_at=world.due(-5))
    run = world.day().run().run
    for number, (_, happening) in enumerate(cases):
        if happening == "nothing" or cases[number][0]:
            HAPPENINGS[happening](world, number)
    before = [world.state(number) for number in range(len(cases))]
    undone = world.runs().undo(run)
    rule = ruling(world.clock.now())
    for number, (given_back, _) in enumerate(cases):
        wish = desired(world.loans.get(item_id(number)), rule.policy, rule.calendar, rule.now).wish
        if not given_back or (before[number] is ServiceState.ACTIVE and wish.value == "active"):
            assert world.state(number) is ServiceState.ACTIVE
        else:
            assert world.state(number) is ServiceState.SUSPENDED
    assert {r.result for r in undone.receipts} <= {"applied", "skipped"}


def test_an_undo_suspends_nothing_on_old_facts():
    """The ILS's facts are older than max_fact_age: what would take service is skipped and says so."""
    world = returned(1)
    run = world.day().run().run
    lost(world, 0)
    real = world.loans.get
    world.loans.get = lambda item: evolve(real(item), as_of=world.clock.now() - timedelta(hours=5))
    (receipt,) = world.runs().undo(run).receipts
    assert (receipt.action, receipt.result) == (SUSPEND, "skipped")
    assert "facts_old" in receipt.detail
    assert world.state(0) is ServiceState.ACTIVE


def test_an_undo_that_would_take_too_much_asks_for_its_number():
    """More suspensions than one run may take: stopped before anything, and let through by that very number."""
    world = returned(3, policy=evolve(POLICY, max_batch_count=2))
    run = world.day().run().run
    for number in range(3):
        lost(world, number)
    for confirmed in (None, 2, 4):
        with pytest.raises(BlastRadius, match=rf"undoing {run} would take 3 risky .* --confirm-blast-radius 3"):
            world.runs().undo(run, confirm_blast_radius=confirmed)
    assert [entry.kind for entry in world.runs().history()] == ["day"]
    undone = world.runs().undo(run, confirm_blast_radius=3)
    assert [r.result for r in undone.receipts] == ["applied"] * 3


def test_giving_back_has_no_blast_radius():
    """However many were suspended, one undo restores them all."""
    world = World(4, policy=evolve(POLICY, max_batch_count=3))
    for number in range(4):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    run = world.day().run(confirm_blast_radius=4).run
    assert [r.result for r in world.runs().undo(run).receipts] == ["applied"] * 4


def test_an_undo_stays_within_the_actions_that_a_line_has_a_day():
    """The line's requests of today are used up: its inverse step is told and not sent; the others are."""
    world = World(2, policy=evolve(POLICY, max_actions_per_day=2))
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.day().run()
    world.loans.take_back(item_id(0))
    world.loans.lend(item_id(1), due_at=world.due(-5))
    world.clock.tick(minutes=1)
    run = world.day().run().run  # restores device 0, its second request of the day, and suspends device 1
    lost(world, 0)
    world.clock.tick(minutes=1)
    undone = world.runs().undo(run)
    assert [(r.action, r.subject, r.result) for r in undone.receipts] == [(RESTORE, "main:i1", "applied")]
    assert [(e.code, e.subject) for e in undone.refused] == [("budget", str(world.devices[0].label))]
    assert undone.refused[0].detail == "2 requests were sent for this line today; the limit is 2"
    assert world.state(0) is ServiceState.ACTIVE


def test_what_is_refused_withdraws_nothing():
    """A line whose inverse step is refused keeps what waits for a person on it."""
    world = World(1, policy=evolve(POLICY, max_actions_per_day=1))
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    result = world.day().run()
    undone = world.runs().undo(result.run)
    assert (undone.receipts, [e.code for e in undone.refused]) == ((), ["budget"])
    with world.store.transaction() as unit:
        assert [r.state for r in unit.steps.unresolved()] == [StepState.AWAITING_APPROVAL]


def test_an_area_without_limits_takes_back_all_of_it():
    """Its inverse steps go through as they are; an area that has none of them is not asked."""
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    run = world.day().run().run
    desk = world.runs()
    (hotspots,) = desk.areas
    idle = Area("idle", (), lambda records: AreaPlan("idle"), lambda steps, records: pytest.fail("asked"))
    free = RunsDesk(desk.engine, desk.rule, desk.business_day, (evolve(hotspots, bound=None), idle))
    assert [r.result for r in free.undo(run).receipts] == ["applied"]
