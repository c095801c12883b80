"""Two processes that play scenes at once; what they tell is gathered."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.places import unmeasured

HERE = Path(__file__).parent
SHARES = 2  # processes at once
NIGHT = "SCLD_NIGHTLY" in os.environ


class Driver:
    """The test's end of one process."""

    def __init__(self, folder: Path, share: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", HERE / "driver.py", folder, str(share), str(SHARES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=unmeasured(PYTHONPATH=str(HERE.parent)),
        )

    def ask(self, scene: str, folder: Path, stride: int) -> None:
        """Tell it what to play; `folder` has a name without spaces."""
        self._process.stdin.write(f"{scene} {folder} {stride}\n")
        self._process.stdin.flush()

    def answer(self) -> list:
        """All that it tells of one scene."""
        told = []
        for line in self._process.stdout:
            if line == "null\n":
                return told
            told.append(json.loads(line))
        pytest.fail("a driver has ended; its reason is in stderr")

    def close(self) -> None:
        """End it."""
        self._process.communicate()


class Played:
    """All moments of one scene, and what became of each case."""

    def __init__(self, names, cases):
        self.names = names
        self.cases = cases


@pytest.fixture(scope="session")
def drivers(tmp_path_factory):
    """Started once, because they take their time to import everything."""
    started = [Driver(tmp_path_factory.mktemp("driver") / "warm", share) for share in range(SHARES)]
    yield started
    for driver in started:
        driver.close()


@pytest.fixture
def play(drivers, tmp_path):
    """Plays a scene by its name; with `stride`, at every so many moments, and in the night at each."""

    def played(scene: str, stride: int = 1) -> Played:
        stride = 1 if NIGHT else stride
        for share, driver in enumerate(drivers):
            driver.ask(scene, tmp_path / str(share), stride)
        told = [driver.answer() for driver in drivers]
        names = told[0][0]
        assert all(lines[0] == names for lines in told), "two runs of one scene pass the same moments"
        return Played(names, sorted((case for lines in told for case in lines[1:]), key=lambda case: case["deadly"]))

    return played
