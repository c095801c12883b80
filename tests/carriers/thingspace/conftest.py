"""A ThingSpace account that holds state behind real HTTP, and the backend opened on it. All data is synthetic."""

from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Thread
from types import SimpleNamespace
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters.carriers.thingspace.callbacks import CallbackCredentials
from scld_adapters.carriers.thingspace.fake import ACCOUNT, FakeThingSpace
from scld_adapters.carriers.thingspace.fake_callbacks import CallbackSender
from scld_adapters.carriers.thingspace.listener import callback_app
from scld_adapters.carriers.thingspace.plugin import open_thingspace
from scld_adapters.carriers.thingspace.session import Credentials
from scld_adapters.carriers.thingspace.settings import ThingSpaceSettings
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.devices import Iccid, Imei, Line, Msisdn
from scld_core.plugins.spec import BackendContext, SecretRef
from support.clock import Ticking

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
CANARIES = {name: f"canary-{name}-of-the-test" for name in ("key", "secret", "username", "password")}
LISTENER = CallbackCredentials("canary-listener-name", "canary-listener-password")


class World:
    """The fake behind its server, and `lines` as the backend opened on it."""

    def __init__(self, send, folder, count=3):
        self.clock = Ticking(NOW)
        self.secrets = dict(CANARIES)
        self.all = [self.line(number) for number in range(1, count + 1)]
        self.fake = FakeThingSpace(self.all, Credentials(**CANARIES), self.clock)
        self.server = FakeServer(self.fake, expire=self.fake.expire)
        self.send = send
        self.folder = folder

    @staticmethod
    def line(number):
        """The line with this number, the same every time."""
        body = f"35573736{number:06d}"
        return Line(Imei(body + luhn_digit(body)), Iccid(f"8914800000{number:09d}"), Msisdn(f"1509555{number:04d}"))

    def context(self, **changes):
        """What the backend is opened with."""
        known = {
            "instance": "verizon",
            "clock": self.clock,
            "folder": self.folder,
            "secret": lambda ref: self.secrets[ref.ref.partition(":")[2]],
            "transport": self.send,
        }
        return BackendContext(**{**known, **changes})

    def settings(self, **changes):
        """The settings that point to the server."""
        refs = {name: SecretRef(f"env:{name}") for name in CANARIES}
        return ThingSpaceSettings(**{"account": ACCOUNT, "base_url": self.server.url, **refs, **changes})

    def open(self, **changes):
        """The lines of a freshly opened backend."""
        return open_thingspace(self.settings(**changes), self.context()).lines

    def word(self, line):
        """The line's state at the carrier."""
        return self.fake.lines[str(line.iccid)].state

    def sent(self, part):
        """How many requests arrived whose path holds `part`."""
        return sum(part in request.url for request in self.server.requests)


@pytest.fixture
def make_world(send, tmp_path):
    """Makes a context manager that opens an account of its own; for tests with many examples."""

    @contextmanager
    def make(count=3):
        world = World(send, tmp_path, count)
        with world.server:
            world.lines = world.open()
            yield world

    return make


@pytest.fixture
def world(make_world):
    """An account of three active lines."""
    with make_world() as made:
        yield made


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def listener():
    """A listener on a real socket: `notices` that it handed on, and a `sender` that posts to it."""
    notices = []
    server = make_server("127.0.0.1", 0, callback_app(notices.append, LISTENER), handler_class=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/callbacks"
    yield SimpleNamespace(notices=notices, who=LISTENER, sender=CallbackSender(url), url=url)
    server.shutdown()
    thread.join()
    server.server_close()
