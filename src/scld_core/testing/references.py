"""Harnesses of the reference backends in memory: the executable specification, which every check must pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scld_core.errors import Unavailable
from scld_core.holds.model import Hold, HoldRequest
from scld_core.hotspots.account import AccountLine, Effect, Fate, Verb
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.capability import Full, operations
from scld_core.kernel.decision import Question
from scld_core.kernel.devices import Line
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.memory.carrier import MemoryCarrier
from scld_core.memory.holds import MemoryHolds
from scld_core.memory.loans import MemoryLoans
from scld_core.memory.patrons import MemoryPatrons
from scld_core.memory.store import MemoryStore
from scld_core.plugins.guard import PORTS
from scld_core.testing.far import Far
from scld_core.testing.harness import CarrierBench, Harness, LoansBench, StoreBench, World

__all__ = [
    "FULL",
    "MEMORY_LINES",
    "MEMORY_LOANS",
    "MEMORY_STORE",
    "account_line",
    "carrier_bench",
    "changes",
    "lines_harness",
    "loans_bench",
    "loans_beside",
    "loans_harness",
    "members",
    "store_harness",
]

FULL = {f"{port}.{name}": Full() for port, protocols in PORTS.items() for name in operations(protocols[0])}
"""Everything declared as full."""

_STATES = {
    Verb.SUSPEND: ServiceState.SUSPENDED,
    Verb.RESTORE: ServiceState.ACTIVE,
    Verb.TERMINATE: ServiceState.TERMINATED,
}


def account_line(view: LineView) -> AccountLine:
    """A line of a simulated account, as the seed shows it."""
    return AccountLine(view.imei, view.iccid, view.state, view.observed_at, None, view.word, view.resumes_at)


def changes(ledger: Sequence[Effect], before: ServiceState) -> int:
    """How many of the orders that a simulated account carried out really changed the line's state."""
    done = 0
    for effect in ledger:
        done += _STATES[effect.verb] is not before
        before = _STATES[effect.verb]
    return done


def carrier_bench(world: World, carrier: MemoryCarrier) -> CarrierBench:
    """A bench of a carrier in memory (or a faulty kind of it) with every lever there is."""
    script: list[Fate] = []
    shown: dict[str, LineView] = {}
    down: list[bool] = []

    def fates(operation: str) -> Fate:
        if down:
            raise Unavailable(world.context.instance, operation, "the synthetic carrier is down")
        return script.pop() if script and operation in ("suspend", "restore", "terminate") else Fate.DONE

    def show(view: LineView) -> None:
        shown[str(view.iccid)] = view
        carrier.put(account_line(view))

    def effects(line: Line) -> int:
        began = shown[str(line.iccid)].state
        return changes([effect for effect in carrier.effects if effect.line == str(line.iccid)], began)

    def cut(pages: int) -> None:
        carrier.cut_after = pages

    carrier.fates = fates
    for view in world.seed.lines:
        show(view)
    return CarrierBench(
        lines=carrier,
        effects=effects,
        settle=carrier.settle,
        show=show,
        fates={fate: (lambda fate=fate: script.append(fate)) for fate in Fate},  # type: ignore[misc]
        cut=cut,
        outage=lambda: down.append(True),
        texts=list[str],
    )


def lines_harness(
    make: Callable[[World], CarrierBench], name: str = "memory", *, remembers_keys: bool = True
) -> Harness[CarrierBench]:
    """A harness of a carrier that declares everything."""
    return Harness(name=name, port="lines", make=make, capabilities=FULL, remembers_keys=remembers_keys)


def _carrier(world: World) -> CarrierBench:
    backend = MemoryCarrier(world.clock, backend=world.context.instance, page_size=world.page_size, asynchronous=True)
    return carrier_bench(world, backend)


def members(world: World) -> MemoryPatrons | None:
    """The patrons of a world; None where its seed has none."""
    if not world.seed.patrons:
        return None
    patrons = MemoryPatrons(world.clock, backend=world.context.instance)
    for patron in world.seed.patrons:
        patrons.put(patron)
    return patrons


QUESTION = Question("fee", "There is a fee for this. Go on?")
"""What a reference asks where a check lets it ask."""


def loans_beside(world: World) -> dict[str, Any]:
    """What stands beside the loans of a world where it has patrons: these, and their holds."""
    patrons = members(world)
    if patrons is None:
        return {}
    return {"patrons": patrons, "holds": MemoryHolds(world.clock, patrons, backend=world.context.instance)}


def loans_bench(world: World, loans: MemoryLoans, holds: MemoryHolds | None = None) -> LoansBench:
    """A bench of an ILS in memory (or a faulty kind of it); `holds` are those that it goes by."""
    for seen in world.seed.items:
        home = world.seed.homes.get(seen.item.local)
        loans.put(seen, None if home is None else LocationId(home))

    def cut(pages: int) -> None:
        loans.cut_after = pages

    def hold(subject: ItemId, patron: PatronId, pickup: LocationId) -> HoldId:
        assert holds is not None
        title = TitleId(world.context.instance, f"of-{subject.local}")
        holds.add(subject, title, None)
        placed = holds.place(HoldRequest(patron=patron, title=title, pickup=pickup), key=f"hold-{subject}")
        assert isinstance(placed, Hold)
        return placed.id

    line = Far(world.context.instance)
    return LoansBench(
        loans=line.to(loans, "loans"),
        show=loans.put,
        ask=lambda subject: loans.ask_before(subject, QUESTION),
        hold=hold,
        cut=cut,
        lose=line.lose,
        outage=line.fall,
    )


def loans_harness(make: Callable[[World], LoansBench], name: str = "memory") -> Harness[LoansBench]:
    """A harness of an ILS that declares everything."""
    return Harness(name=name, port="loans", make=make, capabilities=FULL, remembers_keys=True)


def _loans(world: World) -> LoansBench:
    instance = world.context.instance
    beside = loans_beside(world)
    loans = MemoryLoans(world.clock, backend=instance, page_size=world.page_size, **beside)
    return loans_bench(world, loans, beside.get("holds"))


def store_harness(make: Callable[[World], StoreBench], name: str = "memory") -> Harness[StoreBench]:
    """A harness of a store."""
    return Harness(name=name, port="store", make=make)


def _store(world: World) -> StoreBench:
    del world
    store = MemoryStore()
    return StoreBench(store=store, close=store.close)


MEMORY_LINES = lines_harness(_carrier)
"""The reference carrier."""

MEMORY_LOANS = loans_harness(_loans)
"""The reference ILS."""

MEMORY_STORE = store_harness(_store)
"""The reference store; it ends with the process, so that nothing can be reopened."""
