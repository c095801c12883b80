"""How the conformance kit grades this adapter: over its fake, on the loopback. All data is synthetic."""

from __future__ import annotations

from attrs import evolve

from scld_adapters._shared.fakebench import fall, fates, sent_texts
from scld_adapters._shared.fakehttp import FakeServer, Fault
from scld_adapters.carriers.kajeet.fake import FakeKajeet
from scld_adapters.carriers.kajeet.plugin import KAJEET
from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_adapters.carriers.kajeet.wire import WireDevice
from scld_core.errors import ConfigurationError
from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.plugins import SecretRef, open_backend
from scld_core.testing.harness import CarrierBench, Harness, World

__all__ = ["harnesses"]

_ACCOUNT = "SYNTHETIC-LIB"
_WORDS = {ServiceState.ACTIVE: "active", ServiceState.SUSPENDED: "suspended"}


def harnesses(settings: KajeetSettings | None = None) -> tuple[Harness[CarrierBench], ...]:
    """The port `lines` by Sentinel's device status; of `settings` only the terms are used, never the address."""
    return (Harness.of(KAJEET, "lines", lambda world: _bench(world, settings)),)


def _word(view: LineView) -> str:
    return view.word or _WORDS[view.state]


def _rows(world: World, numbers: dict[str, str]) -> list[WireDevice]:
    return [
        WireDevice(
            numbers[str(view.iccid)],
            _word(view),
            imei=str(view.imei),
            iccid=str(view.iccid),
            media_status="checked out",
        )
        for view in world.seed.lines
    ]


def _bench(world: World, given: KajeetSettings | None) -> CarrierBench:
    numbers = {str(view.iccid): f"521-267-{place:04d}" for place, view in enumerate(world.seed.lines)}
    fake = FakeKajeet(_ACCOUNT, _rows(world, numbers))
    fake.token = world.secret
    server = FakeServer(fake)
    server.__enter__()
    settings = KajeetSettings(_ACCOUNT, SecretRef("env:TOKEN"), base_url=server.url, page_size=world.page_size)
    if given is not None:
        settings = evolve(given, corp_id=_ACCOUNT, base_url=server.url, page_size=world.page_size)
    opened = open_backend(KAJEET, settings, world.context)
    if opened.lines is None:
        raise ConfigurationError(world.context.instance, "open", "these settings open no port lines")

    def later() -> None:
        fake.instant = False

    def refuse() -> None:
        fake.may_change = False

    return CarrierBench(
        lines=opened.lines,
        close=opened.close,
        dispose=server.close,
        texts=sent_texts(server),
        outage=fall(server),
        effects=lambda line: sum(effect.mdn == numbers.get(str(line.iccid)) for effect in fake.effects),
        settle=fake.settle,
        show=lambda view: fake.resume(numbers[str(view.iccid)], _word(view)),
        fates={**fates(server, lambda r: r.method == "PUT"), Fate.ACCEPTED: later, Fate.REJECTED: refuse},
        cut=lambda pages: server.script(*[Fault.NONE] * pages, *[Fault.DROP] * 9),
    )
