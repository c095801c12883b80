"""A district with an ILS export and a carrier's portal, worked by hand from morning to morning."""

import csv
from datetime import date, timedelta

import pytest
from e2e_district import MONDAY, PATRON, Portal, as_workbook, at, number_of, tick, tick_all
from e2e_story import told

from support.hotspots import line

DEVICES = dict.fromkeys(range(8), "carrier")
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 3))
OVERDUE = date(2026, 9, 29)  # Tuesday; the grace is Wednesday and Thursday
SOON = date(2026, 10, 20)


@pytest.fixture
def town(found):
    """Eight hotspots: 0 and 1 overdue, 2 came back suspended, 3 on loan, the others in."""
    town = found({"carrier": Portal.TABLE}, DEVICES)
    town.lend(0, OVERDUE)
    town.lend(1, at(OVERDUE, 23, 59))
    town.lend(3, SOON)
    town.extract()
    return town


@pytest.fixture
def portal(town):
    """Its portal, with one line suspended."""
    portal = Portal(town, DEVICES)
    portal.words[2] = "Suspended"
    portal.export()
    return portal


def next_morning(town, portal, day, *, hour=8):
    """Extract and export arrive, then the run."""
    town.sleep_until(day, hour)
    portal.export()
    return town.morning()


def test_from_the_dry_run_to_the_export_that_confirms(town, portal):
    """Dry run, day, bulk file, ticks, next export: every line ends as wished and every day ends at zero."""
    looked = town.morning(dry_run=True)
    assert looked.planned == [("restore", 2), ("suspend", 0), ("suspend", 1)]
    assert town.records() == []
    day = town.morning()
    assert (day.code, day.strict, day.result.residual) == (0, 3, 0)
    assert [s.id for s in looked.result.plan.steps] == [s.id for s in day.result.plan.steps]
    assert day.waits == [("restore", 2, "operator"), ("suspend", 0, "operator"), ("suspend", 1, "operator")]
    portal.upload(day.bulk())
    assert portal.words[0] == portal.words[1] == "Suspended"
    assert portal.words[2] == "Active"
    done, refused = town.confirm(tick_all(day.worklist()))
    assert (done, refused) == ([(0, "applied"), (1, "applied"), (2, "applied")], [])
    again = town.morning()  # the export is older than what was confirmed
    assert (again.planned, again.waits, again.code) == ([], [], 0)
    tuesday = next_morning(town, portal, TUESDAY)
    assert (tuesday.planned, tuesday.waits, tuesday.exceptions, tuesday.strict) == ([], [], [], 0)
    assert told(town, day.result.plan.steps[0].id) == ["prepare", "handed_over", "confirmed"]


def test_an_export_confirms_what_nobody_ticked(town, portal):
    """The operator did the work and forgot the file: the next export is the receipt."""
    day = town.morning()
    portal.upload(day.bulk())
    tuesday = next_morning(town, portal, TUESDAY)
    assert (tuesday.planned, tuesday.waits, tuesday.code) == ([], [], 0)
    assert {r.state.value for r in tuesday.result.settled} == {"applied"}
    assert town.confirm(tick_all(day.worklist()))[0] == [(0, "applied"), (1, "applied"), (2, "applied")]
    assert told(town, day.result.plan.steps[0].id) == ["prepare", "handed_over", "applied"]


def test_what_nobody_did_comes_back_on_the_next_worklist(town, portal):
    """Nothing was ticked and nothing done: the same steps, on a new list."""
    day = town.morning()
    tuesday = next_morning(town, portal, TUESDAY)
    assert tuesday.planned == []
    assert tuesday.waits == day.waits
    assert _steps(tuesday.worklist()) == _steps(day.worklist())
    assert tuesday.worklist() != day.worklist()


def test_an_export_that_contradicts_a_confirmation_is_drift(town, portal):
    """Ticked, but the portal still says Active: a new step with a new id, and the reason says so."""
    day = town.morning()
    town.confirm(tick_all(day.worklist()))
    portal.words.update({0: "Active", 1: "Suspended", 2: "Active"})
    tuesday = next_morning(town, portal, TUESDAY)
    assert tuesday.planned == [("suspend", 0)]
    (step,) = tuesday.result.plan.steps
    assert step.id not in {s.id for s in day.result.plan.steps}
    assert "not in the state we last confirmed" in tuesday.page
    assert tuesday.result.residual == 0
    portal.upload(tuesday.bulk())
    assert next_morning(town, portal, WEDNESDAY).planned == []


def test_a_row_that_takes_service_needs_the_second_tick(town, portal):
    """Done without rechecked: refused with its line; the restore beside it counts; the rest comes back."""
    day = town.morning()
    lines = {step: number for number, step in enumerate(_steps(day.worklist()), 2)}
    done, refused = town.confirm(tick(day.worklist(), {}, other=("x", "")))
    assert done == [(2, "applied")]
    assert [row.split(": ")[0] for row in refused] == [
        f"{day.worklist().name}:{lines[s.id]}" for s in day.result.plan.steps if s.action.endswith("suspend")
    ]
    assert all("tick 'rechecked'" in row for row in refused)
    assert sorted(w[:2] for w in town.morning().waits) == [("suspend", 0), ("suspend", 1)]


def test_a_hotspot_that_comes_back_first_leaves_the_worklist(town, portal):
    """Returned before the operator did it: the row is withdrawn and the others stay."""
    day = town.morning()
    town.sleep_until(TUESDAY, 7)
    town.put(0)
    tuesday = next_morning(town, portal, TUESDAY)
    assert [w[:2] for w in tuesday.waits] == [("restore", 2), ("suspend", 1)]
    gone = _of(day, "suspend", 0)
    assert gone not in _steps(tuesday.worklist())
    assert told(town, gone) == ["prepare", "handed_over", "withdraw"]
    assert str(line(0).iccid) not in tuesday.bulk().read_text(encoding="utf-8")
    assert "Suspend 39999000000008 (cheney)" in tuesday.page
    assert "the item is now returned" in tuesday.page


def test_work_done_from_an_old_list_is_taken_back(town, portal):
    """Withdrawn, but the operator did it from yesterday's paper and says so: the next run restores it."""
    day = town.morning()
    town.sleep_until(TUESDAY, 7)
    town.put(0)
    next_morning(town, portal, TUESDAY)
    town.clock.tick(hours=1)
    portal.do(0, "suspend")
    done, refused = town.confirm(tick(day.worklist(), {_of(day, "suspend", 0): ("x", "x")}))
    assert (done, refused) == ([(0, "applied")], [])
    wednesday = next_morning(town, portal, WEDNESDAY)
    assert ("restore", 0) in wednesday.planned
    portal.upload(wednesday.bulk())
    assert ("restore", 0) not in [w[:2] for w in next_morning(town, portal, THURSDAY).waits]
    assert town.record("restore", 0).state.value == "applied"


def _steps(worklist):
    with worklist.open(encoding="utf-8-sig") as file:
        return [row["step"].removeprefix("scld-") for row in csv.DictReader(file)]


def _of(morning, verb, number):
    return next(
        s.id for s in morning.result.plan.steps if s.action == f"hotspots.{verb}" and number_of(s.subject) == number
    )


def test_no_household_leaves_the_extract(town, portal):
    """The extract may hold a household's key; nothing that the district keeps, prints or sends does."""
    day = town.morning()
    assert PATRON in town.extract().read_text(encoding="utf-8")
    portal.upload(day.bulk())
    town.confirm(tick_all(day.worklist()))
    next_morning(town, portal, TUESDAY)
    assert PATRON not in town.traces()
    assert PATRON not in repr((day.json, town.records()))


def test_a_plan_of_a_new_district_waits_for_apply(found):
    """As `scld init` leaves it nothing is applied by itself: the plan file is, by a person, and once."""
    town = found({"carrier": Portal.TABLE}, DEVICES, auto=False)
    portal = Portal(town, DEVICES)
    town.lend(0, OVERDUE)
    town.lend(1, OVERDUE)
    town.extract()
    portal.export()
    day = town.morning()
    assert (day.code, day.strict, day.asked) == (0, 3, [])
    assert town.records() == []
    chosen = _of(day, "suspend", 0)
    assert [(r.step, r.result) for r in town.apply(day.published.plan, only=[chosen])] == [(chosen, "waiting")]
    town.put(1)
    town.clock.tick(minutes=30)
    town.extract()
    results = {number_of(r.subject): r.result for r in town.apply(day.published.plan)}
    assert results == {0: "waiting", 1: "skipped"}  # the facts were read again
    assert len(town.records()) == 1


def test_an_approval_and_a_plan_to_confirm_go_hand_in_hand(found):
    """Nothing is applied by itself: `apply` asks, a supervisor answers, and `apply` carries it out."""
    town = found({"carrier": Portal.TABLE}, DEVICES, auto=False)
    portal = Portal(town, DEVICES)
    portal.words[4] = "Suspended"
    town.put(4, "lost_paid")
    town.extract()
    portal.export()
    day = town.morning()
    (asked,) = town.apply(day.published.plan)
    assert asked.result == "needs_approval"
    assert town.morning().waits == [("terminate", 4, "approval")]
    town.approve(asked.step)
    tuesday = next_morning(town, portal, TUESDAY)
    assert (tuesday.asked, tuesday.planned) == ([], [("terminate", 4)])
    assert [r.result for r in town.apply(tuesday.published.plan)] == ["waiting"]


def test_workbooks_do_as_well_as_text_files(found):
    """Extract, export and inventory as XLSX with text cells: the same day."""
    table = Portal.TABLE.replace("exports/*.csv", "exports/*.xlsx")
    town = found({"carrier": table}, DEVICES, inventory="hotspots.xlsx")
    town.edit(lambda text: text.replace("extracts/*.csv", "extracts/*.xlsx"))
    portal = Portal(town, DEVICES)
    town.lend(0, OVERDUE)
    for path in (town.extract(), portal.export()):
        as_workbook(path)
    day = town.morning()
    assert (day.code, day.planned) == (0, [("suspend", 0)])
