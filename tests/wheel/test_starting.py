"""A plugin that was begun by the command, where nothing of this checkout is: its tests pass as generated."""

import json

import pytest

from scld_core.testing.starting import STARTERS


@pytest.mark.parametrize("kind", STARTERS)
def test_a_project_passes_its_own_tests_as_generated(elsewhere, tmp_path, kind):
    """Made, installed, tested and graded with the commands that its README names."""
    project, name = tmp_path / "project", f"birch-{kind}"
    made = elsewhere.run("scld", "plugin", "new", name, "--kind", kind, "--out", str(project))
    assert made.returncode == 0, made.stderr
    elsewhere.install(f"{project}[test]")
    done = elsewhere.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={project}", str(project))
    assert done.returncode == 0, done.stdout + done.stderr
    graded = elsewhere.run("scld", "conformance", name, "--lives", "2", "--json")
    assert graded.returncode == 0, graded.stdout + graded.stderr
    grades = {report["port"]: report["grade"] for report in json.loads(graded.stdout)}
    assert grades == {"ils": {"loans": "reads", "patrons": "writes"}, "carrier": {"lines": "writes"}}[kind]
