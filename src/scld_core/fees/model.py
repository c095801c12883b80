"""Charges, and the entries of the ledger: what was charged and everything done about it since.

An entry is never changed or deleted. What turns out wrong is taken back by a reversal, which is an
entry of its own.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum
from typing import Any

from attrs import field, fields, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.ids import ItemId, LocationId, PatronId, RecordId
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant, matching, nonempty, optional

__all__ = ["Charge", "ChargeId", "ChargeKind", "ChargeTerms", "Entry", "EntryId", "EntryKind", "LegalClass", "Part"]

_CODE = re.compile(r"[a-z][a-z0-9_.:-]{0,63}")


class ChargeKind(Enum):
    """What a charge is for."""

    LOST_ITEM = "lost_item"
    DAMAGED = "damaged"
    COMPONENT = "component"
    PROCESSING = "processing"
    AGENCY_FEE = "agency_fee"
    NONRESIDENT = "nonresident"
    PRINTING = "printing"
    LEGACY_FINE = "legacy_fine"  # a fine from before fines were ended; it is still owed
    NSF = "nsf"  # a payment that the bank returned
    OTHER = "other"


class LegalClass(Enum):
    """What the law takes a charge for; whom it may be asked of follows from it."""

    REPLACEMENT = "replacement"  # loss of the library's property, or damage to it
    FINE = "fine"  # a reasonable fine (AGO 2005 no. 5)
    RENTAL = "rental"  # for the use of materials, which residents may not be charged for (AGO 1992 no. 31)
    NONRESIDENT = "nonresident"  # service to people who do not live in the district
    CONVENIENCE = "convenience"  # copies and the like, which are no library service
    COLLECTION_COST = "collection_cost"  # what a referral adds to a debt (RCW 19.16.500(1)(b))
    OTHER = "other"


class EntryKind(Enum):
    """What an entry does to what is owed.

    A REDUCTION is a payment, waiver or cancellation of which the source tells no more than that it
    happened, as an extract does that has an amount and what is left of it. It counts as none of them.
    """

    CHARGE = "charge"
    PAYMENT = "payment"
    WAIVER = "waiver"
    CANCELLATION = "cancellation"  # it was never owed, which is no waiver
    REDUCTION = "reduction"
    REVERSAL = "reversal"  # takes back one entry, whole


@frozen(order=True)
class ChargeId(RecordId):
    """A charge's record id; names no person."""


@frozen(order=True)
class EntryId(RecordId):
    """A ledger entry's record id; names no person."""


_amount = [instance(Money), matching(lambda money: money.cents > 0, "must be above zero")]
_code = matching(
    lambda text: isinstance(text, str) and (not text or bool(_CODE.fullmatch(text))),
    "must be a code of lower-case letters, digits, '-', '_', '.' or ':', which has no room for a person's data",
)


@frozen(kw_only=True)
class ChargeTerms:
    """What is charged, for what, and since when: a charge before an ILS has given it an id.

    `assessed_at` is when it fell due, which may be earlier than its entry in the ledger. `item` and
    `branch` are None where there is none. `note` is in staff's own words.
    """

    kind: ChargeKind = field(validator=instance(ChargeKind))
    legal_class: LegalClass = field(validator=instance(LegalClass))
    amount: Money = field(validator=_amount)
    assessed_at: datetime = field(validator=instant)
    item: ItemId | None = personal(default=None, validator=optional(instance(ItemId)))
    branch: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    note: str = personal(
        default="",
        validator=matching(lambda text: isinstance(text, str) and "\0" not in text, "must be text without NUL"),
    )

    def __attrs_post_init__(self) -> None:
        if (self.kind is ChargeKind.AGENCY_FEE) is not (self.legal_class is LegalClass.COLLECTION_COST):
            rule = "must be collection_cost for an agency fee, and for nothing else (RCW 19.16.500(1)(b))"
            raise InvalidValue(type(self).__name__, "legal_class", rule)


@frozen(kw_only=True)
class Charge(ChargeTerms):
    """One charge of one patron."""

    id: ChargeId = field(validator=instance(ChargeId))
    patron: PatronId = personal(validator=instance(PatronId))

    @classmethod
    def of(cls, terms: ChargeTerms, id: ChargeId, patron: PatronId) -> Charge:  # noqa: A002 - the field's name
        """The charge that an ILS makes of `terms`."""
        return cls(id=id, patron=patron, **_as_given(terms))

    @property
    def terms(self) -> ChargeTerms:
        """What it was made of."""
        return ChargeTerms(**_as_given(self))


def _as_given(terms: ChargeTerms) -> dict[str, Any]:
    return {attribute.name: getattr(terms, attribute.name) for attribute in fields(ChargeTerms)}


@frozen
class Part:
    """How much of an entry applies to one charge."""

    charge: ChargeId = field(validator=instance(ChargeId))
    amount: Money = field(validator=_amount)


@frozen(kw_only=True)
class Entry:
    """One line of the ledger.

    `at` is when it was posted, `by` who did it in the ILS's own words for its staff and services.
    `parts` say which charges it applies to, each once; their sum is `amount`. `key` is the
    idempotency key it was posted with, blank where the system keeps none. `reason` is a code. A
    CHARGE carries its `charge`; a REVERSAL names in `reverses` the entry it takes back.
    """

    id: EntryId = field(validator=instance(EntryId))
    kind: EntryKind = field(validator=instance(EntryKind))
    at: datetime = field(validator=instant)
    by: str = field(validator=nonempty)
    amount: Money = field(validator=_amount)
    parts: tuple[Part, ...] = field(validator=each(instance(Part)))
    key: str = field(default="", validator=instance(str))
    reason: str = field(default="", validator=_code)
    charge: Charge | None = field(default=None, validator=optional(instance(Charge)))
    reverses: EntryId | None = field(default=None, validator=optional(instance(EntryId)))

    def __attrs_post_init__(self) -> None:
        if len({part.charge for part in self.parts}) != len(self.parts):
            raise InvalidValue("Entry", "parts", "must name each charge once")
        if not self.parts or sum((part.amount for part in self.parts), Money(0, self.amount.currency)) != self.amount:
            raise InvalidValue("Entry", "parts", "must add up to the amount")
        if (self.kind is EntryKind.REVERSAL) is not (self.reverses is not None):
            raise InvalidValue("Entry", "reverses", "is for a reversal, which needs it")
        if (self.kind is EntryKind.CHARGE) is not (self.charge is not None):
            raise InvalidValue("Entry", "charge", "is for the entry that makes a charge, which needs it")
        if self.charge is not None and self.parts != (Part(self.charge.id, self.charge.amount),):
            raise InvalidValue("Entry", "parts", "must be the whole of the charge that it makes")
