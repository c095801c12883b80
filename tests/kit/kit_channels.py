"""Harnesses of scld's own ways to the agency, each over a real system. All data is synthetic."""

import os
import resource
import sys
from contextlib import ExitStack, contextmanager

from attrs import evolve

from scld_adapters.agencies.drop.plugin import AGENCY_DROP
from scld_adapters.agencies.drop.settings import AgencyDropSettings
from scld_adapters.agencies.portal.plugin import AGENCY_PORTAL, AgencyPortalSettings
from scld_adapters.agencies.sftp.plugin import AGENCY_SFTP
from scld_adapters.agencies.sftp.settings import AgencySftpSettings
from scld_adapters.agencies.smtp.plugin import AGENCY_MAIL
from scld_adapters.agencies.smtp.settings import AgencyMailSettings
from scld_adapters.mail.settings import RelaySettings
from scld_core.plugins import SecretRef, open_backend
from scld_core.testing.harness import ChannelBench, Harness

PASSWORD = SecretRef("env:PASSWORD")


def lying(folder):
    """Every file of a folder, also one that is being written."""
    return [(path.name, path.read_bytes()) for path in folder.iterdir()]


def empty(folder):
    """Whoever collects the files takes them all."""
    for path in folder.iterdir():
        path.unlink()


# a folder


@contextmanager
def looking(look):
    """`look` at every call of the block that leaves Python, when it begins and when it is over."""
    busy = []

    def seen(frame, event, arg):
        if event in ("c_call", "c_return", "c_exception") and not busy:
            busy.append(True)
            try:
                look()
            finally:
                busy.clear()

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        yield
    finally:
        sys.setprofile(before)


@contextmanager
def limited(what, most):
    """The process may use no more than `most` of something; what has it keeps it."""
    before = resource.getrlimit(what)
    resource.setrlimit(what, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(what, before)


class Watched:
    """A channel that lets somebody look while it works, and whose disk or process is full for one call."""

    def __init__(self, channel, folder):
        self._channel = channel
        self._folder = folder
        self.looks = []
        self.full = self.spent = self._gone = False

    def deliver(self, parcel, *, key):
        full, spent, self.full, self.spent = self.full, self.spent, False, False
        with ExitStack() as stack:
            if self.looks:
                stack.enter_context(looking(self.looks[0]))
            if full:  # half of the file can be written
                stack.enter_context(limited(resource.RLIMIT_FSIZE, len(parcel.content) // 2))
            if spent:  # once the file has its name, no other can be opened
                once = ExitStack()
                stack.enter_context(once)
                stack.enter_context(looking(lambda: self._spend(once, parcel.name)))
            return self._channel.deliver(parcel, key=key)

    def _spend(self, once, name):
        if not self._gone and os.access(self._folder / name, os.F_OK):
            self._gone = True
            once.enter_context(limited(resource.RLIMIT_NOFILE, 0))

    def __getattr__(self, name):
        return getattr(self._channel, name)

    def __repr__(self):
        return repr(self._channel)


def drop(*, taken_away):
    """A folder, collected from or not."""

    def make(world):
        folder = world.context.folder / "outgoing"
        folder.mkdir()
        settings = AgencyDropSettings("outgoing", taken_away=taken_away)
        opened = open_backend(AGENCY_DROP, settings, world.context)
        channel = Watched(opened.channel, folder)

        def fall():
            empty(folder)
            folder.rmdir()

        return ChannelBench(
            channel=channel,
            close=opened.close,
            files=lambda: lying(folder),
            put=lambda name, content: (folder / name).write_bytes(content),
            collect=(lambda: empty(folder)) if taken_away else None,
            watch=channel.looks.append,
            cut=lambda: setattr(channel, "full", True),
            lose=lambda: setattr(channel, "spent", True),
            outage=fall,
        )

    return Harness.of(AGENCY_DROP, "channel", make)


# SFTP


def sftp(server, *, taken_away):
    """A directory of a real server, one for each bench."""

    def make(world):
        server.password = world.secret
        server.drop_after = server.drop_before = server.refuse = ""
        made = [int(path.name) for path in server.folder.iterdir() if path.name.isdecimal()]
        folder = server.folder / str(max(made, default=0) + 1)
        folder.mkdir()
        settings = AgencySftpSettings(
            "127.0.0.1",
            server.username,
            server.host_key,
            f"/{folder.name}",
            port=server.port,
            password=PASSWORD,
            taken_away=taken_away,
        )
        opened = open_backend(AGENCY_SFTP, settings, evolve(world.context, deadline=5.0))
        channel = Forgiven(opened.channel, server)

        def fall():
            server.password = "changed"

        return ChannelBench(
            channel=channel,
            close=opened.close,
            files=lambda: lying(folder),
            put=lambda name, content: (folder / name).write_bytes(content),
            collect=(lambda: empty(folder)) if taken_away else None,
            watch=lambda look: setattr(server, "look", look),
            cut=lambda: setattr(server, "drop_after", "write"),
            lose=lambda: setattr(server, "drop_after", "rename"),
            outage=fall,
            dispose=lambda: setattr(server, "look", lambda: None),
        )

    return Harness.of(AGENCY_SFTP, "channel", make)


class Forgiven:
    """A channel whose server misbehaves once: after the call it is as before."""

    def __init__(self, channel, server):
        self._channel = channel
        self._server = server

    def deliver(self, parcel, *, key):
        try:
            return self._channel.deliver(parcel, key=key)
        finally:
            self._server.drop_after = ""

    def __getattr__(self, name):
        return getattr(self._channel, name)

    def __repr__(self):
        return repr(self._channel)


# mail


def mail(relay):
    """A mailbox behind a real relay, one for each bench."""

    def make(world):
        relay.password = world.secret
        relay.answers.clear()
        began = len(relay.taken)
        address = f"{world.context.instance}@example.com"
        settings = AgencyMailSettings(
            RelaySettings(
                "127.0.0.1",
                "library@example.org",
                port=relay.port,
                security=relay.security,
                username="scld",
                password=PASSWORD,
                authorities=str(relay.authority),
            ),
            to=address,
        )
        opened = open_backend(AGENCY_MAIL, settings, evolve(world.context, deadline=5.0))

        def files():
            mine = [message for message in relay.taken[began:] if message["To"] == address]
            once = {message["Message-ID"]: message for message in mine}
            return [
                (part.get_filename(), part.get_content()) for one in once.values() for part in one.iter_attachments()
            ]

        def once(answer):
            relay.answers["DATA"] = answer

        def fall():
            relay.password = "changed"

        return ChannelBench(
            channel=Answered(opened.channel, relay),
            close=opened.close,
            files=files,
            cut=lambda: once("451 try later"),
            lose=lambda: once("drop"),
            outage=fall,
            watch=relay.looks.append,
            dispose=relay.looks.clear,
        )

    return Harness.of(AGENCY_MAIL, "channel", make)


class Answered(Forgiven):
    """A channel whose relay misbehaves once."""

    def deliver(self, parcel, *, key):
        try:
            return self._channel.deliver(parcel, key=key)
        finally:
            self._server.answers.clear()


# a portal


def portal_bench(world):
    """Nothing is there but a person."""
    opened = open_backend(AGENCY_PORTAL, AgencyPortalSettings(), world.context)
    return ChannelBench(channel=opened.channel, close=opened.close, files=list)


PORTAL_CHANNEL = Harness.of(AGENCY_PORTAL, "channel", portal_bench)
