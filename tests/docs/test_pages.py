"""The pages agree with the code and with each other."""

import importlib
import re
import sys

import pytest
from doc_blocks import ROOT, documents
from typer.testing import CliRunner

from scld_core.cli._typer import app
from scld_core.runs.model import StepState
from scld_core.services.day import report

sys.path.insert(0, str(ROOT / "docs"))
generate = importlib.import_module("generate")

TEXTS = {page: page.read_text(encoding="utf-8") for page in documents()}
README = TEXTS[ROOT / "README.md"]


def test_generated_parts_are_up_to_date():
    """What `python docs/generate.py` would write is what stands in the pages."""
    assert [str(page) for page, _ in generate.outdated()] == []


def test_every_generated_part_stands_in_a_page():
    """No part is generated for nobody, and none is in two pages."""
    used = [name for text in TEXTS.values() for name in re.findall(r"<!-- generated: ([a-z-]+) -->", text)]
    assert sorted(used) == sorted(generate.PARTS)


@pytest.mark.parametrize(("name", "function"), [pytest.param(*pair, id=pair[0]) for pair in generate.commands()])
def test_the_reference_shows_the_options_that_help_shows(name, function, monkeypatch):
    """The generated section of a command has the options of its ``--help``, no more and no fewer."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    shown = CliRunner().invoke(app, [*name.split(), "--help"]).output
    known = {
        flag
        for parameter, info, _, _ in generate.parameters(function)
        if isinstance(info, generate.OptionInfo)
        for flag in re.split(r"[ /]", generate.flags(parameter, info))
    }
    assert set(re.findall(r"--[a-z][a-z-]*", shown)) - _mentioned(function) == known | {"--help"}


def _mentioned(function):
    return set(re.findall(r"--[a-z-]+", function.__doc__ or ""))


def test_the_first_command_of_readme_installs_and_runs_the_sample():
    """README's first screen has exactly two commands, and the first one runs the main job."""
    commands = [line for line in README.splitlines()[:30] if line.startswith("$ ")]
    assert commands == [
        "$ python3 -m venv .venv && .venv/bin/pip install -q '.[desk]' && .venv/bin/scld day --sample",
        "$ python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox",
    ]
    assert README.splitlines().index(commands[1]) < 30


def test_the_day_report_page_explains_every_word_of_the_report():
    """Each word that the report's first column can show is in the table of the how-to."""
    page = TEXTS[ROOT / "docs/howto/read-the-report.md"]
    assert [word for word, _ in report._RESULTS.values() if f"| {word} |" not in page] == []


def test_life_cycles_name_every_state():
    """The page on life cycles knows each state of a step."""
    page = TEXTS[ROOT / "docs/reference/life-cycles.md"]
    assert [state for state in StepState if state.value.replace("_", " ") not in page] == []


@pytest.mark.parametrize("page", list(TEXTS), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """Each relative link leads to a file of the repository, and each anchor to a heading of it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`{3,}.*?`{3,}", "", TEXTS[page], flags=re.DOTALL)):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, target


def _anchor(heading):
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", list(TEXTS), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_no_machine_and_is_easy_to_read_in_a_terminal(page):
    """No page has a path of somebody's machine, and prose lines are at most 120 characters wide."""
    text = TEXTS[page]
    assert re.findall(r"(?:/tmp|/home|/root|/work|/Users)/\w+", text) == []
    prose = re.sub(r"<!-- generated.*?<!-- end -->|`{3,}.*?`{3,}|^\|.*$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert [line for line in prose.splitlines() if len(line) > 120] == []
