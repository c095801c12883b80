"""An environment of a third party: fresh, without network, with nothing of this checkout in it."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from fill_wheelhouse import ROOT, fill

collect_ignore = ["plugin", "broken"]

HERE = Path(__file__).parent


class Elsewhere:
    """A virtual environment and a copy of the third party's project in a folder of their own."""

    def __init__(self, folder: Path, wheelhouse: Path) -> None:
        self.folder = folder
        self.project = Path(shutil.copytree(HERE / "plugin", folder / "acme-carrier"))
        self.wheelhouse = wheelhouse
        venv.create(folder / "env", with_pip=False, symlinks=os.name != "nt")
        self.bin = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.bin / "python"

    def install(self, *what: str) -> None:
        """Install from the wheelhouse alone; projects are built with what is installed already."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(self.python), "install"),
                *("-q", "--no-index", "--find-links", str(self.wheelhouse), "--no-build-isolation", *what),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run something of the environment in the project's folder, without anything of ours in its path."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COV"))}
        clean["PYTHONUTF8"] = "1"
        return subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.project,
            env=clean,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    def conformance(self, *files: str) -> subprocess.CompletedProcess[str]:
        """Run a conformance test with the kit's plugin; the matrix goes to ``out``."""
        plugin = ("-p", "scld_core.testing.plugin", "--scld-report=out", "-p", "no:cacheprovider")
        return self.run("python", "-m", "pytest", "-q", *plugin, *files)


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory):
    """The environment with scld's wheel and the plugin installed."""
    given = os.environ.get("SCLD_WHEELHOUSE")
    wheelhouse = Path(given) if given else fill(ROOT / "build" / "wheelhouse")
    made = Elsewhere(tmp_path_factory.mktemp("elsewhere"), wheelhouse)
    made.install("hatchling", "scld[cli,testing]")
    made.install(f"{made.project}[test]")
    return made
