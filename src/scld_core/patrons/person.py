"""A patron as far as a desk and an agency lean on one: cards, age, responsible adult, flag and blocks."""

from __future__ import annotations

import re
from datetime import date, datetime

from attrs import field, frozen

from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant, matching, optional
from scld_core.patrons.contact import Contact

__all__ = ["Block", "Card", "CollectionFlag", "Patron", "block_reason"]

_CODE = re.compile(r"[a-z][a-z0-9_.:-]{0,63}")


@frozen(kw_only=True)
class Card:
    """A card number that is the patron's, or was.

    A number that was replaced, or came with a merged record, is not `present` and stays known as an
    alias; `replaced_at` is None where nobody wrote down when.
    """

    number: Barcode = personal(validator=instance(Barcode))
    present: bool = field(default=True, validator=instance(bool))
    replaced_at: datetime | None = field(default=None, validator=optional(instant))

    def __attrs_post_init__(self) -> None:
        if self.present and self.replaced_at is not None:
            raise InvalidValue("Card", "replaced_at", "is for a card that was replaced")


@frozen
class CollectionFlag:
    """What the ILS shows of a referral: to which agency, since when, and which referral it was.

    `agency` and `referral` are blank, and `since` None, where the ILS keeps no more than the fact.
    """

    agency: str = field(default="", validator=instance(str))
    since: datetime | None = field(default=None, validator=optional(instant))
    referral: str = field(default="", validator=instance(str))


block_reason = matching(
    lambda text: isinstance(text, str) and bool(_CODE.fullmatch(text)),
    "must be a code of lower-case letters, digits, '-', '_', '.' or ':', with no room for a person's data",
)
"""What may be the reason of a block."""


@frozen
class Block:
    """One restriction on the patron's record: a `reason` code, since when, and who set it.

    A patron has one block at most for each reason; another one for it changes nothing.
    """

    reason: str = field(validator=block_reason)
    since: datetime | None = field(default=None, validator=optional(instant))
    by: str = field(default="", validator=instance(str))


@frozen(kw_only=True)
class Patron:
    """One patron as of an instant.

    `birth_date` is None when it is not known, which is a fact of its own and no age. `cards` has the
    present ones first. `merged_from` are the ids of records that were merged into this one: they and
    every card are the patron's aliases for ever. `contact` is None where the system tells of none, and
    `expires_on`, the last day of the card, where it tells of no end.
    """

    id: PatronId = personal(validator=instance(PatronId))
    as_of: datetime = field(validator=instant)
    birth_date: date | None = personal(default=None, validator=optional(instance(date)))
    responsible_adult: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))
    category: str = field(default="", validator=instance(str))
    home: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    cards: tuple[Card, ...] = field(default=(), validator=each(instance(Card)))
    merged_from: tuple[PatronId, ...] = personal(default=(), validator=each(instance(PatronId)))
    flag: CollectionFlag | None = field(default=None, validator=optional(instance(CollectionFlag)))
    blocks: tuple[Block, ...] = field(default=(), validator=each(instance(Block)))
    contact: Contact | None = personal(default=None, validator=optional(instance(Contact)))
    expires_on: date | None = field(default=None, validator=optional(instance(date)))

    def __attrs_post_init__(self) -> None:
        for name, day in (("birth_date", self.birth_date), ("expires_on", self.expires_on)):
            if isinstance(day, datetime):
                raise InvalidValue("Patron", name, "must be a date without a time")
        if self.responsible_adult == self.id:
            raise InvalidValue("Patron", "responsible_adult", "must be another patron")
        for name, members in (
            ("cards", [card.number for card in self.cards]),
            ("merged_from", [self.id, *self.merged_from]),
            ("blocks", [block.reason for block in self.blocks]),
        ):
            if len(set(members)) != len(members):
                raise InvalidValue("Patron", name, "must each be there once")
        present = [card.present for card in self.cards]
        if present != sorted(present, reverse=True):
            raise InvalidValue("Patron", "cards", "must have the present ones first")

    @property
    def card(self) -> Barcode | None:
        """The present card's number; the first of several, None without one."""
        return self.cards[0].number if self.cards and self.cards[0].present else None

    @property
    def known_as(self) -> tuple[str, ...]:
        """Every number that names this patron somewhere: cards, present ones first, then merged record ids."""
        return (*(str(card.number) for card in self.cards), *(record.local for record in self.merged_from))

    def blocked_for(self, reason: str) -> Block | None:
        """The block for a reason."""
        return next((block for block in self.blocks if block.reason == reason), None)

    def has_card(self, number: Barcode) -> bool:
        """Whether a card number is this patron's, or was."""
        return any(card.number == number for card in self.cards)
