"""What reading a line again proves of a request, case by case; and the check right before the call."""

from datetime import timedelta

import pytest

from scld_core import codecs
from scld_core.circulation.model import ItemState
from scld_core.errors import NotFound, SnapshotRefused, UnsupportedOperation
from scld_core.hotspots.account import Fate
from scld_core.hotspots.history import SUSPEND
from scld_core.hotspots.model import LineOrder, ServiceState
from scld_core.kernel.page import Page
from scld_core.memory.carrier import scripted
from scld_core.runs.model import ReadBack, StepRecord, StepState
from support.hotspots import POLICY, item_id, line
from support.world import World


class Bench:
    """One overdue hotspot, one suspension sent a minute ago."""

    def __init__(self, fate=None, *, asynchronous=False):
        self.world = World(1)
        self.world.carrier.asynchronous = asynchronous
        self.world.loans.lend(item_id(0), due_at=self.world.due(-5))
        self.step = self.world.desk().plan().steps[0]
        self.reference = ""
        if fate is not None:
            self.world.carrier.fates = scripted(fate)
            self.reference = self.world.carrier.suspend(line(0), key="k").reference
        self.sent = self.world.clock.now()
        self.world.clock.tick(minutes=1)

    def read(self, state=StepState.UNKNOWN, *, reference=None, sent=True):
        record = StepRecord(
            self.step,
            "run",
            state,
            self.sent,
            attempts=(self.sent,) if sent else (),
            reference=self.reference if reference is None else reference,
        )
        action = self.world.engine().actions[SUSPEND]
        return action.read_back(codecs.load(LineOrder, self.step.payload), record)


def test_a_line_in_the_wished_state_proves_the_request():
    """Whoever did it."""
    assert Bench(Fate.DONE).read() is ReadBack.DONE
    assert Bench(Fate.DONE).read(sent=False) is ReadBack.DONE


def test_a_line_on_its_way_is_pending():
    """The carrier shows the change under way."""
    assert Bench(Fate.ACCEPTED).read() is ReadBack.PENDING


def test_an_observation_from_before_the_request_proves_nothing():
    """A portal's export of this morning cannot show what was done at noon."""
    bench = Bench()
    bench.world.clock.tick(hours=-1)
    assert bench.read() is ReadBack.PENDING


def test_an_unchanged_line_disproves_a_request_only_where_changes_are_immediate():
    """A carrier that works through a queue may still get to it, until its time is over."""
    assert Bench().read() is ReadBack.NOT_DONE
    slow = Bench(asynchronous=True)
    assert slow.read() is ReadBack.UNKNOWN
    assert slow.read(StepState.WAITING_SYSTEM) is ReadBack.PENDING
    slow.world.clock.tick(hours=POLICY.pending_limit_hours)
    assert slow.read() is ReadBack.NOT_DONE
    assert slow.read(sent=False) is ReadBack.NOT_DONE
    assert slow.read(StepState.WAITING_SYSTEM) is ReadBack.NOT_DONE


def test_the_carriers_word_on_a_request_counts():
    """Failed: not done. Done but reversed since: pending while it may only be late, then done."""
    failed = Bench(Fate.ACCEPTED, asynchronous=True)
    failed.world.carrier.fail(failed.reference)
    assert failed.read() is ReadBack.NOT_DONE
    reversed_ = Bench(Fate.ACCEPTED, asynchronous=True)
    reversed_.world.carrier.settle()
    reversed_.world.carrier.resume(line(0))
    assert reversed_.read() is ReadBack.PENDING
    reversed_.world.clock.tick(hours=POLICY.pending_limit_hours)
    assert reversed_.read() is ReadBack.DONE


def test_a_state_word_nobody_knows_proves_nothing():
    """It is for a person."""
    bench = Bench()
    bench.world.carrier.add(line(0), ServiceState.UNKNOWN_WORD, word="HOTLINED")
    assert bench.read() is ReadBack.UNKNOWN


@pytest.mark.parametrize("gone", [True, False])
def test_the_item_is_looked_up_again_right_before_the_call(gone):
    """Unknown to the ILS by now, or brought back: nothing is sent."""
    bench = Bench()
    if gone:

        def nothing(item):
            raise NotFound("main", "get", "no item")

        bench.world.loans.get = nothing
    else:
        bench.world.loans.take_back(item_id(0), ItemState.IN_TRANSIT)
    assert bench.world.engine().execute(bench.step, "run").result == "skipped"
    assert bench.world.carrier.effects == ()


def test_a_carrier_whose_lines_cannot_be_read_is_believed_as_confirmed():
    """The port says that it has no list: the plan goes by our own confirmed effects."""
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))

    def unsupported():
        raise UnsupportedOperation("carrier", "iter_lines", "the portal has no export")
        yield

    world.carrier.iter_lines = unsupported
    assert len(world.day().run().receipts) == 1
    world.clock.tick(minutes=1)
    assert world.day().run().plan.steps == ()


def test_an_overdue_list_that_lacks_what_the_items_show_is_refused():
    """A wrong filter in the ILS."""
    world = World(1)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    world.loans.iter_overdue = lambda at: iter([Page((), world.clock.now(), last=True)])
    with pytest.raises(SnapshotRefused, match="its overdue list lacks 1 of them"):
        world.day().run()


def test_facts_that_aged_between_plan_and_call_are_not_enough():
    """Older than the limit: refused by name, whatever they say."""
    bench = Bench()
    seen = bench.world.loans.get(item_id(0))
    bench.world.loans.get = lambda item: seen
    bench.world.clock.at = seen.as_of + timedelta(minutes=POLICY.max_fact_age_minutes)
    assert (
        bench.world.engine().actions[SUSPEND].recheck(codecs.load(LineOrder, bench.step.payload), bench.step).permitted
    )
    bench.world.clock.tick(minutes=1)
    decision = bench.world.engine().actions[SUSPEND].recheck(codecs.load(LineOrder, bench.step.payload), bench.step)
    assert [reason.code for reason in decision.reasons] == ["facts_old"]
