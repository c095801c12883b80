"""The reference catalogue and the embedded one, graded by the suite as a third party's would be."""

import pytest

from scld_adapters.sql.harness import EMBEDDED_CATALOG
from scld_core.testing.grading import grade
from scld_core.testing.references_catalog import MEMORY_CATALOG
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.suite import CatalogSuite


class TestMemoryCatalog(CatalogSuite):
    """The reference catalogue."""

    @pytest.fixture
    def backend(self):
        return MEMORY_CATALOG


class TestEmbeddedCatalog(CatalogSuite):
    """The embedded ILS's catalogue on SQLite."""

    examples = 3

    @pytest.fixture
    def backend(self):
        return EMBEDDED_CATALOG


def test_the_good_raises_no_alarm():
    """No check fails, and nothing is left unseen but a registration that is not there."""
    report = grade(MEMORY_CATALOG)
    assert [(cell.check, cell.operation, cell.detail) for cell in report.failures] == []
    assert report.grade is Grade.READS
    unseen = {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN}
    assert unseen == {"catalog.sound-spec", "catalog.unknown-setting"}


def test_the_embedded_catalogue_shows_all_but_a_list_that_breaks_off():
    """A list read in one transaction cannot be cut."""
    report = grade(EMBEDDED_CATALOG)
    assert report.passed, report.markdown()
    assert {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN} == {"catalog.cut-list"}
