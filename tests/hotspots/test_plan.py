"""The day's plan: what it does, what it leaves alone, and that nothing but the facts matters."""

from datetime import timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.circulation.model import ItemState
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.hotspots.model import LineView, ServiceState, Wish
from scld_core.hotspots.plan import plan_hotspots
from scld_core.hotspots.rules import desired
from scld_core.kernel.devices import Msisdn
from scld_core.kernel.page import Quarantined
from scld_core.runs.model import Approval, StepRecord, StepState
from support.hotspots import (
    CALENDAR,
    NOW,
    POLICY,
    circulations,
    device,
    districts,
    facts,
    inside,
    line,
    out,
    ruling,
    view,
)

ON, OFF, ENDED = ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.TERMINATED


def actions(plan):
    return [(step.action, step.subject) for step in plan.steps]


def record(step, state, *, at=NOW, **more):
    return StepRecord(step, "2026-03-09-1", state, at, "jdoe", **more)


def test_overdue_is_suspended_and_returned_is_restored():
    """The duty in two lines."""
    plan = plan_hotspots(facts((out(0, 5), ON), (inside(1, ItemState.CHECKED_IN), OFF), (out(2, -3), ON)), ruling())
    assert actions(plan) == [(SUSPEND, "main:i0"), (RESTORE, "main:i1")]
    assert plan.in_order == 1
    assert not plan.exceptions


def test_ending_a_line_waits_for_approval_and_is_suspended_meanwhile():
    """Withdrawn and in service: suspended at once, ended only by a person's yes."""
    plan = plan_hotspots(facts((inside(0, ItemState.WITHDRAWN), ON)), ruling())
    assert [(s.action, s.needs_approval) for s in plan.steps] == [(SUSPEND, False), (TERMINATE, True)]


@given(districts())
def test_every_device_is_accounted_for(found):
    """Conservation: each device has a step, waits, is an exception, or is in order."""
    plan = plan_hotspots(found, ruling())
    touched = {step.subject for step in plan.steps} | {row.subject for row in plan.waiting}
    named = {row.subject for row in plan.exceptions}
    others = sum(str(d.item) not in touched and d.label not in named for d in found.devices)
    assert plan.in_order == others


@given(districts(), st.randoms())
def test_the_order_of_the_input_never_matters(found, random):
    """Shuffled devices, lines and records give the same plan."""
    devices, lines = list(found.devices), list(found.lines["carrier"] or ())
    random.shuffle(devices)
    random.shuffle(lines)
    items = dict(random.sample(list(found.items.items()), len(found.items)))
    shuffled = evolve(found, devices=tuple(devices), lines={"carrier": tuple(lines)}, items=items)
    assert plan_hotspots(shuffled, ruling()) == plan_hotspots(found, ruling())


@given(districts())
def test_the_plan_agrees_with_a_brute_force_oracle(found):
    """Suspended exactly where wish and state say so, judged device by device."""
    plan = plan_hotspots(found, ruling())
    states = {d.item: v.state for d, v in zip(found.devices, found.lines["carrier"] or (), strict=True)}
    expected = set()
    for d in found.devices:
        wish, state = desired(found.items[d.item], POLICY, CALENDAR, NOW).wish, states[d.item]
        if state is ON and wish in (Wish.SUSPENDED, Wish.TERMINATED):
            expected.add((SUSPEND, str(d.item)))
        if state in (ON, OFF) and wish is Wish.TERMINATED:
            expected.add((TERMINATE, str(d.item)))
        if state is OFF and wish is Wish.ACTIVE:
            expected.add((RESTORE, str(d.item)))
    assert set(actions(plan)) == expected


@given(circulations(0))
def test_applying_the_plan_leaves_nothing_to_plan(item):
    """Idempotence: with the wished state observed, a second plan has no step of the same kind."""
    first = plan_hotspots(facts((item, ON)), ruling())
    state = OFF if any(s.action == SUSPEND for s in first.steps) else ON
    done = tuple(record(s, StepState.APPLIED) for s in first.steps if s.action == SUSPEND)
    asked = tuple(record(s, StepState.AWAITING_APPROVAL) for s in first.steps if s.action == TERMINATE)
    second = plan_hotspots(evolve(facts((item, state)), records=done + asked), ruling())
    assert second.steps == ()
    assert [w.on for w in second.waiting] == ["approval"] * len(asked)


def test_step_ids_do_not_depend_on_the_run_date():
    """The same occurrence tomorrow is the same step."""
    today = plan_hotspots(facts((out(0, 5), ON)), ruling())
    tomorrow = plan_hotspots(facts((out(0, 5), ON)), ruling(NOW + timedelta(days=1)))
    assert [s.id for s in today.steps] == [s.id for s in tomorrow.steps]
    assert today.steps[0].business_day != tomorrow.steps[0].business_day


def test_drift_gets_a_step_of_its_own():
    """The carrier resumed a line that we suspended for this very loan: a new id, and it says so."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(first, StepState.APPLIED, at=NOW - timedelta(days=1), attempts=(NOW - timedelta(days=1),)),)
    again = plan_hotspots(evolve(facts((out(0, 5), ON)), records=past), ruling()).steps
    assert len(again) == 1
    assert again[0].id != first.id
    assert [r.code for r in again[0].reasons] == ["overdue", "drift"]


def test_an_observation_older_than_our_effect_cannot_contradict_it():
    """An export made before the suspension was confirmed still says active: no second suspension."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(first, StepState.APPLIED, at=NOW - timedelta(minutes=5)),)
    old = {"carrier": (view(0, ON, NOW - timedelta(minutes=9)),)}
    assert plan_hotspots(evolve(facts((out(0, 5), ON)), records=past, lines=old), ruling()).steps == ()
    ahead = (record(first, StepState.APPLIED, at=NOW + timedelta(days=365)),)  # a clock that was wrong once
    assert len(plan_hotspots(evolve(facts((out(0, 5), ON)), records=ahead), ruling()).steps) == 1


def test_a_waiting_step_whose_reason_has_gone_is_withdrawn():
    """The item came back before the operator got to the row."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(first, StepState.WAITING_OPERATOR),)
    plan = plan_hotspots(evolve(facts((inside(0, ItemState.CHECKED_IN), ON)), records=past), ruling())
    assert [w.step for w in plan.withdrawals] == [first.id]
    assert plan.steps == plan.waiting == ()


def test_nothing_opposite_is_planned_while_something_is_under_way():
    """A suspension the carrier still works on must settle before a restore is sent."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    for state in (StepState.WAITING_SYSTEM, StepState.UNKNOWN, StepState.PREPARED):
        past = (record(first, state, attempts=(NOW,)),)
        plan = plan_hotspots(evolve(facts((inside(0, ItemState.CHECKED_IN), OFF)), records=past), ruling())
        assert plan.steps == ()
        assert [w.step for w in plan.waiting] == [first.id]


def test_what_stays_open_too_long_is_for_a_person():
    """Pending for ever ends on the exception list."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(first, StepState.WAITING_SYSTEM, at=NOW - timedelta(hours=49)),)
    plan = plan_hotspots(evolve(facts((out(0, 5), ServiceState.PENDING_SUSPEND)), records=past), ruling())
    assert [e.code for e in plan.exceptions] == ["pending_too_long"]
    assert plan.steps == plan.waiting == ()


def test_an_approval_is_carried_out_and_void_when_the_evidence_changed():
    """Approved as it stands: planned. Changed since: asked again. Neither: waits."""
    item = inside(0, ItemState.WITHDRAWN)
    step = plan_hotspots(facts((item, OFF)), ruling()).steps[0]
    yes = Approval("mroe", NOW, "cleared with the manager", step.digest)
    waits = plan_hotspots(evolve(facts((item, OFF)), records=(record(step, StepState.AWAITING_APPROVAL),)), ruling())
    assert waits.steps == ()
    approved = (record(step, StepState.AWAITING_APPROVAL, approval=yes),)
    assert plan_hotspots(evolve(facts((item, OFF)), records=approved), ruling()).steps == (step,)
    changed = (record(evolve(step, reasons=()), StepState.AWAITING_APPROVAL, approval=yes),)
    assert plan_hotspots(evolve(facts((item, OFF)), records=changed), ruling()).steps == (step,)


def test_the_carriers_daily_limit_stops_a_line():
    """Five requests today: the sixth waits for tomorrow, on the exception list."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(first, StepState.FAILED, attempts=(NOW - timedelta(hours=1),) * 5),)
    plan = plan_hotspots(evolve(facts((out(0, 5), ON)), records=past), ruling())
    assert plan.steps == ()
    assert [e.code for e in plan.exceptions] == ["budget"]
    tomorrow = plan_hotspots(evolve(facts((out(0, 5), ON)), records=past), ruling(NOW + timedelta(days=1)))
    assert [s.id for s in tomorrow.steps] == [first.id]


def test_the_yearly_limit_of_suspended_days_stops_a_line():
    """180 days suspended within a year: a person decides, and the carrier is not asked."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    again = evolve(first, cause="drift after effect 1")
    past = (
        record(first, StepState.APPLIED, at=NOW - timedelta(days=181)),
        record(again, StepState.APPLIED, at=NOW - timedelta(days=90)),
    )
    plan = plan_hotspots(evolve(facts((out(0, 5), ON)), records=past), ruling())
    assert [e.code for e in plan.exceptions] == ["suspended_too_long"]
    assert plan.steps == ()


def test_staff_are_told_before_the_carrier_resumes_a_line():
    """Suspended 85 days for an item that is still out: a note, and no step."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(first, StepState.APPLIED, at=NOW - timedelta(days=85)),)
    plan = plan_hotspots(evolve(facts((out(0, 5), OFF)), records=past), ruling())
    assert [n.code for n in plan.notes] == ["resume_soon"]
    said = evolve(view(0, OFF), resumes_at=NOW + timedelta(days=3))
    plan = plan_hotspots(evolve(facts((out(0, 5), OFF)), lines={"carrier": (said,)}), ruling())
    assert [n.code for n in plan.notes] == ["resume_soon"]


def test_an_undone_line_is_left_alone_until_tomorrow():
    """Undo would be pointless if the next run suspended again at once."""
    undone = evolve(plan_hotspots(facts((inside(0, ItemState.CHECKED_IN), OFF)), ruling()).steps[0], undoes="abc")
    found = evolve(facts((out(0, 5), ON)), records=(record(undone, StepState.APPLIED),))
    assert [e.code for e in plan_hotspots(found, ruling()).exceptions] == ["undone_today"]
    assert actions(plan_hotspots(found, ruling(NOW + timedelta(days=1)))) == [(SUSPEND, "main:i0")]


def test_what_cannot_be_judged_is_an_exception_and_never_acted_on():
    """Unknown words, unknown items, ended lines in use, strange and doubled lines, swapped SIMs."""
    found = facts(
        (out(0, 5), ServiceState.UNKNOWN_WORD),
        (inside(1, ItemState.UNKNOWN_WORD), ON),
        (out(2, -1), ENDED),
        (out(3, 5), ON),
        (out(4, 5), ON),
        (out(5, 5), ON),
        (out(6, 5), ON),
    )
    lines = list(found.lines["carrier"] or ())
    lines[4] = LineView(line(4).imei, line(44).iccid, ON, NOW)
    lines[5] = evolve(lines[5], imei=line(55).imei)
    lines.append(view(6, ON))
    lines.append(view(99, ON))
    lines.append(view(98, ENDED))
    items = {k: v for k, v in found.items.items() if k != device(3).item}
    plan = plan_hotspots(evolve(found, lines={"carrier": tuple(lines)}, items=items), ruling())
    assert plan.steps == ()
    assert sorted(e.code for e in plan.exceptions) == sorted(
        [
            "unknown_word",
            "unreadable",
            "terminated_but_needed",
            "not_in_ils",
            "sim_swapped",
            "sim_swapped",
            "line_twice",
            "stranger",
        ]
    )


def test_a_line_absent_at_the_carrier_or_split_over_two_is_an_exception():
    """A lost SIM, and a device and SIM that the carrier has on two lines."""
    found = facts((out(0, 5), ON), (out(1, 5), ON))
    split = (LineView(line(1).imei, None, ON, NOW), LineView(None, line(1).iccid, ON, NOW))
    plan = plan_hotspots(evolve(found, lines={"carrier": split}), ruling())
    assert [e.code for e in plan.exceptions] == ["not_at_carrier", "sim_swapped"]


def test_without_readable_lines_the_confirmed_effects_are_believed():
    """A portal without an export: what operators confirmed is the state."""
    blind = evolve(facts((out(0, 5), ON)), lines={"carrier": None})
    first = plan_hotspots(blind, ruling())
    assert actions(first) == [(SUSPEND, "main:i0")]
    done = evolve(blind, records=(record(first.steps[0], StepState.APPLIED),))
    assert plan_hotspots(done, ruling()).steps == ()


def test_a_restored_device_is_noted_until_its_service_test():
    """It may not leave for its next pickup library untested."""
    step = plan_hotspots(facts((inside(0, ItemState.CHECKED_IN), OFF)), ruling()).steps[0]
    found = evolve(facts((inside(0, ItemState.CHECKED_IN), ON)), records=(record(step, StepState.APPLIED),))
    assert [n.code for n in plan_hotspots(found, ruling()).notes] == ["service_test_due"]


def test_rows_that_could_not_be_used_are_on_the_exception_list():
    """Nothing is lost: a quarantined row of any source is named with file, line and reason."""
    rows = {"inventory_row": (Quarantined("hotspots.csv", 7, "spreadsheet damage"),)}
    plan = plan_hotspots(evolve(facts(), quarantined=rows), ruling())
    assert [(e.code, e.subject) for e in plan.exceptions] == [("inventory_row", "hotspots.csv:7")]


@given(districts())
def test_no_plan_names_a_patron(found):
    """Canary patrons are in the facts and nowhere in what is printed or sent."""
    assert "canary" not in repr(plan_hotspots(found, ruling()))


def test_the_ended_line_of_an_earlier_sim_does_not_confuse():
    """An account keeps showing the SIM that a device had before: the living line counts."""
    found = facts((out(0, 5), ON))
    before = LineView(line(0).imei, line(50).iccid, ENDED, NOW)
    plan = plan_hotspots(evolve(found, lines={"carrier": (before, view(0, ON))}), ruling())
    assert actions(plan) == [(SUSPEND, "main:i0")]
    assert plan.exceptions == ()


def test_a_row_on_the_operators_list_stays_there_while_its_reason_lasts():
    """Handed over yesterday, still overdue, still in service: waiting, and no second row."""
    first = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(first, StepState.WAITING_OPERATOR, at=NOW - timedelta(days=1)),)
    plan = plan_hotspots(evolve(facts((out(0, 5), ON)), records=past), ruling())
    assert (plan.steps, plan.withdrawals) == ((), ())
    assert [w.on for w in plan.waiting] == ["operator"]


def test_a_person_is_asked_anew_when_what_the_row_rests_on_has_changed():
    """Withdrawn, then lost and paid: the end is another occurrence's. A corrected number: the row is written anew."""
    asked = plan_hotspots(facts((inside(0, ItemState.WITHDRAWN), OFF)), ruling()).steps[0]
    past = (record(asked, StepState.AWAITING_APPROVAL),)
    paid = plan_hotspots(evolve(facts((inside(0, ItemState.LOST_PAID), OFF)), records=past), ruling())
    assert [w.step for w in paid.withdrawals] == [asked.id]
    assert [s.action for s in paid.steps] == [TERMINATE]
    row = plan_hotspots(facts((out(0, 5), ON)), ruling()).steps[0]
    past = (record(row, StepState.WAITING_OPERATOR, attempts=(NOW,)),)
    number = evolve(device(0), line=evolve(line(0), msisdn=Msisdn("15095550100")))
    anew = plan_hotspots(evolve(facts((out(0, 5), ON)), devices=(number,), records=past), ruling())
    assert ([w.step for w in anew.withdrawals], [s.id for s in anew.steps]) == ([row.id], [row.id])
