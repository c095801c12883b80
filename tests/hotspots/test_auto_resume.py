"""Ninety days at a stretch and 180 a year: the carrier ends a suspension, and we neither fight nor forget it."""

from datetime import timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.hotspots.account import Terms
from scld_core.hotspots.history import SUSPEND
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.plan import plan_hotspots
from scld_core.runs.model import StepRecord, StepState
from support.hotspots import NOW, POLICY, facts, item_id, out, ruling, view
from support.world import World

ON, OFF = ServiceState.ACTIVE, ServiceState.SUSPENDED
DAY = timedelta(days=1)


def suspended(*ago, observed=OFF):
    """The facts of an overdue device that we suspended so many days ago, each time anew."""
    (first,) = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps
    records = tuple(
        StepRecord(
            first if not n else evolve(first, cause=f"drift after effect {n}"), "r", StepState.APPLIED, NOW - days * DAY
        )
        for n, days in enumerate(sorted(ago, reverse=True))
    )
    return evolve(facts((out(0, 5), observed)), records=records)


@given(st.sets(st.integers(0, 400), max_size=5))
def test_a_suspended_line_is_never_touched_to_start_the_count_again(ago):
    """However near the carrier's limits: what is suspended and should be gets no step, at most a note."""
    plan = plan_hotspots(suspended(*ago), ruling())
    assert (plan.steps, plan.exceptions) == ((), ())
    assert {note.code for note in plan.notes} <= {"resume_soon"}


def test_two_years_of_one_missing_device():
    """Run after run, a carrier that resumes after 90 days: suspended anew as drift, never past the year's 180 days."""
    world = World(1, terms=Terms(suspended_days=POLICY.max_consecutive_suspended_days))
    world.loans.lend(item_id(0), due_at=world.due(-5))
    dark, told, every = [], {}, 5
    for day in range(0, 730, every):
        plan = world.day().run().plan
        for row in (*plan.exceptions, *(note for area in plan.areas for note in area.notes)):
            told.setdefault(row.code, day)
        dark.append(world.state(0) is OFF)
        assert every * sum(dark[-365 // every :]) <= POLICY.max_suspended_days_per_year
        world.clock.tick(days=every)
    assert {effect.verb.value for effect in world.carrier.effects} == {"suspend"}
    assert [(effect.at - NOW).days for effect in world.carrier.effects][:3] == [0, 90, 370]
    assert (told["resume_soon"], told["suspended_too_long"]) == (85, 180)


def test_a_line_that_came_back_long_ago_has_not_been_suspended_ever_since():
    """Suspended 179 days ago and resumed after 90, unseen: 90 days count, and it may be suspended again."""
    plan = plan_hotspots(suspended(179, observed=ON), ruling())
    assert [s.action for s in plan.steps] == [SUSPEND]
    late = plan_hotspots(suspended(364, 200, 100, observed=ON), ruling())
    assert [e.code for e in late.exceptions] == ["suspended_too_long"]


def test_the_note_names_the_nearer_of_both_limits():
    """Sixty days into the second suspension of a year with 115 before: the year's limit ends it first."""
    plan = plan_hotspots(suspended(300, 200, 88), ruling())
    assert [note.code for note in plan.notes] == ["resume_soon"]
    plan = plan_hotspots(suspended(300, 200, 10), ruling())
    assert [note.code for note in plan.notes] == ["resume_soon"]
    assert "2026-03-10" in plan.notes[0].detail


def test_what_nobody_suspended_here_resumes_nobody_knows_when():
    """Suspended by hand in the portal, of which we have no record: no note."""
    found = evolve(facts((out(0, 5), OFF)), lines={"carrier": (view(0, OFF),)})
    assert plan_hotspots(found, ruling()).notes == ()
