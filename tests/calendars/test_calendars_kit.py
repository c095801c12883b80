"""The reference calendar and saved ones, graded by the suite as a third party's would be."""

import pytest

from scld_adapters.calendars.ics.harness import harnesses
from scld_adapters.calendars.ics.settings import IcsConfig
from scld_core.errors import BadInput
from scld_core.testing.grading import grade
from scld_core.testing.references_calendars import MEMORY_CALENDARS
from scld_core.testing.report import Grade, Verdict
from scld_core.testing.suite import CalendarsSuite


class TestMemoryCalendars(CalendarsSuite):
    """The reference calendar."""

    @pytest.fixture
    def backend(self):
        return MEMORY_CALENDARS


class TestIcsCalendars(CalendarsSuite):
    """A saved iCalendar file."""

    @pytest.fixture
    def backend(self):
        return harnesses()[0]


def test_the_good_raises_no_alarm():
    """Nothing fails; unseen is a registration that is not there, or a list of one page that cannot be cut."""
    for harness, unseen in (
        (MEMORY_CALENDARS, {"calendars.sound-spec", "calendars.unknown-setting"}),
        (harnesses()[0], {"calendars.cut-list"}),
    ):
        report = grade(harness)
        assert report.passed, report.markdown()
        assert report.grade is Grade.READS
        assert {cell.check for cell in report.cells if cell.verdict is Verdict.UNSEEN} == unseen


def test_a_saved_calendar_is_graded_over_the_kits_own():
    """Settings would name files that are not the kit's."""
    with pytest.raises(BadInput, match="leave --settings out"):
        harnesses(IcsConfig("*.ics"))
