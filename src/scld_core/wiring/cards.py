"""The cards desk of a district: the patrons' systems, the ledger, and its policy, joined."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from attrs import evolve

from scld_core.cards.model import Service
from scld_core.cards.office import CardOffice, CardRuling
from scld_core.cards.policy import CardPolicy
from scld_core.cards.rules import kind_of
from scld_core.errors import PolicyMissing, UnsupportedOperation
from scld_core.holds.policy import HoldPolicy
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.patrons.systems import PatronSystems
from scld_core.policies import resolve

if TYPE_CHECKING:
    from scld_core.plugins import OpenBackend
    from scld_core.wiring.opening import Opening

__all__ = ["card_office", "entitles"]


def card_office(opening: Opening, people: PatronSystems, opened: OpenBackend) -> CardOffice:
    """What the cards desk works with."""

    def owed(patron: PatronId) -> Money | None:
        try:
            return None if opened.fees is None else opened.fees.account(patron).balance
        except UnsupportedOperation:
            return None

    return CardOffice(people=people, ruling=_ruling(opening), owed=owed, online_holds=_online_holds(opening))


def _ruling(opening: Opening) -> Callable[[], CardRuling]:
    """What holds now, with the policy of a day read once; PolicyMissing names every value the district must set."""
    calendar, clock = opening.settings.opening_hours(), opening.clock
    kept: dict[date, CardRuling] = {}

    def ruling() -> CardRuling:
        now = clock.now()
        day = calendar.business_date(now)
        if day not in kept:
            overrides = opening.settings.policy
            found = resolve(CardPolicy, "cards", profile=opening.profile, overrides=overrides, on=day)
            kept[day] = CardRuling(found.value, found.version, calendar, now)
        return evolve(kept[day], now=now)

    return ruling


def entitles(opening: Opening, service: Service) -> Callable[[str], bool]:
    """Whether cards of one of the ILS's categories are good for a service.

    A category that is no kind of card, a kind that the district does not issue, and a district that has not
    set its policy of cards leave that to the ILS.
    """
    ruling = _ruling(opening)

    def good(category: str) -> bool:
        try:
            policy = ruling().policy
        except PolicyMissing:
            return True
        kind = kind_of(category, policy)
        return kind is None or service not in policy.excludes.get(kind, ())

    return good


def _online_holds(opening: Opening) -> Callable[[], int | None]:
    """The holds desk's limit before activation; None where the district has not set its policy of holds."""

    def most() -> int | None:
        day = opening.settings.opening_hours().business_date(opening.clock.now())
        overrides = opening.settings.policy
        try:
            found = resolve(HoldPolicy, "holds", profile=opening.profile, overrides=overrides, on=day)
        except PolicyMissing:
            return None
        return found.value.before_activation

    return most
