"""The day from the command line: what it prints, what it leaves, how it exits."""

import json
import re

import pytest

ANNE = ("--actor", "sample-associate")


def test_a_sample_is_made_and_run_and_the_headline_comes_last(scld, tmp_path):
    """`scld day --sample DIR` makes the district, applies, writes the report and ends with the headline."""
    told = scld("day", "--sample", tmp_path / "new")
    assert told.code == 0
    assert told.lines[-1] == "Unexplained differences: 0"
    assert told.err == ""
    assert (tmp_path / "new/reports/day-2026-03-10-1.html").exists()
    assert "applied" in told.out
    for heading in ("Waiting", "For a person"):
        assert heading in told.lines


def test_without_a_folder_the_sample_lies_in_scld_sample(scld, tmp_path, monkeypatch):
    """`scld day --sample` alone uses the folder scld-sample of the working directory, and again the next time."""
    monkeypatch.chdir(tmp_path)
    assert scld("day", "--sample").code == 0
    assert (tmp_path / "scld-sample/district.toml").exists()
    assert scld("day", "--sample", "--json").json["run"] == "2026-03-10-2"


def test_a_sample_is_run_by_its_own_associate(scld, sample):
    """With --sample the actor is the sample's associate unless another is named."""
    scld("day", "--sample", sample)
    scld("day", "--sample", sample, "--actor", "someone")
    told = scld("doctor", sample).out
    assert "day by sample-associate" in told
    assert "day by someone" in told


def test_the_second_run_has_nothing_to_do(scld, ran):
    """A second run plans no step, applies none and finds no difference."""
    found = scld("day", ran, *ANNE, "--json").json
    assert found["plan"]["steps"] == []
    assert found["receipts"] == []
    assert found["verify"] == {"residual": 0}
    assert scld("day", ran, *ANNE).lines[0].startswith("Nothing to do: ")


def test_json_is_one_object_and_nothing_else(scld, sample):
    """Stdout of --json is one object: the plan with reasons, the receipts by step, the residual."""
    told = scld("day", sample, *ANNE, "--json")
    assert told.code == 0
    assert told.err == ""
    found = told.json
    assert set(found) == {"run", "plan", "receipts", "verify", "unverified"}
    steps = found["plan"]["steps"]
    assert steps
    for step in steps:
        assert {"id", "area", "action", "subject", "reasons", "risk", "needs_approval"} <= set(step)
        assert step["reasons"]
        assert step["area"] in ("hotspots", "agency")
    assert {r["step"] for r in found["receipts"]} == {s["id"] for s in steps}
    assert {r["result"] for r in found["receipts"]} == {"applied", "needs_approval", "waiting"}
    assert {row["on"] for row in found["plan"]["waiting"]} == {"approval", "operator", "agency-list"}


def test_a_larger_sample_has_forty_hotspots_for_each_unit_of_scale(scld, tmp_path):
    """--scale 2 lists eighty hotspots in the inventory and still ends without a difference."""
    told = scld("day", "--sample", tmp_path / "two", "--scale", 2, "--json")
    assert told.json["verify"]["residual"] == 0
    rows = (tmp_path / "two/hotspots.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 81


def test_a_dry_run_changes_nothing_and_apply_does_what_it_planned(scld, sample, contents):
    """A dry run leaves both databases as they were and a plan file, which `scld apply` then carries out."""
    before = contents(sample)
    told = scld("day", sample, *ANNE, "--dry-run")
    assert told.code == 0
    assert contents(sample) == before
    plan = sample / "plans/2026-03-10-dry-run.json"
    assert plan.exists()
    planned = scld("day", sample, *ANNE, "--dry-run", "--json").json["plan"]["steps"]
    assert told.lines[-1] == f"Dry run: {len(planned)} steps planned, nothing changed."
    done = scld("apply", sample, plan, *ANNE)
    assert done.code == 0
    assert sorted(re.findall(r"[0-9a-f]{16}", done.out)) == sorted(step["id"] for step in planned)
    assert scld("day", sample, *ANNE, "--json").json["plan"]["steps"] == []


def test_apply_only_does_the_steps_that_are_named(scld, eight):
    """--only restricts a plan to the named steps; a step that the plan has not is refused."""
    planned = scld("day", eight, *ANNE, "--dry-run", "--json").json["plan"]["steps"]
    first, *rest = (step["id"] for step in planned)
    plan = eight / "plans/2026-03-10-dry-run.json"
    told = scld("apply", eight, plan, "--only", first, *ANNE)
    assert told.code == 0
    assert [line.split()[:2] for line in told.lines] == [["applied", first]]
    left = scld("day", eight, *ANNE, "--dry-run", "--json").json["plan"]["steps"]
    assert {s["id"] for s in left} == set(rest)
    refused = scld("apply", eight, plan, "--only", "0" * 16, *ANNE)
    assert refused.code == 2
    assert "0000000000000000" in refused.err


def test_areas_that_do_not_apply_by_themselves_wait_for_apply(scld, eight, edit):
    """With auto_apply empty the day only plans; its plan file, applied, leaves only what waits for approval."""
    edit(eight, 'auto_apply = ["hotspots"]', "auto_apply = []")
    told = scld("day", eight, *ANNE, "--strict")
    assert told.code == 3
    assert "planned" in told.out
    run = re.search(r"plans/(\S+)\.json", told.out.replace("\n", ""))[1]
    assert scld("apply", eight, eight / "plans" / f"{run}.json", *ANNE).code == 0
    left = scld("day", eight, *ANNE, "--strict", "--json")
    assert left.code == 3
    assert left.json["plan"]["steps"] == []
    assert {row["on"] for row in left.json["plan"]["waiting"]} == {"approval"}


def test_held_steps_are_among_what_waits_for_a_script(scld, eight, edit):
    """With auto_apply empty --json lists each step as waiting for `apply`, and no difference is unexplained."""
    edit(eight, 'auto_apply = ["hotspots"]', "auto_apply = []")
    found = scld("day", eight, *ANNE, "--json").json
    held = {row["id"] for row in found["plan"]["waiting"] if row["on"] == "apply"}
    assert held == {step["id"] for step in found["plan"]["steps"]} != set()
    assert found["verify"] == {"residual": 0}
    scld("apply", eight, eight / f"plans/{found['run']}.json", *ANNE)
    left = scld("day", eight, *ANNE, "--json")
    assert {row["on"] for row in left.json["plan"]["waiting"]} == {"approval"}


def test_strict_exits_3_while_somebody_is_waited_for(scld, ran):
    """Steps that wait for approval give exit 0, and 3 with --strict."""
    assert scld("day", ran, *ANNE).code == 0
    assert scld("day", ran, *ANNE, "--strict").code == 3


def test_a_real_district_acts_only_in_the_present(scld, eight, edit, contents):
    """--date and `today` are refused on a district that is no sample, unless nothing is done on it."""
    edit(eight, "sample = true\n", "")
    before = contents(eight)
    for said, options in (("--date", ("--date", "2026-03-11")), ("district.today", ())):
        told = scld("day", eight, *ANNE, *options)
        assert told.code == 2
        assert told.err.startswith(f"Stopped: {said}: stops the clock")
        assert "--dry-run" in told.err
        assert told.out == ""
    assert scld("day", eight, *ANNE, "--date", "2026-03-11", "--dry-run").code == 0
    plan = eight / "plans/2026-03-11-dry-run.json"
    assert plan.exists()
    for command in (
        ("apply", eight, plan),
        ("undo", eight, "2026-03-10-1"),
        ("approve", eight, "0" * 16, "--reason", "r"),
    ):
        assert scld(*command, "--actor", "sample-supervisor").code == 2
    assert contents(eight) == before


def test_a_sample_may_stand_at_another_day(scld, ran):
    """--date moves a sample to another day."""
    assert scld("day", ran, *ANNE, "--date", "2026-03-11", "--json").json["run"] == "2026-03-11-1"


def test_a_stale_extract_stops_the_run_before_anything_changes(scld, sample, contents):
    """An extract older than max_fact_age exits 4, says so first of all, and leaves the carrier as it was."""
    before = contents(sample)["carrier.sqlite"]
    told = scld("day", sample, *ANNE, "--extract", sample / "stale-extract.csv")
    assert told.code == 4
    assert told.out.startswith("Not done today: hotspots. ")
    assert "make a new extract or export and run again" in told.lines[0]
    assert "Not counted, since nothing was compared there: hotspots" in told.out
    assert contents(sample)["carrier.sqlite"] == before


@pytest.fixture
def narrow(eight, edit):
    """A district whose policy lets one risky step pass in a run."""
    return edit(eight, "max_batch_count = 25", "max_batch_count = 1")


def test_too_many_risky_steps_must_be_confirmed_by_their_number(scld, narrow, contents):
    """Above max_batch_count the run stops and names the number; with that number it runs, with another not."""
    before = contents(narrow)["carrier.sqlite"]
    told = scld("day", narrow, *ANNE)
    assert told.code == 4
    number = int(re.search(r"--confirm-blast-radius (\d+)", told.err)[1])
    assert number > 1
    assert scld("day", narrow, *ANNE, "--confirm-blast-radius", number + 1).code == 4
    assert contents(narrow)["carrier.sqlite"] == before
    assert scld("day", narrow, *ANNE, "--confirm-blast-radius", number).code == 0


def test_apply_must_be_confirmed_by_the_number_too(scld, narrow):
    """`scld apply` of a whole plan asks for the same number."""
    scld("day", narrow, *ANNE, "--dry-run")
    plan = narrow / "plans/2026-03-10-dry-run.json"
    told = scld("apply", narrow, plan, *ANNE)
    assert told.code == 4
    number = re.search(r"--confirm-blast-radius (\d+)", told.err)[1]
    assert scld("apply", narrow, plan, *ANNE, "--confirm-blast-radius", number).code == 0


def test_a_carrier_that_cannot_be_opened_exits_5(scld, sample):
    """A carrier whose account is gone is trouble: exit 5, it is for a person, and its hotspots are left alone."""
    (sample / "carrier.sqlite").unlink()
    told = scld("day", sample, *ANNE)
    assert (told.code, told.err) == (5, "")
    assert "  carrier: carrier.iter_lines: could not be opened: " in told.out
    assert "applied" not in told.out


def test_progress_is_shown_on_a_terminal_and_only_on_stderr(scld, eight):
    """On a terminal a bar names what is read and applied; stdout has none of it, and --json no bar at all."""
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm", "NO_COLOR": None}
    told = scld("day", eight, *ANNE, "--dry-run", "--json", env=terminal)
    assert told.err == ""
    told = scld("day", eight, *ANNE, env=terminal)
    assert told.code == 0
    assert "\x1b[?25l" in told.err
    assert re.search(r"\d+/\d+", told.err)
    assert "\x1b[?25l" not in told.out


def test_the_day_is_readable_on_eighty_columns(scld, sample):
    """No word is broken on eighty columns: long lines are left to the terminal, ids and numbers stay whole."""
    told = scld("day", sample, *ANNE)
    ids = {step for line in told.lines if (step := line[16:32]) and re.fullmatch("[0-9a-f]{16}", step)}
    assert len(ids) > 10
    starts = [line for line in told.lines if line.lstrip().startswith("39999")]
    assert all(":" in line for line in starts)
    assert any(len(line) > 80 for line in told.lines)


def test_verbose_logs_json_lines_on_stderr(scld, eight):
    """--verbose writes each move of a step to stderr as one JSON line; stdout stays one object."""
    told = scld("day", eight, *ANNE, "--json", "--verbose")
    assert told.json["verify"]["residual"] == 0
    records = [json.loads(line) for line in told.err.splitlines()]
    moves = [r for r in records if r["event"] == "StepMoved"]
    assert {r["data"]["step"] for r in moves} == {r["step"] for r in told.json["receipts"] if r["result"] == "applied"}
    assert {r["level"] for r in records} == {"INFO"}


def test_no_patron_shows_anywhere(scld, eight):
    """Neither what is printed nor what is logged nor what is written names a patron."""
    told = scld("day", eight, *ANNE, "--verbose")
    written = [p.read_text(encoding="utf-8") for p in (eight / "reports").iterdir()]
    assert told.err
    assert written
    assert "canary-patron" in (eight / "district.sqlite").read_bytes().decode("latin-1")
    assert "canary" not in told.out + told.err + "".join(written)


@pytest.mark.parametrize("name", ["reports", "worklists", "plans"])
def test_a_folder_that_takes_no_file_is_found_before_anything_is_done(scld, sample, contents, name):
    """A run that could tell nobody what it did does nothing: exit 2, with the folder's name."""
    (sample / name).mkdir(exist_ok=True)
    for path in (sample / name).iterdir():
        path.unlink()
    (sample / name).rmdir()
    (sample / name).write_text("in the way", encoding="utf-8")
    before = contents(sample)
    told = scld("day", sample, *ANNE)
    assert (told.code, told.out) == (2, "")
    assert name in told.err
    assert "cannot be written to" in told.err
    assert contents(sample) == before
    assert scld("day", sample, *ANNE, "--dry-run").code == (2 if name == "plans" else 0)


def test_what_was_done_is_told_though_its_page_cannot_be_written(scld, sample):
    """The report's own place is taken: the receipts are printed all the same, and the run ends in trouble."""
    (sample / "reports" / "day-2026-03-10-1.html").mkdir(parents=True)
    told = scld("day", sample, *ANNE)
    assert told.code == 5
    assert "applied" in told.out
    assert "Unexplained differences: 0" in told.out
    assert "day-2026-03-10-1.html" in told.err


def test_on_the_second_day_a_row_still_says_why_it_waits(scld, ran):
    """On screen, in JSON, and on the page, which names the worklist to tick."""
    again = scld("day", ran, *ANNE, "--json").json
    waiting = [row for row in again["plan"]["waiting"] if row["on"] in ("operator", "approval")]
    assert waiting
    assert all(row["reason"] for row in waiting)
    told = scld("day", ran, *ANNE)
    assert "waits for a manager's approval. " in told.out
    page = max((ran / "reports").glob("day-*.html")).read_text(encoding="utf-8")
    lists = {path.name for path in (ran / "worklists").glob("worklist-2026-03-10-3-*.csv")}
    assert lists
    assert all(f"scld confirm DIR worklists/{name}" in page for name in lists)
