"""A district whose carrier is Kajeet: the stateful fake behind real HTTP on the loopback."""

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters.carriers.kajeet.fake import FakeKajeet
from scld_adapters.carriers.kajeet.wire import WireDevice
from support.hotspots import line

TOKEN = "canary-kajeet-token"
VARIABLE = "SCLD_E2E_KAJEET_TOKEN"


def mdn(number: int) -> str:
    """A line's telephone number as Kajeet prints it."""
    return f"509-555-{number:04d}"


class KajeetAccount:
    """The account with the lines of some devices; `renew` is what the vendor's token page does."""

    def __init__(self, monkeypatch, numbers, suspended=()):
        self.monkeypatch = monkeypatch
        devices = [
            WireDevice(
                mdn(n),
                "suspended" if n in suspended else "active",
                str(line(n).imei),
                str(line(n).iccid),
                "checked out",
            )
            for n in numbers
        ]
        self.fake = FakeKajeet("SYNTHETIC-LIB", devices)
        self.server = FakeServer(self.fake, expire=self.expire)
        self.renews = True
        self.tokens = 0
        self.expire()
        self.renew()

    def expire(self):
        """The vendor ends the token; with `renews` somebody has put the new one in its place already."""
        self.tokens += 1
        self.fake.token = f"{TOKEN}-{self.tokens}"
        if self.renews:
            self.renew()

    def renew(self):
        """Put the present token where district.toml says that it lies."""
        self.monkeypatch.setenv(VARIABLE, self.fake.token)

    def table(self, *, delayed=False):
        """What district.toml says of it."""
        return (
            f'use = "kajeet"\ncorp_id = "SYNTHETIC-LIB"\ntoken = "env:{VARIABLE}"\n'
            f'base_url = "{self.server.url}"\nmedia_url = "{self.server.url}"\ndelayed = {str(delayed).lower()}\n'
        )

    def media_table(self):
        """The same account, switched at the Media Center."""
        self.monkeypatch.setenv("SCLD_E2E_MEDIA_KEY", self.fake.media_key)
        words = '{ "checked out" = "active", "checked in" = "suspended" }'
        return f'{self.table()}mode = "media"\nmedia_key = "env:SCLD_E2E_MEDIA_KEY"\nmedia_words = {words}\n'

    def statuses(self):
        """The status of each device."""
        return {int(row.mdn[-4:]): row.status for row in self.fake.devices}

    def effects(self):
        """The real changes: device and new status, in order."""
        return [(int(effect.mdn[-4:]), effect.after) for effect in self.fake.effects]

    def told(self):
        """Everything that was ever sent there, but the token."""
        return "\n".join(f"{r.method} {r.url} {r.query} {r.body.decode()}" for r in self.server.requests)
