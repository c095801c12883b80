"""A clerk works the lists: both sides changed as they say, compared again, until nothing but decisions is left."""

import csv
import json
import re
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from scld_core.cli._typer import app
from scld_core.kernel.cells import from_cell
from scld_core.kernel.money import Money
from support.agency_case import PROFILE, CaseFolder

AMOUNTS = ("send-again", "update-balance", "charge-fee", "reverse-fee")


class Table:
    """A CSV file as rows that can be changed and written back."""

    def __init__(self, path):
        self.path = path
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            self.rows, self.header = list(reader), list(reader.fieldnames)

    def save(self):
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.header)
            writer.writeheader()
            writer.writerows(self.rows)

    def find(self, column, value):
        return next(row for row in self.rows if row[column] == value)


class Clerk:
    """Does what the two lists say, in the files that stand for the two systems."""

    def __init__(self, case):
        self.ils, self.agency = Table(case.path("ils.csv")), Table(case.path("inbound.csv"))
        self.sent = Table(case.path("last-sync.csv"))

    def work(self, row):
        """One line of a list: every action of it, with the amount that its words say."""
        patron, account = from_cell(row["patron_id"]), from_cell(row["account"])
        mine = self.ils.find("patron_id", patron) if patron else None
        theirs = self.agency.find("account", account) if account else None
        amounts = re.findall(r"[0-9]+\.[0-9]{2}", row["what to do"])
        for action in row["action"].split():
            amount = amounts.pop(0) if action in AMOUNTS else ""
            getattr(self, action.replace("-", "_"))(mine, theirs, amount)
        assert not amounts

    def send_again(self, mine, theirs, amount):
        theirs = theirs or self._listed(mine)
        theirs |= {"status": "Open", "balance": amount}

    def _listed(self, mine):
        blank = dict.fromkeys(self.agency.header, "")
        number = mine["patron_id"]
        self.agency.rows.append(
            blank
            | {"account": f"NEW{number}", "patron_id": number, "cardnumber": mine["barcodes"].partition(";")[0]}
            | {"listed_on": "2026-03-10", "name": "SAMPLE, New"}
        )
        return self.agency.rows[-1]

    def remove(self, _, theirs, __=""):
        theirs |= {"status": "Closed", "balance": "0.00"}

    withdraw = remove

    def update_balance(self, _, theirs, amount):
        theirs["balance"] = amount

    def send_alias(self, mine, theirs, _):
        theirs |= {"patron_id": mine["patron_id"], "cardnumber": mine["barcodes"].partition(";")[0]}

    def clear_flag(self, mine, *_):
        mine["flagged"] = "no"

    def restore_flag(self, mine, *_):
        mine["flagged"] = "yes"

    def charge_fee(self, mine, _, amount):
        self._fee(mine, Money.parse(amount))

    def reverse_fee(self, mine, _, amount):
        self._fee(mine, -Money.parse(amount))

    def _fee(self, mine, change):
        for column in ("balance", "referral_fee"):
            mine[column] = str(Money.parse(mine[column]) + change)

    def close_of_day(self):
        """The agency reads our last file, a new one of everybody in collection is sent, and all is saved."""
        settled = {row["borrowernumber"] for row in self.sent.rows if row["Due"] == "0.00"}
        for theirs in self.agency.rows:
            if theirs["patron_id"] in settled:
                self.remove(None, theirs)
        flagged = [row for row in self.ils.rows if row["flagged"] == "yes"]
        self.sent.rows = [
            {
                "borrowernumber": row["patron_id"],
                "cardnumber": row["barcodes"].partition(";")[0],
                "Due": f"{Decimal(row['balance']):,}",
            }
            for row in flagged
        ]
        for table in (self.ils, self.agency, self.sent):
            table.save()


def _lists(case):
    """Every line of the two lists."""
    return [*case.read("tell-the-agency.csv"), *case.read("post-to-the-ils.csv")]


@pytest.fixture
def mended(tmp_path):
    """The sample after somebody has mended the rows that could not be read."""
    case = CaseFolder(tmp_path)
    case.edit("inbound.csv", lambda text: text.replace("Skip trace", "Open").replace("60.505", "60.50"))
    case.edit("inbound.csv", lambda text: text.replace(",3/1/26,", ",2026-03-01,"))
    damaged = next(row for row in Table(case.path("ils.csv")).rows if row["balance"] == "43.00")
    case.edit("inbound.csv", lambda text: text.replace("2.9999E+13", damaged["barcodes"]))
    return case


def test_working_both_lists_leaves_only_decisions(mended):
    """One round ends what the lists name, the next what the agency had yet to read; then both stay empty."""
    headlines, lengths = [], []
    for _ in range(4):
        told = json.loads(mended.json(profile=PROFILE))
        assert told["quarantine"] == []
        headlines.append(told["unexplained"])
        lengths.append(len(_lists(mended)))
        clerk = Clerk(mended)
        for row in _lists(mended):
            clerk.work(row)
        clerk.close_of_day()
    assert lengths[0] > 20
    assert lengths[2:] == [0, 0]
    assert headlines[0] > headlines[2] == headlines[3]
    left = {row["kind"] for row in mended.read("rows.csv")}
    assert left == {
        "IDENTITY_AMBIGUOUS", "PAID_AGENCY_OPEN_ILS", "DISPUTED", "BANKRUPT", "DECEASED", "NOTICE_MISSING", "STALE",
        "MATCH",
    }  # fmt: skip
    assert headlines[3] == sum(told["counts"].get(kind, 0) for kind in left - {"NOTICE_MISSING", "STALE", "MATCH"})


def _scld(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_morning_on_the_command_line(tmp_path):
    """From `scld init --sample` to the page, with no district set up for it and nothing in the district changed."""
    folder = tmp_path / "north"
    assert _scld("init", folder, "--sample").exit_code == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = _scld(
        "agency", "reconcile", "--ils", folder / "agency/ils.csv", "--agency", folder / "agency/inbound.csv",
        "--notices", folder / "agency/notices.csv", "--profile", "spokane-county", "--out", tmp_path / "agency-today",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert (tmp_path / "agency-today" / "summary.html").is_file()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
