"""What people do from the command line: approve, confirm, undo, record a service test."""

import csv
import getpass
import re
from pathlib import Path

import pytest

from support.districts import effects

ANNE = ("--actor", "sample-associate")
BERT = ("--actor", "sample-supervisor")
DAY = "2026-03-10-1"


def _waiting(scld, folder) -> list[str]:
    told = scld("day", folder, *ANNE, "--json").json
    return [row["id"] for row in told["plan"]["waiting"] if row["on"] == "approval"]


def _tick(path: Path, **ticks: str) -> Path:
    """Tick every row of a worklist."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [row | ticks for row in csv.DictReader(stream)]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_an_approved_step_is_carried_out_by_the_next_run(scld, ran):
    """A supervisor approves; the next run ends the line."""
    step = _waiting(scld, ran)[0]
    told = scld("approve", ran, step, "--reason", "paid", *BERT)
    assert told.code == 0
    assert re.match(rf"approved  {step}  hotspots.terminate \d{{14}} \(", told.out)
    receipts = scld("day", ran, *ANNE, "--json").json["receipts"]
    assert [(r["step"], r["result"]) for r in receipts] == [(step, "applied")]


def test_several_steps_are_approved_at_once(scld, ran):
    """`approve` takes any number of steps and prints one line for each."""
    steps = _waiting(scld, ran)
    assert len(steps) > 1
    assert len(scld("approve", ran, *steps, "--reason", "paid", *BERT).lines) == len(steps)


def test_who_has_no_role_may_not_approve(scld, ran):
    """An actor without an approving role is refused with the role's name; nothing is approved."""
    steps = _waiting(scld, ran)
    told = scld("approve", ran, steps[0], "--reason", "paid", *ANNE)
    assert told.code == 2
    assert "supervisor" in told.err
    assert _waiting(scld, ran) == steps


def test_nobody_approves_what_they_asked_for(scld, sample):
    """With other_actor the person whose run planned a step may not approve it."""
    scld("day", sample, *BERT)
    step = _waiting(scld, sample)[0]
    told = scld("approve", sample, step, "--reason", "paid", *BERT)
    assert told.code == 2
    assert "somebody other" in told.err


@pytest.mark.parametrize("step", ["0" * 16, "no-step", "[red]x[/]"])
def test_an_unknown_step_is_named(scld, ran, step):
    """A step id that nobody knows is refused and said back, brackets and all."""
    told = scld("approve", ran, step, "--reason", "paid", *BERT)
    assert told.code == 2
    assert told.err.startswith(f"Stopped: {step}: ")


def test_an_approval_needs_a_reason(scld, ran):
    """A blank reason is refused; so is none."""
    step = _waiting(scld, ran)[0]
    told = scld("approve", ran, step, "--reason", "  ", *BERT)
    assert told.code == 2
    assert told.err.startswith("Stopped: reason: ")
    assert scld("approve", ran, step, *BERT).code == 2


def test_a_ticked_worklist_becomes_receipts(scld, portal):
    """Rows ticked as done and rechecked are applied; sending the file again does no harm."""
    told = scld("day", portal, *ANNE)
    assert told.code == 0
    assert "of the steps above: for a person with the worklist" in told.out
    path = _tick(next((portal / "worklists").glob("worklist-*.csv")), done="x", rechecked="x")
    for _ in range(2):
        told = scld("confirm", portal, path, *ANNE)
        assert told.code == 0
        assert len(told.lines) == 3
        assert all(line.split()[0] == "applied" for line in told.lines)
        assert "confirmed by sample-associate, item rechecked" in told.out


def test_a_suspension_counts_only_when_the_item_was_rechecked(scld, portal):
    """A row that takes a service and is not rechecked is refused with its line: exit 2, the others count."""
    scld("day", portal, *ANNE)
    path = _tick(next((portal / "worklists").glob("worklist-*.csv")), done="x")
    told = scld("confirm", portal, path, *ANNE)
    assert told.code == 2
    assert len([line for line in told.lines if line.split()[0] == "applied"]) == 1
    refused = [line for line in told.lines if line.startswith("not used  ")]
    assert [re.match(rf"not used  {path.name}:(\d+): ", line)[1] for line in refused] == ["2", "4"]
    assert all("rechecked" in line for line in refused)


def test_an_unreadable_tick_is_refused_and_an_empty_list_is_nothing(scld, portal):
    """Anything but a yes or a no in a box is quarantined with its line; an unticked list confirms nothing."""
    scld("day", portal, *ANNE)
    path = next((portal / "worklists").glob("worklist-*.csv"))
    empty = scld("confirm", portal, path, *ANNE)
    assert (empty.code, empty.out) == (0, "")
    told = scld("confirm", portal, _tick(path, done="perhaps [bold]"), *ANNE)
    assert told.code == 2
    assert f"{path.name}:2: " in told.out
    assert "applied" not in told.out


def test_apply_names_the_worklists_it_wrote(scld, portal):
    """`scld apply` with a carrier that has only a portal ends with the worklist's page and its file to tick."""
    scld("day", portal, *ANNE, "--dry-run")
    told = scld("apply", portal, portal / "plans/2026-03-10-dry-run.json", *ANNE)
    assert told.code == 0
    assert [Path(line).suffix for line in told.lines[-2:]] == [".html", ".csv"]
    assert all(Path(line).exists() for line in told.lines[-2:])


def test_undo_takes_a_run_back_and_says_what_it_cannot(scld, eight):
    """`undo` gives service back and takes none from a returned device; it names the ended line, which is gone."""
    scld("day", eight, *ANNE)
    done = len(effects(eight))
    told = scld("undo", eight, DAY, *ANNE)
    assert told.code == 0
    applied = [line for line in told.lines if line.split()[0] == "applied"]
    left = [line for line in told.lines if line.startswith("not undone")]
    skipped = [line for line in told.lines if line.split()[0] == "skipped"]
    assert (len(applied), len(skipped), len(left)) == (2, 1, 1)
    assert skipped[0].endswith("the facts do not ask for it: The facts now ask for nothing: returned.")
    assert left[0].endswith("nothing takes it back")
    assert len(effects(eight)) == done + len(applied)


def test_an_undo_that_the_carrier_refuses_exits_5(scld, eight, edit):
    """Inverse steps that fail are told with their reason, and `undo` exits 5."""
    scld("day", eight, *ANNE)
    edit(eight, 'use = "simulated"\n', 'use = "simulated"\nactions_per_day = 1\n')
    told = scld("undo", eight, DAY, *ANNE)
    assert told.code == 5
    assert sorted(line.split()[0] for line in told.lines) == ["failed", "failed", "not", "skipped"]


def test_an_undo_says_what_a_limit_forbids(scld, eight, edit):
    """With the day's actions of each line used up nothing is sent: each is named with the limit."""
    scld("day", eight, *ANNE)
    done = effects(eight)
    edit(eight, "[policy.hotspots]\n", "[policy.hotspots]\nmax_actions_per_day = 1\n")
    told = scld("undo", eight, DAY, *ANNE)
    refused = [line for line in told.lines if "the limit is 1" in line]
    assert (told.code, len(refused)) == (0, 3)
    assert all(line.startswith("not undone  39999") for line in refused)
    assert effects(eight) == done


def test_an_undo_asks_for_the_number_of_its_risky_steps(scld, eight, edit):
    """Above max_batch_count `undo` stops with exit 4 and the number, and goes on with it."""
    scld("day", eight, *ANNE)
    edit(eight, "max_batch_count = 25", "max_batch_count = 0")
    told = scld("undo", eight, DAY, *ANNE)
    assert told.code == 4
    assert f"undoing {DAY} would take 1 risky steps" in told.err
    assert scld("undo", eight, DAY, *ANNE, "--confirm-blast-radius", 1).code == 0


def test_a_run_without_effects_cannot_be_undone(scld, ran):
    """A run id that nobody knows is refused and said back."""
    told = scld("undo", ran, "2020-01-01-1[/]", *ANNE)
    assert told.code == 2
    assert told.err.startswith("Stopped: 2020-01-01-1[/]: ")


def test_a_restored_hotspot_leaves_only_after_its_service_test(scld, eight):
    """Until a test passes the hotspot may not leave; a failed test does not let it leave either."""
    scld("day", eight, *ANNE)
    barcode = "39999000000024"
    failed = scld("service-test", eight, barcode, "--failed", "--note", "no page [yet]", *ANNE)
    assert failed.code == 0
    assert failed.out.startswith(f"{barcode} (cheney): may not leave. ")
    passed = scld("service-test", eight, barcode, "--passed", *ANNE)
    assert passed.code == 0
    assert passed.out == f"{barcode} (cheney): may leave\n"


def test_a_service_test_needs_a_known_hotspot_and_an_outcome(scld, eight):
    """An unknown barcode and a missing outcome are refused."""
    told = scld("service-test", eight, "[b]39[/b]", "--passed", *ANNE)
    assert told.code == 2
    assert told.err.startswith("Stopped: [b]39[/b]: ")
    assert scld("service-test", eight, "39999000000024", *ANNE).code == 2


def test_who_acts_is_the_login_unless_named(scld, ran, monkeypatch):
    """Without --actor the login name is entered; on a machine that knows no login it is 'unknown'."""
    monkeypatch.setattr(getpass, "getuser", lambda: "mroe")
    scld("day", ran)

    def nobody():
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr(getpass, "getuser", nobody)
    scld("day", ran)
    scld("day", ran, "--actor", "jdoe")
    told = scld("doctor", ran).out
    assert re.findall(r"day by (\S+):", told) == ["sample-associate", "mroe", "unknown", "jdoe"]
