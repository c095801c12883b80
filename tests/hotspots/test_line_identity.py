"""What was done is remembered of the line, which is the SIM, and not of the item that holds it."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.circulation.model import ItemState
from scld_core.hotspots.account import Fate
from scld_core.hotspots.history import RESTORE, SUSPEND
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.plan import HotspotFacts, plan_hotspots
from scld_core.memory.carrier import scripted
from scld_core.runs.model import StepRecord, StepState
from scld_core.runs.people import Confirmation
from support.hotspots import NOW, device, facts, inside, item_id, line, out, ruling, view
from support.world import World

ON, OFF = ServiceState.ACTIVE, ServiceState.SUSPENDED
DAY = timedelta(days=1)


def swapped(item, state, *, records=(), blind=False, at=NOW):
    """Device 0 with the SIM of line 7, which the carrier shows in this state."""
    other = evolve(device(0), line=line(7))
    lines = None if blind else (view(7, state, at),)
    return HotspotFacts((other,), {item.item: item}, {"carrier": lines}, tuple(records))


def overdue_step(**more):
    return plan_hotspots(evolve(facts((out(0, 5), ON)), **more), ruling()).steps[0]


def record(step, state, *, ago=DAY, **more):
    return StepRecord(step, "r", state, NOW - ago, "anne", attempts=(NOW - ago,), **more)


def test_a_new_sim_has_no_past():
    """Neither believed suspended, nor out of budget, nor out of days: the old SIM's history stays with it."""
    step = overdue_step()
    days = [evolve(step, cause=f"drift after effect {n}") for n in (1, 2)]
    past = (
        record(step, StepState.APPLIED, ago=360 * DAY),
        *(record(s, StepState.APPLIED, ago=n * 100 * DAY) for n, s in zip((3, 1), days, strict=True)),
        evolve(record(evolve(step, cause="today"), StepState.FAILED), attempts=(NOW,) * 5),
    )
    assert [e.code for e in plan_hotspots(evolve(facts((out(0, 5), ON)), records=past), ruling()).exceptions]
    plan = plan_hotspots(swapped(out(0, 5), ON, records=past), ruling())
    assert ([s.action for s in plan.steps], plan.exceptions) == ([SUSPEND], ())
    blind = plan_hotspots(swapped(out(0, 5), ON, records=past, blind=True), ruling())
    assert [s.action for s in blind.steps] == [SUSPEND]
    assert plan_hotspots(swapped(out(0, -3), ON, records=past, blind=True), ruling()).steps == ()


def test_the_new_line_s_step_is_none_of_the_old_line_s():
    """The very same loan: another id, so another key, whatever became of the old line's step."""
    step = overdue_step()
    for state in (StepState.APPLIED, StepState.FAILED, StepState.WITHDRAWN, StepState.WAITING_OPERATOR):
        past = (record(step, state),)
        (new,) = plan_hotspots(swapped(out(0, 5), ON, records=past), ruling()).steps
        assert new.id != step.id
        assert [r.code for r in new.reasons] == ["overdue"]
        done = (*past, record(new, StepState.APPLIED, ago=DAY / 2))
        (again,) = plan_hotspots(swapped(out(0, 5), ON, records=done), ruling()).steps
        assert again.id not in (step.id, new.id)
        assert [r.code for r in again.reasons] == ["overdue", "drift"]


@given(st.lists(st.sampled_from(["old", "new"]), min_size=1, max_size=6))
def test_sims_that_change_back_and_forth_never_get_one_step_twice(order):
    """Each suspension of either line for one loan has an id of its own."""
    past: list[StepRecord] = []
    for number, which in enumerate(order):
        found = facts((out(0, 5), ON)) if which == "old" else swapped(out(0, 5), ON)
        (step,) = plan_hotspots(evolve(found, records=tuple(past)), ruling()).steps
        assert step.id not in {r.step.id for r in past}
        past.append(record(step, StepState.APPLIED, ago=DAY * (len(order) - number)))


@pytest.mark.parametrize("state", [StepState.WAITING_OPERATOR, StepState.AWAITING_APPROVAL])
def test_what_waits_for_a_person_on_the_old_line_is_withdrawn(state):
    """Nobody is to suspend a SIM that lies in a drawer; the new one is seen to at once."""
    step = overdue_step()
    plan = plan_hotspots(swapped(out(0, 5), ON, records=(record(step, state),)), ruling())
    assert [(w.step, w.reason) for w in plan.withdrawals] == [(step.id, "its hotspot holds another line now")]
    assert [s.action for s in plan.steps] == [SUSPEND]


@pytest.mark.parametrize("state", [StepState.WAITING_SYSTEM, StepState.UNKNOWN, StepState.PREPARED])
def test_what_is_under_way_on_the_old_line_is_waited_for_and_holds_up_only_its_own_kind(state):
    """The old line's suspension settles first; a patron's new line gets its service back all the same."""
    step = overdue_step()
    same = plan_hotspots(swapped(out(0, 5), ON, records=(record(step, state),)), ruling())
    assert (same.steps, [w.step for w in same.waiting]) == ((), [step.id])
    other = plan_hotspots(swapped(out(0, -3), OFF, records=(record(step, state),)), ruling())
    assert ([s.action for s in other.steps], [w.step for w in other.waiting]) == ([RESTORE], [step.id])


def test_a_sim_that_moves_takes_its_past_along():
    """Suspended in one hotspot, then put into another: believed suspended there, its days count, its requests block."""
    step = overdue_step()
    moved = HotspotFacts(
        (evolve(device(1), line=line(0)),), {item_id(1): inside(1, ItemState.CHECKED_IN)}, {"carrier": None}
    )
    done = evolve(moved, records=(record(step, StepState.APPLIED),))
    assert [s.action for s in plan_hotspots(done, ruling()).steps] == [RESTORE]
    busy = plan_hotspots(evolve(moved, records=(record(step, StepState.WAITING_SYSTEM),)), ruling())
    assert busy.steps == ()
    assert sorted((w.subject, w.step) for w in busy.waiting) == [("main:i0", step.id), ("main:i1", "")]
    assert "its SIM is under way" in next(w.reason for w in busy.waiting if w.subject == "main:i1")


def test_the_same_sim_under_the_carrier_s_new_name_is_the_same_line():
    """district.toml renames the carrier: the suspension is still ours, and its days still count."""
    step = overdue_step()
    renamed = (evolve(device(0), carrier="renamed"),)
    found = evolve(facts((out(0, 5), ON)), devices=renamed, lines={"renamed": None})
    assert plan_hotspots(evolve(found, records=(record(step, StepState.APPLIED),)), ruling()).steps == ()


def test_an_undo_counts_the_line_s_actions_and_not_the_item_s():
    """Five requests for the old SIM today do not forbid to give the new one its service back."""
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.carrier.fates = scripted(*[Fate.REJECTED] * 4)
    for _ in range(4):
        world.day().run()
    world.devices = (evolve(world.devices[0], line=line(7)),)
    world.carrier.remove(line(0))
    world.carrier.add(line(7))
    result = world.day().run()
    assert [r.result for r in result.receipts] == ["applied"]
    assert [r.result for r in world.runs().undo(result.run).receipts] == ["applied"]
    assert world.state(7) is ON


def test_a_swap_in_a_running_district_suspends_the_new_line_too():
    """Suspended, SIM replaced while the loan is still overdue: the new line is suspended by the next run, once."""
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.day().run()
    world.devices = (evolve(world.devices[0], line=line(7)),)
    world.carrier.remove(line(0))
    world.carrier.add(line(7))
    world.clock.tick(days=1)
    assert [r.result for r in world.day().run().receipts] == ["applied"]
    assert world.carrier.get(line(7)).state is OFF
    assert world.day().run().plan.steps == ()


def test_the_test_a_device_owes_is_that_of_its_present_line():
    """The old line's restore asks nothing of the new one."""
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.day().run()
    world.clock.tick(hours=1)
    world.loans.take_back(item_id(0), ItemState.IN_TRANSIT)
    world.day().run()
    assert not world.desk().may_leave(world.devices[0]).permitted
    new = evolve(world.devices[0], line=line(7))
    assert world.desk().may_leave(new).permitted


def test_a_row_of_the_old_line_that_was_done_all_the_same_counts_for_the_old_line():
    """Ticked after the swap: recorded, and the new line's state is untouched by it."""
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    (step,) = world.day().plan().steps
    with world.store.transaction() as unit:
        unit.steps.put(StepRecord(step, "r", StepState.WITHDRAWN, world.clock.now(), attempts=(world.clock.now(),)))
    world.runs().confirm([Confirmation(step.id, done=True, rechecked=True)], source="w.csv")
    found = swapped(out(0, -3), ON, blind=True)
    with world.store.transaction() as unit:
        records = unit.steps.history("hotspots", NOW - DAY)
    assert plan_hotspots(evolve(found, records=records), ruling()).steps == ()
