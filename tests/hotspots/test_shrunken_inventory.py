"""An inventory that lost many of its rows since the last run is a damaged file until a person says otherwise."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import BlastRadius, SnapshotRefused
from scld_core.kernel.actor import Actor
from scld_core.runs.guards import check_population
from scld_core.runs.model import AreaPlan, Plan
from support.hotspots import NOW, POLICY, device, item_id, ruling
from support.world import World


def run_with(world, count, **more):
    world.devices = tuple(device(n) for n in range(count))
    return world.day().run(**more)


def ready(count=10):
    """A district whose last run accepted so many devices; the first one is overdue since."""
    world = World(count)
    world.day().run()
    world.loans.lend(item_id(0), due_at=world.due(-5))
    return world


def test_a_cut_inventory_changes_nothing_and_names_both_numbers():
    """Five of ten rows: no request, no withdrawal; the text says what to look at and how to go on."""
    world = ready()
    with pytest.raises(SnapshotRefused) as stopped:
        run_with(world, 5)
    text = str(stopped.value)
    assert "there are 5 usable hotspots in hotspots.csv, and at the last run there were 10" in text
    assert "--confirm-blast-radius 5" in text
    assert text.endswith("nothing was changed")
    assert world.carrier.effects == ()


def test_a_person_accepts_a_real_reduction_once_and_by_number():
    """The wrong number is refused; the right one goes on, is in the journal, and is the measure from then on."""
    world = ready()
    with pytest.raises(SnapshotRefused):
        run_with(world, 5, confirm_blast_radius=4)
    assert [r.result for r in run_with(world, 5, confirm_blast_radius=5).receipts] == ["applied"]
    (line,) = [e for e in world.runs().journal() if e.kind == "runs.population.accepted"]
    assert (line.actor, line.detail) == ("anne", "5 usable hotspots in hotspots.csv, before 10")
    world.clock.tick(hours=1)
    assert run_with(world, 5).plan.steps == ()


def test_an_accepted_reduction_does_not_answer_the_other_guard():
    """Many risky steps besides: each number is confirmed by itself, and the first stays confirmed."""
    world = ready()
    world.policy = evolve(POLICY, max_batch_count=0)
    for number in range(1, 5):
        world.loans.lend(item_id(number), due_at=world.due(-5))
    with pytest.raises(BlastRadius):
        run_with(world, 4, confirm_blast_radius=6)
    assert world.carrier.effects == ()
    assert [r.result for r in run_with(world, 4, confirm_blast_radius=4).receipts] == ["applied"] * 4


@given(st.integers(1, 30), st.integers(1, 30))
def test_only_a_drop_past_the_fraction_is_refused(before, after):
    """Growth and small losses pass and become the measure; the law in one line."""
    world = World(30)
    run_with(world, before)
    refused = before - after > POLICY.max_missing_fraction * before
    try:
        run_with(world, after)
    except SnapshotRefused:
        stopped = True
    else:
        stopped = False
    assert stopped is refused
    if not refused:
        run_with(world, max(after - 1, 1) if after >= 5 else after)


def test_looking_accepts_nothing():
    """A dry run and a plan leave the measure as it is."""
    world = ready()
    world.devices = world.devices[:5]
    assert isinstance(world.day().run(dry_run=True).plan, Plan)
    assert isinstance(world.desk().plan(), Plan)
    with pytest.raises(SnapshotRefused):
        world.day().run()


def test_an_area_without_limits_has_no_population():
    """Nothing is counted, nothing refused."""
    world = World(1)
    plan = Plan("Synthetic", ruling().day, NOW, (AreaPlan("other"),))
    check_population(world.store, plan, confirmed=None, actor=Actor("anne"), clock=world.clock)
    with world.store.transaction() as unit:
        assert list(unit.records("runs.population").items()) == []
