"""Synthetic charges. Nobody owes any of this."""

from datetime import UTC, datetime, timedelta

from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, cancellation, credit, reversal
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
PATRON = PatronId("main", "p1")


def day(number):
    """So many days after the start."""
    return START + timedelta(days=number)


def terms(cents=1000, kind=ChargeKind.LOST_ITEM, legal_class=LegalClass.REPLACEMENT, *, branch="cheney", **more):
    """What is charged; by default for a lost item."""
    place = None if branch is None else LocationId(branch)
    more = {"assessed_at": START} | more
    return ChargeTerms(kind=kind, legal_class=legal_class, amount=Money(cents), branch=place, **more)


FEE = terms(1000, ChargeKind.AGENCY_FEE, LegalClass.COLLECTION_COST, branch=None)


class Book:
    """An account under the pen: each act is posted a day after the one before, unless it is told when."""

    def __init__(self, patron=PATRON):
        self.account = Account(patron=patron, as_of=day(365))

    def stamp(self, at=None, key="", reason=""):
        count = len(self.account.entries)
        return Stamp(
            id=EntryId("main", f"e{count}"), at=day(count) if at is None else at, by="desk", key=key, reason=reason
        )

    def post(self, entry):
        self.account = self.account.having(entry)
        return entry

    def charge(self, made_of=None, *, at=None, key=""):
        number = ChargeId("main", f"c{len(self.account.entries)}")
        made = Charge.of(made_of or terms(), number, self.account.patron)
        return self.post(assessment(made, self.stamp(at, key))).charge.id

    def pay(self, charge, cents, *, at=None, kind=EntryKind.PAYMENT):
        return self.post(credit(kind, Part(charge, Money(cents)), stamp=self.stamp(at)))

    def cancel(self, charge, *, at=None):
        return self.post(cancellation(self.account.standing(charge), self.stamp(at, reason="error")))

    def take_back(self, entry, *, at=None):
        return self.post(reversal(entry, self.stamp(at)))
