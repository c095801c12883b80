"""A district in a folder that refers to an agency by a drop folder: its ILS is in its store, and nobody in it is real.

The agency takes up whatever lies in `outbox` and answers with a list; the ILS makes a snapshot each morning.
"""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

from scld_adapters.sql.fees import FeeDesk
from scld_adapters.sql.patrons import PatronDesk
from scld_core.agency.referrals.batch import AREA
from scld_core.fees.ledger import Account
from scld_core.fees.model import ChargeKind, ChargeTerms, EntryKind, LegalClass, Part
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.time import EPOCH
from scld_core.patrons.person import Card, CollectionFlag, Patron
from support.districts import at, found
from support.hotspots import NOW
from support.told import tell

LONG_AGO = NOW - timedelta(days=60)
NOTICED = "2026-01-20"
LISTED = (8, 9)
"""Patrons who were referred before there was a referral run."""

DROP = '[backends.gentle]\nuse = "agency-drop"\nfolder = "outbox"\ntaken_away = false\n'
PORTAL = '[backends.gentle]\nuse = "agency-portal"\n'

SETTINGS = """
[agency]
snapshot = "agency/ils-*.csv"
inbound = "agency/list-*.csv"
notices = "agency/notices.csv"
ils = "main"
channel = "gentle"

[agency.referrals]
new = "koha-ums-new"
update = "koha-ums-update"
name = "gentle"
people = "agency/people.csv"

[policy.agency]
threshold_cents = 5000
threshold_inclusive = true
threshold_kinds = ["lost_item"]
reported_kinds = ["all"]
min_age_days = 45
exempt_categories = ["staff"]
adult_age = 18
minors = "never"
unknown_age = "ask"
referral_fee_cents = 1000
removal_cents = 0
send_weekdays = ["tuesday"]
in_flight_days = 14
stale_days = 365

[policy.agency_day]
max_fact_age_minutes = 1440
max_missing_fraction = 0.5
max_batch_count = 25
max_batch_fraction = 0.5
"""


def patron_id(number):
    """The record id of patron `number`."""
    return PatronId("main", f"7000{number}")


def card(number):
    """A made-up card number."""
    body = f"2999900000{number:03d}"
    return Barcode.parse(body + str(luhn_digit(body)))


class ReferralDistrict:
    """One such district: patrons 1 and 2 are due, 3 is without a notice, and `LISTED` are at the agency already."""

    def __init__(self, folder: Path, *, numbers=(1, 2, 3)) -> None:
        self.folder = folder
        self.numbers = (*numbers, *LISTED)

    @classmethod
    def make(cls, folder: Path, *, channel: str = DROP, numbers=(1, 2, 3)):
        """A new one in a folder, on its first morning."""
        made = cls(folder, numbers=numbers)
        found(folder, numbers=(6,), approved=False)
        toml = folder / "district.toml"
        text = toml.read_text(encoding="utf-8")
        everything = 'auto_apply = ["hotspots", "agency", "referrals"]'
        assert 'auto_apply = ["hotspots"]' in text
        toml.write_text(text.replace('auto_apply = ["hotspots"]', everything) + channel + SETTINGS, encoding="utf-8")
        for name in ("agency", "outbox"):
            (folder / name).mkdir()
        made.fill()
        return made

    def fill(self):
        """Files, patrons and charges."""
        self.tell(1, 2)
        self._write("agency/people.csv", ("patron_id", "surname", "firstname", "city"), self._people())
        self.write_list(NOW, dict.fromkeys(LISTED, 7000))
        self._write_snapshot(NOW, {})
        with self.at(NOW) as desk, desk.store.transaction() as unit:
            for number in self.numbers:
                self._register(unit, number)
        self.morning(NOW)

    def at(self, now, **more):
        """The district, opened."""
        return at(self.folder, now, **more)

    # what happens

    def tell(self, *numbers):
        """Notices that name the agency have gone to these patrons, and to nobody else."""
        header = ("patron_id", "kind", "sent_at", "channel", "result", "names_assignment")
        rows = [(patron_id(n).local, "bill", NOTICED, "mail", "sent", "yes") for n in (*numbers, *LISTED)]
        self._write("agency/notices.csv", header, rows)

    def pay(self, number, now, cents=None):
        """All that is owed is paid, or so much of the first charge."""
        with self.at(now) as desk, desk.store.transaction() as unit:
            fees = FeeDesk(unit.connection, "main", now)
            for standing in fees.account(patron_id(number)).standings:
                left = standing.outstanding if cents is None else Money(cents)
                if standing.outstanding:
                    fees.settle(EntryKind.PAYMENT, Part(standing.charge.id, left), by="till")
                if cents is not None:
                    return

    def morning(self, now):
        """The files of a morning: the ILS's snapshot, and the list of an agency that has worked all it was sent."""
        with self.at(now) as desk:
            self._write_snapshot(now, {n: self._seen(desk, n) for n in self.numbers})
        self.write_list(now, self.listed())

    def write_list(self, now, owed):
        """The agency's list, of whatever it takes to be owed."""
        header = ("account", "patron_id", "cardnumber", "name", "status", "listed_on", "balance", "last_activity")
        rows = [
            (f"UM{n}", patron_id(n).local, str(card(n)), "SAMPLE", "Open", "2026-02-25", str(Money(cents)), now.date())
            for n, cents in owed.items()
        ]
        self._write(f"agency/list-{now:%Y%m%d%H%M}.csv", (*header, "close_reason"), [(*row, "") for row in rows], now)

    # what is there

    def sent(self):
        """The files at the agency, by name."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / "outbox").glob("[!.]*"))}

    def listed(self):
        """What the agency has as the balance of whom, in cents."""
        owed = dict.fromkeys(LISTED, 7000)
        by_local = {patron_id(number).local: number for number in self.numbers}
        for _, content in sorted(self.sent().items(), key=lambda one: (one[0][-14:], one[0])):  # by their dates
            for row in csv.DictReader(io.StringIO(content.decode())):
                told = row.get("Total_Plus_Fee") or row.get("Due")
                if told:
                    owed[by_local[row["borrowernumber"]]] = Money.parse(told.replace(",", "")).cents
        return {number: cents for number, cents in owed.items() if cents}

    def touched(self, number, now):
        """Fees charged and not cancelled, flag, block."""
        with self.at(now) as desk:
            account, patron = self._seen(desk, number)
        fees = [one for one in account.standings if one.charge.kind is ChargeKind.AGENCY_FEE and not one.cancelled]
        return len(fees), patron.flag is not None, bool(patron.blocks)

    def facts(self, desk):
        """All there is to know of referrals, as JSON can carry it."""
        assert desk.referrals is not None
        book = desk.referrals.book()
        with desk.store.transaction() as unit:
            records = unit.steps.history(AREA, EPOCH)
        seen = {n: self._seen(desk, n) for n in self.numbers}
        return {
            "files": [[b.number, b.name, b.manifest.sha256, b.key in book.receipts] for b in book.batches],
            "episodes": [[one.patron, one.state.value, one.delivered] for one in book.episodes.values()],
            "fees": [[n, self._fees(account)] for n, (account, _) in seen.items()],
            "flags": [n for n, (_, patron) in seen.items() if patron.flag is not None],
            "blocks": [n for n, (_, patron) in seen.items() if patron.blocks],
            "records": [
                {"id": r.step.id, "action": r.step.action, "state": r.state.value, "attempts": len(r.attempts)}
                for r in records
            ],
        }

    def _fees(self, account: Account):
        return sum(charge.kind is ChargeKind.AGENCY_FEE for charge in account.charges)

    def _seen(self, desk, number):
        ils = desk.backends["main"]
        return ils.fees.account(patron_id(number)), ils.patrons.get(patron_id(number))

    # how it is made

    def _register(self, unit, number):
        listed = number in LISTED
        patron = Patron(
            id=patron_id(number),
            as_of=NOW,
            birth_date=date(1980, 5, 17),
            category="adult",
            home=LocationId("cheney"),
            cards=(Card(number=card(number)),),
            flag=CollectionFlag() if listed else None,
        )
        PatronDesk(unit.connection, "main").register(patron)
        fees = FeeDesk(unit.connection, "main", LONG_AGO)
        lost = ChargeTerms(
            kind=ChargeKind.LOST_ITEM, legal_class=LegalClass.REPLACEMENT, amount=Money(6000), assessed_at=LONG_AGO
        )
        fees.charge(patron.id, lost, key=f"lost-{number}")
        if listed:
            fee = ChargeTerms(
                kind=ChargeKind.AGENCY_FEE,
                legal_class=LegalClass.COLLECTION_COST,
                amount=Money(1000),
                assessed_at=LONG_AGO,
            )
            fees.charge(patron.id, fee, key=f"by-hand-{number}")

    def _people(self):
        return [(patron_id(n).local, f"SAMPLE-{n}", "Patron", "Nowhere") for n in self.numbers]

    def _write_snapshot(self, now, seen):
        rows = []
        for number, (account, patron) in seen.items():
            fee = sum(
                (one.outstanding.cents for one in account.standings if one.charge.kind is ChargeKind.AGENCY_FEE), 0
            )
            flagged = "yes" if patron.flag is not None else "no"
            balance = str(account.balance).removeprefix("$")
            rows.append((patron.id.local, str(card(number)), balance, flagged, str(Money(fee)), "no", now.isoformat()))
        header = ("patron_id", "barcodes", "balance", "flagged", "referral_fee", "exempt", "as_of")
        self._write(f"agency/ils-{now:%Y%m%d%H%M}.csv", header, rows, now)

    def _write(self, name, header, rows, now=NOW):
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows(rows)
        tell(path, now)
