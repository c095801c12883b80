"""The referral run in `scld day`: a drop folder or a portal, receipts and what follows, and a second run of nothing."""

import csv
import hashlib
import io
import json
import re
from datetime import timedelta

import pytest
from attrs import evolve
from typer.testing import CliRunner

from scld_adapters.agencies.drop.backend import DropChannel
from scld_core.agency.states import ReferralState, Resolution
from scld_core.cli._typer import app
from scld_core.services.day.publish import publish
from support.districts import ANNE
from support.hotspots import NOW
from support.referral_district import PORTAL, ReferralDistrict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW, UPDATE = "ums-new-submissions-2026-03-10.csv", "ums-updates-2026-03-11.csv"


@pytest.fixture
def district(tmp_path):
    """Patrons 1 and 2 are due; 3 was never told; 8 and 9 were referred by hand long ago."""
    return ReferralDistrict.make(tmp_path / "d")


def run(district, now):
    """One run, and its files; the result with the actions that were carried out."""
    with district.at(now) as desk:
        result = desk.day.run()
        publish(result, desk)
    return result, [(r.action.partition(".")[2], r.result) for r in result.receipts]


def told(district, name):
    """The rows of a file at the agency: patron and amount."""
    rows = csv.DictReader(io.StringIO(district.sent()[name].decode()))
    return [(row["borrowernumber"], row.get("Total_Plus_Fee") or row["Due"]) for row in rows]


def test_from_the_file_to_the_agencys_last_word(district):
    """File and receipt, fee with flag and block, nothing twice; then a payment, its update, and the end."""
    result, done = run(district, NOW)
    follow = [("charge_fee", "applied"), ("set_flag", "applied"), ("set_block", "applied")]
    assert done == [("send", "applied"), *follow, *follow]
    assert result.residual == 0
    assert list(district.sent()) == [NEW]
    assert told(district, NEW) == [("70001", "70.00"), ("70002", "70.00")]
    assert [district.touched(n, NOW) for n in (1, 2, 3)] == [(1, True, True)] * 2 + [(0, False, False)]

    again, done = run(district, NOW + HOUR)
    assert (done, again.residual) == ([], 0)

    district.pay(1, NOW + 2 * HOUR)
    district.morning(NOW + DAY)  # the list still has it, and the ILS shows it paid and flagged
    result, done = run(district, NOW + DAY)
    assert done == [("lift_block", "applied"), ("send", "applied"), ("clear_flag", "applied")]
    assert result.residual == 0
    assert told(district, UPDATE) == [("70001", "0.00")]
    assert district.touched(1, NOW + DAY) == (1, False, False)
    assert district.touched(2, NOW + DAY) == (1, True, True)

    district.morning(NOW + 2 * DAY)
    result, done = run(district, NOW + 2 * DAY)
    assert (done, result.residual) == ([], 0)
    with district.at(NOW + 2 * DAY) as desk:
        book = desk.referrals.book()
    one, two = sorted(book.episodes.values(), key=lambda episode: episode.patron)
    assert (one.state, one.resolution) == (ReferralState.CLOSED, Resolution.PAID)
    assert two.state is ReferralState.SENT
    assert sorted(district.listed()) == [2, 8, 9]


def test_the_manifest_is_of_the_bytes_that_arrived(district):
    """Number, rows, control total and fingerprint are kept, and the file at the agency bears them out."""
    run(district, NOW)
    with district.at(NOW) as desk:
        (batch,) = desk.referrals.book().batches
    content = district.sent()[batch.name]
    assert batch.manifest.sha256 == hashlib.sha256(content).hexdigest()
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert (batch.number, batch.manifest.rows) == (1, len(rows))
    assert str(batch.manifest.total) == f"{sum(float(row['Total_Due']) for row in rows):.2f}"
    assert {row["surname"] for row in rows} == {"SAMPLE-1", "SAMPLE-2"}


def test_without_a_receipt_nothing_is_done_to_anybody(district):
    """The folder is gone: no fee, no flag, no block; when it is back the same bytes go, and the rest follows."""
    (district.folder / "outbox").rmdir()
    result, done = run(district, NOW)
    assert done[0] == ("send", "failed")
    assert {result for _, result in done[1:]} == {"skipped"}
    assert [district.touched(n, NOW) for n in (1, 2)] == [(0, False, False)] * 2
    with district.at(NOW) as desk:
        (batch,) = desk.referrals.book().batches
    (district.folder / "outbox").mkdir()
    district.morning(NOW + DAY)
    result, done = run(district, NOW + DAY)
    assert result.residual == 0
    assert hashlib.sha256(district.sent()[NEW]).hexdigest() == batch.manifest.sha256
    assert [district.touched(n, NOW + DAY) for n in (1, 2)] == [(1, True, True)] * 2


def test_the_comparison_leaves_to_the_run_what_the_run_does(district):
    """Neither a second fee nor a row for the agency, though the files of the morning show a difference."""
    run(district, NOW)
    district.pay(1, NOW + 2 * HOUR)
    district.morning(NOW + DAY)
    with district.at(NOW + DAY) as desk:
        plan = desk.day.plan()
        alone = desk.agency.plan()
    agency = next(area for area in plan.areas if area.area == "agency")
    assert agency.steps == alone.steps == ()
    assert {note.code for note in agency.notes} == {"not_made", "referral_run"}


def test_a_list_that_still_differs_after_the_update_is_a_difference(district):
    """An agency that has worked nothing of the update is told again by its worklist, and the run is not silent."""
    run(district, NOW)
    before = district.listed()
    district.pay(1, NOW + 2 * HOUR)
    district.morning(NOW + DAY)
    run(district, NOW + DAY)
    district.morning(NOW + 2 * DAY)
    district.write_list(NOW + 2 * DAY, before)
    result, done = run(district, NOW + 2 * DAY)
    assert done == [("tell", "waiting")]
    assert result.residual == 0


def test_a_fee_that_failed_is_not_charged_by_the_comparison_too(district):
    """Flagged without a fee, the files ask for one; it is the run's, and there is one in the end."""
    with district.at(NOW) as desk:
        plan = desk.day.plan()
        desk.runs.apply(plan_without(plan, "referrals.charge_fee"))
    assert district.touched(1, NOW) == (0, True, True)
    district.morning(NOW + DAY)
    result, done = run(district, NOW + DAY)
    assert done == [("charge_fee", "applied"), ("charge_fee", "applied"), ("send", "skipped")]  # no update is due now
    assert result.residual == 0
    assert district.touched(1, NOW + DAY) == (1, True, True)


def plan_without(plan, action):
    """A plan with fewer steps."""
    areas = (evolve(area, steps=tuple(s for s in area.steps if s.action != action)) for area in plan.areas)
    return evolve(plan, areas=tuple(areas))


def test_through_a_portal_the_tick_is_the_receipt(tmp_path):
    """The file lies beside its worklist; nothing happens to anybody before a person says that it is there."""
    district = ReferralDistrict.make(tmp_path / "d", channel=PORTAL)
    result, done = run(district, NOW)
    assert (done, result.residual) == ([("send", "waiting")], 0)
    assert [district.touched(n, NOW) for n in (1, 2)] == [(0, False, False)] * 2
    lists = district.folder / "worklists"
    assert (lists / NEW).read_bytes().count(b"\n") == 3
    ticked = lists / "worklist-2026-03-10-1-referrals-files.csv"
    page = ticked.with_suffix(".html").read_text(encoding="utf-8")
    assert NEW in page
    assert "SAMPLE" not in page.replace("Synthetic sample data", "")
    with ticked.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with ticked.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows([{**row, "done": "x", "rechecked": "x"} for row in rows])
    ended = CliRunner().invoke(app, ["confirm", str(district.folder), str(ticked), "--actor", ANNE])
    assert ended.exit_code == 0, ended.output
    result, done = run(district, NOW + HOUR)
    assert [action for action, _ in done] == ["charge_fee", "set_flag", "set_block"] * 2
    assert result.residual == 0


def test_on_the_command_line(district):
    """`scld day` sends, a second one does nothing; report, JSON and journal name no patron; the doctor is content."""

    def scld(*args):
        ended = CliRunner().invoke(app, [*map(str, args)])
        assert ended.exit_code == 0, ended.output
        return ended.output

    shown = scld("day", district.folder, "--actor", ANNE, "--json")
    ran = json.loads(shown)
    assert ran["verify"] == {"residual": 0}
    assert len(ran["receipts"]) == 7
    assert json.loads(scld("day", district.folder, "--actor", ANNE, "--json"))["receipts"] == []
    report = (district.folder / "reports/day-2026-03-10-1.html").read_text(encoding="utf-8")
    assert "Sent the file" in report
    assert "Charged the fee of referral" in report
    with district.at(NOW) as desk, desk.store.transaction() as unit:
        journal = str(unit.journal.entries())
    for text in (shown, report, journal, scld("doctor", district.folder)):
        assert re.findall(r"7000[1-9]|29999000\d+|SAMPLE-\d", text) == []


def test_a_file_that_was_swapped_at_the_agency_is_never_overwritten(district):
    """Other bytes under the file's name: the delivery is refused by name, and nobody is charged."""
    (district.folder / "outbox" / NEW).write_text("somebody else's\n", encoding="utf-8")
    _, done = run(district, NOW)
    assert done[0] == ("send", "failed")
    assert district.sent()[NEW] == b"somebody else's\n"
    assert district.touched(1, NOW) == (0, False, False)


def test_an_answer_that_is_lost_is_read_back(district, monkeypatch):
    """The file lies there whole and the process never heard: the next run finds it, and sends nothing again."""
    real = DropChannel.deliver

    def lost(channel, parcel, *, key):
        real(channel, parcel, key=key)
        raise KeyboardInterrupt

    monkeypatch.setattr(DropChannel, "deliver", lost)
    with pytest.raises(KeyboardInterrupt):
        run(district, NOW)
    monkeypatch.setattr(DropChannel, "deliver", real)
    before = district.sent()
    result, done = run(district, NOW + HOUR)
    assert [action for action, _ in done] == ["charge_fee", "set_flag", "set_block"] * 2
    assert (district.sent(), result.residual) == (before, 0)


def test_what_is_due_is_the_same_by_desk_and_by_day(district):
    """`desk.referrals.plan()` is the day's part, and `desk.runs.apply` carries it out."""
    with district.at(NOW) as desk:
        plan = desk.referrals.plan()
        assert [step.id for step in plan.steps] == [s.id for s in desk.day.plan().steps]
        desk.runs.apply(plan)
    assert district.touched(1, NOW) == (1, True, True)


def test_a_list_that_cannot_have_the_new_referrals_yet_stops_nothing(district):
    """The morning after a first batch the agency's list is as it was: nobody is referred again, and all is compared."""
    district.tell(1, 2, 3)
    before = district.listed()
    run(district, NOW)
    district.morning(NOW + DAY)
    district.write_list(NOW + DAY, before)
    result, done = run(district, NOW + DAY)
    assert (result.stopped, done, result.residual) == ((), [], 0)
    district.morning(NOW + 20 * DAY)
    district.write_list(NOW + 20 * DAY, before)  # longer than an agency may take: now it is a difference again
    with district.at(NOW + 20 * DAY) as desk:
        result = desk.day.run(dry_run=True)
    assert [area.area for area in result.stopped] == ["agency"]
