"""What people do with runs: apply a plan they looked at, approve, confirm, take back, look up."""

import pytest
from attrs import evolve

from scld_core.circulation.model import ItemState
from scld_core.errors import BadInput, BlastRadius, RunInProgress, StaleFacts
from scld_core.hotspots.account import Fate
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.hotspots.model import ServiceState
from scld_core.memory.carrier import scripted
from scld_core.runs.model import StepState
from scld_core.runs.people import Confirmation
from support.hotspots import POLICY, item_id
from support.parts import ByHand
from support.world import World


def overdue(count, of=6, **more):
    """A world whose first `count` devices are overdue and in service."""
    world = World(of, **more)
    for number in range(count):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    return world


def by_hand():
    """A world with one overdue device, whose carrier leaves every request to a person."""
    world = World(0)
    return overdue(1, 2, carrier=ByHand(world.clock))


def test_only_the_named_steps_are_applied():
    """The others stay as they are, and are planned again."""
    world = overdue(3, auto=())
    plan = world.day().plan()
    chosen = plan.steps[1].id
    receipts = world.runs().apply(plan, only=[chosen])
    assert [(r.step, r.result) for r in receipts] == [(chosen, "applied")]
    assert {s.id for s in world.day().plan().steps} == {s.id for s in plan.steps} - {chosen}


def test_a_step_that_the_plan_does_not_have_is_refused():
    """Every unknown id is named, nothing is applied and no run is entered."""
    world = overdue(1)
    plan = world.day().plan()
    with pytest.raises(BadInput, match="--only: the plan has no step aaa, bbb"):
        world.runs().apply(plan, only=["bbb", plan.steps[0].id, "aaa"])
    assert world.carrier.effects == ()
    assert world.runs().history() == ()


def test_a_whole_plan_has_a_blast_radius_and_named_steps_have_none():
    """A plan with too many suspensions needs its number; who names the steps has looked at each."""
    world = overdue(3, policy=evolve(POLICY, max_batch_count=1))
    plan = world.day().plan()
    with pytest.raises(BlastRadius):
        world.runs().apply(plan)
    assert (world.carrier.effects, world.runs().history()) == ((), ())
    assert len(world.runs().apply(plan, only=[step.id for step in plan.steps[:2]])) == 2
    assert [r.result for r in world.runs().apply(plan, confirm_blast_radius=3)] == ["applied"] * 3
    assert len(world.carrier.effects) == 3


def test_the_limits_are_those_in_force_and_not_those_of_the_file():
    """A plan file that was edited to allow more, or made under a wider policy, allows no more than is allowed now."""
    world = overdue(3, policy=evolve(POLICY, max_batch_count=1))
    plan = world.day().plan()
    wider = evolve(plan.areas[0].limit, max_count=1000, max_fraction=1.0)
    for limit in (wider, None):
        edited = evolve(plan, areas=(evolve(plan.areas[0], limit=limit),))
        with pytest.raises(BlastRadius):
            world.runs().apply(edited)
    assert world.carrier.effects == ()


def test_a_plan_is_not_applied_on_facts_that_are_too_old():
    """They stop it as they would stop the run: nothing is asked of the carrier, and no run is entered."""
    world = overdue(2)
    plan = world.day().plan()
    world.carrier.live = False
    night = world.clock.now()
    real = world.carrier.iter_lines

    def yesterdays():
        return (evolve(page, as_of=night) for page in real())

    world.carrier.iter_lines = yesterdays
    world.clock.tick(days=3)
    with pytest.raises(StaleFacts, match="make a new extract or export"):
        world.runs().apply(plan)
    assert (world.carrier.effects, world.runs().history()) == ((), ())


def test_applying_a_plan_twice_does_it_once():
    """The second time answers with the first receipts' result; the carrier is not asked again."""
    world = overdue(2)
    plan = world.day().plan()
    assert [r.result for r in world.runs().apply(plan)] == ["applied"] * 2
    assert [r.result for r in world.runs().apply(plan)] == ["applied"] * 2
    assert len(world.carrier.effects) == 2


def test_an_old_plan_is_checked_against_the_present():
    """A device returned since the plan was made is left alone."""
    world = overdue(1)
    plan = world.day().plan()
    world.loans.take_back(item_id(0))
    (receipt,) = world.runs().apply(plan)
    assert (receipt.result, world.carrier.effects) == ("skipped", ())


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_an_approval_without_a_reason_is_refused(reason):
    """A blank is no reason; nothing is approved."""
    world = World(1)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    asked = next(s.id for s in world.day().run().plan.steps if s.needs_approval)
    with pytest.raises(BadInput, match="an approval needs a reason"):
        world.runs().approve([asked], reason=reason)
    with world.store.transaction() as unit:
        assert unit.steps.get(asked).approval is None


def test_an_approval_is_recorded_and_carried_out_by_the_next_run():
    """Named actor and reason are kept; the next run ends the line."""
    world = World(1)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    asked = next(s.id for s in world.day().run().plan.steps if s.needs_approval)
    (record,) = world.runs("bert").approve([asked], reason="broken beyond repair")
    assert (record.approval.actor, record.approval.reason) == ("bert", "broken beyond repair")
    assert [(r.action, r.result) for r in world.day().run().receipts] == [(TERMINATE, "applied")]


def test_ones_own_request_may_be_approved_only_where_the_rule_says_so():
    """With `other_actor` it takes a second person; without it one is enough."""
    world = World(1)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    asked = next(s.id for s in world.day().run().plan.steps if s.needs_approval)
    with pytest.raises(BadInput, match="somebody other"):
        world.runs("anne").approve([asked], reason="mine")
    assert world.runs("anne", other=False).approve([asked], reason="mine")[0].approved


def test_ticked_rows_become_receipts_and_the_others_are_told():
    """Done and looked up again: applied; not looked up, or of no step here: refused with its line."""
    world = by_hand()
    (step,) = world.day().run().plan.steps
    rows = [
        Confirmation(step.id, done=True, rechecked=False, line=2),
        Confirmation("0" * 16, done=True, rechecked=True, line=3),
        Confirmation(step.id, done=True, rechecked=True, line=4),
    ]
    confirmed = world.runs().confirm(rows, source="list.csv")
    assert [(r.step, r.result) for r in confirmed.receipts] == [(step.id, "applied")]
    assert [(q.source, q.line) for q in confirmed.refused] == [("list.csv", 2), ("list.csv", 3)]


def test_news_of_a_request_settles_that_request_alone():
    """A carrier's callback makes the desk ask; what is not known, or not finished, changes nothing."""
    world = World(2)
    world.carrier.asynchronous = True
    world.carrier.fates = scripted(Fate.ACCEPTED, Fate.ACCEPTED)
    for number in range(2):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    world.day().run()
    first, second = world.carrier.pending
    assert world.runs().read_back("nobody's") == ()
    assert [r.result for r in world.runs().read_back(first)] == ["waiting"]
    world.carrier.settle(first, second)
    assert [(r.result, r.reference) for r in world.runs().read_back(first)] == [("applied", first)]
    with world.store.transaction() as unit:
        assert [(r.reference, r.state) for r in unit.steps.unresolved()] == [(second, StepState.WAITING_SYSTEM)]


def test_a_run_is_taken_back_and_what_cannot_be_is_named():
    """Each effect has its inverse but the end of a line, which is told as irreversible."""
    world = overdue(1)
    world.loans.say(item_id(5), ItemState.WITHDRAWN)
    asked = next(s.id for s in world.day().run().plan.steps if s.needs_approval)
    world.runs().approve([asked], reason="broken")
    world.loans.lend(item_id(1), due_at=world.due(-5))
    second = world.day().run()
    undone = world.runs().undo(second.run)
    assert undone.run == second.run
    assert [(r.action, r.subject, r.result) for r in undone.receipts] == [(RESTORE, "main:i1", "applied")]
    assert [(r.step.id, r.step.action) for r in undone.irreversible] == [(asked, TERMINATE)]
    assert (world.state(1), world.state(5)) == (ServiceState.ACTIVE, ServiceState.TERMINATED)


def test_a_run_without_effects_cannot_be_taken_back():
    """An unknown run, and one that changed nothing, are refused; no run is entered for it."""
    world = World(1)
    quiet = world.day().run().run
    for run in ("2020-01-01-1", quiet):
        with pytest.raises(BadInput, match="had no effect"):
            world.runs().undo(run)
    assert [entry.id for entry in world.runs().history()] == [quiet]


def test_what_still_waits_is_no_effect_and_is_told():
    """A request under way is neither taken back nor stopped; a run of such alone had no effect yet."""
    world = overdue(2)
    world.carrier.asynchronous = True
    world.carrier.fates = scripted(Fate.DONE, Fate.ACCEPTED)
    both = world.day().run().run
    undone = world.runs().undo(both)
    assert [(r.action, r.subject) for r in undone.receipts] == [(RESTORE, "main:i0")]
    assert [(r.step.subject, r.state) for r in undone.unsettled] == [("main:i1", StepState.WAITING_SYSTEM)]
    world = by_hand()
    waits = world.day().run().run
    with pytest.raises(BadInput, match="had no effect yet; 1 of its steps still wait"):
        world.runs().undo(waits)


def test_taking_back_withdraws_what_a_person_was_asked_for_on_the_same_device():
    """The suspension is undone, so nobody is to approve the end of the line any more; others' waiting steps stay."""
    world = World(2)
    for number in range(2):
        world.loans.say(item_id(number), ItemState.WITHDRAWN)
    plan = world.day(actor="anne").plan()
    mine = [step for step in plan.steps if step.subject == "main:i0"]
    other = next(step for step in plan.steps if step.subject == "main:i1" and step.needs_approval)
    world.runs("anne").apply(plan, only=[other.id])
    world.runs("anne").apply(plan, only=[step.id for step in mine])
    undone = world.runs("bert").undo("2026-03-10-2")
    assert [(r.action, r.result) for r in undone.receipts] == [(RESTORE, "applied")]
    with world.store.transaction() as unit:
        assert [r.step.id for r in unit.steps.unresolved()] == [other.id]
        assert {unit.steps.get(step.id).state for step in mine} == {StepState.APPLIED, StepState.WITHDRAWN}


def test_the_book_tells_every_run_in_its_order_and_kind():
    """Day, apply and undo are entered in turn with the actor of each; past nine they stay in order."""
    world = overdue(1, auto=())
    plan = world.day(actor="anne").run().plan
    applied = world.runs("bert").apply(plan)[0]
    assert applied.result == "applied"
    world.clock.tick(minutes=1)
    world.runs("carla").undo("2026-03-10-2")
    for _ in range(8):
        world.day().run()
    book = world.runs().history()
    assert [run.id for run in book] == [f"2026-03-10-{number}" for number in range(1, 12)]
    assert [(run.kind, run.actor) for run in book[:3]] == [("day", "anne"), ("apply", "bert"), ("undo", "carla")]


def test_the_journal_is_the_trail_of_all_runs_or_of_one():
    """Every move of a step is there, in order, and can be asked for run by run."""
    world = overdue(1)
    first = world.day().run().run
    world.loans.take_back(item_id(0))
    world.clock.tick(minutes=1)
    second = world.day().run().run
    desk = world.runs()
    assert [e.kind for e in desk.journal(first)] == ["step.prepare", "step.applied"]
    assert [e.subject.split()[0] for e in desk.journal(second)] == [RESTORE, RESTORE]
    assert desk.journal() == (*desk.journal(first), *desk.journal(second))
    assert SUSPEND in {e.subject.split()[0] for e in desk.journal()}
    assert desk.journal("no such run") == ()


def test_nothing_is_done_while_another_run_holds_the_district():
    """Apply, confirm, undo and read-back wait for nobody: they are stopped."""
    world = overdue(1)
    plan = world.day().plan()
    desk = world.runs()
    acts = (
        lambda: desk.apply(plan),
        lambda: desk.confirm((), source="list.csv"),
        lambda: desk.undo("2026-03-10-1"),
        lambda: desk.read_back("r1"),
    )
    with world.store.exclusive("run"):
        for act in acts:
            with pytest.raises(RunInProgress):
                act()
    assert world.state(0) is ServiceState.ACTIVE
