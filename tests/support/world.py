"""A small district in memory: the reference backends, the area, the engine and the day, on one hand-moved clock."""

from datetime import timedelta
from pathlib import Path

from scld_core.hotspots.account import Terms
from scld_core.hotspots.desk import HotspotDesk, hotspot_area, stored_tests
from scld_core.hotspots.gather import Systems
from scld_core.hotspots.history import RESTORE, SUSPEND, TERMINATE
from scld_core.hotspots.inventory import Inventory
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.actor import Actor
from scld_core.memory.carrier import MemoryCarrier
from scld_core.memory.loans import MemoryLoans
from scld_core.memory.store import MemoryStore
from scld_core.runs.engine import Engine
from scld_core.runs.people import ApprovalRule
from scld_core.services.day.run import Day
from scld_core.services.runs_desk import RunsDesk
from support.clock import Ticking
from support.hotspots import NOW, POLICY, device, item_id, line, ruling

ACTIONS = {SUSPEND: "suspend", RESTORE: "restore", TERMINATE: "terminate"}


class World:
    """Devices 0 to `count` - 1, all checked in and in service."""

    def __init__(self, count=4, *, policy=POLICY, terms=None, store=None, loans=None, carrier=None, auto=("hotspots",)):
        self.clock = Ticking(NOW)
        self.policy = policy
        self.loans = loans or MemoryLoans(self.clock)
        self.carrier = carrier or MemoryCarrier(self.clock, terms=terms or Terms())
        self.store = store or MemoryStore()
        self.devices = tuple(device(n) for n in range(count))
        self.quarantined = ()
        self.slept = []
        for n in range(count):
            self.loans.add(item_id(n))
            self.carrier.add(line(n), ServiceState.ACTIVE)
        self.systems = Systems(
            "main",
            self.loans,
            {"carrier": self.carrier},
            self.inventory,
            lambda: stored_tests(self.store),
            lambda now: ruling(now, self.policy),
        )
        self.auto = auto

    def inventory(self):
        return Inventory("hotspots.csv", self.devices, self.quarantined, self.clock.now())

    def engine(self, actor="anne", progress=None):
        area = hotspot_area(self.systems, self.clock)
        actions = {action.name: action for action in area.actions}
        more = {} if progress is None else {"progress": progress}
        return Engine(self.store, actions, self.clock, Actor(actor, ("supervisor",)), self.slept.append, **more)

    def day(self, **more):
        engine = self.engine(**more)
        today = ruling(self.clock.now()).day
        return Day("Synthetic", today, (hotspot_area(self.systems, self.clock),), engine, self.auto)

    def desk(self, actor="anne"):
        return HotspotDesk(self.store, self.systems, self.clock, Actor(actor))

    def runs(self, actor="bert", *, other=True):
        area = hotspot_area(self.systems, self.clock)
        rule = ApprovalRule(("supervisor",), other)
        return RunsDesk(self.engine(actor), rule, ruling(self.clock.now()).day, (area,))

    def due(self, days):
        """The end of the local business day so many days from today."""
        now = ruling(self.clock.now())
        return now.calendar.end_of_business_day(now.day + timedelta(days=days))

    def state(self, number):
        return self.carrier.get(line(number)).state


def scratch(tmp_path: Path, name: str) -> Path:
    """A folder of that name."""
    folder = tmp_path / name
    folder.mkdir()
    return folder
