"""Every page of the documentation does what it says."""

import re

import pytest
from doc_blocks import ROOT, documents, follow

import postgres

PAGES = [str(page.relative_to(ROOT)) for page in documents()]
ON_A_SERVER = "docs/howto/use-postgresql.md"


@pytest.fixture
def reader(monkeypatch, tmp_path):
    """Follows a page in an empty folder, as jdoe, on a terminal of usual width."""
    monkeypatch.setenv("LOGNAME", "jdoe")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    return lambda page: follow(page, tmp_path)


def _runnable(text):
    found = re.findall(r"^[ >]*`{3,}[ ]*(?:\{code-block\} )?(python|console|output)\b", text, re.MULTILINE)
    return [*found]


@pytest.mark.parametrize("page", [page for page in PAGES if page != ON_A_SERVER])
def test_every_block_of_the_page_runs(page, reader):
    """A reader who follows the page from top to bottom sees what the page shows, and no block is left out."""
    ran = reader(ROOT / page).ran
    assert [language for language in ran if language != "toml"] == _runnable((ROOT / page).read_text(encoding="utf-8"))


def test_the_page_on_postgresql_runs_on_a_server(reader, monkeypatch):
    """The page on PostgreSQL holds on a real server with an empty database."""
    with postgres.running() as server:
        monkeypatch.setenv("SCLD_STORE", server.database())
        assert reader(ROOT / ON_A_SERVER).ran.count("console") == 2


@pytest.mark.parametrize(
    "block",
    [
        "```python\nassert False\n```",
        "```python\nprint(1)\n```\n\n```output\n2\n```",
        "```console\n$ scld doctor nowhere\n```",
        "```console\n$ scld extract koha hotspot-loans\nnothing\n```",
        "```console\nscld plugins\n```",
        "```toml\na = \n```",
        '```toml\n[backends.carrier]\nuse = "kajeet"\ncorp = "1"\n```',
        "```toml\n[policy.hotspots]\ngrace_day = 2\n```",
        "```pyhton\n1\n```",
        "```\n1\n```",
        "```{directive}\n1\n```",
    ],
)
def test_a_block_that_does_not_hold_fails(block, reader, tmp_path):
    """A page with a wrong block of any kind is caught: the runner is no ornament."""
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{block}\n", encoding="utf-8")
    with pytest.raises(Exception):  # noqa: B017 - each kind of block fails in its own way
        reader(page)
