"""The reference patrons and the embedded ones, graded by the suite as a third party's would be."""

import pytest
from attrs import evolve

from scld_adapters.sql.harness import EMBEDDED_PATRONS
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.grading import grade
from scld_core.testing.planted.patrons import Spoilt
from scld_core.testing.references_accounts import MEMORY_PATRONS, patrons_harness
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.suite import PatronsSuite


class TestMemoryPatrons(PatronsSuite):
    """The reference patrons."""

    @pytest.fixture
    def backend(self):
        return MEMORY_PATRONS


class TestEmbeddedPatrons(PatronsSuite):
    """The embedded ILS's patrons on SQLite."""

    examples = 3

    @pytest.fixture
    def backend(self):
        return EMBEDDED_PATRONS


def test_the_good_raises_no_alarm():
    """No check fails, nothing is left unseen but a registration that is not there, and writing is proved."""
    report = grade(MEMORY_PATRONS)
    assert [(cell.check, cell.operation, cell.detail) for cell in report.failures] == []
    assert report.grade is Grade.WRITES
    unseen = {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN}
    assert unseen == {"patrons.sound-spec", "patrons.unknown-setting"}


class ByHand(Spoilt):
    """Hands every write to a person, who has not come yet."""

    def _by_hand(self, patron, *_, key):
        self._own(patron, "by_hand")
        return Answer(AnswerKind.FOR_OPERATOR, key)

    set_flag = clear_flag = set_block = clear_block = _by_hand


def test_what_a_person_carries_out_is_excused():
    """An ILS without a call for flags and blocks is judged by what it reads, and claims no writes."""
    report = grade(patrons_harness(lambda world: ByHand(world).bench()))
    assert report.passed, report.markdown()
    excused = {cell.check for cell in report.cells if cell.verdict is Verdict.EXCUSED}
    assert {"patrons.does-it", "patrons.same-key", "patrons.lost-answer"} <= excused


def test_without_levers_or_keys_nothing_is_claimed():
    """A harness without levers, of an ILS that keeps no keys, passes what can be seen of it."""

    def make(world):
        return evolve(Spoilt(world).bench(), show=None, lose=None, outage=None)

    report = grade(evolve(patrons_harness(make), remembers_keys=False))
    assert report.passed, report.markdown()
    verdicts = {cell.check: cell.verdict for cell in report.cells}
    assert verdicts["patrons.late-key"] is Verdict.EXCUSED
    assert verdicts["patrons.sees-changes"] is Verdict.UNSEEN


class Yesterdays(Spoilt):
    """A nightly extract: it says nothing new, and that it is of last night."""

    live = False

    def prepare(self):
        self.night = self.world.clock.now()
        self.filed = 0

    def put(self, patron):
        if self.filed < len(self.world.seed.patrons):
            super().put(patron)
        self.filed += 1

    def get(self, patron):
        return evolve(super().get(patron), as_of=self.night)


def test_an_extract_may_be_of_last_night():
    """What is not live and honestly dated need not show what happened since."""
    seen = {cell.check: cell for cell in grade(patrons_harness(lambda world: Yesterdays(world).bench())).cells}
    for check in ("patrons.sees-changes", "patrons.dated", "patrons.like-the-reference"):
        assert seen[check].verdict is Verdict.PASSED, seen[check]
