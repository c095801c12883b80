"""IT's page: every file with what proves it, every row that somebody could not use, and no free text of anybody."""

import hashlib
from datetime import timedelta

import pytest
from attrs import evolve

from scld_core import codecs
from scld_core.agency.referrals.batch import Lane, SendOrder
from scld_core.agency.referrals.records import content_of, keep_batch
from scld_core.agency.states import ReferralState
from scld_core.kernel.money import Money
from scld_core.reporting.files import render
from scld_core.reporting.grid import grids
from scld_core.runs.model import StepState
from scld_core.services.day.publish import publish
from scld_core.services.reports import make_report
from support.hotspots import NOW
from support.referral_district import ReferralDistrict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    """Two files to the agency, both with a receipt."""
    made = ReferralDistrict.make(tmp_path_factory.mktemp("files") / "d")
    with made.at(NOW + HOUR) as desk:
        publish(desk.day.run(), desk)
    made.pay(1, NOW + 2 * HOUR)
    made.morning(NOW + DAY)
    with made.at(NOW + DAY + HOUR) as desk:
        publish(desk.day.run(), desk)
    return made


@pytest.fixture
def desk(district):
    """That district, opened the next day."""
    with district.at(NOW + DAY + 2 * HOUR) as opened:
        yield opened


def rows(report, key):
    """The rows of a section."""
    return next(grid.rows for grid in grids(report) if grid.key == key)


def figures(report):
    """The figures by their labels."""
    return {figure.label: figure.value for figure in report.figures}


def test_each_file_is_a_row_with_what_proves_it(district, desk):
    """Number, lane, name, rows, control total, when, receipt, hash: those of the bytes that reached the agency."""
    report = make_report(desk, "agency-batches")
    found = rows(report, "files")
    assert [row[0] for row in found] == list(range(1, len(found) + 1))
    proof, delivery = rows(report, "proof"), rows(report, "delivery")
    assert {row[3]: proved[2] for row, proved in zip(found, proof, strict=True)} == {
        name: hashlib.sha256(content).hexdigest() for name, content in district.sent().items()
    }
    assert [row[:2] for row in proof] == [row[:2] for row in delivery] == [row[:2] for row in found]
    assert [row[2] for row in found] == ["new", "update"]
    book = desk.referrals.book()
    assert [Money.parse(row[5]) for row in found] == [batch.order.total for batch in book.batches]
    assert [row[4] for row in found] == [len(batch.order.lines) for batch in book.batches]
    assert {row[6] for row in found} == {"receipt"}
    assert {row[3] for row in proof} == {"as sent"}
    assert all(made <= sent <= received and by for _, _, made, sent, received, by in delivery)
    told = figures(report)
    assert told["Files"] == len(found)
    assert told["Rows sent"] == sum(row[4] for row in found)
    assert told["Unexplained differences"] == told["Files changed since"] == 0


@pytest.mark.parametrize("state", [state for state in StepState if state is not StepState.APPLIED])
def test_a_file_without_a_receipt_says_where_it_stands(desk, state):
    """Whatever its step has become; and without a step it was never sent."""
    last = desk.referrals.book().batches[-1]
    with desk.store.transaction() as unit:
        record = unit.steps.get(last.order.step)
        unit.steps.put(evolve(record, state=state))
    try:
        report = make_report(desk, "agency-batches")
    finally:
        with desk.store.transaction() as unit:
            unit.steps.put(record)
    assert figures(report)["Unexplained differences"] == 1
    assert rows(report, "files")[-1][6] not in ("receipt", "kept, not sent")
    assert rows(report, "delivery")[-1][4:] == (None, None)


def test_a_file_that_is_kept_and_was_never_tried(desk):
    """Nothing is known of its way; and other bytes than its manifest's are shown."""
    last = desk.referrals.book().batches[-1]
    order = SendOrder("gentle", Lane.UPDATE, last.order.day, 99)
    odd = evolve(last, order=order, manifest=evolve(last.manifest, sequence=100), name='=HYPERLINK("x")', taken=False)
    with desk.store.transaction() as unit:
        keep_batch(unit, odd, b"other bytes")
    try:
        report = make_report(desk, "agency-batches")
    finally:
        with desk.store.transaction() as unit:
            for kind in ("agency.file", "agency.file.bytes"):
                unit.records(kind).delete(odd.key)
    last_rows = [rows(report, key)[-1] for key in ("files", "delivery", "proof")]
    assert (last_rows[0][6], last_rows[1][3], last_rows[2][3]) == ("kept, not sent", None, "changed")
    assert figures(report)["Files changed since"] == 1
    cell = next(line for line in render(report, ".csv", table="files").decode().splitlines() if "HYPERLINK" in line)
    assert ",\"'=HYPERLINK" in cell
    assert "&lt;" not in cell


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("bad_address", "bad_address"), ("Canary Smith has moved", "in words, in the referral's history"), ("", "")],
)
def test_a_refused_row_is_found_by_file_and_place_and_a_sentence_stays_out(desk, reason, shown):
    """A code has no room for a person; what somebody typed may have, and is not for IT."""
    book = desk.referrals.book()
    refused = next(one.id for one in book.episodes.values() if one.state is ReferralState.SENT)
    with desk.store.transaction() as unit:
        before = unit.records("agency.referral").get(refused)
    desk.referrals.reject(refused, evidence="answer of Canary", reason=reason)
    report = make_report(desk, "agency-batches")
    with desk.store.transaction() as unit:
        unit.records("agency.referral").put(refused, before)
    ((name, place, referral, _, _, why),) = rows(report, "rejects")
    assert (name, referral, why) == (book.batches[0].name, refused, shown)
    assert book.batches[0].order.lines[place - 1].referral == refused
    assert figures(report)["Rows refused by the agency"] == 1
    assert "Canary" not in render(report, ".html").decode()


def test_a_refused_referral_whose_file_is_gone_is_still_there(desk):
    """Without file and row."""
    known = desk.referrals.book().episodes.values()
    episode = evolve(next(one for one in known if one.state is ReferralState.SENT), id="old-000001-0001")
    with desk.store.transaction() as unit:
        unit.records("agency.referral").put(episode.id, codecs.dump(episode))
    try:
        waiting = rows(make_report(desk, "agency-work"), "referrals")
        desk.referrals.reject(episode.id, evidence="answer", reason="")
        found = rows(make_report(desk, "agency-batches"), "rejects")
    finally:
        with desk.store.transaction() as unit:
            unit.records("agency.referral").delete(episode.id)
    assert [row[:3] for row in found] == [("", None, "old-000001-0001")]
    assert not [row for row in waiting if row[1] == "old-000001-0001" and "row " in row[5]]


def test_rows_that_cannot_be_used_are_those_of_the_files(tmp_path):
    """File, line and reason of each, and of each file how many rows were used and how many were not."""
    district = ReferralDistrict.make(tmp_path / "d")
    now = NOW + HOUR
    with district.at(now) as desk:
        listed = max((district.folder / "agency").glob("list-*.csv"))
        with listed.open("a", encoding="utf-8") as file:
            file.write("UM77,70077,29999000000770,CANARY,Skip trace,2026-02-25,1.00,2026-03-01,\n")
        report = make_report(desk, "agency-batches")
        facts = desk.agency.facts()
    assert [tuple(row) for row in rows(report, "quarantine")] == [
        (one.source, one.line, one.reason) for source in facts.sources for one in source.quarantined
    ]
    assert figures(report)["Rows not usable"] == sum(row[3] for row in rows(report, "inputs")) == 1
    assert {row[0]: row[2] for row in rows(report, "inputs")} == {one.source: one.rows for one in facts.sources}
    assert not [word for word in ("CANARY", "70077", "UM77") if word in render(report, ".html").decode()]


def test_content_is_compared_with_what_was_kept(desk):
    """The control of the check above: what is kept is what was sent."""
    for batch in desk.referrals.book().batches:
        assert hashlib.sha256(content_of(desk.store, batch)).hexdigest() == batch.manifest.sha256
