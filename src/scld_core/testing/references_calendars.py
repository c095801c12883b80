"""The harness of the reference calendar in memory, over a line that can be down."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.memory.calendars import MemoryCalendars
from scld_core.testing.far import Far
from scld_core.testing.harness import CalendarsBench, Harness, World
from scld_core.testing.references import FULL

__all__ = ["MEMORY_CALENDARS", "calendars_bench", "calendars_harness"]


def calendars_bench(world: World, calendars: MemoryCalendars) -> CalendarsBench:
    """A bench of a calendar in memory (or a faulty kind of it) with every lever there is."""
    for closure in world.seed.closures:
        calendars.put(closure)
    line = Far(world.context.instance)

    def cut(pages: int) -> None:
        calendars.cut_after = pages

    return CalendarsBench(
        calendars=line.to(calendars, "calendars"),
        show=calendars.put,
        take_out=calendars.take_out,
        cut=cut,
        outage=line.fall,
    )


def calendars_harness(make: Callable[[World], CalendarsBench], name: str = "memory") -> Harness[CalendarsBench]:
    """A harness of a calendar that declares everything."""
    return Harness(name=name, port="calendars", make=make, capabilities=FULL)


def _calendars(world: World) -> CalendarsBench:
    return calendars_bench(world, MemoryCalendars(world.clock, page_size=world.page_size))


MEMORY_CALENDARS = calendars_harness(_calendars)
"""The reference calendar."""
