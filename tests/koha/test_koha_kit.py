"""Koha graded by the kit, over a Koha that holds state and lies as the real one was seen to."""

import pytest

from scld_adapters.koha.harness import DEPARTURES, harnesses
from scld_adapters.koha.plugin import KOHA
from scld_adapters.koha.settings import KohaSettings
from scld_core.kernel.capability import Convention, Unsupported
from scld_core.plugins import SecretRef
from scld_core.testing.grading import checks_of, grade
from scld_core.testing.report import Verdict
from scld_core.testing.suite import CatalogSuite, FeesSuite, HoldsSuite, LoansSuite, PatronsSuite

OF = {harness.port: harness for harness in harnesses()}


class TestKohaCatalog(CatalogSuite):
    """Titles, items, libraries."""

    examples = 2

    @pytest.fixture
    def backend(self):
        return OF["catalog"]


class TestKohaHolds(HoldsSuite):
    """Holds."""

    examples = 2

    @pytest.fixture
    def backend(self):
        return OF["holds"]


class TestKohaFees(FeesSuite):
    """Accounts."""

    examples = 2

    @pytest.fixture
    def backend(self):
        return OF["fees"]


class TestKohaPatrons(PatronsSuite):
    """Patrons."""

    examples = 2

    @pytest.fixture
    def backend(self):
        return OF["patrons"]


class TestKohaLoans(LoansSuite):
    """Loans."""

    examples = 2

    @pytest.fixture
    def backend(self):
        return OF["loans"]


def test_a_departure_is_one_of_a_convention_and_happens():
    """Nothing is excused for the sake of it: each departure named is one that a check meets, or a life may."""
    for port, harness in OF.items():
        named = {check for check in DEPARTURES.get(port, {}) if not check.endswith(".machine")}
        report = grade(harness, checks=[one for one in checks_of(port) if one.id in named])  # the suites have the rest
        assert report.passed, report.markdown()
        excused = {cell.check for cell in report.cells if cell.verdict is Verdict.EXCUSED}
        assert named <= excused
        conventions = [one for one in harness.operations if isinstance(harness.capability(one), Convention)]
        assert conventions or not named


def test_what_is_offered_follows_the_settings():
    """Lending needs SIP2, and a claim somebody in whose name it is recorded; each says what to set."""
    bare = KohaSettings("https://staff.example.org", user="u", password=SecretRef("env:X"))
    offered = KOHA.negotiate(bare)
    for where, word in (("loans.check_out", "sip2"), ("loans.check_in", "sip2"), ("loans.claim_returned", "staff")):
        assert isinstance(offered[where], Unsupported)
        assert word in offered[where].reason
    assert isinstance(offered["patrons.set_block"], Unsupported)
