"""From what happened on the wire to an error of scld: the one table for all HTTP adapters.

====================  ======================  ==============================
what happened         on a read               on a write
====================  ======================  ==============================
NotSent               Unavailable             Unavailable
MaybeSent             Unavailable             OutcomeUnknown
401                   ServiceAuthError        ServiceAuthError
403                   PermissionDenied        PermissionDenied
404                   NotFound                NotFound
408                   Unavailable             OutcomeUnknown
409                   Conflict                Conflict
429                   RateLimited             RateLimited
other 4xx             Rejected                Rejected
503 with Retry-After  RateLimited             OutcomeUnknown
other 5xx             Unavailable             OutcomeUnknown
1xx, 3xx, unreadable  ProtocolViolation       OutcomeUnknown
====================  ======================  ==============================

A 5xx on a write says nothing about the effect: systems exist that commit and then fail to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import field, frozen

from scld_adapters._shared.http import HttpFault, NotSent, Request, Response, Send
from scld_core.errors import (
    BackendError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    ProtocolViolation,
    RateLimited,
    Rejected,
    ServiceAuthError,
    Unavailable,
)
from scld_core.kernel.validate import nonempty
from scld_core.plugins.retry import retry_after_seconds

__all__ = ["Call", "checked", "classify", "classify_fault", "exchange", "quotable", "undecodable"]

_REFUSALS: dict[int, type[BackendError]] = {
    401: ServiceAuthError,
    403: PermissionDenied,
    404: NotFound,
    409: Conflict,
}


@frozen
class Call:
    """What a request is for: the backend instance, the port's operation, and a write's key.

    `key` is None for a read, also when the read travels as a POST.
    """

    backend: str = field(validator=nonempty)
    operation: str = field(validator=nonempty)
    key: str | None = None

    @property
    def write(self) -> bool:
        """Whether the request may change something."""
        return self.key is not None

    def error(self, kind: type[BackendError], problem: str) -> BackendError:
        """An error of this call; for kinds without further fields."""
        return kind(self.backend, self.operation, problem)

    def lost(self, problem: str) -> BackendError:
        """The error of a write whose effect is uncertain, or of a read that simply failed."""
        if self.key is not None:
            return OutcomeUnknown(self.backend, self.operation, problem, self.key)
        return Unavailable(self.backend, self.operation, problem)


def classify_fault(call: Call, fault: HttpFault) -> BackendError:
    """The error of an exchange without a whole answer."""
    return call.error(Unavailable, str(fault)) if isinstance(fault, NotSent) else call.lost(str(fault))


def undecodable(call: Call, problem: str) -> BackendError:
    """The error of an answer that cannot be understood, whatever its status."""
    return call.lost(problem) if call.write else call.error(ProtocolViolation, problem)


def classify(call: Call, response: Response, *, now: datetime, detail: str = "") -> BackendError | None:
    """The error that an answer means, or None for 2xx.

    `detail` is the system's own explanation, already made quotable. `now` dates a Retry-After.
    """
    status = response.status
    said = f"HTTP {status}" + (f": {detail}" if detail else "")
    asked = retry_after_seconds(response.headers.get("retry-after"), now)
    if 200 <= status < 300:
        return None
    if status < 400:
        return undecodable(call, f"{said} is no answer to this request")
    if status == 429 or (status == 503 and asked is not None and not call.write):
        return RateLimited(call.backend, call.operation, said, asked)
    if status >= 500 or status == 408:
        return call.lost(said)
    return call.error(_REFUSALS.get(status, Rejected), said)


def _unexplained(response: Response) -> str:
    del response
    return ""


def checked(
    call: Call,
    attempt: Callable[[], Response],
    *,
    now: datetime,
    explain: Callable[[Response], str] = _unexplained,
) -> Response:
    """The 2xx answer of `attempt`; everything else is raised as `classify` says.

    `explain` gives the system's own words for a refusal, made quotable.
    """
    try:
        response = attempt()
    except HttpFault as fault:
        raise classify_fault(call, fault) from None
    error = classify(call, response, now=now, detail="" if response.status < 400 else explain(response))
    if error is not None:
        raise error
    return response


def exchange(send: Send, request: Request, call: Call, *, now: datetime) -> Response:
    """Send `request` once and give the 2xx answer; everything else is raised as `classify` says."""
    return checked(call, lambda: send(request), now=now)


def quotable(text: str, *, secrets: tuple[str, ...] = (), limit: int = 200) -> str:
    """A foreign system's words made fit for our texts: one printable line, bounded, secrets masked."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "•••")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
