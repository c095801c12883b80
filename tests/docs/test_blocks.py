"""Every page of the documentation does what it says."""

import re

import pytest
from doc_blocks import ROOT, documents, follow

PAGES = [str(page.relative_to(ROOT)) for page in documents()]
POSTGRES = "docs/howto/use-postgresql.md"


@pytest.fixture
def _reader(monkeypatch):
    """The reader of the pages: a login name, a terminal of usual width, no colours."""
    monkeypatch.setenv("LOGNAME", "jdoe")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.usefixtures("_reader")
@pytest.mark.parametrize("page", [page for page in PAGES if page != POSTGRES])
def test_every_block_of_the_page_runs(page, tmp_path):
    """A reader who follows the page from top to bottom sees what the page shows, and no block is left out."""
    reader = follow(ROOT / page, tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    runnable = re.findall(r"^[ >]*`{3,}[ ]*(?:\{code-block\} )?(python|console|output)\b", text, re.MULTILINE)
    assert [language for language in reader.ran if language != "toml"] == runnable
