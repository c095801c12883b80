"""What the holds desk is told by other ports and areas, and the facts of one request made of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime, timedelta

from attrs import field, frozen

from scld_core.calendars import Calendar
from scld_core.catalog.call_number_shelving import STANDARD, Shelving
from scld_core.errors import SettingsError
from scld_core.holds.model import Hold, HoldRequest
from scld_core.holds.policy import HoldPolicy
from scld_core.holds.ports import Holds
from scld_core.holds.rules import PlaceFacts
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.money import Money
from scld_core.kernel.validate import instance
from scld_core.patrons.lookup import whose
from scld_core.patrons.person import Patron
from scld_core.runs.guards import take_snapshot

__all__ = ["HoldRuling", "HoldSystems", "place_facts", "takes_holds"]


@frozen
class HoldRuling:
    """The policy in force at an instant, its version, and the calendar."""

    policy: HoldPolicy = field(validator=instance(HoldPolicy))
    version: str
    calendar: Calendar = field(validator=instance(Calendar))
    now: datetime

    @property
    def day(self) -> date:
        """The business day."""
        return self.calendar.business_date(self.now)


def _nobody_tells(about: object = None) -> None:
    del about


def _any_card(category: str) -> bool:
    del category
    return True


@frozen(kw_only=True)
class HoldSystems:
    """The ILS's holds, and what its other ports tell; each answers None where nobody tells it.

    `person` is the patron after all merges, `find_person` whoever has or had a card, and
    `entitled` says whether cards of one of the ILS's categories are good for holds. `owed` is what a patron
    owes, `borrowed` the items that one has on loan. `copies` are the items of a title, and whether each can be
    held: None where that is not told. `pickups` are the libraries where holds are picked up. `shelving` is the
    order of the shelves.
    """

    holds: Holds
    person: Callable[[PatronId], Patron]
    find_person: Callable[[Barcode], Patron | None] = _nobody_tells
    ruling: Callable[[], HoldRuling]
    entitled: Callable[[str], bool] = _any_card
    owed: Callable[[PatronId], Money | None] = _nobody_tells
    borrowed: Callable[[PatronId], Collection[ItemId] | None] = _nobody_tells
    copies: Callable[[TitleId], Mapping[ItemId, bool | None] | None] = _nobody_tells
    pickups: Callable[[], Collection[LocationId] | None] = _nobody_tells
    shelving: Shelving = STANDARD

    def whose(self, patron: PatronId | str) -> PatronId:
        """The record of an id, of its text, or of a card as it was scanned."""
        return whose(patron, self.find_person)

    def of_patron(self, patron: PatronId) -> tuple[Hold, ...]:
        """A patron's open holds."""
        port = self.holds
        return take_snapshot("the patron's holds", port.of_patron(patron), lambda hold: hold.id, live=port.live).rows


def place_facts(systems: HoldSystems, request: HoldRequest, ruling: HoldRuling, person: Patron) -> PlaceFacts:
    """What is known now about a request for a hold by `person`."""
    own = systems.of_patron(person.id)
    known = systems.copies(request.title)
    copies = known or {}
    wanted = copies if request.item is None else {request.item: copies.get(request.item)}
    policy = ruling.policy
    return PlaceFacts(
        today=ruling.day,
        pickup=str(request.pickup),
        blocks=tuple(block.reason for block in person.blocks),
        owed=None if policy.max_owed_cents is None else systems.owed(person.id),
        activated=person.category not in policy.inactive_categories,
        entitled=systems.entitled(person.category),
        expires=person.expires_on,
        open_holds=len(own),
        same_title=any(hold.title == request.title for hold in own),
        has_it=bool(copies) and bool(set(copies) & set(systems.borrowed(person.id) or ())),
        title_withdrawn=known is not None and not known,
        holdable=not copies or not all(holdable is False for holdable in wanted.values()),
        for_item=request.item is not None,
        item_of_title=known is None or request.item is None or request.item in known,
        pickup_known=_known(systems, request.pickup),
        pickup_open=takes_holds(request.pickup, ruling),
        not_needed_after=request.not_needed_after,
    )


def _known(systems: HoldSystems, pickup: LocationId) -> bool:
    libraries = systems.pickups()
    return libraries is None or pickup in libraries


def takes_holds(pickup: LocationId, ruling: HoldRuling) -> bool:
    """Whether a library opens soon enough to take a hold now: before the policy's days of closure are over."""
    yesterday = ruling.day - timedelta(days=1)
    try:
        opens = ruling.calendar.nth_open_day_after(yesterday, 1, pickup)
    except SettingsError:  # it never opens again
        return False
    most = ruling.policy.closed_days
    return most is None or (opens - ruling.day).days < most
