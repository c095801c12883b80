"""What the conformance kit says of SIP2 as an ILS, and that a convention excuses no more than it says."""

import pytest
from attrs import evolve

from scld_adapters.sip2.harness import DEPARTURES, harnesses
from scld_adapters.sip2.settings import Dialect, Sip2Settings
from scld_core.kernel.capability import Convention, Full
from scld_core.testing.conformance import examine
from scld_core.testing.grading import grade
from scld_core.testing.report import Grade, Verdict

BY_PORT = {harness.port: harness for harness in harnesses()}


@pytest.mark.parametrize("port", BY_PORT)
def test_the_kit_finds_no_fault(port):
    """Every check that is not excused passes, and random lives go as for the reference, or as the convention says."""
    report = examine(BY_PORT[port], lives=3)
    assert report.failures == ()
    assert report.grade is (Grade.READS if port == "holds" else Grade.RECORDED)
    excused = {cell.check: cell.detail for cell in report.cells if cell.verdict is Verdict.EXCUSED}
    for check, why in DEPARTURES.get(port, {}).items():
        drawn = check.endswith(".machine")  # a life by chance need not come to where the two part
        assert drawn or excused.get(check), f"{check} needs no departure: {why}"


def test_a_departure_excuses_nothing_that_is_declared_as_full():
    """What is Full passes the kit, whatever the harness says."""
    loans = BY_PORT["loans"]
    full = {where: Full() if isinstance(each, Convention) else each for where, each in loans.capabilities.items()}
    claimed = evolve(loans, capabilities=full)
    assert claimed.departure("loans.as-told", "get") == claimed.departure("loans.machine") == ""
    assert loans.departure("loans.as-told", "get") == loans.departure("loans.as-told")
    assert grade(claimed).grade is Grade.UNFIT


def test_of_the_settings_only_the_dialect_is_used():
    """Lines without a layout leave what a patron has unoffered, and that is all that changes."""
    (plain, *_) = harnesses(Sip2Settings("somewhere", dialect=Dialect(fine_lines="koha")))
    report = grade(plain)
    assert report.failures == ()
    assert {cell.verdict for cell in report.cells if cell.operation == "of_patron"} <= {Verdict.EXCUSED, Verdict.PASSED}
