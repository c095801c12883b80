"""The reference ledger and the embedded one, graded by the suite as a third party's would be."""

import pytest
from attrs import evolve

from scld_adapters.sql.harness import EMBEDDED_FEES
from scld_core.errors import UnsupportedOperation
from scld_core.kernel.capability import Unsupported
from scld_core.testing.grading import grade
from scld_core.testing.planted.fees import Spoilt
from scld_core.testing.references_accounts import MEMORY_FEES, fees_harness
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.suite import FeesSuite


class TestMemoryFees(FeesSuite):
    """The reference ledger."""

    @pytest.fixture
    def backend(self):
        return MEMORY_FEES


class TestEmbeddedFees(FeesSuite):
    """The embedded ledger on SQLite."""

    examples = 3

    @pytest.fixture
    def backend(self):
        return EMBEDDED_FEES


def test_the_good_raises_no_alarm():
    """No check fails, nothing is left unseen but a registration that is not there, and writing is proved."""
    report = grade(MEMORY_FEES)
    assert [(cell.check, cell.operation, cell.detail) for cell in report.failures] == []
    assert report.grade is Grade.WRITES
    unseen = {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN}
    assert unseen == {"fees.sound-spec", "fees.unknown-setting"}


class Refuses(Spoilt):
    """Reads as the reference does; every write is refused by name."""

    def charge(self, patron, terms, *, key):
        raise UnsupportedOperation("kit", "charge", "a file is not written to")

    def cancel(self, charge, *, key, reason):
        raise UnsupportedOperation("kit", "cancel", "a file is not written to")


def test_what_is_only_read_is_graded_as_a_reader():
    """Writes that are declared as unsupported are excused, and the account is judged all the same."""
    reading = fees_harness(lambda world: Refuses(world).bench())
    no = Unsupported("a file is not written to")
    reading = evolve(reading, capabilities={**reading.capabilities, "fees.charge": no, "fees.cancel": no})
    report = grade(reading)
    assert report.passed, report.markdown()
    assert report.grade is Grade.READS


def test_without_levers_or_keys_nothing_is_claimed():
    """A harness without levers, of an ILS that keeps no keys, passes what can be seen of it."""

    def make(world):
        return evolve(Spoilt(world).bench(), show=None, lose=None, outage=None)

    report = grade(evolve(fees_harness(make), remembers_keys=False))
    assert report.passed, report.markdown()
    verdicts = {cell.check: cell.verdict for cell in report.cells}
    assert verdicts["fees.late-key"] is Verdict.EXCUSED
    assert verdicts["fees.sees-changes"] is Verdict.UNSEEN


class Yesterdays(Spoilt):
    """A nightly extract: it says nothing new, and that it is of last night."""

    live = False

    def prepare(self):
        self.night = self.world.clock.now()
        self.filed = 0

    def put(self, account):
        if self.filed < len(self.world.seed.accounts):
            super().put(account)
        self.filed += 1

    def account(self, patron):
        return evolve(super().account(patron), as_of=self.night)


def test_an_extract_may_be_of_last_night():
    """What is not live and honestly dated need not show what happened since."""
    no = Unsupported("a file is not written to")
    whole = fees_harness(lambda world: evolve(Yesterdays(world).bench(), outage=None))
    reading = evolve(whole, capabilities={**whole.capabilities, "fees.charge": no, "fees.cancel": no})
    seen = {cell.check: cell for cell in grade(reading).cells}
    for check in ("fees.sees-changes", "fees.large-account", "fees.dated", "fees.like-the-reference"):
        assert seen[check].verdict is Verdict.PASSED, seen[check]
