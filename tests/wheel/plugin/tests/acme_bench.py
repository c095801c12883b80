"""How the kit gets an Acme account to grade."""

from __future__ import annotations

from collections.abc import Callable

from acme_carrier.fake import FakeAcme
from acme_carrier.plugin import ACME, AcmeSettings
from attrs import evolve

from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.plugins import SecretRef, open_backend
from scld_core.testing.harness import CarrierBench, World

FATES = {
    Fate.LOST_BEFORE: "lost",
    Fate.LOST_AFTER: "answer lost",
    Fate.RATE_LIMITED: "busy",
    Fate.REJECTED: "refused",
    Fate.DUPLICATED: "twice",
}


def word(view: LineView) -> str:
    """Acme's word for a state."""
    return {ServiceState.ACTIVE: "ON", ServiceState.SUSPENDED: "OFF"}.get(view.state, view.word)


def make(world: World) -> CarrierBench:
    """The fake with the world's lines, and the backend opened on it as scld opens it."""
    fake = FakeAcme(world.secret, {str(v.iccid): [str(v.imei), word(v)] for v in world.seed.lines})
    settings = AcmeSettings("kit", SecretRef("env:ACME_TOKEN"), world.page_size)
    opened = open_backend(ACME, settings, evolve(world.context, transport=fake))
    assert opened.lines is not None

    def prepare(fate: str) -> Callable[[], None]:
        return lambda: setattr(fake, "fate", fate)

    def effects(line: Line) -> int:
        return fake.changed.count(str(line.iccid))

    def show(view: LineView) -> None:
        fake.lines[str(view.iccid)][1] = word(view)

    return CarrierBench(
        lines=opened.lines,
        close=opened.close,
        effects=effects,
        show=show,
        fates={fate: prepare(name) for fate, name in FATES.items()},
        cut=lambda pages: setattr(fake, "cut", pages),
        outage=lambda: setattr(fake, "down", True),
        texts=lambda: map(str, fake.heard),
    )
