"""What a desk does to holds, as actions of the one write path."""

from __future__ import annotations

from datetime import date

from attrs import field, frozen

from scld_core.errors import NotFound, ProtocolViolation
from scld_core.holds.facts import HoldSystems, place_facts, takes_holds
from scld_core.holds.model import Hold, HoldRequest
from scld_core.holds.rules import may_cancel, may_change_pickup, may_place, may_reactivate, may_suspend
from scld_core.holds.states import HoldState
from scld_core.kernel.decision import Answers, Decision
from scld_core.kernel.ids import HoldId, LocationId
from scld_core.kernel.validate import day, instance, optional
from scld_core.patrons.person import Patron
from scld_core.runs.action import Action, Area
from scld_core.runs.model import Answer, ReadBack, Step, StepRecord
from scld_core.runs.one_step import answered, desk_area

__all__ = [
    "AREA",
    "CANCEL",
    "CHANGE_PICKUP",
    "PLACE",
    "REACTIVATE",
    "SUSPEND",
    "HoldOrder",
    "PlaceOrder",
    "decide",
    "decide_place",
    "holds_area",
]

AREA = "holds"
PLACE = "holds.place"
CANCEL = "holds.cancel"
SUSPEND = "holds.suspend"
REACTIVATE = "holds.reactivate"
CHANGE_PICKUP = "holds.change_pickup"


@frozen
class PlaceOrder:
    """The payload of `PLACE`: the request, and what was answered to the ILS's questions."""

    request: HoldRequest = field(validator=instance(HoldRequest))
    answers: Answers | None = field(default=None, validator=optional(instance(Answers)))


@frozen
class HoldOrder:
    """The payload of the others: which hold, the first day on which it is active again, the new pickup library."""

    hold: HoldId = field(validator=instance(HoldId))
    until: date | None = field(default=None, validator=optional(day))
    pickup: LocationId | None = field(default=None, validator=optional(instance(LocationId)))


def decide_place(systems: HoldSystems, request: HoldRequest, person: Patron | None = None) -> Decision:
    """Whether a hold may be placed, on the facts as they are now; `person` is the patron, when just read."""
    ruling = systems.ruling()
    facts = place_facts(systems, request, ruling, person or systems.person(request.patron))
    return may_place(facts, ruling.policy, systems.holds.manner, version=ruling.version)


def decide(systems: HoldSystems, action: str, order: HoldOrder) -> Decision:
    """Whether a hold may be changed, as it is now."""
    ruling, manner = systems.ruling(), systems.holds.manner
    hold = systems.holds.get(order.hold)
    if action == CANCEL:
        return may_cancel(hold, version=ruling.version)
    if action == REACTIVATE:
        return may_reactivate(hold, version=ruling.version)
    if action == SUSPEND:
        return may_suspend(hold, manner, order.until, today=ruling.day, version=ruling.version)
    pickup = order.pickup or hold.pickup
    libraries = systems.pickups()
    return may_change_pickup(
        hold,
        manner,
        str(pickup),
        known=libraries is None or pickup in libraries,
        open_=takes_holds(pickup, ruling),
        version=ruling.version,
    )


@frozen
class _Doer:
    """Sends each action, and says afterwards whether it shows."""

    systems: HoldSystems

    def recheck_place(self, order: PlaceOrder, step: Step) -> Decision:
        del step
        return decide_place(self.systems, order.request)

    def place(self, order: PlaceOrder, key: str) -> Answer:
        given = self.systems.holds.place(order.request, key=key, answers=order.answers)
        if isinstance(given, Hold):
            request = order.request
            same = (given.title, given.item, given.pickup) == (request.title, request.item, request.pickup)
            self._check(given, "place", same=same and given.is_open)
            return answered(given, str(given.id))
        return answered(given)

    def placed(self, order: PlaceOrder, record: StepRecord) -> ReadBack:
        if record.reference:
            known = self._hold(HoldId.parse(record.reference))
            return ReadBack.DONE if known is not None and known.is_open else ReadBack.NOT_DONE
        patron = self.systems.person(order.request.patron).id
        mine = (hold for hold in self.systems.of_patron(patron) if hold.title == order.request.title)
        return ReadBack.DONE if any(mine) else ReadBack.NOT_DONE

    def recheck(self, order: HoldOrder, step: Step) -> Decision:
        return decide(self.systems, step.action, order)

    def cancel(self, order: HoldOrder, key: str) -> Answer:
        return self._changed(CANCEL, order, self.systems.holds.cancel(order.hold, key=key))

    def suspend(self, order: HoldOrder, key: str) -> Answer:
        return self._changed(SUSPEND, order, self.systems.holds.suspend(order.hold, order.until, key=key))

    def reactivate(self, order: HoldOrder, key: str) -> Answer:
        return self._changed(REACTIVATE, order, self.systems.holds.reactivate(order.hold, key=key))

    def change_pickup(self, order: HoldOrder, key: str) -> Answer:
        pickup = order.pickup or self.systems.holds.get(order.hold).pickup
        return self._changed(CHANGE_PICKUP, order, self.systems.holds.change_pickup(order.hold, pickup, key=key))

    def read_back(self, order: HoldOrder, record: StepRecord) -> ReadBack:
        hold = self._hold(order.hold)
        if hold is None:
            return ReadBack.DONE if record.step.action == CANCEL else ReadBack.NOT_DONE
        return ReadBack.DONE if _shows(record.step.action, order, hold) else ReadBack.NOT_DONE

    def _hold(self, hold: HoldId) -> Hold | None:
        try:
            return self.systems.holds.get(hold)
        except NotFound:  # an ILS need not keep what has ended
            return None

    def _changed(self, action: str, order: HoldOrder, hold: Hold) -> Answer:
        self._check(hold, action, same=hold.id == order.hold and _shows(action, order, hold))
        return answered(hold, str(hold.id))

    def _check(self, hold: Hold, operation: str, *, same: bool) -> None:
        """What was answered and does not show is not told as done: it is read back."""
        if not same:
            problem = "answered with a hold that does not show what was asked for"
            raise ProtocolViolation(hold.id.backend, operation, problem)


def _shows(action: str, order: HoldOrder, hold: Hold) -> bool:
    if action == CANCEL:
        return hold.state is HoldState.CANCELLED
    if action == SUSPEND:
        return hold.state is HoldState.SUSPENDED and hold.suspended_until == order.until
    if action == REACTIVATE:
        return hold.is_open and hold.state is not HoldState.SUSPENDED
    return hold.is_open and order.pickup in (None, hold.pickup)


def holds_area(systems: HoldSystems) -> Area:
    """The area of the holds desk: what it left open is read back and listed by the day's run."""
    doer = _Doer(systems)
    sends = {CANCEL: doer.cancel, SUSPEND: doer.suspend, REACTIVATE: doer.reactivate, CHANGE_PICKUP: doer.change_pickup}
    return desk_area(
        AREA,
        Action(PLACE, PlaceOrder, doer.recheck_place, doer.place, doer.placed),
        *(Action(name, HoldOrder, doer.recheck, do, doer.read_back) for name, do in sends.items()),
    )
