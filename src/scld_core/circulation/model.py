"""What is known of an item's circulation: its check-in state and its loan; and what a desk asks for."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.ids import HoldId, ItemId, LoanId, LocationId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import at_least, day, instance, instant, optional
from scld_core.patrons.model import Household

__all__ = ["CheckIn", "CheckOutRequest", "Circulation", "ItemState", "Loan"]


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

    `household` is equal for patrons of one household; it is as personal as the patron. `renewals` is how
    often it was renewed, None where that is not told.
    """

    id: LoanId = field(validator=instance(LoanId))
    item: ItemId = field(validator=instance(ItemId))
    due_at: datetime = field(validator=instant)
    out_at: datetime | None = field(default=None, validator=optional(instant))
    returned_at: datetime | None = field(default=None, validator=optional(instant))
    patron: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))
    household: Household | None = personal(default=None, validator=optional(instance(Household)))
    renewals: int | None = field(default=None, validator=optional(at_least(0)))

    @property
    def is_open(self) -> bool:
        """Whether the item is not back yet."""
        return self.returned_at is None


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

    @property
    def open_loan(self) -> Loan | None:
        """The loan that has not ended; None where there is none."""
        return self.loan if self.loan is not None and self.loan.is_open else None


@frozen(kw_only=True)
class CheckOutRequest:
    """What is asked for: to lend an item to a patron at a library.

    `due_at` is None where the ILS shall say when it is due. `at_most` is how many items the patron may
    have with this one; a backend that can refuses a further one in the same moment in which it would
    lend it.
    """

    patron: PatronId = personal(validator=instance(PatronId))
    item: ItemId = field(validator=instance(ItemId))
    due_at: datetime | None = field(default=None, validator=optional(instant))
    at: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    at_most: int | None = field(default=None, validator=optional(at_least(0)))


@frozen
class CheckIn:
    """What a check-in did: the item as it is now, the loan that ended, and where the item has to go.

    `ended` is None where the item was not on loan. `hold` is the hold for which the item is set aside now.
    `route_to` is the library to which it has to be sent: the hold's pickup library or its home; None where
    it stays. `shelf_until` is the last day on which it may be picked up; None where it is not on the hold
    shelf and where the ILS does not tell.
    """

    circulation: Circulation = field(validator=instance(Circulation))
    ended: Loan | None = field(default=None, validator=optional(instance(Loan)))
    hold: HoldId | None = field(default=None, validator=optional(instance(HoldId)))
    route_to: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    shelf_until: date | None = field(default=None, validator=optional(day))
