"""A Kajeet account that holds state behind real HTTP, and the backend opened on it. All data is synthetic."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters.carriers.kajeet.fake import FakeKajeet
from scld_adapters.carriers.kajeet.plugin import open_kajeet
from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_adapters.carriers.kajeet.wire import WireDevice
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.time import FixedClock
from scld_core.plugins.spec import BackendContext, SecretRef

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
MEDIA_WORDS = {"Checked Out": ServiceState.ACTIVE, "Checked In": ServiceState.SUSPENDED}


class Account:
    """The fake behind its server, `lines` as the backend, and how to make lines of it."""

    def __init__(self, send, folder):
        self.fake = FakeKajeet("SYNTHETIC-LIB", [])
        self.server = FakeServer(self.fake, expire=self.fake.expire)
        self.send = send
        self.folder = folder
        self.opened = None

    @staticmethod
    def line(number):
        """The line with this number, the same every time."""
        body = f"35573736{number:06d}"
        return Line(Imei(body + luhn_digit(body)), Iccid(f"8901260{number:012d}"))

    @staticmethod
    def mdn(number):
        """Its telephone number as Kajeet prints it."""
        return f"521-267-{number:04d}"

    def add(self, number, status="active", **changes):
        """Put a line into the account, and give it."""
        line = self.line(number)
        fields = {"imei": str(line.imei), "iccid": str(line.iccid), "media_status": "checked out"}
        self.fake.devices.append(WireDevice(self.mdn(number), status, **{**fields, **changes}))
        return line

    def context(self, **changes):
        """What the backend is opened with."""
        secrets = {"env:TOKEN": lambda: self.fake.token, "env:KEY": lambda: self.fake.media_key}
        return BackendContext(
            **{
                "instance": "kajeet",
                "clock": FixedClock(NOW),
                "folder": Path(self.folder),
                "secret": lambda ref: secrets[ref.ref](),
                "transport": self.send,
                **changes,
            }
        )

    def settings(self, **changes):
        """The settings that point to the server."""
        return KajeetSettings(
            **{
                "corp_id": self.fake.corp_id,
                "token": SecretRef("env:TOKEN"),
                "base_url": self.server.url,
                "media_url": self.server.url,
                **changes,
            }
        )

    def media_settings(self, **changes):
        """The same in mode media."""
        return self.settings(
            **{"mode": "media", "media_key": SecretRef("env:KEY"), "media_words": MEDIA_WORDS, **changes}
        )

    def open(self, settings=None):
        """The port, unguarded."""
        return open_kajeet(settings or self.settings(), self.context()).lines

    @property
    def lines(self):
        """The port in mode status."""
        if self.opened is None:
            self.opened = self.open()
        return self.opened

    @property
    def writes(self):
        """The requests that ask for a change."""
        return [request for request in self.server.requests if request.method != "GET"]

    def statuses(self):
        """Each line's status."""
        return {row.mdn: row.status for row in self.fake.devices}


@pytest.fixture
def account(send, tmp_path):
    """An account without lines, served."""
    made = Account(send, tmp_path)
    with made.server:
        yield made
