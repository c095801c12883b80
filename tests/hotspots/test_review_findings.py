"""Ways in which a line could have been treated wrongly, each closed and pinned."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from scld_core.circulation.model import ItemState
from scld_core.errors import BadInput, SnapshotRefused
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.page import Quarantined
from scld_core.runs.model import Withdrawal
from scld_core.runs.people import Confirmation
from support.hotspots import item_id, line
from support.world import World


def withdrawn_world():
    """One withdrawn hotspot whose end was asked for and approved."""
    world = World(1)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    asked = next(step for step in world.day().run().plan.steps if step.needs_approval)
    world.runs().approve([asked.id], reason="seen")
    return world, asked


def test_a_yes_ends_with_its_occurrence():
    """Approved, found, gone again under the very same cause: somebody is asked anew, and nothing is ended."""
    world, asked = withdrawn_world()
    engine = world.engine()
    assert engine.withdraw(Withdrawal(asked.id, "found"))
    assert engine.execute(asked, "later").result == "needs_approval"
    assert world.state(0) is ServiceState.SUSPENDED


def test_a_step_that_was_on_no_worklist_cannot_be_confirmed():
    """Withdrawn before anybody was handed it: a tick proves nothing."""
    world, asked = withdrawn_world()
    world.engine().withdraw(Withdrawal(asked.id, "found"))
    done = world.runs().confirm([Confirmation(asked.id, done=True, rechecked=True, line=2)], source="w.csv")
    assert [q.reason for q in done.refused] == ["was withdrawn before it was on any worklist"]


def test_an_inventory_without_a_usable_row_stops_the_run():
    """An empty or ruined file changes nothing, and withdraws nothing."""
    world = World(2)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.devices = ()
    world.quarantined = (Quarantined("hotspots.csv", 2, "damaged"),)
    with pytest.raises(SnapshotRefused, match="no hotspot that can be used"):
        world.day().run()


def test_a_sim_that_moved_since_the_plan_is_left_alone():
    """The plan was looked at on Monday; on Tuesday the SIM sits in another device."""
    world = World(30)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    plan = world.desk().plan()
    world.devices = (evolve(world.devices[0], line=line(70)), *world.devices[1:])
    assert [r.result for r in world.runs().apply(plan)] == ["skipped"]
    assert world.carrier.effects == ()


def test_a_date_that_no_calendar_has_is_for_a_person():
    """Some systems write the year 1 for none: that row is an exception, and the others go on."""
    world = World(2)
    for number in range(2):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    world.loans.say(item_id(1), ItemState.LOST, datetime(1, 1, 1, tzinfo=UTC))
    result = world.day().run()
    assert [r.result for r in result.receipts] == ["applied"]
    assert [e.code for e in result.plan.exceptions] == ["unreadable"]


def test_a_plan_file_is_only_paper():
    """Another district's plan, an unknown action and a planted undo are refused; a struck approval is not believed."""
    world, asked = withdrawn_world()
    world = World(1, store=None)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    plan = world.desk().plan()
    runs = evolve(world.runs(), district="Synthetic")
    with pytest.raises(BadInput, match="was made for Other"):
        runs.apply(evolve(plan, district="Other"))
    area = plan.areas[0]
    for wrong in (evolve(area.steps[0], action="hotspots.sell"), evolve(area.steps[0], undoes=asked.id)):
        forged = evolve(plan, district="Synthetic", areas=(evolve(area, steps=(wrong,)),))
        with pytest.raises(BadInput, match="nothing that a plan of this district may hold"):
            runs.apply(forged)
    struck = tuple(evolve(step, needs_approval=False) for step in area.steps)
    receipts = runs.apply(
        evolve(plan, district="Synthetic", areas=(evolve(area, steps=struck),)), confirm_blast_radius=2
    )
    assert [r.result for r in receipts] == ["applied", "needs_approval"]
    assert world.state(0) is ServiceState.SUSPENDED
