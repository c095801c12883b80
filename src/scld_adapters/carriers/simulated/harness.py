"""How the conformance kit grades the simulated carrier: over a new account file. All data is synthetic."""

from __future__ import annotations

from collections.abc import Callable

from attrs import evolve

from scld_adapters.carriers.simulated.backend import SimulatedLines
from scld_adapters.carriers.simulated.plugin import SIMULATED
from scld_adapters.carriers.simulated.settings import SimulatedConfig
from scld_core.errors import AdapterBug, Unavailable
from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import LineView
from scld_core.kernel.devices import Line
from scld_core.plugins import BackendContext, OpenBackend, open_backend
from scld_core.testing.harness import CarrierBench, Harness, World
from scld_core.testing.references import account_line, changes

__all__ = ["harnesses"]

_ASKING = ("suspend", "restore", "terminate")
_NEVER = (Fate.ACCEPTED, Fate.STUCK, Fate.ACCEPTED_LOST)  # this carrier says that it never waits


def harnesses(settings: SimulatedConfig | None = None) -> tuple[Harness[CarrierBench], ...]:
    """The port `lines`, under the terms of `settings`."""
    config = settings or SimulatedConfig()
    return (Harness.of(SIMULATED, "lines", lambda world: _bench(world, config), remembers_keys=True),)


def _bench(world: World, given: SimulatedConfig) -> CarrierBench:
    config = evolve(given, page_size=world.page_size)
    if SIMULATED.seed is not None:
        SIMULATED.seed(config, world.context, world.seed)
    script: list[Fate] = []
    down: list[bool] = []

    def fates(operation: str) -> Fate:
        if down:
            raise Unavailable(world.context.instance, operation, "the synthetic carrier is down")
        return script.pop() if script and operation in _ASKING else Fate.DONE

    backend = SimulatedLines(
        world.context.folder / config.file,
        world.context.instance,
        world.clock,
        terms=config.terms,
        page_size=config.page_size,
        fates=fates,
    )
    shown = {str(view.iccid): view.state for view in world.seed.lines}

    def show(view: LineView) -> None:
        shown[str(view.iccid)] = view.state
        backend.put(account_line(view))

    def effects(line: Line) -> int:
        done = [effect for effect in backend.effects() if effect.line == str(line.iccid)]
        return changes(done, shown[str(line.iccid)])

    opened = open_backend(evolve(SIMULATED, open=_opener(backend)), config, world.context)
    if opened.lines is None:
        raise AdapterBug(world.context.instance, "open", "opened no port lines")
    return CarrierBench(
        lines=opened.lines,
        effects=effects,
        settle=backend.settle,
        show=show,
        fates={fate: _later(script, fate) for fate in Fate if fate not in _NEVER},
        outage=lambda: down.append(True),
        texts=list[str],
    )


def _opener(backend: SimulatedLines) -> Callable[[SimulatedConfig, BackendContext], OpenBackend]:
    def opened(config: SimulatedConfig, context: BackendContext) -> OpenBackend:
        del config, context
        return OpenBackend(lines=backend)

    return opened


def _later(script: list[Fate], fate: Fate) -> Callable[[], None]:
    return lambda: script.append(fate)
