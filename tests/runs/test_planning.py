"""Planning over several areas: what stops one of them stops no other, and is told."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.cli import codes
from scld_core.errors import (
    BadInput,
    FileRefused,
    PolicyMissing,
    RunInProgress,
    SettingsError,
    SnapshotRefused,
    StaleFacts,
    Unavailable,
)
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Reason, permit
from scld_core.memory.store import MemoryStore
from scld_core.runs.action import Action, Area
from scld_core.runs.engine import Engine
from scld_core.runs.model import Answer, AnswerKind, AreaPlan, ReadBack, Step, StopKind, Waiting
from scld_core.runs.planning import plan_areas
from scld_core.services.day.as_json import day_object
from scld_core.services.day.run import Day
from support.clock import Ticking
from support.hotspots import NOW

DAY = date(2026, 3, 10)
FAULTS = {
    "old": (StaleFacts("list.csv is 40 h old; nothing was changed"), StopKind.GUARD, 4),
    "cut": (SnapshotRefused("list.csv stopped in the middle; nothing was changed"), StopKind.GUARD, 4),
    "gone": (FileRefused("list.csv", "is not there"), StopKind.INPUT, 2),
    "down": (Unavailable("ils", "get", "no connection"), StopKind.SYSTEM, 5),
}


class Duty:
    """An area with one step a day, which something may stop."""

    def __init__(self, name, fault=None, *, kind=AnswerKind.DONE, later=None):
        self.name, self.fault, self.kind, self.later = name, fault, kind, later
        self.looks, self.done = 0, []

    def plan_day(self, records):
        self.looks += 1
        fault = self.later if self.looks > 1 and self.later else self.fault
        if fault:
            raise fault
        return AreaPlan(self.name, () if records else (self.step(),), in_order=1)

    def step(self):
        return Step(f"{self.name}.do", "s1", "c1", self.name, DAY, codecs.dump(""), reasons=(Reason("due"),))

    def do(self, payload, key):
        self.done.append(key)
        return Answer(self.kind)

    @property
    def area(self):
        action = Action(
            f"{self.name}.do", str, lambda payload, step: permit(), self.do, lambda payload, record: ReadBack.UNKNOWN
        )
        return Area(self.name, (action,), self.plan_day)


class District:
    """Some duties over one store."""

    def __init__(self, *duties):
        self.duties, self.store, self.clock = duties, MemoryStore(), Ticking(NOW)

    def plan(self):
        return plan_areas(self.store, [d.area for d in self.duties], self.clock, district="Synthetic", day=DAY)

    def run(self, **more):
        areas = tuple(duty.area for duty in self.duties)
        actions = {action.name: action for area in areas for action in area.actions}
        engine = Engine(self.store, actions, self.clock, Actor("anne"), lambda seconds: None)
        return Day("Synthetic", DAY, areas, engine, tuple(duty.name for duty in self.duties)).run(**more)


@pytest.mark.parametrize("what", FAULTS)
def test_the_others_are_done_and_the_code_is_that_of_what_stopped(what):
    """One duty's file stops that duty alone; the run says so and ends with the code it would have alone."""
    fault, kind, code = FAULTS[what]
    good, bad = Duty("good"), Duty("bad", fault)
    result = District(bad, good).run()
    assert (len(good.done), bad.done) == (1, [])
    (stopped,) = result.stopped
    assert (stopped.area, stopped.stopped.kind) == ("bad", kind)
    assert "nothing was changed" not in stopped.stopped.text
    assert [(row.area, row.code) for row in result.plan.exceptions] == [("bad", "area_stopped")]
    assert (result.residual, result.unverified, result.trouble) == (0, "", False)
    assert codes.code_of_day(result, strict=False) == code
    (told,) = day_object(result)["plan"]["stopped"]
    assert told == {"area": "bad", "by": kind.value, "text": stopped.stopped.text}


@given(st.lists(st.sampled_from([None, *FAULTS]), min_size=1, max_size=5))
def test_each_area_is_planned_as_if_it_were_alone(faults):
    """Whichever areas are stopped, the others are planned as by themselves; where all are, the first is raised."""
    duties = [Duty(f"d{n}", FAULTS[fault][0] if fault else None) for n, fault in enumerate(faults)]
    if all(faults):
        with pytest.raises(type(duties[0].fault), match=str(duties[0].fault).split()[0]):
            District(*duties).plan()
        return
    plan = District(*duties).plan()
    assert [area.area for area in plan.areas] == [duty.name for duty in duties]
    for duty, area in zip(duties, plan.areas, strict=True):
        assert (area.stopped is None) is (duty.fault is None)
        if duty.fault is None:
            assert area == District(Duty(duty.name)).plan().areas[0]


@pytest.mark.parametrize(
    "fault", [SettingsError("policy.x", "is unknown"), PolicyMissing("policy", ("a.b",)), RunInProgress("another run")]
)
def test_what_holds_for_the_district_stops_all(fault):
    """A setting, a policy value that is missing, another run."""
    good = Duty("good")
    with pytest.raises(type(fault)):
        District(good, Duty("bad", fault)).run()
    assert good.done == []


def test_what_waits_in_a_stopped_area_is_listed():
    """A step that a person has in hand is not forgotten while its area cannot be planned."""
    handed = Duty("bad", kind=AnswerKind.FOR_OPERATOR)
    district = District(handed, Duty("good"))
    district.run()
    handed.fault = FAULTS["gone"][0]
    (row,) = (row for row in district.run().plan.waiting if row.area == "bad")
    assert isinstance(row, Waiting)
    assert (row.on, row.reasons) == ("operator", (Reason("due"),))


def test_an_area_that_is_stopped_after_the_work_is_not_verified():
    """What was done there stands, nothing is said to be verified, and that is trouble."""
    fails, good = Duty("bad", later=FAULTS["cut"][0]), Duty("good")
    result = District(fails, good).run()
    assert (len(fails.done), result.verification) == (1, None)
    assert result.unverified == "what was done could not be verified: list.csv stopped in the middle"
    assert codes.code_of_day(result, strict=False) == codes.TROUBLE


def test_an_area_that_is_whole_again_at_the_second_look_is_left_for_the_next_run():
    """It was not compared when the run planned, so its differences are none of this run's."""

    class Mended(Duty):
        def plan_day(self, records):
            self.fault = None if self.looks else FAULTS["gone"][0]
            return super().plan_day(records)

    result = District(Mended("late"), Duty("good")).run()
    assert [area.area for area in result.stopped] == ["late"]
    assert result.residual == 0


def test_a_dry_run_tells_it_too():
    """And alone it raises, as it always has."""
    bad = FAULTS["gone"][0]
    result = District(Duty("bad", bad), Duty("good")).run(dry_run=True)
    assert [area.area for area in result.stopped] == ["bad"]
    assert codes.code_of_day(result, strict=False) == codes.BAD_INPUT
    with pytest.raises(BadInput):
        District(Duty("bad", bad)).run(dry_run=True)
