"""Sending one message over verified TLS, stage by stage, so that a fault says whether anything was sent.

Up to the end of the recipients nothing has happened; once the message's text is on its way, only
the relay's answer tells, and without one the outcome is unknown (RFC 5321, section 4.2.5).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Generator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from attrs import frozen

from scld_adapters.mail.settings import RelaySettings
from scld_core.errors import (
    BackendError,
    ConfigurationError,
    OutcomeUnknown,
    Rejected,
    ServiceAuthError,
    Unavailable,
)

__all__ = ["Relay"]

_DOING = "deliver"
_DONE = 250
_TAKEN = (250, 251)


@frozen
class Relay:
    """One mail relay. `password` is asked for at every message, so that a changed one is used at once."""

    instance: str
    settings: RelaySettings
    folder: Path
    deadline: float
    password: Callable[[], str]

    def send(self, message: EmailMessage, recipients: tuple[str, ...], *, key: str) -> str:
        """Hand the message over for all of `recipients`, or for none; gives the relay's last answer.

        Raises Unavailable, ServiceAuthError or Rejected when nothing was taken, OutcomeUnknown when
        the relay's answer to the text was lost.
        """
        data = message.as_bytes(policy=SMTP)
        with self._connected() as smtp:
            self._envelope(smtp, recipients)
            try:
                code, said = smtp.data(data)
            except smtplib.SMTPDataError as refusal:
                raise self._refused(refusal.smtp_code, "the message") from None
            except (smtplib.SMTPException, OSError) as fault:
                problem = f"the relay's answer was lost after the text was sent ({type(fault).__name__})"
                raise OutcomeUnknown(self.instance, _DOING, problem, key) from None
            if code != _DONE:
                raise self._refused(code, "the message")
            return said.decode("ascii", "replace")

    @contextmanager
    def _connected(self) -> Generator[smtplib.SMTP]:
        context = self._context()
        smtp: smtplib.SMTP | None = None
        try:
            smtp = self._open(context)
            self._log_in(smtp)
            yield smtp
        except ssl.SSLError as fault:
            problem = f"the relay's certificate or TLS is not acceptable ({fault.reason or type(fault).__name__})"
            raise ConfigurationError(self.instance, _DOING, problem) from None
        except (smtplib.SMTPException, OSError) as fault:
            raise Unavailable(self.instance, _DOING, f"no connection ({type(fault).__name__})") from None
        finally:
            if smtp is not None:
                smtp.close()

    def _open(self, context: ssl.SSLContext) -> smtplib.SMTP:
        settings = self.settings
        if settings.security == "tls":
            return smtplib.SMTP_SSL(settings.host, settings.port, timeout=self.deadline, context=context)
        smtp = smtplib.SMTP(settings.host, settings.port, timeout=self.deadline)
        try:
            smtp.starttls(context=context)
        except smtplib.SMTPNotSupportedError:
            smtp.close()
            raise ConfigurationError(self.instance, _DOING, "the relay offers no STARTTLS on this port") from None
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _context(self) -> ssl.SSLContext:
        authorities = self.settings.authorities
        try:
            context = ssl.create_default_context(cafile=str(self.folder / authorities) if authorities else None)
        except (OSError, ssl.SSLError) as fault:
            problem = f"the authorities in {authorities} cannot be read ({type(fault).__name__})"
            raise ConfigurationError(self.instance, _DOING, problem) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if not self.settings.username:
            return
        try:
            smtp.login(self.settings.username, self.password())
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError):
            raise ServiceAuthError(self.instance, _DOING, "the relay refuses the login") from None

    def _envelope(self, smtp: smtplib.SMTP, recipients: tuple[str, ...]) -> None:
        code, _ = smtp.mail(self.settings.sender)
        if code != _DONE:
            raise self._refused(code, "the sender")
        for number, recipient in enumerate(recipients, 1):
            code, _ = smtp.rcpt(recipient)
            if code not in _TAKEN:
                raise self._refused(code, f"recipient {number}")

    def _refused(self, code: int, what: str) -> BackendError:
        # The relay's own words may repeat addresses, so only its number is kept.
        if 400 <= code < 500 or code < 0:
            return Unavailable(self.instance, _DOING, f"the relay does not take {what} for now ({code})")
        return Rejected(self.instance, _DOING, f"the relay refuses {what} ({code})")
