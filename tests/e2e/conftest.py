"""What every end-to-end test needs: a new district, and a look at the books of each when it is over."""

from pathlib import Path

import pytest
from e2e_district import Town, sound
from e2e_story import check_story
from typer.testing import CliRunner

from scld_adapters._shared._httpx import HttpxSend
from scld_core.cli._typer import app


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """A district as `scld init` leaves it."""
    folder = tmp_path_factory.mktemp("init") / "north"
    ended = CliRunner().invoke(app, ["init", str(folder)])
    assert ended.exit_code == 0, ended.output
    return folder


@pytest.fixture(scope="session")
def send():
    """The real client; making one is the slow part, so most tests share it."""
    with HttpxSend(deadline=5.0) as client:
        yield client


@pytest.fixture
def found(template, tmp_path):
    """Makes districts; when the test is over, each one's store is sound and its journal tells the whole story."""
    made: list[Town] = []

    def make(carriers, devices, name="north", **more) -> Town:
        made.append(Town(template, tmp_path / name, carriers, devices, **more))
        return made[-1]

    yield make
    for town in made:
        sound(town.folder)
        check_story(town)
