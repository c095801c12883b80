"""What the kit needs to be imported: nothing for the checks, its extra for the rest."""

import subprocess
import sys

import pytest

ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("pytest", "hypothesis"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""


def run(text):
    """A fresh interpreter in which neither pytest nor Hypothesis is installed."""
    return subprocess.run(
        [sys.executable, "-c", ABSENT + text], capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_grading_needs_no_test_framework():
    """A backend can be graded, and a report made, from plain Python."""
    done = run(
        "import scld_core.testing.checks, scld_core.testing.planted, scld_core.testing.faults\n"
        "import scld_core.testing.differential, scld_core.testing.report, scld_core.testing.clock\n"
        "from scld_core.testing.grading import grade\n"
        "from scld_core.testing.references import MEMORY_LINES\n"
        "print(grade(MEMORY_LINES).grade.value)\n"
    )
    assert (done.stdout.strip(), done.returncode) == ("writes", 0), done.stderr


@pytest.mark.parametrize(
    ("module", "library"),
    [("strategies", "hypothesis"), ("machines", "hypothesis"), ("suite", "pytest"), ("plugin", "pytest")],
)
def test_a_missing_extra_is_named(module, library):
    """What needs a test framework says how to install it."""
    done = run(f"import scld_core.testing.{module}")
    assert done.returncode == 1
    assert f"MissingExtra: {library}: needs the extra 'testing'" in done.stderr
    assert "pip install 'scld[testing]'" in done.stderr
