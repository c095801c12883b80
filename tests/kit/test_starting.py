"""A plugin that is begun by the command: whole, importable, and refused where it would do harm."""

import ast
import tomllib

import pytest

from scld_core.errors import BadInput
from scld_core.testing.starting import STARTERS, start_plugin


@pytest.mark.parametrize("kind", STARTERS)
def test_a_project_is_whole(tmp_path, kind):
    """Every file is there without a placeholder, every module is Python, the entry point names a module."""
    written = start_plugin("blue-birch", kind, tmp_path / "new")
    assert {path.relative_to(tmp_path / "new").as_posix() for path in written} >= {
        "README.md",
        "tox.ini",
        "pyproject.toml",
        "src/scld_blue_birch/plugin.py",
        "src/scld_blue_birch/py.typed",
        "tests/test_conformance.py",
    }
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "$" not in text, path
        if path.suffix == ".py":
            assert ast.get_docstring(ast.parse(text)), path
    project = tomllib.loads((tmp_path / "new" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["scld"] == {"blue-birch": "scld_blue_birch.plugin"}


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("Birch", "ils", "is no name for a backend"),
        ("9birch", "ils", "is no name for a backend"),
        ("birch-", "ils", "is no name for a backend"),
        ("class", "ils", "is no name for a backend"),
        ("../birch", "ils", "is no name for a backend"),
        ("core", "ils", "beside one that is there"),
        ("adapters", "carrier", "beside one that is there"),
        ("memory", "ils", "beside one that is there"),
        ("scld-acme", "ils", "take acme"),
        ("taken", "ils", "is the name of an installed backend"),
        ("birch", "carriers", r"did you mean 'carrier'\?"),
    ],
)
def test_a_name_that_cannot_be_is_refused(tmp_path, name, kind, said):
    """Nothing is written for it."""
    with pytest.raises(BadInput, match=said):
        start_plugin(name, kind, tmp_path / "new", taken=["taken"])
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path):
    """A folder that holds something, or a file in its place, stays as it is; an empty folder is filled."""
    (tmp_path / "mine").mkdir()
    assert start_plugin("birch", "carrier", tmp_path / "mine")
    for place in (tmp_path / "mine", tmp_path / "mine" / "README.md"):
        before = (tmp_path / "mine" / "README.md").read_bytes()
        with pytest.raises(BadInput, match="is there already"):
            start_plugin("birch", "carrier", place)
        assert (tmp_path / "mine" / "README.md").read_bytes() == before


def test_the_command_says_what_comes_next(tmp_path, monkeypatch):
    """The files, one on each line, and what to type next; by default in ./scld-NAME."""
    from typer.testing import CliRunner

    from scld_core.cli._typer import app

    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["plugin", "new", "birch", "--kind", "carrier"])
    assert done.exit_code == 0, done.output
    assert "scld-birch/src/scld_birch/plugin.py" in done.output
    assert "Next: cd scld-birch" in done.output
    assert CliRunner().invoke(app, ["plugin", "new", "simulated"]).exit_code == 2
