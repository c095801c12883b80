"""Harnesses of the ways to the agency that need a server, each over a real one. All data is synthetic."""

from attrs import evolve

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
