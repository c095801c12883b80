"""What a run leaves in the district's folder, and what is read from it again."""

import csv
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from scld_core import Options, open_desk
from scld_core.errors import BadInput
from scld_core.hotspots.history import SUSPEND
from scld_core.memory.carrier import MemoryCarrier
from scld_core.plugins import Registry
from scld_core.reporting.words import instant_words
from scld_core.runs.model import StepState
from scld_core.services.day.hotspots import deliver
from scld_core.services.day.publish import publish, read_plan, write_plan, write_worklists
from scld_core.services.worklist import read_confirmations
from support.hotspots import NOW, due, item_id, line
from support.parts import ByFile, ByHand, Parts, district

HELD = ('auto_apply = ["hotspots"]', "auto_apply = []")


@pytest.fixture
def opened(tmp_path):
    """Open a district of six memory devices, the first of them overdue; `cuts` change its settings."""
    desks = []

    def make(*cuts, lines=MemoryCarrier):
        parts = Parts(lines=lines)
        folder = district(tmp_path / "d", *cuts, inventory=parts.stock(6))
        parts.loans.lend(item_id(0), due_at=due(5))
        options = Options(registry=Registry.isolated([parts]), clock=parts.clock)
        desks.append(open_desk(folder, actor="sample-associate", options=options))
        return desks[-1]

    yield make
    for desk in desks:
        desk.close()


def files(folder):
    """Every file below, by its path from there."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_run_leaves_its_report_and_nothing_else(opened):
    """A run with nothing to hold and nothing for a person by hand writes one page, and no temporary file stays."""
    desk = opened()
    before = files(desk.folder)
    result = desk.day.run()
    published = publish(result, desk)
    page = f"reports/day-{result.run}.html"
    assert published.paths == (desk.folder / page,)
    assert sorted({*files(desk.folder)} - {*before}) == [page]
    text = published.report.read_text(encoding="utf-8")
    assert "Synthetic sample data" in text
    assert "sample-associate" in text


def test_a_dry_run_leaves_its_plan_alone(opened):
    """What was only planned can be applied later; no report says that something was done."""
    desk = opened()
    result = desk.day.run(dry_run=True)
    published = publish(result, desk)
    assert published.paths == (desk.folder / "plans" / "2026-03-10-dry-run.json",)
    assert read_plan(published.plan) == result.plan
    assert not (desk.folder / "reports").exists()


def test_a_held_plan_is_read_back_as_it_was_and_applied(opened):
    """The plan of an area that waits lies beside the report; applied from its file it does what it says."""
    desk = opened(HELD)
    result = desk.day.run()
    published = publish(result, desk)
    assert published.paths == (published.report, desk.folder / "plans" / f"{result.run}.json")
    plan = read_plan(published.plan)
    assert plan == result.plan
    receipts = desk.runs.apply(plan)
    assert [(r.action, r.subject, r.result) for r in receipts] == [(SUSPEND, "main:i0", "applied")]
    assert publish(desk.day.run(), desk).plan is None


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"district": 1}', '{"steps": []}'])
def test_a_file_that_is_no_plan_is_refused(tmp_path, text):
    """Garbage is the user's to mend, never a traceback."""
    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput):
        read_plan(path)


@pytest.mark.parametrize("wrong", ['"code":"not_', '"params":[["no","thing"]],"was":[['])
def test_a_plan_with_a_reason_that_nobody_can_say_is_refused_before_anything_is_done(opened, wrong):
    """A code that was edited would otherwise be met on the next page, after the effect."""
    desk = opened(HELD)
    path = publish(desk.day.run(), desk).plan
    right = wrong.replace("not_", "").replace('[["no","thing"]],"was":', "")
    path.write_text(path.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")
    with pytest.raises(BadInput, match=r"which this version cannot say|was"):
        read_plan(path)


def test_a_plan_that_cannot_be_read_says_where_plans_lie(tmp_path):
    """A missing file, a folder and a picture are refused with the reason."""
    with pytest.raises(BadInput, match=r"FileNotFoundError\. Plans lie in DIR/plans"):
        read_plan(tmp_path / "none.json")
    with pytest.raises(BadInput, match="IsADirectoryError"):
        read_plan(tmp_path)
    (tmp_path / "picture").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(BadInput, match="UnicodeDecodeError"):
        read_plan(tmp_path / "picture")


def test_a_plan_that_is_cut_off_is_refused_or_whole(opened, tmp_path):
    """Whatever is left of a plan's file after a crash is never read as another plan."""
    plan = opened().day.plan()
    text = write_plan(plan, tmp_path / "plan.json").read_text(encoding="utf-8")
    for length in range(0, len(text), 97):
        (tmp_path / "cut.json").write_text(text[:length], encoding="utf-8")
        with pytest.raises(BadInput):
            read_plan(tmp_path / "cut.json")


def test_work_for_a_person_leaves_as_a_worklist_that_comes_back(opened):
    """A portal without a file: page and CSV for a day; the CSV, ticked, settles the step."""
    desk = opened(lines=ByHand)
    result = desk.day.run()
    published = publish(result, desk)
    (delivery,) = published.deliveries
    assert (delivery.carrier, delivery.rows, delivery.bulk) == ("carrier", 1, None)
    assert published.paths == (published.report, delivery.files.html, delivery.files.csv)
    assert not [name for name in files(desk.folder) if "tmp" in name]
    page = delivery.files.html.read_text(encoding="utf-8")
    assert str(line(0).iccid) in page
    assert "canary-patron" not in page
    with delivery.files.csv.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    header = rows[0]
    for row in rows[1:]:
        if row[header.index("step")].endswith(result.plan.waiting[0].step):
            row[header.index("done")] = row[header.index("rechecked")] = "x"
    with delivery.files.csv.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    found = read_confirmations(delivery.files.csv)
    confirmed = desk.runs.confirm(found.rows, source=str(delivery.files.csv))
    assert [r.result for r in confirmed.receipts] == ["applied"]
    assert write_worklists(desk, "after") == ()


def test_a_portal_that_takes_a_file_gets_one_besides(opened):
    """The bulk file holds each waiting request; the worklist expires with it."""
    desk = opened(lines=ByFile)
    published = publish(desk.day.run(), desk)
    (delivery,) = published.deliveries
    assert delivery.bulk == desk.folder / "worklists" / "bulk.csv"
    assert delivery.bulk.read_bytes() == f"suspend,{line(0).iccid}\n".encode()
    assert published.paths[-1] == delivery.bulk
    page = delivery.files.html.read_text(encoding="utf-8")
    assert instant_words(NOW + timedelta(hours=6), ZoneInfo("America/Los_Angeles")) in page


def test_steps_that_wait_for_something_else_are_on_no_worklist(opened):
    """An approval is asked for in the report; the worklist is for the hand at the portal alone."""
    desk = opened(lines=ByHand)
    desk.day.run()
    with desk.store.transaction() as unit:
        (record,) = unit.steps.unresolved()
    asked = evolve(record, state=StepState.AWAITING_APPROVAL)
    folder = desk.folder / "nothing"
    assert deliver([asked], {}, folder, NOW, run="r", settings=desk.settings) == ()
    assert not folder.exists()


def test_work_of_a_carrier_that_the_district_has_dropped_still_leaves(opened):
    """A worklist is written under the old name, so that a person can finish or refuse it."""
    desk = opened(lines=ByFile)
    desk.day.run()
    with desk.store.transaction() as unit:
        records = unit.steps.unresolved()
    (delivery,) = deliver(records, {}, desk.folder / "w", NOW, run="r", settings=desk.settings)
    assert (delivery.carrier, delivery.bulk) == ("carrier", None)


@pytest.mark.parametrize("place", ["reports", "worklists", "plans"])
def test_what_cannot_be_written_is_told_and_the_run_is_recorded(opened, place):
    """A file where a folder should be: the fault names it, and what the run did stays in the book."""
    desk = opened(*([HELD] if place == "plans" else []), lines=ByHand)
    result = desk.day.run()
    (desk.folder / place).write_text("", encoding="utf-8")
    with pytest.raises(OSError, match=place):
        publish(result, desk)
    assert [run.id for run in desk.runs.history()] == [result.run]
    (desk.folder / place).unlink()
    assert publish(result, desk).paths


def test_publishing_twice_writes_the_same(opened):
    """A second time replaces each file by itself."""
    desk = opened(lines=ByHand)
    result = desk.day.run()
    first = {path: path.read_bytes() for path in publish(result, desk).paths}
    assert {path: path.read_bytes() for path in publish(result, desk).paths} == first


def test_an_unverified_run_has_a_report_of_its_own(opened):
    """Where the second look failed the page says so instead of a number."""
    desk = opened()
    result = evolve(desk.day.run(), verification=None, unverified="what was done could not be verified")
    assert "not counted" in publish(result, desk).report.read_text(encoding="utf-8")
