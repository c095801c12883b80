"""The morning run: what it changes, what it leaves for a person, and what it says of itself."""

import json

import pytest
from attrs import evolve

from scld_core.circulation.model import ItemState
from scld_core.errors import BlastRadius, FileRefused, RunInProgress, Unavailable
from scld_core.hotspots.account import Fate
from scld_core.hotspots.history import SUSPEND, TERMINATE
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.time import EPOCH
from scld_core.memory.carrier import MemoryCarrier, scripted
from scld_core.runs.model import StepState
from scld_core.services.day.as_json import day_object, plan_object, receipt_object
from scld_core.services.day.run import DayResult
from support.hotspots import POLICY, item_id, line
from support.parts import ByHand
from support.world import World

KEYS = {"id", "area", "action", "subject", "reasons", "risk", "needs_approval"}


def remembered(world):
    """All that the store knows and the carrier did."""
    with world.store.transaction() as unit:
        books = [list(unit.records(kind).items()) for kind in ("runs", "hotspots.service_test")]
        return unit.steps.history("hotspots", EPOCH), unit.journal.entries(), books, world.carrier.effects


def overdue(count, of=6, **more):
    """A world whose first `count` devices are overdue and in service."""
    world = World(of, **more)
    for number in range(count):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    return world


def test_a_dry_run_changes_nothing():
    """It plans what a run would do; the store, the run book and the carrier stay as they were."""
    world = overdue(2)
    before = remembered(world)
    result = world.day().run(dry_run=True)
    assert remembered(world) == before
    assert (result.run, result.receipts, result.verification, result.trouble) == ("", (), None, False)
    assert result.residual == len(result.plan.steps) == 2
    assert result.plan.steps == world.day().run().plan.steps


def test_a_second_run_plans_nothing_and_explains_everything():
    """After a run the same observations ask for nothing."""
    world = overdue(2)
    assert [r.result for r in world.day().run().receipts] == ["applied"] * 2
    again = world.day().run()
    assert (again.plan.steps, again.receipts, again.residual) == ((), (), 0)


def test_an_area_that_is_not_applied_by_itself_is_held():
    """Its steps wait for a person: no receipt, no effect, no unexplained difference; `apply` carries them out."""
    world = overdue(2, auto=())
    result = world.day().run()
    assert (result.receipts, result.residual, world.carrier.effects) == ((), 0, ())
    assert result.held == tuple(step.id for step in result.plan.steps)
    assert len(result.held) == 2
    receipts = world.runs().apply(result.plan)
    assert [(r.step, r.result) for r in receipts] == [(step, "applied") for step in result.held]
    assert world.day().run().held == ()


def test_the_blast_radius_stops_a_run_unless_that_very_number_is_confirmed():
    """Too many suspensions stop before anything is changed; only the exact number lets them through."""
    world = overdue(3, policy=evolve(POLICY, max_batch_count=2))
    for confirmed in (None, 2, 4):
        with pytest.raises(BlastRadius) as stopped:
            world.day().run(confirm_blast_radius=confirmed)
        assert stopped.value.count == 3
    assert world.carrier.effects == ()
    assert len(world.day().run(confirm_blast_radius=3).receipts) == 3


def test_two_runs_at_once_are_one_too_many():
    """While one run holds the district another is stopped, and has no line in the book."""
    world = overdue(1)
    with world.store.exclusive("run"), pytest.raises(RunInProgress):
        world.day().run()
    assert world.runs().history() == ()


def test_a_run_waits_for_news_of_one_request_to_be_read_back():
    """A callback holds the district for a moment: the morning run waits for it and is done."""
    world = overdue(1)
    reading = world.store.exclusive("read-back")
    reading.__enter__()

    def sleep(seconds):
        world.slept.append(seconds)
        reading.__exit__(None, None, None)

    day = world.day()
    result = evolve(day, engine=evolve(day.engine, sleep=sleep)).run()
    assert [r.result for r in result.receipts] == ["applied"]
    assert len(world.slept) == 1


def test_a_reason_that_is_gone_takes_the_waiting_step_back():
    """An approval asked for a withdrawn item is taken back by the run after it was found again."""
    world = World(1)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    first = world.day().run()
    asked = next(s.id for s in first.plan.steps if s.action == TERMINATE)
    world.loans.take_back(item_id(0))
    world.clock.tick(hours=1)
    result = world.day().run()
    with world.store.transaction() as unit:
        assert unit.steps.get(asked).state is StepState.WITHDRAWN
    assert world.state(0) is ServiceState.ACTIVE
    assert result.residual == 0


def test_what_an_earlier_run_left_open_is_settled_first():
    """A request whose answer was lost is read back at the start of the next run and counted there."""
    world = World(2)
    world.carrier.asynchronous = True
    world.carrier.fates = scripted(Fate.ACCEPTED)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    assert [r.result for r in world.day().run().receipts] == ["waiting"]
    world.carrier.settle()
    result = world.day().run()
    assert [(r.step.action, r.state) for r in result.settled] == [(SUSPEND, StepState.APPLIED)]
    assert result.receipts == ()


@pytest.mark.parametrize(
    ("fate", "result"), [(Fate.REJECTED, "failed"), (Fate.DONE, "applied"), (Fate.ACCEPTED, "waiting")]
)
def test_trouble_is_a_step_that_failed(fate, result):
    """A refused step is trouble; one that is done or under way is none."""
    world = overdue(1)
    world.carrier.asynchronous = True
    world.carrier.fates = scripted(fate)
    found = world.day().run()
    assert [r.result for r in found.receipts] == [result]
    assert found.trouble == (result == "failed")


def test_a_look_that_a_guard_stops_is_said_and_the_rest_stands():
    """The carrier's list breaks off after the work: unverified, trouble, and every planned step counts."""
    world = overdue(1)
    stop = lambda stage: setattr(world.carrier, "cut_after", 0) if stage.what == "settled" else None  # noqa: E731
    result = world.day(progress=stop).run()
    assert (result.verification, result.residual, result.trouble) == (None, 1, True)
    assert "could not be verified" in result.unverified
    assert world.state(0) is ServiceState.SUSPENDED


def test_a_file_that_cannot_be_used_any_more_does_not_hide_what_was_done():
    """The inventory is spoiled between applying and verifying: the receipts stand and the run says why."""
    world = overdue(1)

    def spoil(stage):
        if stage.what == "settled":
            world.quarantined = None

    def inventory():
        if world.quarantined is None:
            raise FileRefused("hotspots.csv", "is empty")
        return World.inventory(world)

    world.systems = evolve(world.systems, inventory=inventory)
    result = world.day(progress=spoil).run()
    assert [r.result for r in result.receipts] == ["applied"]
    assert (result.unverified, result.trouble) == ("what was done could not be verified: hotspots.csv: is empty", True)


def test_the_json_object_has_exactly_the_keys_that_are_promised():
    """Plan, receipts and residual, as scripts rely on them; it survives JSON."""
    world = overdue(2, carrier=None)
    world.loans.say(item_id(5), ItemState.WITHDRAWN)
    result = world.day().run()
    told = json.loads(json.dumps(day_object(result)))
    assert set(told) == {"run", "plan", "receipts", "verify", "unverified"}
    assert set(told["plan"]) == {"business_day", "steps", "waiting", "exceptions", "withdrawn", "stopped"}
    assert told["verify"] == {"residual": result.residual}
    assert (told["unverified"], told["plan"]["withdrawn"]) == ("", [])
    assert all(set(step) >= KEYS for step in told["plan"]["steps"])
    assert {step["risk"] for step in told["plan"]["steps"]} == {"risky", "irreversible"}
    assert [step["needs_approval"] for step in told["plan"]["steps"]].count(True) == 1
    assert all(reason["text"] and reason["policy"] for step in told["plan"]["steps"] for reason in step["reasons"])
    assert all(e["as_of"].startswith("2026-03-10") for step in told["plan"]["steps"] for e in step["evidence"])
    assert [(row["step"], row["result"]) for row in told["receipts"]] == [(r.step, r.result) for r in result.receipts]
    assert [row["on"] for row in told["plan"]["waiting"]] == ["approval"]


def test_the_json_object_names_what_waits_and_what_is_for_a_person():
    """A row for each waiting step and each exception, with what to do."""
    world = World(3, carrier=None)
    world.carrier = ByHand(world.clock)
    for number in range(2):
        world.carrier.add(line(number))
    world.carrier.add(line(2), ServiceState.UNKNOWN_WORD, word="PARKED")
    world.systems = evolve(world.systems, carriers={"carrier": world.carrier})
    world.loans.lend(item_id(0), due_at=world.due(-5))
    result = world.day().run()
    told = plan_object(result.plan)
    assert [(row["on"], row["action"], row["subject"]) for row in told["waiting"]] == [("operator", SUSPEND, "main:i0")]
    assert [row["code"] for row in told["exceptions"]] == ["unknown_word"]
    assert all(row["todo"] and row["detail"] for row in told["exceptions"])
    assert receipt_object(result.receipts[0])["result"] == "waiting"


def test_the_json_object_shows_held_steps_among_what_waits():
    """A step that somebody has to apply waits for that, once, and is no unexplained difference."""
    world = overdue(2, auto=())
    result = world.day().run()
    told = day_object(result)
    assert [(row["id"], row["on"], row["action"]) for row in told["plan"]["waiting"]] == [
        (step, "apply", SUSPEND) for step in result.held
    ]
    assert all(row["label"] and row["since"] for row in told["plan"]["waiting"])
    assert told["verify"] == {"residual": 0}
    dry = day_object(world.day().run(dry_run=True))
    assert (dry["plan"]["waiting"], len(dry["plan"]["steps"])) == ([], 2)


def test_the_json_object_tells_what_was_taken_back():
    """An approval that nobody should give any more is named with its reason."""
    world = World(1)
    world.loans.say(item_id(0), ItemState.WITHDRAWN)
    asked = next(s for s in world.day().run().plan.steps if s.action == TERMINATE)
    world.loans.take_back(item_id(0))
    world.clock.tick(hours=1)
    (row,) = day_object(world.day().run())["plan"]["withdrawn"]
    assert (row["id"], row["label"]) == (asked.id, f"End the line of {asked.label}")
    assert row["reason"] == "the item is now returned"


def test_the_json_object_says_when_nothing_could_be_verified():
    """The carrier's list breaks off after the work: why is there, beside the residual."""
    world = overdue(1)
    stop = lambda stage: setattr(world.carrier, "cut_after", 0) if stage.what == "settled" else None  # noqa: E731
    told = day_object(world.day(progress=stop).run())
    assert told["unverified"].startswith("what was done could not be verified: ")
    assert told["verify"] == {"residual": 1}


def test_a_result_without_verification_counts_every_planned_step():
    """What was only planned is all unexplained, and that alone is no trouble."""
    world = overdue(2)
    assert DayResult("", world.day().plan()).residual == 2


class Deaf(MemoryCarrier):
    """A carrier that accepts requests, and later gives no answer to any question about one line."""

    deaf = False
    asked = 0

    def get(self, line):
        """Count the questions."""
        self.asked += 1
        if self.deaf:
            raise Unavailable("other", "get", "no route")
        return super().get(line)


def test_a_carrier_that_gives_no_answer_is_not_asked_about_each_of_its_requests():
    """Five requests are under way at each of two carriers; the one that is out of reach is asked about three."""
    world = World(10)
    world.carrier.asynchronous = True
    world.carrier.fates = scripted(*[Fate.ACCEPTED] * 5)
    other = Deaf(world.clock, fates=scripted(*[Fate.ACCEPTED] * 5))
    other.asynchronous = True
    world.devices = tuple(evolve(d, carrier="carrier" if n % 2 else "other") for n, d in enumerate(world.devices))
    world.systems = evolve(world.systems, carriers={"carrier": world.carrier, "other": other})
    for number in range(10):
        other.add(line(number))
        world.loans.lend(item_id(number), due_at=world.due(-5))
    world.day().run()
    world.carrier.settle()
    other.asked, other.deaf = 0, True
    result = world.day().run()
    assert other.asked == 3
    assert [record.state for record in result.settled].count(StepState.APPLIED) == 5
    assert sum("other gave no answer 3 times in a row" in record.detail for record in result.settled) == 2
