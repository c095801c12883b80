"""A district whose carrier is ThingSpace: the stateful fake behind real HTTP, and a listener for its callbacks."""

import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from e2e_district import by_sim

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters.carriers.thingspace.callbacks import CallbackCredentials
from scld_adapters.carriers.thingspace.fake import ACCOUNT, FakeThingSpace
from scld_adapters.carriers.thingspace.fake_callbacks import CallbackSender
from scld_adapters.carriers.thingspace.session import Credentials
from scld_core import Options, open_desk
from support.districts import plugins
from support.hotspots import line

PAGE = Path(__file__).parents[2] / "docs/howto/connect-thingspace.md"
CANARY = "canary-thingspace"
SECRETS = {name: f"{CANARY}-{name}" for name in ("key", "secret", "username", "password")}
LISTENER = CallbackCredentials(f"{CANARY}-listener", f"{CANARY}-listener-password")


class ThingSpaceAccount:
    """The account with the lines of some devices, on the clock of the district."""

    def __init__(self, monkeypatch, clock, numbers, suspended=()):
        for name, text in (*SECRETS.items(), ("cbuser", LISTENER.username), ("cbpass", LISTENER.password)):
            monkeypatch.setenv(f"SCLD_E2E_{name.upper()}", text)
        monkeypatch.setenv("TS_CALLBACK_USER", LISTENER.username)
        monkeypatch.setenv("TS_CALLBACK_PASSWORD", LISTENER.password)
        self.clock = clock
        self.fake = FakeThingSpace([line(n) for n in numbers], Credentials(**SECRETS), clock)
        for n in suspended:
            self.change(n, "suspend")
        self.fake.effects.clear()
        self.server = FakeServer(self.fake, expire=self.fake.expire)

    def table(self):
        """What district.toml says of it."""
        secrets = "".join(f'{name} = "env:SCLD_E2E_{name.upper()}"\n' for name in SECRETS)
        listener = 'callback_username = "env:SCLD_E2E_CBUSER"\ncallback_password = "env:SCLD_E2E_CBPASS"\n'
        return f'use = "thingspace"\naccount = "{ACCOUNT}"\nbase_url = "{self.server.url}"\n{secrets}{listener}'

    def change(self, number, word):
        """Change a line as somebody in the vendor's portal would."""
        self.fake.change(str(line(number).iccid), word)

    def states(self):
        """The state of each device's line."""
        return {by_sim(iccid): one.state for iccid, one in self.fake.lines.items()}

    def effects(self):
        """The real changes: device and new state, in order."""
        return [(by_sim(effect.iccid), effect.after) for effect in self.fake.effects]

    def asked(self):
        """The requests for a change that arrived: action and device."""
        return [(order.action, by_sim(order.iccid)) for order in self.fake.orders]

    def told(self):
        """Everything that was ever sent there, but tokens and sign-ins."""
        signs_in = ("oauth2", "session/login", "callbacks")
        return "\n".join(
            f"{r.url} {r.body.decode()}" for r in self.server.requests if not any(s in r.url for s in signs_in)
        )


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


def how_to(town):
    """The program that the how-to page gives its reader, on this town's folder, clock and network."""
    text = PAGE.read_text(encoding="utf-8").replace("/srv/scld/north", str(town.folder))
    found = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        exec(compile(block, PAGE.name, "exec"), found)
    options = Options(clock=town.clock, registry=plugins(), transports=town.transports, sleep=town.slept.append)
    found["open_desk"] = partial(open_desk, options=options)
    found["Options"] = lambda: options
    return found


@contextmanager
def listening(town):
    """The listener as the how-to page wires it: each notice opens the district and asks the carrier itself."""
    page = how_to(town)
    server = make_server("127.0.0.1", 0, page["make_app"](), handler_class=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/callbacks"
    try:
        page["register"](town.folder, url)
        yield CallbackSender(url)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
