"""The harness of the reference holds in memory, over a line that can lose an answer or be down."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.circulation.model import ItemState
from scld_core.holds.model import HoldManner
from scld_core.kernel.ids import LocationId, TitleId
from scld_core.memory.holds import MemoryHolds
from scld_core.testing.harness import Harness, HoldsBench, World
from scld_core.testing.references import FULL, QUESTION
from scld_core.testing.references_accounts import Far, registry

__all__ = ["MEMORY_HOLDS", "fill_holds", "holds_bench", "holds_harness", "memory_holds", "reference_of"]


def fill_holds(world: World, holds: MemoryHolds) -> None:
    """Catalogue the items of a world, and file its holds."""
    states = {seen.item: seen.state for seen in world.seed.items}
    for number, state in states.items():
        copy = world.seed.copies[number.local]
        at = LocationId(world.seed.homes[number.local]) if state is ItemState.CHECKED_IN else None
        holds.add(number, copy.title, at, holdable=copy.holdable is not False, call_number=copy.call_number)
    for hold in world.seed.holds:
        holds.file(hold)


def holds_bench(world: World, holds: MemoryHolds) -> HoldsBench:
    """A bench of holds in memory (or a faulty kind of them) with every lever there is."""
    fill_holds(world, holds)
    line = Far(world.context.instance)

    def ask(title: TitleId) -> None:
        holds.ask_before(title, QUESTION)

    def cut(pages: int) -> None:
        holds.cut_after = pages

    return HoldsBench(
        holds=line.to(holds, "holds"),
        show=holds.file,
        come_in=holds.check_in,
        night=holds.nightly,
        ask=ask,
        cut=cut,
        lose=line.lose,
        outage=line.fall,
    )


def memory_holds(world: World, manner: HoldManner | None = None) -> MemoryHolds:
    """The reference holds of a world, of whichever manner."""
    return MemoryHolds(
        world.clock, registry(world), backend=world.context.instance, manner=manner, page_size=world.page_size
    )


def holds_harness(make: Callable[[World], HoldsBench], name: str = "memory") -> Harness[HoldsBench]:
    """A harness of holds that declares everything."""
    return Harness(name=name, port="holds", make=make, capabilities=FULL, remembers_keys=True)


def reference_of(manner: HoldManner) -> Harness[HoldsBench]:
    """The reference holds that treats them in this manner."""
    return holds_harness(lambda world: holds_bench(world, memory_holds(world, manner)))


MEMORY_HOLDS = reference_of(HoldManner())
"""The reference holds."""
