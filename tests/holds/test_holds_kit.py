"""The reference holds and the embedded ones, graded by the suite as a third party's would be."""

import pytest
from attrs import evolve

from scld_adapters.sql.harness import EMBEDDED_HOLDS
from scld_core.errors import NotFound
from scld_core.holds.model import HoldManner, OnTrapped, Place
from scld_core.holds.states import HoldState
from scld_core.testing.case import Case, CheckFailed
from scld_core.testing.grading import grade
from scld_core.testing.holds_tools import placed
from scld_core.testing.planted.holds_base import Spoilt
from scld_core.testing.references_holds import MEMORY_HOLDS, holds_bench, holds_harness, memory_holds, reference_of
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.suite import HoldsSuite
from scld_core.testing.synthetic_holds import desk, request


class TestMemoryHolds(HoldsSuite):
    """The reference holds."""

    @pytest.fixture
    def backend(self):
        return MEMORY_HOLDS


class TestEmbeddedHolds(HoldsSuite):
    """The embedded ILS's holds on SQLite."""

    examples = 3

    @pytest.fixture
    def backend(self):
        return EMBEDDED_HOLDS


def test_the_good_raises_no_alarm():
    """No check fails, nothing is left unseen but a registration that is not there, and writing is proved."""
    report = grade(MEMORY_HOLDS)
    assert [(cell.check, cell.operation, cell.detail) for cell in report.failures] == []
    assert report.grade is Grade.WRITES
    unseen = {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN}
    assert unseen == {"holds.sound-spec", "holds.unknown-setting"}


@pytest.mark.parametrize(
    "manner",
    [
        HoldManner(place=Place.KEPT, on_trapped=OnTrapped.FREED, moves_trapped=True),
        HoldManner(place=Place.LOST),
        HoldManner(ranks=False, targets=False, moves_trapped=True),
    ],
    ids=lambda manner: manner.place.value,
)
def test_whatever_is_declared_of_suspension_can_be_right(manner):
    """An ILS that keeps its word passes, be its manner what it may."""
    report = grade(reference_of(manner))
    assert report.passed, report.markdown()


def test_without_levers_or_keys_nothing_is_claimed():
    """A harness without levers, of an ILS that keeps no keys, passes what can be seen of it."""

    def make(world):
        bench = holds_bench(world, memory_holds(world))
        return evolve(bench, show=None, come_in=None, night=None, ask=None, cut=None, lose=None, outage=None)

    report = grade(evolve(holds_harness(make), remembers_keys=False))
    assert report.passed, report.markdown()
    verdicts = {cell.check: cell.verdict for cell in report.cells}
    assert verdicts["holds.late-key"] is Verdict.EXCUSED
    assert {verdicts[f"holds.{name}"] for name in ("sees-changes", "suspension-ends", "asks-first")} == {Verdict.UNSEEN}


class Forgets(Spoilt):
    """An ILS that does not keep what has ended by itself, nor what had ended before."""

    at_night = False

    def get(self, hold):
        found = super().get(hold)
        gone = found.state in (HoldState.EXPIRED, HoldState.UNCLAIMED) or hold.local == "h006"
        if gone and not self.at_night:
            raise NotFound(hold.backend, "get", "no hold")
        return found

    def nightly(self):
        self.at_night = True
        ended = super().nightly()
        self.at_night = False
        return ended


def test_an_ils_need_not_keep_what_has_ended():
    """What is gone is not found, and that is no fault."""
    harness = holds_harness(lambda world: Forgets(world).bench())
    cells = {(cell.check, cell.operation): cell for cell in grade(harness).cells}
    for check in ("holds.ended-hold", "holds.last-day"):
        assert cells[check, "get"].verdict is Verdict.PASSED
    assert cells["holds.ended", "suspend"].verdict is Verdict.EXCUSED


class Tells(Spoilt):
    """An ILS of which a fact is not to be had."""

    def get(self, hold):
        return evolve(super().get(hold), not_needed_after=None)


def test_a_fact_that_an_ils_does_not_keep_is_not_compared():
    """The harness names the facts that there are."""

    def make(world):
        return evolve(Tells(world).bench(), tells=("item", "pickup", "placed_at", "suspended_until", "shelf_until"))

    assert [cell for cell in grade(holds_harness(make)).failures if cell.check == "holds.as-told"] == []


def test_a_question_that_nobody_announced_is_a_finding():
    """A check that asks for no question and gets one says so."""
    with Case(MEMORY_HOLDS, "place") as case:
        bench = case.open(desk())
        bench.ask(request(4, 3).title)
        with pytest.raises(CheckFailed, match="question"):
            placed(bench.holds.place(request(4, 3), key="k"))
