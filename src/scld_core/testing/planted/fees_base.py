"""What the faulty ledgers share: the reference, opened in a world, to be spoilt by a subclass."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.memory.fees import MemoryFees
from scld_core.testing.harness import FeesBench, World
from scld_core.testing.planted.model import Planted
from scld_core.testing.references_accounts import fees_bench, fees_harness, registry

__all__ = ["EVERGREEN", "MONEY", "RETRY", "RULES", "STRANGER", "STUDY", "UMS", "Spoilt", "bug", "planted", "shell"]

STUDY = "driver study, section 4: properties of every adapter"
STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"
EVERGREEN = "Evergreen's collections query (fees study A5 a)"
UMS = "Koha's UMS plugin (fees study A5)"
MONEY = "money in other systems (fees study B1, B5)"
RETRY = "writes without an idempotency key (fees study A5 12, B1 Polaris)"
RULES = "rules of cancelling and voiding (fees study B1 Koha, B6)"


class Spoilt(MemoryFees):
    """The reference ledger of one world."""

    def __init__(self, world: World) -> None:
        self.patrons = registry(world)
        super().__init__(world.clock, self.patrons, backend=world.context.instance)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def bench(self) -> FeesBench:
        """The bench of this ledger."""
        return fees_bench(self.world, self)


def planted(make: Callable[[World], FeesBench], name: str, source: str, caught_by: str) -> Planted:
    """A ledger with one bug."""
    label = f"fees: {name}"
    return Planted(label, source, f"fees.{caught_by}", "fees", lambda: fees_harness(make, label))


def bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    """A ledger of a faulty kind."""
    return planted(lambda world: kind(world).bench(), name, source, caught_by)


def shell(spoil: Callable[[FeesBench], FeesBench], name: str, source: str, caught_by: str) -> Planted:
    """A right ledger in a faulty shell."""
    return planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)
