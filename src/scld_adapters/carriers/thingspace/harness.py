"""How the conformance kit grades this adapter: over its fake, on the loopback. All data is synthetic."""

from __future__ import annotations

from attrs import evolve

from scld_adapters._shared.fakebench import fall, fates, sent_texts
from scld_adapters._shared.fakehttp import FakeServer, Fault
from scld_adapters._shared.http import Request
from scld_adapters.carriers.thingspace.fake import ACCOUNT, FakeThingSpace
from scld_adapters.carriers.thingspace.plugin import THINGSPACE
from scld_adapters.carriers.thingspace.session import Credentials
from scld_adapters.carriers.thingspace.settings import ThingSpaceSettings
from scld_core.errors import ConfigurationError
from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Line
from scld_core.plugins import SecretRef, open_backend
from scld_core.testing.harness import CarrierBench, Harness, World

__all__ = ["harnesses"]

_WORDS = {ServiceState.ACTIVE: "active", ServiceState.SUSPENDED: "suspend"}


def harnesses(settings: ThingSpaceSettings | None = None) -> tuple[Harness[CarrierBench], ...]:
    """The port `lines`; of `settings` only the terms are used, never the address or the account."""
    return (Harness.of(THINGSPACE, "lines", lambda world: _bench(world, settings)),)


def _word(view: LineView) -> str:
    return view.word or _WORDS[view.state]


def _fake(world: World) -> FakeThingSpace:
    known = Credentials(*[world.secret] * 4)
    lines = [Line(view.imei, view.iccid) for view in world.seed.lines if view.imei and view.iccid]
    fake = FakeThingSpace(lines, known, world.clock)
    for view in world.seed.lines:
        fake.lines[str(view.iccid)].state = _word(view)
    fake.page_limit = world.page_size
    return fake


def _settings(url: str, page_size: int, given: ThingSpaceSettings | None) -> ThingSpaceSettings:
    if given is None:
        key, secret, username, password = (SecretRef(f"env:{name}") for name in ("KEY", "SECRET", "USER", "PASSWORD"))
        return ThingSpaceSettings(
            ACCOUNT, key, secret, username=username, password=password, base_url=url, page_size=page_size
        )
    return evolve(given, account=ACCOUNT, base_url=url, page_size=page_size)


def _asks(request: Request) -> bool:
    return "/actions/" in request.url and not request.url.endswith("/list")


def _bench(world: World, given: ThingSpaceSettings | None) -> CarrierBench:
    fake = _fake(world)
    server = FakeServer(fake, expire=fake.expire)
    server.__enter__()
    opened = open_backend(THINGSPACE, _settings(server.url, world.page_size, given), world.context)
    if opened.lines is None:
        raise ConfigurationError(world.context.instance, "open", "these settings open no port lines")
    shown: list[str] = []

    def show(view: LineView) -> None:
        shown.append(str(view.iccid))
        fake.change(str(view.iccid), _word(view))

    def effects(line: Line) -> int:
        return sum(effect.iccid == str(line.iccid) for effect in fake.effects) - shown.count(str(line.iccid))

    def spend() -> None:
        fake.budget = 0

    def nothing() -> None:
        """Every request is accepted for later as it is."""

    return CarrierBench(
        lines=opened.lines,
        close=opened.close,
        dispose=server.close,
        texts=sent_texts(server),
        outage=fall(server),
        effects=effects,
        settle=fake.settle,
        show=show,
        fates={**fates(server, _asks), Fate.ACCEPTED: nothing, Fate.REJECTED: spend},
        cut=lambda pages: server.script(
            *[Fault.NONE] * pages, *[Fault.DROP] * 9, only=lambda r: r.url.endswith("/list")
        ),
    )
