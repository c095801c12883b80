"""Harnesses of the reference patrons and ledger in memory, over a line that can lose an answer or be down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from scld_core.errors import OutcomeUnknown, Unavailable
from scld_core.kernel.capability import Effect, operations
from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.plugins.guard import PORTS
from scld_core.testing.harness import FeesBench, Harness, PatronsBench, World
from scld_core.testing.references import FULL

__all__ = [
    "MEMORY_FEES",
    "MEMORY_PATRONS",
    "Far",
    "fees_bench",
    "fees_harness",
    "patrons_bench",
    "patrons_harness",
    "registry",
]

P = TypeVar("P")


class Far:
    """The line to a port: it loses the next write's answer when `losing`, and nothing arrives while `down`."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self.losing = False
        self.down = False

    def lose(self) -> None:
        """Lose the answer of the next write."""
        self.losing = True

    def fall(self) -> None:
        """Be down from now on."""
        self.down = True

    def to(self, port: P, port_name: str) -> P:
        """The port at the other end."""
        declared = operations(PORTS[port_name][0])

        class Reached:
            def __getattr__(_self, name: str) -> Any:  # noqa: N805 - beside the line's own self
                found = getattr(port, name)
                return self._carried(name, declared[name].effect, found) if name in declared else found

        return cast("P", Reached())

    def _carried(self, name: str, effect: Effect, call: Callable[..., Any]) -> Callable[..., Any]:
        def carried(*args: Any, **kwargs: Any) -> Any:
            if self.down:
                raise Unavailable(self._backend, name, "the synthetic ILS is down")
            answer = call(*args, **kwargs)
            if effect is Effect.WRITE and self.losing:
                self.losing = False
                raise OutcomeUnknown(self._backend, name, "the answer was lost", kwargs["key"])
            return answer

        return carried


def registry(world: World) -> MemoryPatrons:
    """The patrons of a world."""
    patrons = MemoryPatrons(world.clock, backend=world.context.instance)
    for patron in world.seed.patrons:
        patrons.put(patron)
    return patrons


def fees_bench(world: World, fees: MemoryFees) -> FeesBench:
    """A bench of a ledger in memory (or a faulty kind of it) with every lever there is."""
    for account in world.seed.accounts:
        fees.put(account)
    line = Far(world.context.instance)
    return FeesBench(fees=line.to(fees, "fees"), show=fees.put, lose=line.lose, outage=line.fall)


def fees_harness(make: Callable[[World], FeesBench], name: str = "memory") -> Harness[FeesBench]:
    """A harness of a ledger that declares everything."""
    return Harness(name=name, port="fees", make=make, capabilities=FULL, remembers_keys=True)


def _fees(world: World) -> FeesBench:
    return fees_bench(world, MemoryFees(world.clock, registry(world), backend=world.context.instance))


def patrons_bench(world: World, patrons: MemoryPatrons) -> PatronsBench:
    """A bench of patrons in memory (or a faulty kind of them) with every lever there is."""
    for patron in world.seed.patrons:
        patrons.put(patron)
    line = Far(world.context.instance)
    return PatronsBench(patrons=line.to(patrons, "patrons"), show=patrons.put, lose=line.lose, outage=line.fall)


def patrons_harness(make: Callable[[World], PatronsBench], name: str = "memory") -> Harness[PatronsBench]:
    """A harness of patrons that declares everything."""
    return Harness(name=name, port="patrons", make=make, capabilities=FULL, remembers_keys=True)


def _patrons(world: World) -> PatronsBench:
    return patrons_bench(world, MemoryPatrons(world.clock, backend=world.context.instance))


MEMORY_FEES = fees_harness(_fees)
"""The reference ledger."""

MEMORY_PATRONS = patrons_harness(_patrons)
"""The reference patrons."""
