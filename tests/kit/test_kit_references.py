"""The references and scld's own backends, graded by the suites as a third party's would be."""

import pytest

from scld_adapters.carriers.kajeet.harness import harnesses as kajeet
from scld_adapters.carriers.portal_csv.harness import harnesses as portal
from scld_adapters.carriers.simulated.harness import harnesses as simulated
from scld_adapters.carriers.thingspace.harness import harnesses as thingspace
from scld_adapters.files.harness import loans_harness
from scld_adapters.sql.harness import EMBEDDED_LOANS, SQLITE_STORE
from scld_core.testing.grading import grade
from scld_core.testing.planted.portal import MEMORY_BULK
from scld_core.testing.planted.stores import Elephant
from scld_core.testing.references import MEMORY_LINES, MEMORY_LOANS, MEMORY_STORE, store_harness
from scld_core.testing.report import Grade
from scld_core.testing.suite import CarrierSuite, LoansSuite, StoreSuite

(PORTAL,) = portal()
(SIMULATED_LINES,) = simulated()
FILES_LOANS = loans_harness()


class TestMemoryLines(CarrierSuite):
    """The reference carrier."""

    @pytest.fixture
    def backend(self):
        return MEMORY_LINES


class TestMemoryLoans(LoansSuite):
    """The reference ILS."""

    @pytest.fixture
    def backend(self):
        return MEMORY_LOANS


class TestMemoryStore(StoreSuite):
    """The reference store."""

    @pytest.fixture
    def backend(self):
        return MEMORY_STORE


class TestSimulated(CarrierSuite):
    """The simulated carrier."""

    examples = 5

    @pytest.fixture
    def backend(self):
        return SIMULATED_LINES


class TestPortal(CarrierSuite):
    """A portal by file."""

    examples = 5

    @pytest.fixture
    def backend(self):
        return PORTAL


class TestKajeet(CarrierSuite):
    """Kajeet over its fake."""

    examples = 3

    @pytest.fixture
    def backend(self):
        return kajeet()[0]


class TestThingSpace(CarrierSuite):
    """ThingSpace over its fake."""

    examples = 3

    @pytest.fixture
    def backend(self):
        return thingspace()[0]


class TestFiles(LoansSuite):
    """An extract of any ILS."""

    examples = 5

    @pytest.fixture
    def backend(self):
        return FILES_LOANS


class TestEmbedded(LoansSuite):
    """The embedded ILS on SQLite."""

    examples = 3

    @pytest.fixture
    def backend(self):
        return EMBEDDED_LOANS


class TestSqlite(StoreSuite):
    """The store on SQLite."""

    examples = 5

    @pytest.fixture
    def backend(self):
        return SQLITE_STORE


@pytest.mark.parametrize(
    ("harness", "expected"),
    [
        (MEMORY_LINES, Grade.WRITES),
        (MEMORY_BULK, Grade.WRITES),
        (MEMORY_LOANS, Grade.WRITES),
        (MEMORY_STORE, Grade.READS),
        (store_harness(lambda _: Elephant().bench()), Grade.WRITES),
        (SIMULATED_LINES, Grade.WRITES),
        (PORTAL, Grade.READS),
        (FILES_LOANS, Grade.READS),
        (SQLITE_STORE, Grade.WRITES),
    ],
    ids=lambda value: f"{value.name}-{value.port}" if hasattr(value, "port") else value.value,
)
def test_the_good_raise_no_alarm(harness, expected):
    """From plain Python: no check fails, and the grade is what can be seen of the backend."""
    report = grade(harness)
    assert [(cell.check, cell.operation, cell.detail) for cell in report.failures] == []
    assert report.grade is expected


def test_progress_is_told_cell_by_cell():
    """Whoever waits hears of every cell, in the order of the report."""
    heard = []
    report = grade(MEMORY_LOANS, progress=heard.append)
    assert tuple(heard) == report.cells
