"""Harnesses of the reference patrons and ledger in memory, over a line that can lose an answer or be down."""

from __future__ import annotations

from collections.abc import Callable

from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.testing.far import Far
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
    made = MemoryPatrons(world.clock, backend=world.context.instance, page_size=world.page_size)
    return patrons_bench(world, made)


MEMORY_FEES = fees_harness(_fees)
"""The reference ledger."""

MEMORY_PATRONS = patrons_harness(_patrons)
"""The reference patrons."""
