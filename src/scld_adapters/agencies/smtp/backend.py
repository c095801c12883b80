"""One parcel, one message; its Message-ID comes from the key, so that a second copy can be told."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.utils import format_datetime

from scld_adapters.agencies.smtp.settings import AgencyMailSettings
from scld_adapters.mail.smtp import Relay
from scld_core.agency.ports import Parcel
from scld_core.kernel.time import Clock
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["MailChannel", "compose"]


class MailChannel:
    """`AgencyChannel` by mail."""

    def __init__(self, settings: AgencyMailSettings, relay: Relay, clock: Clock) -> None:
        self._settings = settings
        self._relay = relay
        self._clock = clock

    def deliver(self, parcel: Parcel, *, key: str) -> Answer:
        """Send the parcel as an attachment; done once the relay has taken it for every recipient."""
        message = compose(parcel, self._settings, key=key)
        message["Date"] = format_datetime(self._clock.now())
        self._relay.send(message, (self._settings.to, *self._settings.copy), key=key)
        return Answer(AnswerKind.DONE, str(message["Message-ID"]), "the mail relay has taken it")

    def delivered(self, parcel: Parcel) -> ReadBack:
        """Always UNKNOWN: a mailbox of somebody else's cannot be read."""
        del parcel
        return ReadBack.UNKNOWN


def compose(parcel: Parcel, settings: AgencyMailSettings, *, key: str) -> EmailMessage:
    """The message without its date."""
    message = EmailMessage()
    message["From"] = settings.relay.sender
    message["To"] = settings.to
    if settings.copy:
        message["Cc"] = ", ".join(settings.copy)
    message["Subject"] = f"{settings.subject}: {parcel.name}"
    domain = settings.relay.sender.partition("@")[2]
    message["Message-ID"] = f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"
    note = f"{parcel.note}\n\n" if parcel.note else ""
    message.set_content(f"{note}File: {parcel.name}\nSHA-256: {parcel.sha256}\n")
    message.add_attachment(parcel.content, maintype="application", subtype="octet-stream", filename=parcel.name)
    return message
