"""The doctor: each thing that can be wrong with a district, found and told without changing anything."""

import shutil
from pathlib import Path

import pytest
from attrs import evolve

from scld_core import Options, open_desk
from scld_core.errors import StaleFacts
from scld_core.kernel.time import EPOCH
from scld_core.runs.model import StepState
from scld_core.services.run_book import begin_run, in_run
from scld_core.wiring.doctor import Finding, examine
from scld_core.wiring.founding import init_district
from support.districts import plugins
from support.parts import KeptInOrder, Parts, district, install, instead


@pytest.fixture
def sample(made_sample, tmp_path):
    """A sample district of the test's own."""
    return Path(shutil.copytree(made_sample, tmp_path / "sample"))


def by_what(folder):
    """The findings by what was looked at."""
    found = {}
    for finding in examine(folder):
        found.setdefault(finding.what, []).append(finding)
    return found


def wrong(folder):
    """What is not as it should be: what was looked at, and what is said of it."""
    return {finding.what: finding.detail for finding in examine(folder) if finding.ok is False}


def test_a_healthy_district_is_right_in_everything(sample):
    """Settings, policy, store, both backends, inventory and runs; the unusable rows are notes."""
    found = by_what(sample)
    assert wrong(sample) == {}
    assert [
        w for w in ("settings", "policy", "store", "backend main", "backend carrier", "runs") if w not in found
    ] == []
    assert found["settings"][0].detail.endswith("America/Los_Angeles, profile spokane-county")
    assert found["backend main"] == [
        Finding("backend main", ok=True, detail="embedded opens; offers loans, fees, patrons, holds, catalog")
    ]
    assert found["backend carrier"][0].detail == "simulated opens; offers lines"
    assert [f.ok for f in found["inventory"]] == [True, None, None, None, None]
    assert found["inventory"][0].detail == "36 hotspots"
    assert found["runs"][0].detail == "0 so far"


def test_runs_and_open_steps_are_told(sample):
    """The last five runs, and each step that somebody still has to finish, with its state."""
    with open_desk(sample, actor="anne", options=Options(registry=plugins())) as desk:
        runs = [desk.day.run().run for _ in range(6)]
        waiting = {row.step for row in desk.day.plan().waiting if row.on != "agency-list"}
    found = by_what(sample)
    assert [(f.detail, f.ok) for f in found["run"]] == [(f"{run}  day by anne: done", True) for run in runs[-5:]]
    assert found["runs"][0].detail == "6 so far"
    assert {f.detail.split()[0] for f in found["open step"]} == waiting
    assert all(
        f.ok is None and f.detail.endswith(("awaiting_approval", "waiting_operator")) for f in found["open step"]
    )


def test_how_a_run_ended_is_told_and_a_bad_end_is_a_note(sample):
    """A guard stopped one, another never came to its end: both are notes, for a person to know."""
    with open_desk(sample, actor="anne", options=Options(registry=plugins())) as desk:
        engine, day = desk.day.engine, desk.day.business_day

        def stopped(run):
            raise StaleFacts(f"{run} is too old")

        with pytest.raises(StaleFacts):
            in_run(engine, "day", day, stopped, failed=bool)
        begin_run(engine, "day", day)
    assert [(f.detail, f.ok) for f in by_what(sample)["run"]] == [
        ("2026-03-10-1  day by anne: guard", None),
        ("2026-03-10-2  day by anne: no end yet", None),
    ]
    assert wrong(sample) == {}


def test_a_date_of_its_own_is_told_unless_the_district_is_a_sample(tmp_path, monkeypatch):
    """With `today` nothing is done on a real district: the doctor says so before a morning does."""
    instead(monkeypatch, Parts())
    assert "today" not in by_what(district(tmp_path / "sample"))
    told = wrong(district(tmp_path / "real", ("sample = true\n", "")))
    assert told == {
        "today": "district.today stops the clock of a district that is no sample, so nothing is done: take it out"
    }


def test_looking_changes_nothing(sample):
    """Two examinations find the same, and the district's texts stay as they were."""
    texts = {p.name: p.read_bytes() for p in sample.iterdir() if p.suffix in (".toml", ".csv")}
    assert list(examine(sample)) == list(examine(sample))
    assert {p.name: p.read_bytes() for p in sample.iterdir() if p.suffix in (".toml", ".csv")} == texts


def test_broken_settings_are_all_that_can_be_told(tmp_path):
    """Without readable settings there is one finding, with the path and the remedy."""
    assert [(f.what, f.ok) for f in examine(tmp_path)] == [("settings", False)]
    (tmp_path / "district.toml").write_text("[district\n", encoding="utf-8")
    (finding,) = examine(tmp_path)
    assert "district.toml" in finding.detail


def test_missing_policy_values_are_named_and_the_rest_is_looked_at(tmp_path):
    """A new district: the values to set are named, its store is right, and it cannot be opened yet."""
    init_district(tmp_path, actor="anne")
    found = by_what(tmp_path)
    assert "hotspots.grace_days" in wrong(tmp_path)["policy"]
    assert set(wrong(tmp_path)) == {"policy", "district"}
    assert found["store"][0] == Finding("store", ok=True, detail="sqlite")


def test_a_faulty_plugin_is_told_and_the_others_serve(sample, tmp_path, monkeypatch):
    """A plugin that fails to load is a finding with its own fault, and everything else is right."""
    install(tmp_path / "site", "broken-thing", 'raise RuntimeError("no licence")')
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert list(wrong(sample)) == ["plugin"]
    assert "no licence" in wrong(sample)["plugin"]


def test_an_allowed_plugin_that_is_absent_is_told_with_the_settings(tmp_path):
    """The doctor says what keeps the district from opening."""
    folder = district(tmp_path / "d", ("[roles]", '[plugins]\nallow = ["brake"]\n\n[roles]'))
    assert "brake: absent" in wrong(folder)["settings"]


def test_a_store_that_cannot_be_opened_ends_the_look(sample):
    """Without a store there is nothing behind it to look at."""
    toml = sample / "district.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace('use = "sqlite"', 'use = "sqlitee"'), encoding="utf-8")
    assert list(examine(sample))[-1].what == "store"
    assert "did you mean 'sqlite'" in wrong(sample)["store"]


def test_a_store_without_tables_is_told(sample):
    """The database is gone: the store says so, and the district cannot be read."""
    (sample / "district.sqlite").unlink()
    assert {"store", "district"} <= set(wrong(sample))


def test_a_backend_that_does_not_open_is_told_and_the_others_are_looked_at(sample):
    """The carrier's account is gone: that backend is wrong, the ILS is right, and the district opens without it."""
    (sample / "carrier.sqlite").unlink()
    assert set(wrong(sample)) == {"backend carrier"}
    assert by_what(sample)["backend main"][0].ok
    assert "runs" in by_what(sample)


def test_a_missing_inventory_is_told_and_the_runs_still_are(sample):
    """Without the file there is no inventory, but the run book can be read."""
    (sample / "hotspots.csv").unlink()
    assert set(wrong(sample)) == {"inventory"}
    assert "runs" in by_what(sample)


def test_what_a_store_notes_of_its_place_is_a_note(tmp_path, monkeypatch):
    """A store's own notes are neither right nor wrong; the check was made."""
    parts = instead(monkeypatch, Parts(store=KeptInOrder()))
    found = by_what(district(tmp_path / "d"))
    assert [(f.ok, f.detail) for f in found["store"]] == [(True, "kept"), (None, "kept on a shelf")]
    assert "check" in parts.store.asked
    assert parts.left_open == set()


def test_a_store_without_upkeep_is_right_when_it_opens(tmp_path, monkeypatch):
    """A store that keeps no database needs no check."""
    instead(monkeypatch, Parts())
    assert by_what(district(tmp_path / "d"))["store"] == [Finding("store", ok=True, detail="kept")]


@pytest.mark.parametrize(("old", "new"), [("main", "ils"), ("carrier", "portal")])
def test_a_renamed_backend_is_noted_while_its_history_lasts(sample, old, new):
    """Its past is filed under the old name: the doctor says so, and nothing of an instance that is still named."""
    with open_desk(sample, actor="anne", options=Options(registry=plugins())) as desk:
        desk.day.run()
        steps = len(_history(desk))
    assert [f.ok for f in by_what(sample)[f"backend {old}"]] == [True]
    settings = sample / "district.toml"
    text = settings.read_text(encoding="utf-8")
    text = text.replace(f"[backends.{old}]", f"[backends.{new}]").replace(f'carrier = "{old}"', f'carrier = "{new}"')
    settings.write_text(text, encoding="utf-8")
    inventory = sample / "hotspots.csv"
    inventory.write_text(inventory.read_text(encoding="utf-8").replace(f",{old},", f",{new},"), encoding="utf-8")
    (found,) = by_what(sample)[f"backend {old}"]
    assert found.ok is None
    assert found.detail.startswith(f"{steps} steps of the past are about it, and [backends] has no such name")


def _history(desk):
    with desk.store.transaction() as unit:
        return unit.steps.history("hotspots", EPOCH)


def test_steps_of_another_program_are_no_reason_to_fall_silent(sample):
    """An action that is not known, a payload that cannot be read, a subject of no instance: the rest is still told."""
    with open_desk(sample, actor="anne", options=Options(registry=plugins())) as desk:
        desk.day.run()
        some = _history(desk)[0]
        odd = (
            evolve(some.step, action="hotspots.polish", subject="gone:1"),
            evolve(some.step, payload="{}", subject="gone:2"),
            evolve(some.step, subject="the shelf"),
        )
        with desk.store.transaction() as unit:
            for step in odd:
                unit.steps.put(evolve(some, step=step, state=StepState.WITHDRAWN))
    (found,) = by_what(sample)["backend gone"]
    assert found.detail.startswith("2 steps of the past")
