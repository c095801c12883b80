"""A desk of holds in a process of its own."""

from datetime import UTC, date, datetime

from attrs import evolve
from served import Served, open_store

from scld_adapters.sql.holds import EmbeddedHolds
from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_core.calendars import Calendar, WeeklyHours
from scld_core.holds.actions import holds_area
from scld_core.holds.desk import HoldDesk
from scld_core.holds.facts import HoldRuling, HoldSystems
from scld_core.holds.model import HoldRequest
from scld_core.holds.policy import HoldPolicy
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import LocationId, PatronId, TitleId
from scld_core.kernel.time import FixedClock
from scld_core.runs.engine import Engine
from scld_core.runs.one_step import Writer
from support.hotspots import OPEN

NOW = datetime(2026, 3, 10, 16, tzinfo=UTC)
POLICY = HoldPolicy(max_holds=2, before_activation=1, shelf_days=7)
CALENDAR = Calendar("America/Los_Angeles", (WeeklyHours(tuesday=OPEN),))


class Careless(EmbeddedHolds):
    """A control: an ILS that leaves the limit to the desk."""

    def place(self, request, *, key, answers=None):
        return super().place(evolve(request, at_most=None), key=key, answers=answers)


class HoldWorker(Served):
    """The desk of one person."""

    _store = None

    def open(self, address: str, actor: str) -> None:
        """At the store there."""
        self._store = open_store(address)
        self._actor = Actor(actor)

    def close(self) -> None:
        """Close it."""
        if self._store is not None:
            self._store.close()

    def place(self, title: str, careless: bool = False) -> dict[str, object]:
        """Place a hold for the patron, and say what came of it."""
        request = HoldRequest(patron=PatronId("main", "p1"), title=TitleId("main", title), pickup=LocationId("cheney"))
        outcome = self._desk(careless).place(request)
        codes = [reason.code for reason in outcome.decision.reasons]
        return {"done": outcome.done, "codes": codes, "result": outcome.receipt.result if outcome.receipt else ""}

    def _desk(self, careless: bool) -> HoldDesk:
        clock = FixedClock(NOW)
        holds = (Careless if careless else EmbeddedHolds)(self._store, clock, backend="main")
        patrons = EmbeddedPatrons(self._store, clock, backend="main")
        ruling = HoldRuling(POLICY, "test", CALENDAR, NOW)
        systems = HoldSystems(holds=holds, person=patrons.get, ruling=lambda: ruling)
        actions = {action.name: action for action in holds_area(systems).actions}
        engine = Engine(self._store, actions, clock, self._actor, lambda seconds: None, progress=self._stage)
        return HoldDesk(systems, Writer(engine, "holds", lambda: date(2026, 3, 10), lambda: b"key"))
