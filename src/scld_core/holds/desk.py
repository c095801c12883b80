"""The holds desk: what somebody at a service point asks of holds."""

from __future__ import annotations

from datetime import date

from attrs import evolve, field, frozen

from scld_core.catalog.call_number import sort_key
from scld_core.errors import InvalidValue
from scld_core.holds.actions import (
    CANCEL,
    CHANGE_PICKUP,
    PLACE,
    REACTIVATE,
    SUSPEND,
    HoldOrder,
    PlaceOrder,
    decide,
    decide_place,
)
from scld_core.holds.facts import HoldSystems
from scld_core.holds.model import Hold, HoldRequest, Pull
from scld_core.holds.rules import most_holds, on_day
from scld_core.holds.states import HoldState
from scld_core.holds.text import standing
from scld_core.kernel.decision import Answers, Decision, Reason
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.runs.guards import take_snapshot
from scld_core.runs.model import Receipt
from scld_core.runs.one_step import Outcome, Write, Writer

__all__ = ["HoldDesk"]


@frozen
class HoldDesk:
    """Holds of one ILS: each change is decided here, whatever the ILS itself would let through.

    `cause` names a request, such as a form's number: the same one is carried out once. NotFound is raised
    for a hold, a patron or a title that the ILS does not know, and the other faults of a system while the
    facts are read; what happens from there on is in the Outcome.
    """

    systems: HoldSystems = field(repr=False)
    writer: Writer

    def may_place(self, request: HoldRequest) -> Decision:
        """Whether this hold may be placed now, with every reason; nothing is changed."""
        return decide_place(self.systems, request)

    def place(
        self,
        request: HoldRequest | PatronId | str,
        *,
        title: TitleId | str | None = None,
        pickup: LocationId | str | None = None,
        item: ItemId | str | None = None,
        not_needed_after: date | None = None,
        answers: Answers | None = None,
        cause: str = "",
    ) -> Outcome[Hold]:
        """Place a hold, in one or two steps: a request as it is, or a patron's on a title, for a pickup library.

        Ids may be given as text such as ``main:t1001``, a library by its short name, the patron by a card as it
        was scanned.

        Where the ILS asks something first, the decision is an ask: call again with the answers and the
        decision's token as `Answers`. How many holds are permitted is the policy's word; `at_most` of the
        request is not looked at.
        """
        systems = self.systems
        if not isinstance(request, HoldRequest):
            request = _request(systems.whose(request), title, pickup, item)
            request = evolve(request, not_needed_after=not_needed_after)
        person = systems.person(request.patron)
        policy = systems.ruling().policy
        most = most_holds(person.category not in policy.inactive_categories, policy)
        request = evolve(request, patron=person.id, at_most=most)
        write = Write(
            PLACE,
            PlaceOrder(request, answers),
            self.writer.name("place", person.id, request.title),
            f"hold on {request.item or request.title} for {request.pickup}",
            cause,
            (request.item, request.pickup, request.not_needed_after),
        )

        def placed(receipt: Receipt) -> Hold | None:
            if receipt.reference:
                return systems.holds.get(HoldId.parse(receipt.reference))
            return next((hold for hold in systems.of_patron(person.id) if hold.title == request.title), None)

        return self.writer.carry_out(write, gives=Hold, read=placed, decision=decide_place(systems, request, person))

    def cancel(self, hold: HoldId | str, *, cause: str = "") -> Outcome[Hold]:
        """End a hold; an item that was set aside is free for the next one."""
        return self._change(CANCEL, HoldOrder(HoldId.of(hold)), "cancel", cause)

    def suspend(self, hold: HoldId | str, until: date | None = None, *, cause: str = "") -> Outcome[Hold]:
        """Pass over a hold until a day on which it is active again, or until somebody reactivates it."""
        label = "suspend" if until is None else f"suspend until {until}:"
        return self._change(SUSPEND, HoldOrder(HoldId.of(hold), until=until), label, cause)

    def reactivate(self, hold: HoldId | str, *, cause: str = "") -> Outcome[Hold]:
        """End a suspension now."""
        return self._change(REACTIVATE, HoldOrder(HoldId.of(hold)), "reactivate", cause)

    def change_pickup(self, hold: HoldId | str, pickup: LocationId | str, *, cause: str = "") -> Outcome[Hold]:
        """Change the library where a hold is picked up."""
        return self._change(
            CHANGE_PICKUP, HoldOrder(HoldId.of(hold), pickup=LocationId.of(pickup)), f"pick up at {pickup}:", cause
        )

    def _change(self, action: str, order: HoldOrder, label: str, cause: str) -> Outcome[Hold]:
        systems = self.systems

        def changed(receipt: Receipt) -> Hold | None:
            del receipt
            return systems.holds.get(order.hold)

        asks = (order.until, order.pickup)
        write = Write(action, order, str(order.hold), f"{label} hold {order.hold}", cause, asks)
        return self.writer.carry_out(write, gives=Hold, read=changed, decision=decide(systems, action, order))

    def of_patron(self, patron: PatronId | str) -> tuple[Hold, ...]:
        """A patron's open holds in the order in which they were placed."""
        return self.systems.of_patron(self.systems.person(self.systems.whose(patron)).id)

    def of_title(self, title: TitleId | str) -> tuple[Hold, ...]:
        """A title's open holds in the order in which they will be filled."""
        port = self.systems.holds
        return take_snapshot(
            "the title's holds", port.of_title(TitleId.of(title)), lambda hold: hold.id, live=port.live
        ).rows

    def pick_list(self, library: LocationId | str) -> tuple[Pull, ...]:
        """What to fetch from a library's shelves now, in the order of the district's shelves."""
        port, shelving = self.systems.holds, self.systems.shelving
        pages = port.iter_pulls(LocationId.of(library))
        rows = take_snapshot("the pick list", pages, lambda pull: pull.item, live=port.live).rows
        return tuple(sorted(rows, key=lambda pull: (sort_key(pull.call_number, shelving), pull.item)))

    def shelf(self, library: LocationId | str) -> tuple[Hold, ...]:
        """What stands on the hold shelf of a library, the first day over first."""
        port = self.systems.holds
        pages = port.iter_shelf(LocationId.of(library))
        return take_snapshot("the hold shelf", pages, lambda hold: hold.id, live=port.live).rows

    def unclaimed(self, library: LocationId | str) -> tuple[Hold, ...]:
        """What nobody picked up in time and is to be taken down: check each item in, for the next hold or its home."""
        today = self.systems.ruling().day
        return tuple(hold for hold in self.shelf(library) if on_day(hold, today).state is HoldState.UNCLAIMED)

    def explain(self, hold: HoldId | str) -> tuple[Reason, ...]:
        """How a hold stands, for the person who asks at the desk; the sentences are in `holds.text.REASONS`."""
        return standing(self.systems.holds.get(HoldId.of(hold)), self.systems.holds.manner)


def _request(
    patron: PatronId,
    title: TitleId | str | None,
    pickup: LocationId | str | None,
    item: ItemId | str | None,
) -> HoldRequest:
    if title is None or pickup is None:
        raise InvalidValue("HoldRequest", "title" if title is None else "pickup", "must be given with a patron")
    return HoldRequest(
        patron=patron,
        title=TitleId.of(title),
        pickup=LocationId.of(pickup),
        item=None if item is None else ItemId.of(item),
    )
