"""What ILSs that treat holds wrongly are made of: the reference of one world, with one thing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import evolve

from scld_core.holds.model import Hold, HoldManner
from scld_core.memory.holds import MemoryHolds
from scld_core.testing.harness import HoldsBench, World
from scld_core.testing.planted.model import Planted
from scld_core.testing.references_accounts import registry
from scld_core.testing.references_holds import holds_bench, holds_harness

__all__ = ["Pages", "Spoilt", "bug", "each", "planted", "shell"]

Pages = Iterator[Any]


class Spoilt(MemoryHolds):
    """The reference holds of one world."""

    way = HoldManner()

    def __init__(self, world: World) -> None:
        patrons = registry(world)
        super().__init__(
            world.clock, patrons, backend=world.context.instance, manner=self.way, page_size=world.page_size
        )
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def bench(self) -> HoldsBench:
        """The bench of these holds."""
        return holds_bench(self.world, self)


def each(pages: Pages, change: Callable[[Hold], Hold]) -> Pages:
    """The same pages with each row changed."""
    return (evolve(page, rows=tuple(map(change, page.rows))) for page in pages)


def planted(make: Callable[[World], HoldsBench], name: str, source: str, caught_by: str) -> Planted:
    """A planted bug of this port."""
    label = f"holds: {name}"
    return Planted(label, source, f"holds.{caught_by}", "holds", lambda: holds_harness(make, label))


def bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    """One that a spoilt kind of the reference has."""
    return planted(lambda world: kind(world).bench(), name, source, caught_by)


def shell(spoil: Callable[[HoldsBench], HoldsBench], name: str, source: str, caught_by: str) -> Planted:
    """One around a port that is right."""
    return planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)
