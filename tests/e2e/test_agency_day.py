"""The agency's part of `scld day` on the sample: lists out, ticks in, the next files, and no difference left."""

import csv
import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scld_core.cli._typer import app
from scld_core.kernel.cells import from_cell
from support.told import tell

NUMBERS = re.compile(r"\b(7[01][0-9]{3}|UM88[0-9]{4}|29999[0-9]{9})\b")


def run(*args):
    """One command; its exit code and what it printed."""
    ended = CliRunner().invoke(app, [str(arg) for arg in args])
    return ended.exit_code, ended.output


def day(folder, *more):
    """One morning, as JSON."""
    code, text = run("day", folder, "--actor", "anne", "--json", *more)
    assert code == 0, text
    return json.loads(text)


@pytest.fixture(scope="module")
def _made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("agency") / "sample"
    code, text = run("day", folder, "--sample")
    assert code == 0, text
    return folder


@pytest.fixture
def ran(_made, tmp_path) -> Path:
    """The sample after its first morning."""
    return Path(shutil.copytree(_made, tmp_path / "d"))


def lists(folder):
    """The files to tick of the first morning, by side."""
    return {
        path.stem.rpartition("-")[2]: path
        for path in sorted((folder / "worklists").glob("worklist-2026-03-10-1-*.csv"))
    }


def tick(path, *, all_of_them=True):
    """Put a tick on each row, or on the first only; gives the steps ticked."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = rows if all_of_them else rows[:1]
    for row in chosen:
        row["done"] = row["rechecked"] = "x"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return [from_cell(row["step"]).removeprefix("scld-") for row in chosen]


def edit(path, change):
    """Rewrite a file; what lies beside it says when it was made."""
    path.write_text(change(path.read_bytes().decode()), encoding="utf-8", newline="")


def test_the_first_morning_leaves_two_lists_and_the_second_plans_nothing(ran):
    """Rows for the agency by account, rows for the ILS by patron; the same files again plan zero steps."""
    told = lists(ran)
    assert list(told) == ["agency", "ils"]
    notes = told["agency"].read_text(encoding="utf-8")
    accounts = re.findall(r"about account (UM[0-9]+)", notes)
    assert len(accounts) == 11
    assert accounts == sorted(accounts)
    again = day(ran)
    assert (again["plan"]["steps"], again["receipts"], again["verify"]) == ([], [], {"residual": 0})


def test_only_the_worklists_name_anybody(ran):
    """Report, JSON, doctor and journal speak of cases; the page to work by has the numbers."""
    report = (ran / "reports/day-2026-03-10-1.html").read_text(encoding="utf-8")
    assert "Collection agency" in report
    assert "PAID_ILS_OPEN_AGENCY" in report
    assert "Differences that nothing accounts for: 0." in report
    doctor = run("doctor", ran)[1]
    assert "agency: ils.csv" in doctor
    for text in (report, json.dumps(day(ran)), doctor):
        assert NUMBERS.findall(text) == []
        assert "SAMPLE, Patron" not in text
    page = (ran / "worklists/worklist-2026-03-10-1-agency.html").read_text(encoding="utf-8")
    assert "UM880025" in page
    assert "Enter that nothing is owed" in page
    assert "Patron rechecked" in page
    assert "SAMPLE, Patron" not in page


def test_ticked_rows_are_receipts_and_unticked_ones_come_back(ran):
    """One of the agency's rows is done: it waits for the next list, and the others are on today's worklist again."""
    told = lists(ran)["agency"]
    (done,) = tick(told, all_of_them=False)
    code, text = run("confirm", ran, told, "--actor", "anne")
    assert (code, done in text) == (0, True)
    later = day(ran)
    assert (later["plan"]["steps"], later["verify"]["residual"]) == ([], 0)
    on = {row["id"]: row["on"] for row in later["plan"]["waiting"] if row["area"] == "agency"}
    assert on[done] == "agency-list"
    again = (ran / "worklists/worklist-2026-03-10-2-agency.csv").read_text(encoding="utf-8")
    assert done not in again
    assert again.count("[Tell the agency") == 10


def test_the_next_files_bear_out_what_was_ticked(ran):
    """Both lists worked and confirmed, and files of tomorrow that show it for one account: its rows are gone."""
    for path in lists(ran).values():
        tick(path)
        assert run("confirm", ran, path, "--actor", "anne")[0] == 0
    assert day(ran)["plan"]["steps"] == []
    edit(ran / "district.toml", lambda text: text.replace("today = 2026-03-10", "today = 2026-03-11"))
    edit(ran / "agency/ils.csv", lambda text: text.replace("2026-03-10T", "2026-03-11T"))
    edit(ran / "agency/inbound.csv", lambda text: re.sub(r"(UM880025.*),Open,", r"\1,Closed,", text))
    edit(ran / "agency/ils.csv", lambda text: text.replace("0.00,yes,10.00", "0.00,no,10.00"))
    tell(ran / "agency/inbound.csv", datetime.fromisoformat("2026-03-11T06:00:00-07:00"))
    told = day(ran, "--dry-run")
    steps = [step for step in told["plan"]["steps"] if step["area"] == "agency"]
    removed = [step for step in steps if any(r["code"] == "remove" for r in step["reasons"])]
    assert len(removed) == 2  # three were told; the list bears out one of them
    cleared = [step for step in steps if step["action"] == "agency.clear_flag"]
    assert [step for step in cleared if step["reasons"][0]["code"] == "paid_ils_open_agency"] == []


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        (lambda folder: (folder / "agency/inbound.csv").unlink(), 2, "no file fits"),
        (lambda folder: edit(folder / "agency/inbound.csv", lambda t: t.splitlines()[0] + "\r\n"), 4, "inbound.csv"),
        (lambda folder: edit(folder / "agency/ils.csv", lambda t: t.replace("2026-03-", "2026-02-")), 4, "ils.csv"),
        (lambda folder: edit(folder / "agency/inbound.csv", lambda t: "".join(t.splitlines(True)[:20])), 4, "inbound"),
    ],
    ids=["absent", "empty", "stale", "shrunken"],
)
def test_a_file_that_cannot_be_relied_on_stops_the_agency_by_name(ran, change, code, told):
    """Nothing is planned, sent or taken back there, and what waits stays listed; the hotspots are compared as ever."""
    whole = json.loads(run("day", ran, "--actor", "anne", "--json")[1])["plan"]
    change(ran)
    ended, text = run("day", ran, "--actor", "anne", "--json")
    assert ended == code, text
    plan = json.loads(text)["plan"]
    (stopped,) = plan["stopped"]
    assert stopped["area"] == "agency"
    assert told in stopped["text"]
    assert (plan["steps"], plan["withdrawn"]) == ([], [])

    def of(area, rows):
        return [row for row in rows if row["area"] == area]

    assert of("hotspots", plan["exceptions"]) == of("hotspots", whole["exceptions"])
    ticked = {row["id"] for row in of("agency", whole["waiting"]) if row["on"] == "operator"}
    assert {row["id"] for row in of("agency", plan["waiting"])} == ticked


def test_a_list_that_shrank_since_the_last_run_is_refused_until_confirmed(ran):
    """Cut on both sides alike the files still agree; the number of accounts tells."""
    keep = {"ils.csv": 34, "inbound.csv": 30, "last-sync.csv": 30, "notices.csv": 99}
    for name, rows in keep.items():
        edit(ran / "agency" / name, lambda text, rows=rows: "".join(text.splitlines(True)[: rows + 1]))
    ended, text = run("day", ran, "--actor", "anne")
    assert ended == 4
    gone = re.search(r"--confirm-blast-radius (\d+)", text.replace("\n", " "))
    assert gone, text
    assert run("day", ran, "--actor", "anne", "--confirm-blast-radius", gone[1])[0] == 0
