"""How old a patron is, and whether that makes a minor; what is not known is said to be unknown."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

from attrs import evolve

from scld_core.errors import InvalidValue
from scld_core.patrons.person import Patron

__all__ = ["Minority", "age_on", "merged", "minority"]


class Minority(Enum):
    """The outcomes of asking whether somebody is a minor."""

    MINOR = "minor"
    ADULT = "adult"
    UNKNOWN = "unknown"


def age_on(birth_date: date | None, day: date) -> int | None:
    """Completed years on a day; None without a birth date, or with one that lies after the day.

    A birthday on 29 February is kept on 1 March of other years.
    """
    if birth_date is None or birth_date > day:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def minority(birth_date: date | None, day: date, *, adult_age: int) -> Minority:
    """Whether a person is a minor on a day, `adult_age` being the policy's."""
    age = age_on(birth_date, day)
    if age is None:
        return Minority.UNKNOWN
    return Minority.MINOR if age < adult_age else Minority.ADULT


def merged(gone: Patron, kept: Patron, at: datetime) -> Patron:
    """The record that is left when `gone` is merged into `kept` at an instant.

    Its cards and ids stay known, blocks are united, and what is known of one is known. InvalidValue
    for one record, and for two that are flagged: which referral goes on is for a person to say.
    """
    if gone.id == kept.id:
        raise InvalidValue("merged", "gone", "must be another record than the one kept")
    if gone.flag is not None and kept.flag is not None:
        raise InvalidValue("merged", "flag", "is on both records; one of the referrals has to end first")
    aliases = tuple(
        evolve(card, present=False, replaced_at=at) if card.present else card
        for card in gone.cards
        if not kept.has_card(card.number)
    )
    ids = dict.fromkeys((*kept.merged_from, gone.id, *gone.merged_from))
    own = {block.reason for block in kept.blocks}
    adult = kept.responsible_adult or gone.responsible_adult
    return evolve(
        kept,
        birth_date=kept.birth_date or gone.birth_date,
        responsible_adult=None if adult in (kept.id, gone.id) else adult,
        category=kept.category or gone.category,
        home=kept.home or gone.home,
        cards=(*kept.cards, *aliases),
        merged_from=tuple(record for record in ids if record != kept.id),
        flag=kept.flag or gone.flag,
        blocks=(*kept.blocks, *(block for block in gone.blocks if block.reason not in own)),
        contact=kept.contact or gone.contact,
        expires_on=kept.expires_on or gone.expires_on,
    )
