"""The kit bites: every planted bug is caught by the check that names it, in the default profile."""

from collections import Counter

import pytest

from scld_core.testing.checks import CHECKS
from scld_core.testing.grading import check_cells, grade
from scld_core.testing.planted import PLANTED
from scld_core.testing.references import MEMORY_LINES, MEMORY_LOANS, MEMORY_STORE
from scld_core.testing.references_accounts import MEMORY_FEES, MEMORY_PATRONS
from scld_core.testing.references_agency import MEMORY_CHANNEL, MEMORY_NOTICES
from scld_core.testing.references_calendars import MEMORY_CALENDARS
from scld_core.testing.references_catalog import MEMORY_CATALOG
from scld_core.testing.references_holds import MEMORY_HOLDS
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.synthetic import CANARIES

ALL = {check.id: check for checks in CHECKS.values() for check in checks}
REFERENCES = {
    "lines": MEMORY_LINES,
    "loans": MEMORY_LOANS,
    "channel": MEMORY_CHANNEL,
    "fees": MEMORY_FEES,
    "patrons": MEMORY_PATRONS,
    "notices": MEMORY_NOTICES,
    "holds": MEMORY_HOLDS,
    "catalog": MEMORY_CATALOG,
    "calendars": MEMORY_CALENDARS,
    "store": MEMORY_STORE,
}


def verdicts(check, harness):
    """The verdicts of one check on one backend."""
    return [cell.verdict for cell in check_cells(check, harness)]


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_a_planted_bug_is_caught(planted):
    """The check fails on the faulty backend, and the control does not fail on the reference."""
    check = ALL[planted.caught_by]
    assert Verdict.FAILED in verdicts(check, planted.harness)
    assert Verdict.FAILED not in verdicts(check, REFERENCES[planted.port])


def test_every_check_catches_something():
    """No check is there for show: each is the one that catches some planted bug."""
    assert set(ALL) - {planted.caught_by for planted in PLANTED} == set()


def test_the_catalogue_is_large_and_has_sources():
    """More than forty bugs a port would be many; over all ports there are at least a hundred, each with a source."""
    assert len(PLANTED) >= 100
    assert min(Counter(planted.port for planted in PLANTED).values()) >= 20
    names = [planted.name for planted in PLANTED]
    assert len(set(names)) == len(names)


def test_a_caught_bug_costs_the_grade():
    """A carrier that reads wrongly is unfit; one that only writes wrongly may still be read."""
    by_name = {planted.name: planted for planted in PLANTED}
    assert grade(by_name["first page only"].harness).grade is Grade.UNFIT
    lost = grade(by_name["lost write reported as done"].harness)
    assert lost.grade is Grade.READS
    assert not lost.passed


def test_a_finding_says_what_was_seen_and_no_secret():
    """What a failed cell says names the fault in words; canaries are not repeated."""
    by_name = {planted.name: planted for planted in PLANTED}
    cell = check_cells(ALL["lines.lost-request"], by_name["lost write reported as done"].harness)[0]
    assert cell.detail == "a request that never arrived is answered as if it had"
    for name in ("secret in an exception", "secret in a repr", "patron's number sent to the carrier"):
        told = grade(by_name[name].harness).json()
        assert not [canary for canary in CANARIES if canary in told]
