"""What a step of this area does, how it is checked right before, and how it is read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from attrs import frozen

from scld_core.errors import ConfigurationError, NotFound, UnsupportedOperation
from scld_core.hotspots.gather import Systems
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.hotspots.model import LineOrder, LineView, ServiceState, Wish
from scld_core.hotspots.ports import CarrierLines
from scld_core.hotspots.rules import desired
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.kernel.time import Clock
from scld_core.runs.action import Action
from scld_core.runs.model import Answer, ReadBack, Risk, Step, StepRecord, StepState

__all__ = ["hotspot_actions"]

_SERVES: Mapping[str, tuple[Wish, ...]] = {
    SUSPEND: (Wish.SUSPENDED, Wish.TERMINATED),
    RESTORE: (Wish.ACTIVE,),
    TERMINATE: (Wish.TERMINATED,),
}
_LEAVES = {SUSPEND: ServiceState.SUSPENDED, RESTORE: ServiceState.ACTIVE, TERMINATE: ServiceState.TERMINATED}
_ON_THE_WAY = {SUSPEND: ServiceState.PENDING_SUSPEND, RESTORE: ServiceState.PENDING_RESTORE}


@frozen
class _Doer:
    """The functions of the three actions, over the systems of one district."""

    systems: Systems
    clock: Clock

    def recheck(self, order: LineOrder, step: Step) -> Decision:
        """Read the item again: somebody may have brought it back since the plan was made."""
        if step.undoes and step.risk is Risk.ROUTINE:
            return permit()  # a person gives back what was taken, whatever the facts ask for
        if not self._holds(order):
            return deny(Reason("device_changed", (), "hotspots"))
        try:
            item = self.systems.loans.get(order.item)
        except NotFound:
            return deny(Reason("facts_unavailable", (), "hotspots"))
        ruling = self.systems.ruling(self.clock.now())
        if ruling.now - item.as_of > timedelta(minutes=ruling.policy.max_fact_age_minutes):
            return deny(Reason("facts_old", (("as_of", item.as_of.isoformat(timespec="minutes")),), "hotspots"))
        wanted = desired(item, ruling.policy, ruling.calendar, ruling.now, version=ruling.version)
        if wanted.wish in _SERVES[step.action]:
            return permit(wanted.reason)
        return deny(Reason("already_so", (("now", wanted.situation.value),), "hotspots", ruling.version))

    def _holds(self, order: LineOrder) -> bool:
        """Whether the inventory still has this item with this very line: a SIM may have moved since the plan."""
        devices = self.systems.inventory().devices
        return any((d.item, d.line, d.carrier) == (order.item, order.line, order.carrier) for d in devices)

    def _port(self, order: LineOrder, operation: str) -> CarrierLines:
        """The order's carrier; ConfigurationError when the district has renamed or dropped it since."""
        port = self.systems.carriers.get(order.carrier)
        if port is None:
            raise ConfigurationError(order.carrier, operation, "is no carrier of this district's [backends] any more")
        return port

    def send(self, action: str) -> Callable[[LineOrder, str], Answer]:
        """The carrier's call for `action`."""

        def do(order: LineOrder, key: str) -> Answer:
            port = self._port(order, action)
            calls = {SUSPEND: port.suspend, RESTORE: port.restore, TERMINATE: port.terminate}
            return calls[action](order.line, key=key)

        return do

    def read_back(self, order: LineOrder, record: StepRecord) -> ReadBack:
        """What the carrier shows now, and what that proves of the request.

        A request that nobody can be asked about, because its line has left the account or its
        carrier district.toml, is over when the carrier's time is. Should it have had an effect all
        the same, the line shows that where it turns up again.
        """
        if order.carrier not in self.systems.carriers and self._impatient(record):
            return ReadBack.NOT_DONE
        port = self._port(order, "read_back")
        try:
            view = port.get(order.line)
        except UnsupportedOperation:
            return self._unseen(port, record)
        except NotFound:
            if self._impatient(record):
                return ReadBack.NOT_DONE
            raise
        action = record.step.action
        newer = not record.attempts or view.observed_at >= record.attempts[-1]
        if newer and view.state is _LEAVES[action]:
            return ReadBack.DONE
        if not newer or view.state is _ON_THE_WAY.get(action):
            return ReadBack.PENDING
        return self._not_shown(port, view, record)

    def _unseen(self, port: CarrierLines, record: StepRecord) -> ReadBack:
        """The carrier shows no lines: only its word on the request, or time, can end it."""
        said = self._said(port, record)
        return ReadBack.NOT_DONE if said is ReadBack.UNKNOWN and self._impatient(record) else said

    def _not_shown(self, port: CarrierLines, view: LineView, record: StepRecord) -> ReadBack:
        """The line has not changed: did the request fail, or is it only not done yet."""
        if view.state is ServiceState.UNKNOWN_WORD:
            return ReadBack.UNKNOWN
        said = self._said(port, record)
        if said is ReadBack.DONE:  # carried out: either not shown yet, or the carrier changed it since
            return ReadBack.DONE if self._impatient(record) else ReadBack.PENDING
        if said is not ReadBack.UNKNOWN:
            return said
        if self._impatient(record):
            return ReadBack.NOT_DONE
        if record.state is StepState.WAITING_SYSTEM:
            return ReadBack.PENDING
        return ReadBack.UNKNOWN if port.asynchronous else ReadBack.NOT_DONE

    def _said(self, port: CarrierLines, record: StepRecord) -> ReadBack:
        """The carrier's own word on the request; UNKNOWN where it has none."""
        if not record.reference:
            return ReadBack.UNKNOWN
        try:
            return port.request_state(record.reference)
        except UnsupportedOperation:
            return ReadBack.UNKNOWN

    def _impatient(self, record: StepRecord) -> bool:
        """Whether the request is older than a carrier may take."""
        ruling = self.systems.ruling(self.clock.now())
        sent = record.attempts[-1] if record.attempts else record.updated_at
        return ruling.now - sent > timedelta(hours=ruling.policy.pending_limit_hours)


def hotspot_actions(systems: Systems, clock: Clock) -> tuple[Action[LineOrder], ...]:
    """Suspend, restore and terminate; only terminate has no inverse."""
    doer = _Doer(systems, clock)
    inverses = {SUSPEND: RESTORE, RESTORE: SUSPEND, TERMINATE: ""}
    return tuple(
        Action(
            name,
            LineOrder,
            doer.recheck,
            doer.send(name),
            doer.read_back,
            inverse,
            needs_approval=name == TERMINATE,
            system=lambda order: order.carrier,
        )
        for name, inverse in inverses.items()
    )
