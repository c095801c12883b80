"""A carrier that district.toml no longer names, or names otherwise, while a request is still open there."""

from attrs import evolve

from scld_core.hotspots.account import Fate, always_done
from scld_core.runs.model import StepState
from support.hotspots import item_id
from support.world import World


def left_behind():
    """A district whose carrier took a request and was renamed before it was carried out."""
    world = World(3)
    world.carrier.asynchronous = True
    world.carrier.fates = lambda operation: Fate.ACCEPTED if operation == "suspend" else Fate.DONE
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.day().run()
    world.carrier.fates = always_done
    world.systems = evolve(world.systems, carriers={"renamed": world.carrier})
    world.devices = tuple(evolve(device, carrier="renamed") for device in world.devices)
    return world


def test_its_open_steps_are_told_of_and_stop_nobody_else():
    """The request cannot be read back and says why; it stays open, and the other devices get their due."""
    world = left_behind()
    world.loans.lend(item_id(1), due_at=world.due(-5))
    result = world.day().run()
    assert [(r.subject, r.result) for r in result.receipts] == [(str(item_id(1)), "applied")]
    (record,) = result.settled
    assert record.state is StepState.WAITING_SYSTEM
    assert "carrier.read_back: is no carrier of this district's [backends] any more" in record.detail


def test_a_plan_made_for_it_fails_step_by_step():
    """A plan from before the change is refused at each step, with the reason, and nothing reaches a carrier."""
    world = World(2)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    plan = world.day().plan()
    world.systems = evolve(world.systems, carriers={"renamed": world.carrier})
    (receipt,) = world.runs().apply(plan)
    assert (receipt.result, world.carrier.effects) == ("failed", ())
    assert "any more" in receipt.detail
