"""A holds desk over the reference ILS."""

from datetime import date

from attrs import evolve, frozen

from scld_core.holds.actions import holds_area
from scld_core.holds.desk import HoldDesk
from scld_core.holds.facts import HoldRuling, HoldSystems
from scld_core.holds.policy import HoldPolicy
from scld_core.kernel.actor import Actor
from scld_core.memory.store import MemoryStore
from scld_core.runs.engine import Engine, Hooks
from scld_core.runs.one_step import Writer
from support.hotspots import CALENDAR

POLICY = HoldPolicy(max_holds=2, before_activation=1, shelf_days=7, inactive_categories=("online",), closed_days=14)


@frozen
class Office:
    """The desk, the world behind it, and its store."""

    world: object
    desk: HoldDesk
    store: MemoryStore

    def kinds(self):
        """The journal's lines by kind."""
        with self.store.transaction() as unit:
            return [entry.kind for entry in unit.journal.entries()]

    def open_steps(self):
        """What the outbox still has open."""
        with self.store.transaction() as unit:
            return unit.steps.unresolved()

    def with_(self, **systems):
        """The same desk, told something else."""
        changed = evolve(self.desk.systems, **systems)
        area = holds_area(changed)
        engine = evolve(self.desk.writer.engine, actions={action.name: action for action in area.actions})
        return evolve(self, desk=HoldDesk(changed, evolve(self.desk.writer, engine=engine)))


def office(world, *, policy=POLICY, calendar=CALENDAR, hooks=None, **systems):
    """A desk over a world of `support.holds`."""
    store = MemoryStore()
    around = HoldSystems(
        holds=world.holds,
        person=world.patrons.get,
        ruling=lambda: HoldRuling(policy, "test 1", calendar, world.clock.now()),
        **systems,
    )
    area = holds_area(around)
    engine = Engine(
        store,
        {action.name: action for action in area.actions},
        world.clock,
        Actor("anne"),
        lambda seconds: None,
        hooks or Hooks(),
    )
    return Office(world, HoldDesk(around, Writer(engine, "holds", lambda: date(2026, 3, 10), lambda: b"k")), store)
