"""Whoever looks at personal data leaves a line in the journal first."""

import pytest
from attrs import frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.privacy import Purpose, personal, reveal
from scld_core.memory.store import MemoryStore
from scld_core.reporting.html import write_html
from scld_core.reporting.model import Column, Kind, Personal, Report, Section, Table
from scld_core.runs.model import JournalEntry
from scld_core.services.privacy import REVEALED, journalled
from support.clock import Ticking
from support.hotspots import CALENDAR, NOW

NAME = "Zoe Synthetic"


@frozen
class Account:
    """An account at the agency."""

    name: str = personal()
    branch: str = "cheney"


@pytest.fixture
def store():
    """An empty store."""
    return MemoryStore()


def look(store, name="name", **changes):
    """Reveal one field of the account."""
    asked = {"actor": "anne", "purpose": Purpose.AGENCY_ACCOUNT, "record": "agency:a7", **changes}
    return reveal(Account(NAME), name, audit=journalled(store, Ticking(NOW)), **asked)


def journal(store):
    """All entries."""
    with store.transaction() as unit:
        return unit.journal.entries()


def test_a_reveal_is_in_the_journal_before_the_value_is_seen(store):
    """Who, when, which field of which record and what for; and never the value."""
    assert look(store) == NAME
    assert journal(store) == (JournalEntry(NOW, "anne", REVEALED, "agency:a7", detail="name for agency_account"),)
    assert NAME not in repr(journal(store))


@pytest.mark.parametrize("changes", [{"purpose": "curiosity"}, {"actor": ""}, {"record": " "}, {"name": "branch"}])
def test_what_is_refused_leaves_no_line(store, changes):
    """Without a purpose of the list nothing is shown, and nothing was looked at."""
    with pytest.raises(InvalidValue):
        look(store, **changes)
    assert journal(store) == ()


def test_a_value_is_not_shown_when_its_line_cannot_be_written(store):
    """The journal comes first."""
    with store.transaction(), pytest.raises(Exception, match="transaction"):  # a second one inside is refused
        look(store)
    assert journal(store) == ()


def test_a_page_shows_a_name_only_beside_its_audit_line(store):
    """The same cell is masked without it."""

    def page(cell):
        table = Table("Accounts", (Column("Account", Kind.ID, names_row=True), Column("Name")), (("a7", cell),))
        day = CALENDAR.business_date(NOW)
        sections = (Section("rows", "Accounts", "", (table,)),)
        return write_html(Report("Accounts", "Synthetic", day, NOW, CALENDAR.tz, sections=sections))

    lines = []
    value = reveal(
        Account(NAME),
        "name",
        actor="anne",
        purpose=Purpose.AGENCY_ACCOUNT,
        record="agency:a7",
        audit=lambda line: (journalled(store, Ticking(NOW))(line), lines.append(line)),
    )
    assert NAME in page(Personal(value, lines[0]))
    assert NAME not in page(Personal(value))
