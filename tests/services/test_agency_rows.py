"""Findings as cells, as JSON, as the heaviest of many, and in words."""

import csv
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.classify import Terms
from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import Basis, Finding, Reconciliation
from scld_core.errors import ProfileRefused
from scld_core.kernel.cells import from_cell
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined
from scld_core.policies import load_profile
from scld_core.reporting import write_html
from scld_core.reporting.audience import Audience
from scld_core.services.agency.as_json import JsonFile
from scld_core.services.agency.gather import SHOWN, Heaviest, at_stake
from scld_core.services.agency.inputs import EngineUsed, Input, Role
from scld_core.services.agency.report import Compared, comparison_report
from scld_core.services.agency.rows import ACTION_COLUMNS, ROWS_COLUMNS, CsvFile, action_cells, all_cells, json_row
from scld_core.services.agency.tasks import Task, tasks_of
from scld_core.services.agency.terms import terms_of
from scld_core.services.agency.wording import action_of, do_of, says_of, sentence
from support.agency_case import profile

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
MONEY = st.none() | st.integers(-10_000_00, 10_000_00).map(Money)
NUMBERS = st.none() | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12
).map(str.strip).filter(bool)
HOSTILE = st.sampled_from(["=cmd|'/c calc'!A1", "+1", "-1+1", "@SUM(A1)", "\t=1", "'=1", '="1"', 'a"b', "1;2", "007"])
KINDS = st.sampled_from(list(Kind))
FINDINGS = st.builds(
    Finding,
    kind=KINDS,
    patron=NUMBERS | HOSTILE,
    account=NUMBERS | HOSTILE,
    ils=MONEY,
    agency=MONEY,
    sent=MONEY,
    also=st.lists(KINDS, max_size=3, unique=True).map(tuple),
    evidence=st.lists(st.text(max_size=10) | HOSTILE, max_size=2).map(tuple),
    age_days=st.none() | st.integers(0, 9999),
)
RUN = ("=", "+", "@", "\t", "\r")
TERMS = Terms(Money(1000), None, 180, 14)


def _written(header, cells):
    out = StringIO()
    CsvFile(out, header).add(cells)
    out.seek(0)
    return next(csv.DictReader(out))


@given(FINDINGS)
def test_no_cell_is_run_by_a_spreadsheet(found):
    """Text that begins like a formula is made harmless; only an amount may begin with a minus sign."""
    tasks = [Task(found, Side.AGENCY), *tasks_of(found, TERMS)]
    lists = [(ACTION_COLUMNS, action_cells(task)) for task in tasks]
    for header, cells in (*lists, (ROWS_COLUMNS, all_cells(found))):
        for name, cell in _written(header, cells).items():
            if name in ("account", "patron_id") and cell.startswith('="'):
                assert cell.endswith('"')
                assert '"' not in cell[2:-1]
            else:
                assert not cell.startswith(RUN), name
                assert not cell.startswith("-") or name in ("ils", "agency", "sent", "delta")


@given(FINDINGS)
def test_a_number_comes_back_as_it_went(found):
    """Whatever it looks like; and the amounts are those of the finding."""
    row = _written(ROWS_COLUMNS, all_cells(found))
    assert from_cell(row["patron_id"]) == from_cell(found.patron or "") or from_cell(row["patron_id"]) == found.patron
    assert row["ils"] == ("" if found.ils is None else str(found.ils))
    assert row["delta"] == ("" if found.delta is None else str(found.delta))


@given(st.lists(FINDINGS, max_size=5), st.sampled_from(Basis))
def test_the_json_is_one_object_whatever_the_rows(rows, basis):
    """Written piece by piece it parses to the same rows, in order."""
    out = StringIO()
    file = JsonFile(out, basis)
    for found in rows:
        file.add(found)
    counts = Counter(found.kind for found in rows)
    bad = (Quarantined("x.csv", 3, "why"),)
    summary = Reconciliation(basis, dict(counts), bad, (("STALE", "not set"),))
    file.close(summary, (Input(Role.ILS, "ils.csv", "", "0" * 64, NOW, NOW),), EngineUsed())
    told = json.loads(out.getvalue())
    assert told["rows"] == [json_row(found) for found in rows]
    assert told["counts"] == {kind.value: count for kind, count in counts.items()}
    assert told["quarantine"] == [{"file": "x.csv", "line": 3, "reason": "why"}]
    assert told["not_made"] == [{"check": "STALE", "reason": "not set"}]
    assert told["unexplained"] == summary.unexplained
    assert out.getvalue().isascii()


@given(st.lists(st.tuples(st.sampled_from([Kind.ILS_ONLY, Kind.STALE]), st.integers(0, 50)), max_size=3 * SHOWN))
def test_the_heaviest_are_those_of_a_sorted_list(rows):
    """As many as are shown, the unexplained ones first, then by money; of equal ones the earlier first."""
    found = [Finding(kind, str(place), ils=Money(cents)) for place, (kind, cents) in enumerate(rows)]
    kept = Heaviest()
    for one in found:
        kept.offer(Task(one, Side.HAND))
    wanted = sorted(found, key=lambda one: (MEANINGS[one.kind].explained, -at_stake(one)))
    assert [task.found for task in kept.tasks] == wanted[:SHOWN]
    assert kept.total == len(found)


@pytest.mark.parametrize(
    ("found", "cents"),
    [
        (Finding(Kind.BALANCE_HIGHER_ILS, ils=Money(900), agency=Money(1000)), 100),
        (Finding(Kind.DISPUTED, ils=Money(900), agency=Money(900)), 900),
        (Finding(Kind.AGENCY_ONLY, agency=Money(700)), 700),
        (Finding(Kind.PAID_ILS_OPEN_AGENCY, ils=Money(-500), sent=Money(0)), 500),
        (Finding(Kind.MALFORMED), 0),
    ],
)
def test_what_is_at_stake_is_the_difference_or_the_largest_amount(found, cents):
    """A dispute over the whole balance weighs as much as the balance."""
    assert at_stake(found) == cents


def test_a_row_that_may_rest_on_an_unread_one_says_what_comes_first():
    """It is no order to send or withdraw, in words or for a program."""
    doubt = Finding(Kind.ILS_ONLY, "p1", also=(Kind.MALFORMED,))
    assert doubt.side is Side.HAND
    assert do_of(doubt).startswith("mend the row that could not be read; only then ")
    assert action_of(doubt) == "look-first"
    assert "Also" not in says_of(doubt)


def test_a_row_without_its_notice_is_not_sent_again():
    """The notice comes first, as the law has it."""
    unlawful = Finding(Kind.ILS_ONLY, "p1", also=(Kind.NOTICE_MISSING,))
    assert do_of(unlawful).startswith("find the notice")
    assert (unlawful.side, action_of(unlawful)) == (Side.HAND, "look-first")
    assert "RCW 19.16.500(2)" in says_of(unlawful)


def test_a_row_that_was_told_already_waits():
    """Where the agency has been told and not answered, nobody tells it twice."""
    told = Finding(Kind.IDENTITY_CHANGED, "p1", also=(Kind.IN_FLIGHT,))
    assert (told.side, action_of(told), do_of(told)) == (Side.WAIT, "wait", "wait for the agency's next list")


@pytest.mark.parametrize("kind", list(Kind))
def test_a_plain_row_has_the_words_of_its_kind(kind):
    """Nothing is made up beside the table of meanings."""
    found = Finding(kind, "p1")
    assert (action_of(found), do_of(found)) == (MEANINGS[kind].action, MEANINGS[kind].do)
    assert says_of(found) == sentence(MEANINGS[kind].says)
    assert sentence("") == ""


@pytest.mark.parametrize("kind", list(Kind))
def test_drift_claims_nothing_of_the_agency(kind):
    """Where only our own file was compared, every kind that can occur speaks of that file."""
    impossible = {
        "DECEASED", "BANKRUPT", "DISPUTED", "PAID_AGENCY_OPEN_ILS", "BLOCK_STALE", "SENT_NOT_LISTED", "IN_FLIGHT",
        "LISTED_NOT_SENT", "STALE",
    }  # fmt: skip
    said = says_of(Finding(kind, "p1"), drift=True)
    assert kind.value in impossible or "agency" not in said


# Tasks.


@given(FINDINGS)
def test_a_row_asks_each_side_for_one_thing_at_most(found):
    """Each task says what to do, for people and for programs, and a person is asked wherever the row says so."""
    tasks = list(tasks_of(found, TERMS))
    assert len({task.side for task in tasks}) == len(tasks)
    assert all(task.text and task.action and task.audience for task in tasks)
    assert (found.side is Side.HAND) <= (Side.HAND in {task.side for task in tasks})
    assert not tasks or (found.kind, found.also) != (Kind.MATCH, ())


def test_one_row_may_ask_both_sides():
    """Paid here: the agency is told, and the flag is cleared."""
    found = Finding(Kind.PAID_ILS_OPEN_AGENCY, "p1", "a1", ils=Money(0), agency=Money(500), flagged=True)
    told = [(task.side, task.action, task.text) for task in tasks_of(found, TERMS)]
    assert told == [
        (Side.AGENCY, "remove", "tell the agency that nothing is owed"),
        (Side.ILS, "clear-flag", "clear the collection flag and its block"),
    ]


def test_an_amount_and_the_present_card_are_in_the_words():
    """What has to be typed is there to be typed."""
    kinds = {"kind": Kind.BALANCE_HIGHER_ILS, "also": (Kind.IDENTITY_CHANGED,)}
    found = Finding(**kinds, patron="p1", account="a1", ils=Money(9650), agency=Money(6650), card="29999000000018")
    (task,) = tasks_of(found, TERMS)
    assert task.action == "update-balance send-alias"
    assert task.text == (
        "send the balance of 96.50 with its items; "
        "send the present numbers together with the old ones (present card 29999000000018)"
    )


def test_what_only_a_person_can_settle_beside_the_rest_is_asked_of_that_person():
    """The balance is sent, and the missing notice is looked for, by whoever does that."""
    amounts = {"ils": Money(9650), "agency": Money(6650)}
    found = Finding(Kind.BALANCE_HIGHER_ILS, "p1", "a1", also=(Kind.NOTICE_MISSING,), **amounts)
    sent, asked = tasks_of(found, TERMS)
    assert (sent.side, sent.audience) == (Side.AGENCY, Audience.FINANCE)
    assert (asked.side, asked.audience, asked.action) == (Side.HAND, Audience.CUSTOMER_SERVICE, "find-notice")
    assert asked.text == "find the notice, or withdraw the account"


# The page.


def _page(rows, *, basis=Basis.RECONCILED, bad=(), not_made=()):
    work = {audience: Heaviest() for audience in Audience}
    sides = Counter()
    for found in rows:
        for task in tasks_of(found, TERMS):
            sides[task.side] += 1
            work[task.audience].offer(task)
    summary = Reconciliation(basis, dict(Counter(found.kind for found in rows)), tuple(bad), tuple(not_made))
    inputs = (Input(Role.ILS, "ils.csv", "", "0" * 64, NOW - timedelta(hours=1), NOW),)
    compared = Compared(summary, inputs, work, sides, NOW, ZoneInfo("America/Los_Angeles"), "Synthetic District")
    report = comparison_report(compared)
    return report, write_html(report)


def test_thousands_of_rows_are_cut_with_a_pointer_to_the_files():
    """The page stays a page; how many there are and where they all are is said."""
    rows = [Finding(Kind.BALANCE_HIGHER_ILS, str(n), str(n), ils=Money(n + 1), agency=Money(0)) for n in range(3000)]
    bad = [Quarantined("x.csv", n, "why") for n in range(2, 250)]
    report, page = _page(rows, bad=bad)
    assert len(page) < 300_000
    finance = next(section for section in report.sections if section.key == "finance")
    assert sum(len(table.rows) for table in finance.tables) == SHOWN
    assert "100 largest of 3,000 rows" in page
    assert "100 of 248 rows" in page
    assert "quarantine.csv" in page
    assert "248 rows could not be used" in page


def test_a_page_without_a_difference_says_so():
    """Zero is green, there is no work, and every check was made."""
    report, page = _page([Finding(Kind.MATCH, "p1", "a1", ils=Money(1), agency=Money(1))])
    assert report.figures[0].value == "0"
    assert "say the same, or it is known why" in page
    assert [section.key for section in report.sections] == ["counts", "quarantine", "not-made", "inputs"]
    assert "Every check was made." in page
    assert "Every row could be used." in page


def test_one_bad_row_is_one_row():
    """Numbers agree with their nouns."""
    _, page = _page([], bad=[Quarantined("x.csv", 2, "why")], not_made=[("STALE", "not set")])
    assert "1 row could not be used" in page
    assert "STALE: not set." in page
    assert "Nothing to compare." in page


@given(st.lists(FINDINGS, max_size=4), st.sampled_from(Basis))
def test_any_row_can_be_shown(rows, basis):
    """No combination of sides, kinds and amounts breaks the page; drift is named in its title."""
    report, page = _page(rows, basis=basis)
    assert ("Drift since the last sync" in report.title) is (basis is Basis.DRIFT)
    assert page.endswith("</html>\n")


# Terms.


def test_no_profile_decides_nothing():
    """And then the checks that need a decision are not made."""
    assert terms_of(None, date(2026, 1, 1)) == Terms()


def test_a_shipped_profile_brings_the_days_of_the_law():
    """What has no public source is not in it."""
    terms = terms_of(load_profile("spokane-county"), date(2026, 1, 1))
    assert (terms.notice_days, terms.referral_fee, terms.stale_days) == (30, None, None)


def test_terms_come_from_theprofile():
    """Each key under its own name, amounts in cents."""
    ours = profile(
        referral_fee_cents=1000, removal_cents=50, stale_days=180, in_flight_days=14, referral_notice_days=45
    )
    assert terms_of(ours, date(2026, 1, 1)) == Terms(Money(1000), Money(50), 180, 14, 45)


@pytest.mark.parametrize("value", ["ten", -1, True, 1.5])
def test_a_value_that_is_no_number_is_refused(value):
    """With the key that has it."""
    with pytest.raises(ProfileRefused, match=r"policy\.agency\.stale_days must be a whole number"):
        terms_of(profile(stale_days=value), date(2026, 1, 1))
