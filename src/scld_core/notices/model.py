"""One notice as the system that sent it recorded it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import instance, instant, optional

__all__ = ["Channel", "Notice", "NoticeKind", "NoticeResult"]


class NoticeKind(Enum):
    """What a notice is about; OTHER is a word of the source that nobody translated."""

    ALMOST_DUE = "almost_due"
    OVERDUE = "overdue"
    OVERDUE_2 = "overdue_2"
    OVERDUE_3 = "overdue_3"
    FINE = "fine"
    BILL = "bill"
    MANUAL_BILL = "manual_bill"
    HOLD = "hold"
    HOLD_2 = "hold_2"
    HOLD_CANCELLED = "hold_cancelled"
    RECALL = "recall"
    CARD_EXPIRY = "card_expiry"
    COLLECTION = "collection"  # a letter written for no other purpose than to name the agency
    COMBINED = "combined"
    OTHER = "other"


class Channel(Enum):
    """How a notice travelled."""

    MAIL = "mail"
    EMAIL = "email"
    PHONE = "phone"
    TEXT = "text"
    APP = "app"
    OTHER = "other"


class NoticeResult(Enum):
    """What is known of a notice's fate. UNKNOWN is a word of the source that nobody translated."""

    SENT = "sent"  # it left, and nothing more is known: printed mail, most e-mail
    DELIVERED = "delivered"
    FAILED = "failed"  # bounced, returned, no answer
    NO_ADDRESS = "no_address"
    PENDING = "pending"
    UNKNOWN = "unknown"

    @property
    def left(self) -> bool:
        """Whether the notice went out and nothing says that it came back."""
        return self in (NoticeResult.SENT, NoticeResult.DELIVERED)

    @property
    def undelivered(self) -> bool:
        """Whether the record itself says that it did not arrive."""
        return self in (NoticeResult.FAILED, NoticeResult.NO_ADDRESS)


@frozen
class Notice:
    """One notice. `item` is None for one that names no single item, such as a combined call.

    `names_assignment` is True only when the notice's text says that the debt may be assigned to a
    collection agency. `note` keeps, in the source's own words, what had no translation.
    """

    kind: NoticeKind = field(validator=instance(NoticeKind))
    sent_at: datetime = field(validator=instant)
    channel: Channel = field(validator=instance(Channel))
    result: NoticeResult = field(validator=instance(NoticeResult))
    patron: PatronId = personal(validator=instance(PatronId))
    item: ItemId | None = personal(default=None, validator=optional(instance(ItemId)))
    names_assignment: bool = field(default=False, validator=instance(bool))
    amount: Money | None = field(default=None, validator=optional(instance(Money)))
    template: str = field(default="", validator=instance(str))
    note: str = field(default="", validator=instance(str))

    @property
    def is_evidence(self) -> bool:
        """Whether it counts as the notice before an assignment: it names it, and it left.

        RCW 19.16.500(2) asks for an attempt only; one that is known to have failed is not counted
        here, since no reader of a complaint would accept it.
        """
        return self.names_assignment and self.result.left
