"""The command line in process, and districts to run it on: each test has copies of its own."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scld_core.cli._typer import app
from support.districts import PORTAL, export, found

QUIET = {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1", "FORCE_COLOR": None, "TTY_COMPATIBLE": None}


class Told:
    """What one command said: exit code, stdout and stderr, apart."""

    def __init__(self, result) -> None:
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr

    @property
    def lines(self) -> list[str]:
        """The lines of stdout."""
        return self.out.splitlines()

    @property
    def json(self):
        """Stdout, which must be one JSON object and nothing else."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def scld():
    """Run a command: gives what it said; anything raised but an exit comes through as it is."""
    runner = CliRunner()

    def run(*arguments: object, env=None) -> Told:
        return Told(runner.invoke(app, [str(a) for a in arguments], env={**QUIET, **(env or {})}))

    return run


def _set(folder: Path, old: str, new: str) -> Path:
    """Change one place of a district.toml."""
    path = folder / "district.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def edit():
    """Replace a text that occurs once in a district's district.toml."""
    return _set


def _contents(folder: Path) -> dict[str, list[str]]:
    """Every database of a district as SQL text."""
    told = {}
    for path in sorted(folder.glob("*.sqlite")):
        with closing(sqlite3.connect(path)) as connection:
            told[path.name] = list(connection.iterdump())
    return told


@pytest.fixture(scope="session")
def contents():
    """What a district's databases hold, to compare before and after."""
    return _contents


@pytest.fixture(scope="session")
def _sample(scld, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "district"
    assert scld("init", folder, "--sample").code == 0
    return folder


@pytest.fixture(scope="session")
def _sample_after(scld, _sample, tmp_path_factory) -> Path:
    folder = Path(shutil.copytree(_sample, tmp_path_factory.mktemp("after") / "district"))
    assert scld("day", folder, "--actor", "sample-associate").code == 0
    return folder


@pytest.fixture
def sample(_sample, tmp_path) -> Path:
    """The sample district before its first run."""
    return Path(shutil.copytree(_sample, tmp_path / "sample"))


@pytest.fixture
def ran(_sample_after, tmp_path) -> Path:
    """The sample district after its first run, 2026-03-10-1."""
    return Path(shutil.copytree(_sample_after, tmp_path / "ran"))


@pytest.fixture(scope="session")
def _eight(tmp_path_factory) -> Path:
    return found(tmp_path_factory.mktemp("eight") / "district")


@pytest.fixture
def eight(_eight, tmp_path) -> Path:
    """A district of eight devices: four changes are wished for, the end of line 4 is approved."""
    return Path(shutil.copytree(_eight, tmp_path / "eight"))


@pytest.fixture(scope="session")
def _portal(tmp_path_factory):
    folder = found(tmp_path_factory.mktemp("portal") / "district", carrier=PORTAL, approved=False)
    export(folder)
    return folder


@pytest.fixture
def portal(_portal, tmp_path):
    """A district whose carrier has only a portal: its export is there, nothing was planned yet."""
    return Path(shutil.copytree(_portal, tmp_path / "portal"))
