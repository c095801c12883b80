"""An approval to end a line is for what was seen of it: it outlives our own suspension and no other change."""

import pytest
from attrs import evolve

from scld_core.circulation.model import ItemState
from scld_core.errors import UnsupportedOperation
from scld_core.hotspots.account import Fate
from scld_core.hotspots.history import TERMINATE
from scld_core.hotspots.model import ServiceState
from scld_core.memory.carrier import MemoryCarrier, scripted
from scld_core.runs.people import Confirmation
from support.hotspots import item_id, line
from support.world import World


def withdrawn(*, suspended=False):
    """A world with one device, withdrawn; its line may have been suspended by somebody before."""
    world = World(1)
    if suspended:
        world.carrier.suspend(line(0), key="by hand")
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    return world


def asked(world):
    """The morning run; gives the termination that waits for approval."""
    plan = world.day().run().plan
    return next(s for s in plan.steps if s.action == TERMINATE)


def test_our_own_suspension_does_not_void_the_approval():
    """Suspended at once by the same run, approved afterwards: the line ends with the next run."""
    world = withdrawn()
    step = asked(world)
    assert world.state(0) is ServiceState.SUSPENDED
    world.runs("bert").approve([step.id], reason="gone")
    world.clock.tick(days=1)
    assert [(r.step, r.result) for r in world.day().run().receipts] == [(step.id, "applied")]


def test_a_suspension_that_takes_its_time_does_not_void_the_approval():
    """Approved while the carrier still works on the suspension: one yes is enough."""
    world = withdrawn()
    world.carrier.asynchronous = True
    world.carrier.fates = scripted(Fate.ACCEPTED, Fate.DONE)
    step = asked(world)
    world.runs("bert").approve([step.id], reason="gone")
    world.carrier.settle()
    world.clock.tick(days=1)
    assert [(r.step, r.result) for r in world.day().run().receipts] == [(step.id, "applied")]


@pytest.mark.parametrize("suspended", [True, False])
def test_a_line_that_has_service_again_voids_the_approval(suspended):
    """Somebody switched it on after it was seen suspended: nobody ends it before somebody looks again."""
    world = withdrawn(suspended=suspended)
    step = asked(world)
    world.runs("bert").approve([step.id], reason="gone")
    world.clock.tick(hours=1)
    world.carrier.restore(line(0), key="by hand too")
    world.clock.tick(days=1)
    result = world.day().run()
    assert world.state(0) is not ServiceState.TERMINATED
    assert {r.step: r.result for r in result.receipts}[step.id] == "needs_approval"
    assert "step.approval_void" in [entry.kind for entry in world.runs().journal(result.run)]
    assert result.residual == 0
    world.runs("bert").approve([step.id], reason="looked again")
    world.clock.tick(days=1)
    world.day().run()
    assert world.state(0) is ServiceState.TERMINATED


class NoEnd(MemoryCarrier):
    """A carrier that offers no request to end a line."""

    asked_to_end = 0

    def terminate(self, line, *, key):
        """Refused as undeclared."""
        self.asked_to_end += 1
        raise UnsupportedOperation("carrier", "lines.terminate", "no request ends a line for good")


def test_where_a_carrier_cannot_end_a_line_an_approved_end_goes_to_the_operator_once():
    """A row of the worklist, not a failure every morning; what the operator did by hand is the receipt."""
    world = World(1)
    world.carrier = NoEnd(world.clock)
    world.carrier.add(line(0))
    world.systems = evolve(world.systems, carriers={"carrier": world.carrier})
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    step = asked(world)
    world.runs("bert").approve([step.id], reason="gone")
    for morning in range(3):
        world.clock.tick(hours=12)
        result = world.day().run()
        assert [r.result for r in result.receipts] == ["waiting"] * (morning == 0)
        assert not result.trouble
        assert [(w.on, w.step) for w in result.plan.waiting] == [("operator", step.id)]
    assert world.carrier.asked_to_end == 1
    done = world.runs().confirm([Confirmation(step.id, done=True, rechecked=True)], source="w.csv")
    assert [r.result for r in done.receipts] == ["applied"]
