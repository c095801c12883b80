"""The hotspots desk: what a developer, a script or a notebook asks of this area."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from scld_core import codecs
from scld_core.circulation.model import Loan
from scld_core.errors import BadInput
from scld_core.hotspots.actions import hotspot_actions
from scld_core.hotspots.gather import Systems, gather
from scld_core.hotspots.history import RESTORE, histories
from scld_core.hotspots.model import Device, ServiceState, ServiceTest
from scld_core.hotspots.plan import AREA, bound_inverse, plan_hotspots
from scld_core.hotspots.rules import may_borrow, may_leave
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Decision
from scld_core.kernel.ids import ItemId
from scld_core.kernel.redact import Redact, redact
from scld_core.kernel.time import EPOCH, Clock
from scld_core.runs.action import Area, Progress, silent
from scld_core.runs.local import keep
from scld_core.runs.model import AreaPlan, Plan, Step, StepRecord
from scld_core.runs.planning import plan_areas
from scld_core.runs.ports import Store

__all__ = ["HotspotDesk", "hotspot_area", "stored_tests"]

_TESTS = "hotspots.service_test"


def stored_tests(store: Store) -> Mapping[ItemId, tuple[ServiceTest, ...]]:
    """The last service test of each item."""
    with store.transaction() as unit:
        found = [codecs.load(ServiceTest, body) for _, body in unit.records(_TESTS).items()]
    return {test.item: (test,) for test in found}


def hotspot_area(systems: Systems, clock: Clock, progress: Progress = silent) -> Area:
    """The area as the day's run sees it."""

    def plan_day(records: tuple[StepRecord, ...]) -> AreaPlan:
        ruling = systems.ruling(clock.now())
        return plan_hotspots(gather(systems, ruling, records, progress), ruling)

    def bound(steps: tuple[Step, ...], records: tuple[StepRecord, ...]) -> AreaPlan:
        devices = systems.inventory().devices
        return bound_inverse(steps, records, systems.ruling(clock.now()), population=len(devices))

    return Area(AREA, hotspot_actions(systems, clock), plan_day, bound)


@frozen
class HotspotDesk:
    """Inventory, service tests and the two decisions a desk asks for.

    What `redact` finds in a note is not stored.
    """

    store: Store
    systems: Systems = field(repr=False)
    clock: Clock
    actor: Actor
    district: str = ""
    redact: Redact = redact

    def plan(self) -> Plan:
        """What should change at the carriers today, and why; `desk.runs.apply` carries it out."""
        day = self.systems.ruling(self.clock.now()).day
        area = hotspot_area(self.systems, self.clock)
        return plan_areas(self.store, (area,), self.clock, district=self.district, day=day)

    def devices(self) -> tuple[Device, ...]:
        """The inventory's usable rows."""
        return self.systems.inventory().devices

    def find(self, barcode: str) -> Device | None:
        """The device with this barcode, or None."""
        return next((d for d in self.devices() if str(d.barcode) == barcode.strip()), None)

    def record_test(self, barcode: str, *, passed: bool, note: str = "") -> tuple[Device, ServiceTest]:
        """Keep the result of a device's service test; BadInput when no device has this barcode."""
        device = self.find(barcode)
        if device is None:
            raise BadInput(barcode, "is the barcode of no hotspot in the inventory")
        test = ServiceTest(device.item, passed, self.clock.now(), self.actor.id, self.redact(note))
        keep(
            self.store,
            _TESTS,
            str(device.item),
            codecs.dump(test),
            actor=self.actor,
            clock=self.clock,
            detail="passed" if passed else "failed",
        )
        return device, test

    def may_leave(self, device: Device) -> Decision:
        """Whether the device may go to its next pickup library."""
        with self.store.transaction() as unit:
            past = histories(unit.steps.history(AREA, EPOCH)).of(device)
        restoring = any(record.step.action == RESTORE for record in past.open)
        suspended = restoring or past.believed() is ServiceState.SUSPENDED
        return may_leave(past.last(RESTORE), stored_tests(self.store).get(device.item, ()), suspended=suspended)

    def may_borrow(self, household: Iterable[Loan]) -> Decision:
        """Whether a household with these hotspot loans, open and returned, may take another now."""
        now = self.clock.now()
        return may_borrow(household, self.systems.ruling(now).policy, now)
