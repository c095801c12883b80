"""What the faulty carriers share: the reference, opened in a world, to be spoilt by a subclass."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.memory.carrier import MemoryCarrier
from scld_core.testing.harness import CarrierBench, World
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import carrier_bench, lines_harness

__all__ = ["STUDY", "Spoilt", "bug"]

STUDY = "study of ILS drivers, section 3"


class Spoilt(MemoryCarrier):
    """The reference carrier of one world."""

    def __init__(self, world: World) -> None:
        super().__init__(world.clock, backend=world.context.instance, page_size=world.page_size, asynchronous=True)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs before the account is filled."""

    def bench(self) -> CarrierBench:
        """The bench of this carrier."""
        return carrier_bench(self.world, self)


def bug(kind: Callable[[World], Spoilt], name: str, *, source: str, caught_by: str, keys: bool = True) -> Planted:
    """A planted bug of a carrier."""
    return Planted(
        name,
        source,
        f"lines.{caught_by}",
        "lines",
        lambda: lines_harness(lambda world: kind(world).bench(), name, remembers_keys=keys),
    )
