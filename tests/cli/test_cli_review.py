"""Small things that a newcomer stumbles over: each is said, refused or right."""

import os
import signal
import subprocess
import sys

import pytest

from scld_core.services.day.publish import read_plan, write_plan

ANNE = ("--actor", "sample-associate")
BERT = ("--actor", "sample-supervisor")


def founder(scld, folder):
    """Who stands in the journal as the one who made a district."""
    from scld_core import open_desk

    with open_desk(folder, actor="reader") as desk:
        return next(entry.actor for entry in desk.runs.journal() if entry.kind == "district.made")


def test_a_sample_is_made_by_the_same_actor_either_way(scld, sample, tmp_path):
    """`init --sample` and `day --sample` name one and the same where nobody is named."""
    assert scld("day", tmp_path / "other", "--sample").code == 0
    assert founder(scld, sample) == founder(scld, tmp_path / "other") == "sample-associate"


def test_a_scale_for_a_sample_that_is_there_is_refused(scld, sample, contents):
    """It would be without effect, so it is said; without it the sample goes on."""
    before = contents(sample)
    told = scld("day", sample, "--sample", "--scale", "2")
    assert told.code == 2
    assert "is for a new sample" in told.err
    assert contents(sample) == before
    assert scld("day", sample, "--sample").code == 0


def test_a_step_that_stands_twice_in_a_plan_is_refused(scld, eight):
    """A plan file that somebody doubled by hand is not printed and not done twice."""
    assert scld("day", eight, *ANNE, "--dry-run").code == 0
    (path,) = (eight / "plans").glob("*-dry-run.json")
    plan = read_plan(path)
    area = next(area for area in plan.areas if area.steps)
    from attrs import evolve

    doubled = evolve(plan, areas=(evolve(area, steps=(*area.steps, area.steps[0])),))
    told = scld("apply", eight, write_plan(doubled, path), *ANNE)
    assert told.code == 2
    assert "stands in the plan twice" in told.err


def test_two_applies_leave_two_lists(scld, portal):
    """What one `apply` wrote for a person is not overwritten by the next."""
    assert scld("day", portal, *ANNE, "--dry-run").code == 0
    (path,) = (portal / "plans").glob("*-dry-run.json")
    steps = [step.id for step in read_plan(path).steps]
    for step in steps[:2]:
        assert scld("apply", portal, path, "--only", step, *ANNE).code == 0
    assert len(list((portal / "worklists").glob("worklist-*.csv"))) == 2


@pytest.mark.parametrize(("key", "command"), [("confirm", "confirm"), ("undo", "undo")])
def test_confirming_and_undoing_may_need_a_role(scld, portal, edit, key, command):
    """Without the setting anybody may; with it, only who has the role."""
    assert scld("day", portal, *ANNE).code == 0
    what = next((portal / "worklists").glob("worklist-*.csv")) if command == "confirm" else "2026-03-10-1"
    edit(portal, "[approval]\n", f'[approval]\n{key} = ["supervisor"]\n')
    refused = scld(command, portal, what, "--actor", "somebody")
    assert refused.code == 2
    assert f"none of the roles that may {key}: supervisor" in refused.err
    assert "none of the roles" not in scld(command, portal, what, *BERT).err


def test_in_a_sample_people_stand_at_the_day_that_they_name(scld, ran):
    """`--date` of the commands for people is that of `day`, so that the journal keeps its order."""
    from scld_core import open_desk

    plan = scld("day", ran, *ANNE, "--date", "2026-03-11", "--json").json["plan"]
    step = next(row["id"] for row in plan["waiting"] if row["on"] == "approval")
    assert scld("approve", ran, step, "--reason", "seen", *BERT, "--date", "2026-03-11").code == 0
    with open_desk(ran, actor="reader") as desk:
        days = {entry.at.date().isoformat() for entry in desk.runs.journal() if entry.kind == "step.approved"}
    assert days == {"2026-03-11"}


@pytest.mark.parametrize(
    ("new", "said"),
    [("", "[approval] roles names no role"), ('roles = ["director"]', "[roles] gives nobody director")],
)
def test_the_doctor_sees_that_nobody_can_approve(scld, sample, edit, new, said):
    """A note, since a library that never ends a line needs nobody; where somebody can, the doctor names them."""
    assert "sample-supervisor may approve" in " ".join(scld("doctor", sample).out.split())
    edit(sample, 'roles = ["supervisor"]', new)
    assert f"nobody can approve: {said}" in " ".join(scld("doctor", sample).out.split())


def test_one_alone_cannot_approve_what_the_own_run_asked_for(scld, sample, edit):
    """With a second pair of eyes asked for, one name under [roles] is nobody."""
    edit(sample, 'sample-associate = ["associate"]\n', "")
    said = " ".join(scld("doctor", sample).out.split())
    assert "only sample-supervisor is under [roles], and nobody approves what their own run asked for" in said


def test_an_interruption_while_it_starts_is_one_line():
    """Ctrl-C while the libraries are loaded ends with 130 and no traceback."""
    script = (
        "import os, signal, sys, importlib.abc\n"
        "class Late(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'typer':\n"
        f"            os.kill(os.getpid(), {int(signal.SIGINT)})\n"
        "sys.meta_path.insert(0, Late())\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job in the background begins deaf to it
        "from scld_core.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "80"}
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "Stopped by you. What was begun is read back by the next run.\n"
