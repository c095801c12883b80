"""A third party's plugin, built, installed and graded where nothing of this checkout is."""

import json

import pytest


def matrix(elsewhere, name):
    """The matrix that a conformance run wrote."""
    return json.loads((elsewhere.project / "out" / f"{name}.lines.json").read_text(encoding="utf-8"))


def test_the_kit_is_the_wheels(elsewhere):
    """What is graded with is what was installed, not this checkout."""
    done = elsewhere.run(
        "python", "-c", "import scld_core.testing.suite as s, acme_carrier as a; print(s.__file__, a.__file__)"
    )
    kit, plugin = done.stdout.split()
    assert kit.startswith(str(elsewhere.folder))
    assert plugin.startswith(str(elsewhere.folder / "env"))


def test_a_good_plugin_passes_and_its_matrix_says_so(elsewhere):
    """Its one class of one fixture passes every check; the grade is computed, and capped by its evidence."""
    done = elsewhere.conformance()
    assert done.returncode == 0, done.stdout + done.stderr
    written = matrix(elsewhere, "acme")
    assert (written["backend"], written["port"], written["passed"]) == ("acme", "lines", True)
    assert (written["grade"], written["evidence"]) == ("writes", "none")
    verdicts = {(cell["check"], cell["operation"]): cell["verdict"] for cell in written["cells"]}
    assert len(verdicts) >= 80
    assert verdicts["lines.lost-answer", "suspend"] == "passed"
    assert verdicts["lines.declared", "terminate"] == "passed"
    assert verdicts["lines.does-it", "terminate"] == "excused"
    assert not [key for key, verdict in verdicts.items() if verdict in ("failed", "unseen")]
    assert "Grade **writes**" in (elsewhere.project / "out" / "acme.lines.md").read_text(encoding="utf-8")


def test_a_bad_plugin_fails_and_its_matrix_says_why(elsewhere):
    """A request that failed and is told as done fails the run; what was known to fail is shown with its reason."""
    done = elsewhere.conformance("tests/bad_conformance.py")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "a request that never arrived is answered as if it had" in done.stdout
    written = matrix(elsewhere, "acme-careless")
    assert (written["grade"], written["passed"]) == ("reads", False)
    cells = {(cell["check"], cell["operation"]): cell for cell in written["cells"]}
    assert cells["lines.lost-request", "suspend"]["verdict"] == "failed"
    assert cells["lines.lost-request", "restore"]["verdict"] == "passed"
    assert cells["lines.too-many", "suspend"]["verdict"] == "expected_failure"
    assert cells["lines.too-many", "suspend"]["detail"].startswith("known since 2026-02-01")


def test_a_plugin_can_be_graded_from_plain_python(elsewhere):
    """No test framework is needed to see the grade."""
    script = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from acme_bench import ACME, make\n"
        "from scld_core.testing.grading import grade\n"
        "from scld_core.testing.harness import Harness\n"
        "report = grade(Harness.of(ACME, 'lines', make, remembers_keys=True))\n"
        "print(report.grade.value, 'pytest' in sys.modules)\n"
    )
    done = elsewhere.run("python", "-c", script)
    assert (done.stdout.split(), done.returncode) == (["writes", "False"], 0), done.stderr


@pytest.fixture
def broken(elsewhere, tmp_path):
    """The same environment with a plugin beside it that cannot be imported."""
    import shutil
    from pathlib import Path

    elsewhere.install(str(shutil.copytree(Path(__file__).parent / "broken", tmp_path / "acme-broken")))
    return elsewhere


def test_a_broken_plugin_stops_nobody_else(broken):
    """`scld plugins` says which plugin is broken and why, and lists the others; the good one is graded as before."""
    done = broken.run("scld", "plugins")
    told = " ".join(done.stdout.split())
    assert "broken (acme-broken 0.1): failed: ModuleNotFoundError" in told
    assert "acme (acme-carrier 1.0): loaded: carrier 'acme'" in told
    assert "carrier 'simulated'" in told
    assert "Traceback" not in done.stdout + done.stderr
    assert done.returncode == 5
    assert broken.conformance("-k", "got_as_told").returncode == 0
