"""The synthetic patrons and accounts that every check of those ports begins with. They are nobody's."""

from __future__ import annotations

from datetime import date, timedelta

from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, cancellation, credit, reversal
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.person import Block, Card, CollectionFlag, Patron
from scld_core.plugins.seed import Seed
from scld_core.testing.synthetic import CARD, INSTANCE, NOW, PATRON, item

__all__ = [
    "AGENCY",
    "COUNT",
    "MERGED",
    "REFERRAL",
    "accounts",
    "card",
    "ledger",
    "patron",
    "people",
    "terms",
]

AGENCY = "kit-agency"
REFERRAL = "referral-7"

COUNT = 5
"""How many patrons there are, from number 0."""

MERGED = (90, 91)
"""The numbers of records that were merged into patron number 3."""

_DAY = timedelta(days=1)
_HOME = LocationId("north-spokane")


def patron(number: int, instance: str = INSTANCE) -> PatronId:
    """The synthetic patron `number`; the first one's id must never be seen outside."""
    return PatronId(instance, f"p{number:03d}" if number else PATRON)


def card(number: int, generation: int = 0) -> Barcode:
    """A card of the patron `number`: generation 0 is the present one, higher ones were replaced."""
    return Barcode(f"{CARD}x{number:02d}x{generation}")


def _old(number: int, generation: int, days: int) -> Card:
    return Card(number=card(number, generation), present=False, replaced_at=NOW - days * _DAY)


def people(instance: str = INSTANCE) -> tuple[Patron, ...]:
    """An adult with an old card and a block, a minor, one flagged and of unknown age, one merged, and a bare record."""
    flag = CollectionFlag(AGENCY, NOW - 40 * _DAY, REFERRAL)
    return (
        Patron(
            id=patron(0, instance),
            as_of=NOW,
            birth_date=date(1980, 2, 11),
            category="adult",
            home=_HOME,
            cards=(Card(number=card(0)), _old(0, 1, 10), _old(0, 2, 400)),
            blocks=(Block("lost-card", NOW - 3 * _DAY, "jdoe"),),
        ),
        Patron(
            id=patron(1, instance),
            as_of=NOW,
            birth_date=date(2015, 12, 1),
            responsible_adult=patron(0, instance),
            category="juvenile",
            home=LocationId("cheney"),
            cards=(Card(number=card(1)),),
        ),
        Patron(
            id=patron(2, instance),
            as_of=NOW,
            category="adult",
            cards=(Card(number=card(2)),),
            flag=flag,
            blocks=(Block("collection", NOW - 40 * _DAY, "scld"), Block("address", NOW - 9 * _DAY, "jdoe")),
        ),
        Patron(
            id=patron(3, instance),
            as_of=NOW,
            birth_date=date(1960, 2, 29),
            category="adult",
            cards=(Card(number=card(3)), _old(MERGED[0], 0, 20), _old(MERGED[1], 0, 30)),
            merged_from=tuple(patron(number, instance) for number in MERGED),
        ),
        Patron(id=patron(4, instance), as_of=NOW),
    )


def terms(
    cents: int,
    kind: ChargeKind = ChargeKind.LOST_ITEM,
    legal_class: LegalClass = LegalClass.REPLACEMENT,
    *,
    days: int = 0,
    number: int | None = None,
    instance: str = INSTANCE,
) -> ChargeTerms:
    """What is charged, so many days before a check begins; for an item of that number, in a branch, or for neither."""
    return ChargeTerms(
        kind=kind,
        legal_class=legal_class,
        amount=Money(cents),
        assessed_at=NOW - days * _DAY,
        item=None if number is None else item(number, instance),
        branch=None if number is None else _HOME,
    )


class _Pen:
    """Writes the account of one patron, one entry a day, all of them before a check begins."""

    def __init__(self, number: int, instance: str) -> None:
        self._instance = instance
        self._number = number
        self.account = Account(patron=patron(number, instance), as_of=NOW)

    def charge(self, made_of: ChargeTerms) -> ChargeId:
        number = ChargeId(self._instance, f"c{self._number}{len(self.account.entries):02d}")
        made = Charge.of(made_of, number, self.account.patron)
        self.account = self.account.having(assessment(made, self._stamp()))
        return number

    def settle(self, kind: EntryKind, *parts: tuple[ChargeId, int], reason: str = "") -> None:
        made = tuple(Part(charge, Money(cents)) for charge, cents in parts)
        self.account = self.account.having(credit(kind, *made, stamp=self._stamp(reason)))

    def cancel(self, charge: ChargeId) -> None:
        entry = cancellation(self.account.standing(charge), self._stamp("error"))
        self.account = self.account.having(entry)

    def take_back_last(self) -> None:
        self.account = self.account.having(reversal(self.account.entries[-1], self._stamp("error")))

    def _stamp(self, reason: str = "") -> Stamp:
        place = len(self.account.entries)
        number = EntryId(self._instance, f"e{self._number}{place:02d}")
        return Stamp(id=number, at=NOW - (60 - place) * _DAY, by="desk", reason=reason)


def accounts(instance: str = INSTANCE) -> tuple[Account, ...]:
    """Every kind of entry, two payments of one charge, one of two, a payment taken back, and a large amount."""
    first, third, fourth, fifth = (_Pen(number, instance) for number in (0, 2, 3, 4))
    lost = first.charge(terms(3000, days=59, number=1, instance=instance))
    first.settle(EntryKind.PAYMENT, (lost, 500))
    first.settle(EntryKind.PAYMENT, (lost, 500))
    copies = first.charge(terms(10, ChargeKind.PRINTING, LegalClass.CONVENIENCE, days=50))
    fine = first.charge(terms(29, ChargeKind.LEGACY_FINE, LegalClass.FINE, days=2000))
    first.settle(EntryKind.WAIVER, (copies, 10), reason="goodwill")
    first.settle(EntryKind.PAYMENT, (fine, 29))
    first.take_back_last()
    first.cancel(first.charge(terms(700, ChargeKind.PROCESSING, LegalClass.OTHER, days=45)))

    third.charge(terms(2500, days=58, number=2, instance=instance))
    third.charge(terms(1000, ChargeKind.AGENCY_FEE, LegalClass.COLLECTION_COST, days=40))

    both = [fourth.charge(terms(cents, ChargeKind.DAMAGED, days=30)) for cents in (194, 196)]
    fourth.settle(EntryKind.PAYMENT, (both[0], 194), (both[1], 96))
    fourth.charge(terms(1500, ChargeKind.OTHER, LegalClass.OTHER, days=20))
    fourth.take_back_last()

    fifth.charge(terms(123_456_789, days=55, number=3, instance=instance))
    return tuple(pen.account for pen in (first, third, fourth, fifth))


def ledger(instance: str = INSTANCE) -> Seed:
    """An ILS of `COUNT` patrons with their accounts; patron number 1 never owed anything."""
    return Seed(patrons=people(instance), accounts=accounts(instance))
