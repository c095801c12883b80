"""What goes wrong at a desk that works from files: the run says so by name, or leaves the line alone."""

import csv
from datetime import date, timedelta

import pytest
from e2e_district import ANNE, CORA, MONDAY, ZONE, Portal, at, tick, tick_all
from e2e_story import told

from scld_core.errors import BadInput
from scld_core.runs.model import Risk

DEVICES = dict.fromkeys(range(8), "carrier")
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=n) for n in (1, 2, 3))
OVERDUE = date(2026, 9, 29)


@pytest.fixture
def town(found):
    """Eight hotspots: 0 overdue, 1 came back suspended, the others in."""
    town = found({"carrier": Portal.TABLE}, DEVICES)
    town.lend(0, OVERDUE)
    town.extract()
    return town


@pytest.fixture
def portal(town):
    """Its portal."""
    portal = Portal(town, DEVICES)
    portal.words[1] = "Suspended"
    portal.export()
    return portal


def next_morning(town, portal, day):
    """Extract and export arrive, then the run."""
    town.sleep_until(day)
    portal.export()
    return town.morning()


def steps_of(worklist):
    """The ids on a worklist."""
    with worklist.open(encoding="utf-8-sig", newline="") as file:
        return [row["step"].removeprefix("scld-") for row in csv.DictReader(file)]


def bulk_rows(path):
    """The rows of a bulk file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_an_old_extract_stops_the_run_by_name(town, portal):
    """Yesterday's extract: exit 4, the ILS is named, nothing is planned or sent."""
    town.clock.at = at(TUESDAY)
    portal.export()
    stopped = town.morning()
    assert stopped.code == 4
    assert stopped.error.startswith("main is 24 h 20 min old and the limit is 4 h 00 min")
    assert town.records() == []


def test_an_old_export_stops_the_run_by_name(town, portal):
    """The extract is new and the portal's export is not: exit 4, the carrier is named."""
    town.sleep_until(TUESDAY)
    stopped = town.morning()
    assert stopped.code == 4
    assert stopped.error.startswith("carrier is 24 h 30 min old")
    assert town.records() == []


def test_an_export_of_tomorrow_stops_the_run(town, portal):
    """A clock or zone that is wrong: an export that is not made yet proves nothing."""
    portal.export(at(TUESDAY))
    stopped = town.morning()
    assert (stopped.code, stopped.error.split(";")[0]) == (
        4,
        "carrier says it was made 24 h 00 min from now",
    )


@pytest.mark.parametrize("who", ["ils", "carrier"])
def test_a_list_that_shrank_stops_the_run(town, portal, who):
    """Half of our hotspots are missing: an outage or a filter, never eight lost devices."""
    if who == "ils":
        town.extract(only=[0, 1, 2])
    else:
        portal.export(only=[0, 1, 2])
    stopped = town.morning()
    assert stopped.code == 4
    assert "knows 3 of 8" in stopped.error
    assert town.records() == []


def test_an_export_without_a_time_in_its_name_is_refused(town, portal):
    """A file's own date changes with every copy, so an undated export cannot be used: exit 2, and how to name it."""
    (path,) = portal.folder.iterdir()
    path.rename(portal.folder / "lines.csv")
    stopped = town.morning()
    assert stopped.code == 2
    assert "lines.csv: its name does not say when it was made" in stopped.error
    assert town.records() == []


def test_a_renamed_column_is_refused_and_named(town, portal):
    """The portal renames a column overnight: exit 2 with the column, and the district goes on when it is mapped."""
    portal.export(header="IMEI,ICCID,Line Status")
    stopped = town.morning()
    assert stopped.code == 2
    assert "lacks the column 'Status' for status" in stopped.error
    town.edit(lambda text: text.replace('status = "Status"', 'status = "Line Status"'))
    assert town.morning().planned == [("restore", 1), ("suspend", 0)]


def test_a_word_that_nobody_translated_is_shown_and_left_alone(town, portal):
    """A new word of the portal for one line: that line is for a person, the others go on."""
    portal.words[0] = "On Vacation"
    portal.export()
    day = town.morning()
    assert (day.planned, day.exceptions, day.code) == ([("restore", 1)], ["unknown_word"], 0)


def test_too_many_suspensions_wait_for_a_number(town, portal):
    """Everything overdue at once: exit 4 with the number; that number, and no other, lets the run go on."""
    for n in DEVICES:
        town.lend(n, OVERDUE)
    town.extract()
    portal.words[1] = "Active"
    portal.export()
    stopped = town.morning()
    assert stopped.code == 4
    assert "--confirm-blast-radius 8" in stopped.error
    assert town.morning(blast=7).code == 4
    assert len(town.morning(blast=8).waits) == 8


def test_an_extract_that_breaks_during_the_run_stops_only_its_steps(town, portal):
    """Somebody saves over the extract in mid-run: the first step stands, the second is not sent; there is a report."""
    page = town.folder / "extracts" / "hotspot-loans-2026-10-05T0759-0700.csv"

    def spoil(stage):
        if stage.what == "apply" and stage.done == 1:
            page.write_text("half a fi", encoding="utf-8")

    day = town.morning(progress=spoil)
    assert (day.code, day.asked) == (5, [("restore", 1, "failed"), ("suspend", 0, "waiting")])
    assert day.result.unverified.startswith("what was done could not be verified: ")
    assert "could not be verified" in day.page
    assert steps_of(day.worklist()) == [town.record("suspend", 0).step.id]
    page.unlink()
    assert town.morning().asked == [("restore", 1, "waiting")]


def test_an_export_that_breaks_during_the_run_leaves_report_and_worklist(town, portal):
    """What was handed over is on a worklist, whatever hinders the last look."""

    def spoil(stage):
        if stage.what == "apply" and stage.done == 1:
            (portal.folder / "lines-2026-10-05T0759.csv").write_text("half a fi", encoding="utf-8")

    day = town.morning(progress=spoil)
    assert (day.code, [r for *_, r in day.asked]) == (5, ["waiting", "waiting"])
    assert "lines-2026-10-05T0759.csv" in day.result.unverified
    assert len(steps_of(day.worklist())) == 2


def test_what_the_operator_leaves_for_days_is_for_a_person_too(town, portal):
    """A row that nobody does stays on the worklist, and past the limit it is on the exception list as well."""
    town.morning()
    assert next_morning(town, portal, WEDNESDAY).exceptions == []
    thursday = next_morning(town, portal, THURSDAY)
    assert thursday.exceptions == ["pending_too_long", "pending_too_long"]
    assert [w[:2] for w in thursday.waits] == [("restore", 1), ("suspend", 0)]
    assert len(steps_of(thursday.worklist())) == 2
    assert thursday.strict == 3


@pytest.mark.parametrize("how", ["weeded", "mistyped", "unreadable", "not in the ILS"])
def test_nobody_is_asked_to_act_on_a_hotspot_that_cannot_be_judged(town, portal, how):
    """Its row leaves the worklist at once, and comes back when the hotspot can be judged again."""
    first = town.morning()
    step = town.record("suspend", 0).step.id
    town.sleep_until(TUESDAY, 7)
    others = [n for n in DEVICES if n != 0]
    if how == "weeded":
        town.list_devices(only=others)
    if how == "mistyped":
        path = town.folder / "hotspots.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("350000000000006", "3.5E+14"), encoding="utf-8")
    if how == "unreadable":
        town.copies[0].status = "on_walkabout"
    kept = town.copies.pop(0) if how == "not in the ILS" else town.copies[0]
    tuesday = next_morning(town, portal, TUESDAY)
    assert step in steps_of(first.worklist())
    assert step not in steps_of(tuesday.worklist())
    assert [w[:2] for w in tuesday.waits] == [("restore", 1)]
    assert tuesday.exceptions
    town.list_devices()
    town.copies[0], kept.status = kept, "on_loan"
    assert ("suspend", 0) in next_morning(town, portal, WEDNESDAY).planned
    assert told(town, step) == ["prepare", "handed_over", "withdraw", "prepare", "handed_over"]


def test_a_sim_that_was_changed_is_changed_on_the_worklist(town, portal):
    """The inventory learns the new SIM while the row waits: nobody is sent to the old one."""
    from support.hotspots import line

    town.morning()
    new = str(line(90).iccid)
    path = town.folder / "hotspots.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(str(line(0).iccid), new), encoding="utf-8")
    town.sleep_until(TUESDAY)
    export = portal.export()
    export.write_text(export.read_text(encoding="utf-8").replace(str(line(0).iccid), new), encoding="utf-8")
    tuesday = town.morning()
    assert tuesday.asked == [("suspend", 0, "waiting")]
    assert new in tuesday.bulk().read_text(encoding="utf-8")
    assert str(line(0).iccid) not in tuesday.bulk().read_text(encoding="utf-8")


def test_a_carrier_that_was_renamed_takes_its_rows_along(town, portal):
    """Another name in district.toml while rows wait: no traceback, and the rows wait under the new name."""
    first = town.morning()
    town.edit(lambda text: text.replace("[backends.carrier]", "[backends.verizon]"))
    town.devices = dict.fromkeys(DEVICES, "verizon")
    town.list_devices()
    tuesday = next_morning(town, portal, TUESDAY)
    assert tuesday.code == 0
    assert steps_of(tuesday.worklist("verizon")) == steps_of(first.worklist("carrier"))


def test_ending_a_line_is_asked_again_when_the_reason_changes(town, portal):
    """Lost and paid, then withdrawn: the first question is taken back, the second one can be answered."""
    town.put(2, "lost_paid")
    town.extract()
    portal.upload(town.morning().bulk())
    assert next_morning(town, portal, TUESDAY).waits == [("terminate", 2, "approval")]
    first = town.record("terminate", 2).step.id
    town.put(2, "withdrawn")
    wednesday = next_morning(town, portal, WEDNESDAY)
    assert (wednesday.asked, wednesday.code) == ([("terminate", 2, "needs_approval")], 0)
    second = town.record("terminate", 2).step.id
    assert second != first
    assert told(town, first) == ["needs_approval", "withdraw"]
    town.approve(second)
    thursday = next_morning(town, portal, THURSDAY)
    assert thursday.asked == [("terminate", 2, "waiting")]
    assert told(town, second) == ["needs_approval", "approved", "prepare", "handed_over"]


def test_one_line_has_one_row_when_its_end_is_approved_before_it_was_suspended(town, portal):
    """The operator has not suspended it yet, and a supervisor says end it: one row, and the portal takes the file."""
    town.put(2, "lost_paid")
    town.extract()
    town.morning()
    town.approve(town.record("terminate", 2).step.id)
    tuesday = next_morning(town, portal, TUESDAY)
    assert [w for w in tuesday.waits if w[1] == 2] == [("terminate", 2, "operator")]
    assert tuesday.code == 0
    portal.upload(tuesday.bulk())
    assert portal.words[2] == "Deactivated"
    assert next_morning(town, portal, WEDNESDAY).planned == []
    assert town.record("terminate", 2).state.value == "applied"


def test_an_approval_outlives_the_night_and_is_nobody_elses(town, portal):
    """Approved in the afternoon, carried out the next morning; not by the asker, nor by somebody without the role."""
    town.put(2, "lost_paid")
    town.extract()
    portal.words[2] = "Suspended"
    portal.export()
    town.morning()
    step = town.record("terminate", 2).step.id
    town.clock.tick(hours=6)
    for actor in (ANNE, CORA):
        with pytest.raises(BadInput):
            town.approve(step, actor=actor)
    town.approve(step)
    assert next_morning(town, portal, TUESDAY).asked == [("terminate", 2, "waiting")]


def test_what_was_approved_is_not_done_when_the_item_comes_back(town, portal):
    """The yes was for a lost hotspot: the one that came back keeps its line."""
    town.put(2, "lost_paid")
    town.extract()
    portal.words[2] = "Suspended"
    portal.export()
    town.morning()
    step = town.record("terminate", 2).step.id
    town.approve(step)
    town.sleep_until(TUESDAY, 7)
    town.put(2)
    assert ("restore", 2) in next_morning(town, portal, TUESDAY).planned
    assert told(town, step) == ["needs_approval", "approved", "withdraw"]


def test_an_undo_by_hand_waits_for_the_operator_and_is_not_planned_away(town, portal):
    """Undone: service is given back on a worklist of its own, for the day; none is taken from a returned hotspot."""
    day = town.morning()
    portal.upload(day.bulk())
    town.confirm(tick_all(day.worklist()))
    town.clock.tick(hours=1)
    receipts, (left,) = town.undo(day.result.run)
    assert sorted(r.result for r in receipts) == ["skipped", "waiting"]
    again = town.morning()
    assert again.waits == [("restore", 0, "operator")]
    assert sorted(steps_of(again.worklist())) == sorted(steps_of(left))
    portal.upload(again.bulk())
    assert town.confirm(tick_all(left)) == ([(0, "applied")], [])
    today = town.morning()
    assert (today.planned, today.exceptions) == ([], ["undone_today"])
    assert next_morning(town, portal, TUESDAY).planned == [("suspend", 0)]


def test_an_undo_by_hand_that_takes_service_needs_the_tick_that_the_item_was_looked_up(town, portal):
    """The restored hotspot turns out to be overdue after all: its suspension is a risky row like any other."""
    day = town.morning()
    portal.upload(day.bulk())
    town.confirm(tick_all(day.worklist()))
    town.clock.tick(hours=1)
    town.lend(1, OVERDUE, "again")
    town.extract()
    receipts, (left,) = town.undo(day.result.run)
    assert [r.result for r in receipts] == ["waiting", "waiting"]
    assert town.record("suspend", 1).step.risk is Risk.RISKY
    done, refused = town.confirm(tick(left, {}, other=("x", "")))
    assert (done, len(refused)) == ([(0, "applied")], 1)


def test_undoing_what_nobody_did_yet_says_so(town, portal):
    """The rows still wait: undo names their number and what to do, and changes nothing."""
    day = town.morning()
    with pytest.raises(BadInput, match="had no effect yet; 2 of its steps still wait"):
        town.undo(day.result.run)
    town.confirm(tick_all(day.worklist()))
    assert len(town.undo(day.result.run)[0]) == 2


def test_an_undo_takes_what_waits_for_a_person_off_the_line(town, portal):
    """An export contradicts the ticks, so a second suspension waits; after the undo no line has two opposite rows."""
    day = town.morning()
    town.confirm(tick_all(day.worklist()))
    town.clock.tick(hours=2)
    town.extract()
    portal.export()  # the portal was never touched
    again = town.morning()
    assert again.planned == [("restore", 1), ("suspend", 0)]
    _, (left,) = town.undo(day.result.run)
    after = town.morning()
    assert after.waits == [("restore", 0, "operator"), ("restore", 1, "operator")]
    assert set(steps_of(after.worklist())) > set(steps_of(left))
    assert len({row["iccid"] for row in bulk_rows(after.bulk())}) == len(bulk_rows(after.bulk())) == 2


def test_a_run_of_an_earlier_day_is_not_undone(town, portal):
    """What was done since rests on it; the next run mends what is wrong."""
    day = town.morning()
    town.confirm(tick_all(day.worklist()))
    town.sleep_until(TUESDAY)
    with pytest.raises(BadInput, match="only a run of the same day is undone"):
        town.undo(day.result.run)


def test_the_district_zone_dates_an_export(town, portal):
    """07:30 in a file's name is 07:30 in Spokane, wherever the machine is."""
    with town.open() as desk:
        (page,) = desk.backends["carrier"].lines.iter_lines()
    assert page.as_of.astimezone(ZONE).hour == 7
