"""Runs a scene in two processes at once and gathers what they tell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SHARES = 2  # processes at once


class Played:
    """All moments of one scene, and what became of each case."""

    def __init__(self, names, cases):
        self.names = names
        self.cases = cases


def _start(scene: str, folder: Path, share: int, stride: int) -> subprocess.Popen:
    own = folder / str(share)
    own.mkdir()
    return subprocess.Popen(
        [sys.executable, "-W", "error", HERE / "driver.py", scene, own, str(share), str(SHARES), str(stride)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )


@pytest.fixture
def play(tmp_path):
    """Plays a scene by its name; with `stride`, at every so many moments."""

    def played(scene: str, stride: int = 1) -> Played:
        processes = [_start(scene, tmp_path, share, stride) for share in range(SHARES)]
        told = [[json.loads(line) for line in process.communicate()[0].splitlines()] for process in processes]
        assert [process.returncode for process in processes] == [0] * SHARES
        names = told[0][0]
        assert all(lines[0] == names for lines in told), "two runs of one scene pass the same moments"
        return Played(names, sorted((case for lines in told for case in lines[1:]), key=lambda case: case["deadly"]))

    return played
