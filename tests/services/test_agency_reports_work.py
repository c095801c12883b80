"""The work queue: everything that waits is on it once, for whom it waits, and nobody is named unless on purpose."""

from collections import Counter
from datetime import timedelta

import pytest
from attrs import evolve

from scld_core import open_desk
from scld_core.agency.eligibility import HoldCause
from scld_core.agency.states import ReferralState, Resolution
from scld_core.errors import BadInput
from scld_core.reporting.files import FORMS, render
from scld_core.reporting.grid import choose_grid, grids
from scld_core.runs.model import UNRESOLVED, StepState
from scld_core.services.agency_reports.kept import read_kept
from scld_core.services.agency_reports.morning import look
from scld_core.services.agency_reports.queue import Waits, queue
from scld_core.services.day.publish import publish
from scld_core.services.reports import make_report
from scld_core.wiring.founding import make_sample
from support.districts import at, found
from support.hotspots import NOW
from support.referral_district import PORTAL, ReferralDistrict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GROUPS = [waits.value for waits in Waits]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The sample district's folder after its first morning."""
    folder = tmp_path_factory.mktemp("work") / "sample"
    make_sample(folder, actor="anne")
    with open_desk(folder, actor="anne") as desk:
        publish(desk.day.run(), desk)
    return folder


@pytest.fixture
def desk(made):
    """That district, opened; what a test stores is taken back."""
    with open_desk(made, actor="anne") as opened:
        yield opened


def cells(report, key):
    """The rows of a section."""
    return next(grid.rows for grid in grids(report) if grid.key == key)


def figure(report, label):
    """A figure by its label."""
    return next(one.value for one in report.figures if one.label == label)


def test_everything_that_waits_is_there_once(desk):
    """Each unresolved step, each thing a person must decide, each thing expected of the agency: once, and no more."""
    morning = look(desk)
    rows = queue(desk, morning)
    with desk.store.transaction() as unit:
        open_ = list(unit.steps.unresolved("agency"))
    (plan,) = morning.plans
    by_hand = [item for item in plan.exceptions if item.code != "file_row"]
    others = [row for row in plan.waiting if row.step not in {record.step.id for record in open_}]
    assert len(rows) == len(open_) + len(by_hand) + len(others) > 20
    subjects = [r.step.subject for r in open_] + [r.subject for r in others]
    assert Counter(row.case for row in rows) == Counter(subjects + [i.subject.partition(" ")[0] for i in by_hand])
    assert {row.days is None for row in rows} == {True, False}


def test_the_sums_are_those_of_the_rows(desk):
    """Figures, the table of ages and the lists say the same numbers, and every list is oldest first."""
    report = make_report(desk, "agency-work")
    groups = {key: cells(report, key) for key in GROUPS}
    ages = cells(report, "ages")
    assert ages[-1][-1] == sum(len(rows) for rows in groups.values())
    assert all(sum(row[1:-1]) == row[-1] for row in ages)
    assert all(sum(column) == 2 * column[-1] for column in zip(*(row[1:] for row in ages), strict=True))
    assert figure(report, "Things that wait for your people") == len(groups["approval"]) + len(groups["person"])
    assert figure(report, "For the agency") == len(groups["agency"])
    for rows in groups.values():
        known = [row[0] for row in rows if row[0] is not None]
        assert known == sorted(known, reverse=True)
        assert all(row[0] is not None for row in rows[: len(known)])
        assert all(row[3] for row in rows)


def test_a_row_of_a_worklist_says_what_to_enter_and_where_to_tick(desk, made):
    """Without a name: the case, the sums, and the list that has the numbers."""
    report = make_report(desk, "agency-work")
    told = [row for row in cells(report, "person") if "At the agency" in row[2]]
    assert told
    for row in told:
        assert row[1].startswith("case-")
        assert "scld confirm DIR worklists/worklist-2026-03-10-1-agency.csv" in row[3]
        assert (made / row[3].split("DIR ")[1]).exists()
    assert any("In the ILS: Clear the collection flag and its block." in row[2] for row in cells(report, "person"))


@pytest.mark.parametrize(
    ("state", "waits", "remedy"),
    [
        (StepState.AWAITING_APPROVAL, "approval", "scld approve DIR"),
        (StepState.WAITING_OPERATOR, "person", "scld confirm DIR"),
        (StepState.WAITING_SYSTEM, "system", "the next run looks again"),
        (StepState.UNKNOWN, "system", "the next run looks again"),
        (StepState.FAILED, "system", "scld day DIR"),
        (StepState.APPLIED, "agency", "the agency's next list"),
    ],
)
def test_where_a_step_stands_is_for_whom_it_waits(desk, state, waits, remedy):
    """One and the same step goes from list to list, and is always on exactly one; its age counts from its first try."""
    with desk.store.transaction() as unit:
        record = next(r for r in unit.steps.unresolved("agency") if r.step.action == "agency.tell")
        tried = () if state is StepState.AWAITING_APPROVAL else (desk.clock.now() - 40 * DAY,)
        unit.steps.put(evolve(record, state=state, attempts=tried, updated_at=desk.clock.now(), detail="a note"))
    try:
        report = make_report(desk, "agency-work")
    finally:
        with desk.store.transaction() as unit:
            unit.steps.put(record)
    mine = [(key, row) for key in GROUPS for row in cells(report, key) if row[1] == record.step.subject]
    ((key, row),) = [(key, row) for key, row in mine if "At the agency" in row[2]]
    assert (key, remedy in row[3]) == (waits, True)
    assert row[0] == (0 if state in (StepState.AWAITING_APPROVAL, StepState.APPLIED) else 40)


def test_what_is_done_in_the_ils_waits_for_its_next_extract(desk):
    """A person has ticked it, and the snapshot of the morning is older than that."""
    with desk.store.transaction() as unit:
        record = next(r for r in unit.steps.unresolved("agency") if r.step.action == "agency.clear_flag")
        unit.steps.put(evolve(record, state=StepState.APPLIED, updated_at=desk.clock.now()))
    try:
        rows = cells(make_report(desk, "agency-work"), "system")
    finally:
        with desk.store.transaction() as unit:
            unit.steps.put(record)
    assert [(row[1], "next extract" in row[3]) for row in rows] == [(record.step.subject, True)]


def test_a_step_whose_reason_has_gone_is_nobody_s_work(desk):
    """The next run takes it back, and until then nobody should carry it out."""
    with desk.store.transaction() as unit:
        record = next(r for r in unit.steps.unresolved("agency") if r.step.action == "agency.tell")
        stray = evolve(record, step=evolve(record.step, subject="case-000000000000", label="case-000000000000"))
        unit.steps.put(stray)
    try:
        assert "case-000000000000" not in {row.case for row in queue(desk, look(desk))}
    finally:
        with desk.store.transaction() as unit:
            unit.steps.put(evolve(stray, state=StepState.WITHDRAWN))


@pytest.mark.parametrize(
    ("auto", "waits", "remedy"), [(("agency",), "system", "scld day"), ((), "person", "scld apply")]
)
def test_before_the_run_its_steps_wait_for_it_or_for_a_yes(tmp_path, auto, waits, remedy):
    """What nobody has begun: the next run does it, or a person confirms the plan."""
    make_sample(tmp_path / "s", actor="anne")
    with open_desk(tmp_path / "s", actor="anne") as desk:
        report = make_report(evolve(desk, day=evolve(desk.day, auto_apply=auto)), "agency-work")
        planned = len(desk.agency.plan().steps)
    rows = [row for row in cells(report, waits) if remedy in row[3]]
    assert len(rows) == planned > 10


def test_nobody_is_named_unless_on_purpose(desk, made):
    """Without --reveal no number of the files is in any form; with it each shown number is a line of the journal."""
    numbers = _numbers(made)
    masked = make_report(desk, "agency-work")
    for suffix in FORMS:
        tables = [grid.key for grid in grids(masked)] if suffix in (".csv", ".arrow") else [""]
        for table in tables:
            assert not _inside(render(masked, suffix, table=table), numbers)
    before = len(desk.runs.journal())
    shown = make_report(desk, "agency-work", reveal=True)
    column = [row[2] for key in GROUPS for row in cells(shown, key)]
    assert {text.split()[1] for text in column if text} <= numbers
    looks = desk.runs.journal()[before:]
    assert len(looks) == len([text for text in column if text]) > 20
    assert {(line.kind, line.actor, line.detail.split(" for ")[1]) for line in looks} == {
        ("privacy.revealed", "anne", "agency_account")
    }
    assert all(line.subject.startswith("case-") for line in looks)
    assert any(callout.title == "Confidential" for callout in shown.callouts)
    with pytest.raises(BadInput, match="shows finance nobody's personal data"):
        make_report(desk, "agency-money", reveal=True)


def _numbers(folder):
    """Every patron, card and account number of the agency's files."""
    found_ = set()
    for name, columns in (("ils.csv", (0, 1)), ("inbound.csv", (0, 1, 2)), ("last-sync.csv", (0, 3))):
        for line in (folder / "agency" / name).read_text(encoding="utf-8").splitlines()[1:]:
            row = line.split(",")
            found_ |= {number for column in columns for number in row[column].split(";") if number}
    return {number for number in found_ if len(number) >= 5}


def _inside(data, words):
    text = data.decode("latin-1")
    return [word for word in words if word in text]


def test_a_district_without_an_agency_says_what_is_missing(tmp_path):
    """No page is empty without a reason."""
    with at(found(tmp_path / "d", numbers=(6,), approved=False), NOW) as desk:
        for name in ("agency-work", "agency-money", "agency-batches"):
            report = make_report(desk, name)
            assert any("has no [agency]" in callout.text for callout in report.callouts)
            assert render(report, ".html")


def test_files_that_are_gone_or_old_are_said_once_and_what_is_stored_is_shown(tmp_path):
    """Nothing new can be found; what was begun still waits for its people."""
    make_sample(tmp_path / "s", actor="anne")
    with open_desk(tmp_path / "s", actor="anne") as desk:
        desk.day.run()
        begun = len([r for r in look(desk).records if r.state in UNRESOLVED])
    (tmp_path / "s" / "agency" / "inbound.csv").unlink()
    with open_desk(tmp_path / "s", actor="anne") as desk:
        report = make_report(desk, "agency-work")
        (missing,) = [callout.text for callout in report.callouts if callout.title == "Not on this page"]
        assert "inbound*.csv: is not there" in missing
        assert len(cells(report, "person")) == begun
        assert "WORKLIST.csv" in cells(report, "person")[0][3]
        (part,) = [section for section in report.sections if section.key == "not-here"]
        assert part.notes == ()


# With referrals.


@pytest.fixture
def district(tmp_path):
    """Patrons 1 and 2 are due; 3 was never told; 8 and 9 were referred by hand long ago."""
    return ReferralDistrict.make(tmp_path / "d")


def run(district, now):
    """One run, with its files."""
    with district.at(now) as desk:
        publish(desk.day.run(), desk)


def test_open_referrals_are_those_of_the_book(district):
    """Each with where it stands, from the file to the agency's word; the ended ones are gone."""
    run(district, NOW + HOUR)
    with district.at(NOW + 2 * HOUR) as desk:
        one, two = sorted(desk.referrals.book().episodes)
        desk.referrals.accept(one, evidence="list")
        desk.referrals.hold(two, HoldCause.DISPUTE, evidence="letter")
    with district.at(NOW + 5 * DAY) as desk:
        report = make_report(desk, "agency-work")
        rows = {row[1]: row for row in cells(report, "referrals")}
        assert [rows[name][2] for name in (one, two)] == ["active", "on hold"]
        assert "Cause: dispute." in rows[two][5]
        assert "row 1 of file 1 ums-new-submissions-2026-03-10.csv, with a receipt" in rows[one][5]
        assert rows[one][0] == 4
        assert figure(report, "Open referrals") == 2
        desk.referrals.take_back(one, Resolution.ERROR, evidence="form")
        shown = make_report(desk, "agency-work", reveal=True)
        assert {row[2] for row in cells(shown, "referrals")} == {"patron 70001", "patron 70002"}
        stands = {row[1]: row[3] for row in cells(shown, "referrals")}
        assert stands[one] == "taken back"
        book = desk.referrals.book()
        assert set(stands) == {e.id for e in book.episodes.values() if e.state in ReferralState and e.is_open}


def test_a_file_on_a_worklist_is_a_row_with_its_list(tmp_path):
    """Where a person carries the file, the queue says so; its referrals wait for the receipt."""
    district = ReferralDistrict.make(tmp_path / "d", channel=PORTAL)
    run(district, NOW + HOUR)
    with district.at(NOW + DAY) as desk:
        report = make_report(desk, "agency-work")
        shown = make_report(desk, "agency-work", reveal=True)
    assert [row[2] for row in cells(shown, "person") if "Send the file" in row[3]] == [None]
    (row,) = [row for row in cells(report, "person") if "Send the file" in row[2]]
    assert "-referrals-files.csv" in row[3]
    assert {row[2] for row in cells(report, "referrals")} == {"in a file"}
    assert all("without a receipt" in row[5] for row in cells(report, "referrals"))


def test_what_is_kept_is_what_the_referral_desk_knows(district):
    """Receipts that nobody has written down yet are in the histories, as the desk's own book has them."""
    for days in range(4):
        now = NOW + days * DAY + HOUR
        if days == 1:
            district.pay(1, now)
        run(district, now)
        district.morning(now + HOUR)
        with district.at(now + 2 * HOUR) as desk:
            kept, book = read_kept(desk), desk.referrals.book()
            assert dict(kept.episodes) == dict(book.episodes)
            assert [one.batch for one in kept.files] == list(book.batches)
            assert {one.batch.key: one.receipt for one in kept.files if one.receipt} == dict(book.receipts)


def test_the_same_report_twice_is_the_same_bytes(desk):
    """Making it changes nothing, in every form."""
    before = desk.runs.journal()
    for name in ("agency-work", "agency-money", "agency-batches"):
        for suffix in FORMS:
            table = {"agency-work": "person", "agency-money": "differences", "agency-batches": "quarantine"}[name]
            once, again = (render(make_report(desk, name), suffix, table=table) for _ in range(2))
            assert once == again
    assert desk.runs.journal() == before
    assert choose_grid(make_report(desk, "agency-work"), "person").rows
