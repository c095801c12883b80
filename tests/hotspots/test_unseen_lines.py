"""A portal without an export: nobody sees the lines, and only what operators confirm is known of them."""

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.carriers.portal_csv.backend import PortalLines
from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_core.circulation.model import ItemState
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.hotspots.model import ServiceState
from scld_core.hotspots.plan import plan_hotspots
from scld_core.hotspots.rules import desired
from scld_core.runs.model import StepRecord, StepState
from scld_core.runs.people import Confirmation
from support.hotspots import CALENDAR, NOW, POLICY, facts, inside, item_id, out, ruling
from support.world import World

ON, OFF, ENDED = ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.TERMINATED
EFFECT = {SUSPEND: OFF, RESTORE: ON, TERMINATE: ENDED}


class Portal:
    """A district whose only carrier is such a portal; `truth` is what nobody but its operator sees."""

    def __init__(self):
        self.world = World(1)
        carrier = PortalLines(
            "carrier", PortalCsvConfig(), folder=Path(), clock=self.world.clock, zone=ZoneInfo("America/Los_Angeles")
        )
        self.world.systems = evolve(self.world.systems, carriers={"carrier": carrier})
        self.truth = ON
        self.unticked = {}
        self.check_out()

    def check_out(self):
        if self.world.loans.get(item_id(0)).state is not ItemState.ON_LOAN:
            self.world.loans.lend(item_id(0), due_at=self.world.due(-5))

    def renew(self):
        if self.world.loans.get(item_id(0)).state is ItemState.ON_LOAN:
            self.world.loans.extend(item_id(0), self.world.due(7))

    def check_in(self):
        self.world.loans.take_back(item_id(0), ItemState.IN_TRANSIT)

    def lapse(self):
        if self.world.loans.get(item_id(0)).state is ItemState.ON_LOAN:
            self.world.loans.extend(item_id(0), self.world.due(-5))

    def morning(self):
        self.world.clock.tick(days=1)
        result = self.world.day().run()
        assert result.residual == 0
        return result.plan

    def rows(self):
        with self.world.store.transaction() as unit:
            return [r.step for r in unit.steps.unresolved() if r.state is StepState.WAITING_OPERATOR]

    def do(self, *, tick):
        """Work through the list in the portal; without `tick`, the rows lie on the desk."""
        self.world.clock.tick(minutes=5)
        for step in self.rows():
            self.truth = EFFECT[step.action]
            if tick:
                self.tick(step.id)
            else:
                self.unticked[step.id] = step.id

    def tick_late(self):
        """Somebody finds the rows that were done and never ticked."""
        for step in list(self.unticked):
            self.tick(self.unticked.pop(step))

    def tick(self, step):
        self.world.clock.tick(minutes=1)
        row = Confirmation(step, done=True, rechecked=True)
        assert not self.world.runs().confirm([row], source="w.csv").refused

    @property
    def wish(self):
        return desired(self.world.loans.get(item_id(0)), POLICY, CALENDAR, self.world.clock.now()).wish


EVENTS = st.sampled_from(["check_out", "renew", "check_in", "lapse", "morning", "untold", "told", "tick_late"])


@given(st.lists(EVENTS, max_size=14))
def test_whatever_was_left_unticked_the_lines_end_as_wished(events):
    """Liveness: rows done and not ticked, ticked late or withdrawn meanwhile; honest work on the list mends it all."""
    portal = Portal()
    portal.morning()
    for event in events:
        if event in ("told", "untold"):
            portal.do(tick=event == "told")
        else:
            getattr(portal, event)()
    for _ in range(3):
        portal.morning()
        portal.do(tick=True)
    assert portal.truth.value == portal.wish.value
    assert (portal.morning().steps, portal.rows()) == ((), [])


def test_a_suspension_done_without_a_tick_is_asked_about_every_day_until_it_is_answered():
    """Renewed before the row was ticked: the row is withdrawn, and a row to make sure of the service stays."""
    portal = Portal()
    portal.morning()
    portal.do(tick=False)
    portal.renew()
    plan = portal.morning()
    (step,) = plan.steps
    assert (step.action, [r.code for r in step.reasons]) == (RESTORE, ["on_loan", "unconfirmed"])
    assert dict(step.reasons[1].params)["asked"] == "A suspension"
    assert [w.reason for a in plan.areas for w in a.withdrawals] == ["the item is now on loan"]
    for _ in range(3):
        plan = portal.morning()
        assert ([w.step for w in plan.waiting], plan.steps) == ([step.id], ())
    assert [e.code for e in plan.exceptions] == ["pending_too_long"]
    portal.do(tick=True)
    plan = portal.morning()
    assert (portal.truth, plan.steps, plan.waiting, plan.exceptions) == (ON, (), (), ())


def test_no_device_leaves_while_its_restore_is_not_confirmed():
    """The line may be suspended for all the desk knows; then its test is due."""
    portal = Portal()
    portal.morning()
    portal.do(tick=False)
    portal.check_in()
    portal.morning()
    desk, device = portal.world.desk(), portal.world.devices[0]
    assert [r.code for r in desk.may_leave(device).reasons] == ["still_suspended"]
    portal.do(tick=True)
    assert [r.code for r in desk.may_leave(device).reasons] == ["service_test_due"]


def test_a_tick_that_comes_after_the_make_sure_row_s_own_is_asked_about():
    """A tick does not say when: either of the two may have been the last in the portal."""
    portal = Portal()
    portal.morning()
    portal.do(tick=False)
    portal.renew()
    portal.morning()
    portal.do(tick=True)
    portal.lapse()
    portal.morning()
    portal.tick_late()
    portal.morning()
    assert [s.action for s in portal.rows()] == [SUSPEND]
    portal.do(tick=True)
    portal.morning()
    assert portal.truth is OFF


def blind(*cases, records=()):
    return evolve(facts(*cases), lines={"carrier": None}, records=tuple(records))


def test_an_end_that_waits_for_the_operator_does_not_bring_the_suspension_back():
    """The line is suspended or ended, and in neither case in service: only the end is asked for."""
    first = plan_hotspots(blind((inside(0, ItemState.WITHDRAWN), ON)), ruling()).steps
    day = timedelta(days=1)
    records = (
        StepRecord(first[0], "r", StepState.APPLIED, NOW - 2 * day, attempts=(NOW - 3 * day,)),
        StepRecord(first[1], "r", StepState.WAITING_OPERATOR, NOW - day, attempts=(NOW - day,)),
    )
    plan = plan_hotspots(blind((inside(0, ItemState.WITHDRAWN), ON), records=records), ruling())
    assert (plan.steps, [w.step for w in plan.waiting]) == ((), [first[1].id])


def test_an_ended_line_stays_ended_whatever_was_asked_later():
    """Confirmed as ended and needed again: a person orders a new line; rows for the old one are withdrawn."""
    end = plan_hotspots(blind((inside(0, ItemState.WITHDRAWN), ON)), ruling()).steps[1]
    back = evolve(end, action=RESTORE, cause="a restore")
    records = (
        StepRecord(end, "r", StepState.APPLIED, NOW - timedelta(days=2)),
        StepRecord(back, "r", StepState.WAITING_OPERATOR, NOW, attempts=(NOW,)),
    )
    plan = plan_hotspots(blind((out(0, -3), ON), records=records), ruling())
    assert [e.code for e in plan.exceptions] == ["terminated_but_needed"]
    assert [(w.step, w.reason) for w in plan.withdrawals] == [(back.id, "the line has ended")]
    assert plan.steps == ()


@pytest.mark.parametrize(("days", "planned"), [(89, []), (90, [SUSPEND])])
def test_a_suspension_that_the_carrier_has_ended_unseen_is_not_believed_for_ever(days, planned):
    """After the carrier's longest suspension the line may have service again: it is made sure of."""
    first = plan_hotspots(blind((out(0, 5), ON)), ruling()).steps[0]
    done = StepRecord(first, "r", StepState.APPLIED, NOW - timedelta(days=days))
    plan = plan_hotspots(blind((out(0, 5), ON), records=[done]), ruling())
    assert [s.action for s in plan.steps] == planned
    assert [[r.code for r in s.reasons] for s in plan.steps] == [["overdue", "drift", "resumed_unseen"]] * len(planned)


def test_the_wish_to_end_a_line_in_doubt_suspends_it_first():
    """A restore was handed out and withdrawn: the line may have service, so it is suspended before it is ended."""
    first = plan_hotspots(blind((out(0, 5), ON)), ruling()).steps[0]
    records = (
        StepRecord(first, "r", StepState.APPLIED, NOW - timedelta(days=2)),
        StepRecord(evolve(first, action=RESTORE), "r", StepState.WITHDRAWN, NOW, attempts=(NOW,)),
    )
    plan = plan_hotspots(blind((inside(0, ItemState.WITHDRAWN), ON), records=records), ruling())
    assert [(s.action, [r.code for r in s.reasons]) for s in plan.steps] == [
        (SUSPEND, ["withdrawn", "unconfirmed"]),
        (TERMINATE, ["withdrawn"]),
    ]


def test_a_clock_that_stands_still_orders_by_the_list():
    """Everything at one instant, as in a sample district: the confirmed restore settles what was asked before it."""
    first = plan_hotspots(blind((out(0, 5), ON)), ruling()).steps[0]
    records = (
        StepRecord(first, "r", StepState.WITHDRAWN, NOW, attempts=(NOW,)),
        StepRecord(evolve(first, action=RESTORE), "r", StepState.APPLIED, NOW, attempts=(NOW,)),
    )
    assert plan_hotspots(blind((out(0, -3), ON), records=records), ruling()).steps == ()
