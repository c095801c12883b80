"""The run book: every run has its line, and the line says how it ended."""

import pytest
from attrs import evolve

from scld_core import codecs
from scld_core.errors import BlastRadius, StaleFacts, Unavailable
from scld_core.hotspots.account import Fate
from scld_core.memory.carrier import scripted
from scld_core.memory.store import MemoryStore
from scld_core.services.run_book import RunEnd, RunRecord, begin_run, in_run, run_book
from support.hotspots import POLICY, item_id
from support.world import World


def overdue(count, **more):
    """A world whose first `count` devices are overdue and in service."""
    world = World(6, **more)
    for number in range(count):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    return world


def ends(world):
    """How each run ended."""
    return [run.end for run in run_book(world.store)]


def test_ids_of_runs_count_up_through_the_day_and_past_nine():
    """Each run of a business day has the next number, whatever its kind; another day starts anew."""
    world = World(1)
    engine = world.engine()
    day = world.day().business_day
    ids = [begin_run(engine, "day", day).id for _ in range(11)]
    assert ids == [f"2026-03-10-{number}" for number in range(1, 12)]
    assert [run.id for run in run_book(world.store)] == ids
    assert [run.number for run in run_book(world.store)] == list(range(1, 12))
    world.clock.tick(days=1)
    assert world.day().run().run == "2026-03-11-1"


def test_a_line_tells_kind_actor_times_and_end():
    """A run's line in the book can be read back whole."""
    world = overdue(1)
    begun = world.clock.now()
    run = world.day(actor="anne", progress=lambda stage: world.clock.tick(seconds=1)).run().run
    (entry,) = run_book(world.store)
    assert entry == RunRecord(run, "day", world.day().business_day, begun, "anne", RunEnd.DONE, world.clock.now())
    assert entry.ended_at > entry.started_at
    assert codecs.load(RunRecord, codecs.dump(entry)) == entry


def test_a_run_that_a_guard_stopped_and_one_that_failed_say_so():
    """Too many steps: guard. A step that the carrier refuses: failed. All well: done."""
    world = overdue(3, policy=evolve(POLICY, max_batch_count=2))
    with pytest.raises(BlastRadius):
        world.day().run()
    world.carrier.fates = scripted(Fate.REJECTED)
    world.day().run(confirm_blast_radius=3)
    world.day().run()
    assert ends(world) == [RunEnd.GUARD, RunEnd.FAILED, RunEnd.DONE]


def test_apply_and_undo_have_an_end_too():
    """What a person applies and takes back is entered like the morning run."""
    world = overdue(1, auto=())
    plan = world.day().run().plan
    world.carrier.fates = scripted(Fate.REJECTED, Fate.DONE)
    world.runs().apply(plan)
    world.runs().apply(plan)
    world.runs().undo("2026-03-10-3")
    assert [(run.kind, run.end) for run in run_book(world.store)] == [
        ("day", RunEnd.DONE),
        ("apply", RunEnd.FAILED),
        ("apply", RunEnd.DONE),
        ("undo", RunEnd.DONE),
    ]


@pytest.mark.parametrize(
    ("stopped", "end"),
    [
        (StaleFacts("too old"), RunEnd.GUARD),
        (RuntimeError("ours"), RunEnd.FAILED),
        (KeyboardInterrupt(), RunEnd.FAILED),
    ],
)
def test_what_stops_a_run_comes_through_and_is_entered(stopped, end):
    """Whatever it is, the caller gets it, and the line has its end."""
    world = World(1)

    def work(run):
        raise stopped

    with pytest.raises(type(stopped)):
        in_run(world.engine(), "day", world.day().business_day, work, failed=bool)
    assert ends(world) == [end]


def test_a_run_without_an_end_has_crashed():
    """Its process died: the next run that begins marks it, and is entered itself as under way."""
    world = World(1)
    engine, day = world.engine(), world.day().business_day
    begin_run(engine, "day", day)
    assert ends(world) == [None]
    begin_run(engine, "day", day)
    assert ends(world) == [RunEnd.CRASHED, None]
    world.day().run()
    assert ends(world) == [RunEnd.CRASHED, RunEnd.CRASHED, RunEnd.DONE]


class Failing(MemoryStore):
    """A store that cannot be used after a while."""

    gone = False

    def transaction(self):
        if self.gone:
            raise Unavailable("store", "transaction", "the disk is gone")
        return super().transaction()


def test_a_store_that_is_gone_does_not_hide_what_stopped_the_run():
    """The end cannot be entered any more; the first fault is what the caller sees, and the line says crashed later."""
    world = World(1, store=Failing())

    def work(run):
        world.store.gone = True
        raise StaleFacts("too old")

    with pytest.raises(StaleFacts):
        in_run(world.engine(), "day", world.day().business_day, work, failed=bool)
    world.store.gone = False
    world.day().run()
    assert ends(world) == [RunEnd.CRASHED, RunEnd.DONE]
