"""The sample's collection: every story in it comes out as the kind it was made for."""

import csv
import io
import json
from collections import Counter, defaultdict

import pytest

from scld_core import open_desk
from scld_core.agency.files import read_ils
from scld_core.fees.model import ChargeKind, EntryKind
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.money import Money
from scld_core.sample.accounts import make_accounts
from scld_core.sample.agency import STORIES, agency_files
from scld_core.services.reports import make_report
from scld_core.wiring.founding import make_sample
from support.agency_case import MORNING, PROFILE, CaseFolder

KINDS = {
    "in order": "MATCH",
    "paid here, still open there": "PAID_ILS_OPEN_AGENCY",
    "paid here, and the last file has told so": "IN_FLIGHT",
    "paid at the agency, still owed here": "PAID_AGENCY_OPEN_ILS",
    "charged for another lost book": "BALANCE_HIGHER_ILS",
    "waived here": "BALANCE_HIGHER_AGENCY",
    "over a thousand": "MATCH",
    "flagged, and nobody there knows the patron": "ILS_ONLY",
    "sent, and not on the agency's list": "SENT_NOT_LISTED",
    "listed, and not in the last file": "LISTED_NOT_SENT",
    "deleted here": "AGENCY_ONLY",
    "the flag was lost in an import": "REFERRAL_WITHOUT_FLAG",
    "flagged, and nothing is owed": "FLAG_ONLY",
    "closed there, and the flag is left": "BLOCK_STALE",
    "exempt and sent all the same": "EXEMPT_BUT_SENT",
    "the referral fee was charged twice": "FEE_DUPLICATE",
    "the referral fee was never charged": "FEE_MISSING",
    "disputed": "DISPUTED",
    "bankrupt": "BANKRUPT",
    "deceased": "DECEASED",
    "no notice that names the agency": "NOTICE_MISSING",
    "nothing done for a year": "STALE",
    "a new card; the agency has the old one": "IDENTITY_CHANGED",
    "two records merged into one": "LISTED_NOT_SENT",
    "a status word nobody knows": "MALFORMED",
    "a card number that a spreadsheet has damaged": "SENT_NOT_LISTED",
    "an amount with three decimals": "MALFORMED",
    "a date with two digits of the year": "MALFORMED",
    "two open accounts for one patron": "IDENTITY_AMBIGUOUS",
    "a card that two records claim": "IDENTITY_AMBIGUOUS",
    "and the other record": "IDENTITY_AMBIGUOUS",
    "an older debt, long closed, and a new one": "MATCH",
    "a credit": None,
    "owes, and was never referred": None,
    "owes nothing": None,
}
"""What comes of each story; None is counted and not listed."""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The sample compared on its own morning, with a made-up policy."""
    return json.loads(CaseFolder(tmp_path_factory.mktemp("sample")).json(profile=PROFILE))


def _numbers():
    """Each story with the record and account numbers of its patrons."""
    index = 0
    for story in STORIES:
        for _ in range(story.copies + 1):
            yield story.tells, str(70001 + index), f"UM{880001 + index}"
            index += 1


def test_every_story_comes_out_as_it_was_made(told):
    """By the patron's number, else by the account's; two patrons or accounts of one story come out alike."""
    found = defaultdict(set)
    for row in told["rows"]:
        found[row["patron_id"] or row["agency_key"]].add(row["kind"])
    came_of = defaultdict(set)
    for story, patron, account in _numbers():
        came_of[story] |= found.get(patron) or found.get(account) or {None}
    assert came_of == {story: {kind} for story, kind in KINDS.items()}


def test_every_kind_of_damage_is_in_quarantine_with_its_line(told):
    """Four rows, each with a reason that a person understands."""
    reasons = " ".join(bad["reason"] for bad in told["quarantine"])
    assert len(told["quarantine"]) == 4
    for words in ("status", "scientific notation", "two decimals", "two digits"):
        assert words in reasons


def test_nearly_every_kind_is_shown(told):
    """A reader of the sample meets all kinds but the one that no file can tell."""
    assert set(told["counts"]) == {kind for kind in KINDS.values() if kind} | {"NOT_REFERRED"}
    assert told["not_made"][0]["check"] == "MINOR"


def test_the_files_are_the_same_on_every_machine_and_plainly_synthetic():
    """Twice the same text; every name says that it is a sample, every card is of no institution."""
    files = agency_files(MORNING)
    assert files == agency_files(MORNING)
    assert set(files) == {"ils.csv", "inbound.csv", "last-sync.csv", "notices.csv"}
    rows = {name: list(csv.DictReader(io.StringIO(text))) for name, text in files.items()}
    assert {row["name"].partition(",")[0] for row in rows["inbound.csv"]} == {"SAMPLE"}
    cards = [card for row in rows["ils.csv"] for card in row["barcodes"].split(";")]
    assert all(card.startswith("29999") and luhn_digit(card[:-1]) == card[-1] for card in cards)
    twice = [card for card, count in Counter(cards).items() if count > 1]
    assert len(twice) == 1  # the card that two records claim


def test_the_ledgers_come_to_what_the_snapshot_says():
    """Balance, referral fees, flag and cards of everybody; a credit is none of the house's accounts."""
    made = make_accounts(ils="main", now=MORNING)
    assert make_accounts(ils="main", now=MORNING) == made
    accounts = {account.patron.local: account for account in made.accounts}
    patrons = {patron.id.local: patron for patron in made.patrons}
    rows = {row["patron_id"]: row for row in csv.DictReader(io.StringIO(agency_files(MORNING)["ils.csv"]))}
    assert patrons.keys() == rows.keys()
    seen = set()
    for number, row in rows.items():
        account = accounts.get(number)
        fees = [one.amount.cents for one in account.charges if one.kind is ChargeKind.AGENCY_FEE] if account else []
        balance = account.balance if account else Money(0)
        assert balance == max(Money.parse(row["balance"]), Money(0))
        assert Money(sum(fees)) == Money.parse(row["referral_fee"])
        assert (patrons[number].flag is not None) is (row["flagged"] == "yes")
        present, *former = row["barcodes"].split(";")
        assert str(patrons[number].card) == present
        assert {str(card.number) for card in patrons[number].cards} <= {present, *former}
        seen |= {entry.kind for entry in account.entries} if account else set()
    assert seen == {EntryKind.CHARGE, EntryKind.PAYMENT, EntryKind.WAIVER}
    assert [one.local for patron in made.patrons for one in patron.merged_from] == ["69990"]


def test_the_report_on_the_money_ties_out_with_the_snapshot(tmp_path):
    """What the embedded ILS has is what its snapshot says, whoever is in collection; the rest is named."""
    make_sample(tmp_path / "d", actor="test")
    with open_desk(tmp_path / "d", actor="sample-associate") as desk:
        desk.day.run()
        again = desk.day.run()
        assert (again.residual, again.plan.steps) == (0, ())
        report = make_report(desk, "agency-money")
        path = desk.agency.systems.comparer.files.paths()[0]
        differing = {one.patron for one in desk.agency.facts().differences}
        rows = [row for row in read_ils(path).rows if row.flagged or row.referral_fee or row.patron in differing]
    figures = {figure.label: figure.value for figure in report.figures}
    assert (figures["Unexplained differences"], figures["Accounts"]) == (0, len(rows))
    assert "No ledger" not in {callout.title for callout in report.callouts}
    sections = {section.key: section for section in report.sections}
    (whole,) = sections["total"].tables
    _, opening, new, paid, waived, *_, closing = whole.rows[-1]
    assert closing == sum((Money(row.balance) for row in rows), Money(0))
    assert opening + new - paid - waived == closing
    assert min(paid, waived) > Money(0)
    assert all(sections[axis].tables[0].rows[-1][-1] == closing for axis in ("branch", "legal-class", "kind"))
