"""What is known of an item's circulation: its check-in state and its loan."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import instance, instant, optional
from scld_core.patrons.model import Household

__all__ = ["Circulation", "ItemState", "Loan"]


class ItemState(Enum):
    """Where an item stands; each is a fact that the ILS supplies, none is computed here."""

    ON_LOAN = "on_loan"
    CHECKED_IN = "checked_in"
    IN_TRANSIT = "in_transit"
    ON_HOLD_SHELF = "on_hold_shelf"
    LOST = "lost"
    LOST_PAID = "lost_paid"
    CLAIMS_RETURNED = "claims_returned"
    MISSING = "missing"
    WITHDRAWN = "withdrawn"
    UNKNOWN_WORD = "unknown_word"


@frozen
class Loan:
    """One loan: `due_at` is the end of the local business day on which the item is due.

    `household` is equal for patrons of one household; it is as personal as the patron.
    """

    id: LoanId = field(validator=instance(LoanId))
    item: ItemId = field(validator=instance(ItemId))
    due_at: datetime = field(validator=instant)
    out_at: datetime | None = field(default=None, validator=optional(instant))
    returned_at: datetime | None = field(default=None, validator=optional(instant))
    patron: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))
    household: Household | None = personal(default=None, validator=optional(instance(Household)))


@frozen
class Circulation:
    """An item's check-in state as of an instant, with its open loan, or its last one when known.

    `since` is when the state began (for LOST the day it was declared lost), None when not supplied.
    `word` is the ILS's own word for the state, shown to people when it is not one we know.
    """

    item: ItemId = field(validator=instance(ItemId))
    state: ItemState = field(validator=instance(ItemState))
    as_of: datetime = field(validator=instant)
    loan: Loan | None = field(default=None, validator=optional(instance(Loan)))
    since: datetime | None = field(default=None, validator=optional(instant))
    word: str = ""
