"""The suites and the plugin as a third party meets them: in a pytest of their own."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

from scld_core.memory.loans import MemoryLoans
from scld_core.testing.checks import checks_of
from scld_core.testing.grading import grade
from scld_core.testing.harness import Excused, LoansBench
from scld_core.testing.plugin import Matrices, pytest_configure
from scld_core.testing.references import MEMORY_LOANS, loans_harness
from scld_core.testing.suite import PROPERTY, CarrierSuite, LoansSuite, StoreSuite, expected_failure
from support.places import unmeasured

HEAD = """
import pytest
from scld_core.testing.suite import CarrierSuite, LoansSuite, expected_failure
from scld_core.testing.planted import PLANTED
from scld_core.testing.references import MEMORY_LOANS

BY_NAME = {planted.name: planted for planted in PLANTED}
"""


def run(tmp_path, text, *options):
    """A pytest on one file, with the plugin; its answer."""
    (tmp_path / "test_them.py").write_text(HEAD + text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "scld_core.testing.plugin"]
    return subprocess.run(
        [*command, *options, "test_them.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=unmeasured(),
    )


def test_a_silent_override_is_refused():
    """Replacing, switching off or inheriting a replaced standard test fails when the class is made."""
    with pytest.raises(TypeError, match=r"Mine\.test_final replaces a standard test without a reason"):
        type("Mine", (CarrierSuite,), {"test_final": lambda self, backend: None})
    with pytest.raises(TypeError, match="test_whole_list"):
        type("Mine", (LoansSuite,), {"test_whole_list": None})
    mixin = type("Mixin", (), {"test_documents": lambda self, backend: None})
    with pytest.raises(TypeError, match="test_documents"):
        type("Mine", (mixin, StoreSuite), {})
    with pytest.raises(TypeError, match="test_machine"):
        type("Mine", (StoreSuite,), {"test_machine": lambda self, backend: None})


def test_an_open_override_needs_a_reason():
    """A reason in words makes the class; a blank one does not."""
    with pytest.raises(ValueError, match="needs a reason"):
        expected_failure(reason=" ")

    @expected_failure(reason="no such request")
    def marked(self, backend):
        """Never run."""

    made = type("Mine", (CarrierSuite,), {"test_final": marked, "test_of_mine": lambda self: None})
    assert made.test_final is marked
    assert type("Yours", (made,), {}).test_final is marked


def test_the_matrix_of_a_good_backend_is_written(tmp_path):
    """The plugin prints the matrix and writes it as JSON and Markdown."""
    done = run(
        tmp_path,
        """
class TestGood(LoansSuite):
    examples = 3

    @pytest.fixture
    def backend(self):
        return MEMORY_LOANS
""",
        "--scld-report=out",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "scld conformance: memory, port loans" in done.stdout
    written = json.loads((tmp_path / "out" / "memory.loans.json").read_text(encoding="utf-8"))
    assert (written["grade"], written["passed"]) == ("writes", True)
    assert {cell["check"] for cell in written["cells"]} >= {"loans.whole-list", "loans.like-the-reference"}
    assert "| loans.whole-list |" in (tmp_path / "out" / "memory.loans.md").read_text(encoding="utf-8")
    assert MEMORY_LOANS.name == written["backend"]


def test_a_bad_backend_fails_and_an_expected_failure_is_reported(tmp_path):
    """A failing check fails its test with what was seen; an expected one does not, shows, and must still fail."""
    done = run(
        tmp_path,
        """
class Loans(LoansSuite):
    examples = 1

    @pytest.fixture
    def backend(self):
        return BY_NAME["ILS: due later today is overdue"].harness

class TestBad(Loans):
    pass

class TestKnown(Loans):
    @expected_failure(reason="their date filter has no time")
    def test_due_to_the_second(self, backend):
        super().test_due_to_the_second(backend)

    @expected_failure(reason="it is said to fail, and does not")
    def test_unknown_item(self, backend):
        super().test_unknown_item(backend)
""",
        "--scld-report=out",
        "-k",
        "due_to_the_second or unknown_item",
    )
    assert done.returncode == 1, done.stdout
    assert "FAILED test_them.py::TestBad::test_due_to_the_second" in done.stdout
    assert "loans due -1 s from now: 1 are there that should not be" in done.stdout
    assert "[XPASS(strict)] it is said to fail, and does not" in done.stdout
    assert "2 failed, 1 passed" in done.stdout
    assert "1 xfailed" in done.stdout
    written = json.loads((tmp_path / "out" / "ILS-due-later-today-is-overdue.loans.json").read_text(encoding="utf-8"))
    verdicts = {cell["verdict"]: cell["detail"] for cell in written["cells"]}
    assert verdicts["expected_failure"].startswith("their date filter has no time (")
    assert written["grade"] == "unfit"


def test_a_suite_without_a_harness_says_what_is_missing(tmp_path):
    """The one fixture that a subclass gives is asked for by name; without a folder nothing is written."""
    done = run(tmp_path, "class TestNothing(CarrierSuite):\n    pass\n", "-k", "test_final")
    assert done.returncode == 1
    assert "TestNothing needs a fixture 'backend' that returns a Harness" in done.stdout
    assert not (tmp_path / "out").exists()


def test_the_matrix_is_gathered_from_parallel_workers(tmp_path):
    """A worker of pytest-xdist gathers nothing; its parts, sent as plain values, add up where the run is reported."""

    class Told:
        def section(self, title):
            """A heading."""

        def write_line(self, line):
            """The matrix."""

    parts = [grade(MEMORY_LOANS, checks=[one]).as_dict() for one in checks_of("loans")[:3]]
    gathered = Matrices(tmp_path / "out")
    for when in ("call", "teardown"):
        for part in json.loads(json.dumps(parts)):
            properties = [("other", 1), (PROPERTY, part)]
            gathered.pytest_runtest_logreport(
                pytest.TestReport("x", ("x", 0, "x"), {}, "passed", None, when, user_properties=properties)
            )
    (whole,) = gathered.reports()
    assert whole.as_dict() == grade(MEMORY_LOANS, checks=checks_of("loans")[:3]).as_dict()
    gathered.pytest_terminal_summary(Told())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["memory.loans.json", "memory.loans.md"]
    worker = SimpleNamespace(workerinput={}, pluginmanager=None)
    assert pytest_configure(worker) is None


def test_a_backend_that_ends_the_program_fails_its_check():
    """What it raises is a verdict like any other, and the next check is made."""

    class Exits(MemoryLoans):
        def get(self, item):
            raise SystemExit(3)

    harness = loans_harness(lambda world: LoansBench(loans=Exits(world.clock, backend=world.context.instance)), "exits")
    report = grade(harness, checks=[one for one in checks_of("loans") if "get" in one.covers][:2])
    assert not report.passed
    assert any("SystemExit" in cell.detail for cell in report.cells)


def test_a_harness_that_excuses_its_whole_system_fails():
    """What an operation is declared in full for is looked at, or it is not passed."""

    def excused(world):
        raise Excused("this system never does that")

    report = grade(loans_harness(excused, "excused"), checks=[one for one in checks_of("loans") if "get" in one.covers])
    assert not report.passed
    assert any("gives no system" in cell.detail for cell in report.failures)
