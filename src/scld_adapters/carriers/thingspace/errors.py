"""From ThingSpace's codes to our errors, where the HTTP status alone would say too little or the wrong thing.

=========================================  =======================  ===================================================
answer                                     error                    because
=========================================  =======================  ===================================================
SessionToken.*, at any 4xx                 ServiceAuthError         the session is renewed once before this is reached
REQUEST_FAILED.DeviceNotFound              NotFound                 published
account codes; 404 without a code          ConfigurationError       another account or address than ours was meant
REQUEST_FAILED.UnexpectedError on a write  OutcomeUnknown           published as an unknown failure
REQUEST_ONHOLD on a write                  OutcomeUnknown           it may still happen, once somebody has approved it
every other answer                         as for all adapters      ``scld_adapters._shared.faults``
=========================================  =======================  ===================================================

Only codes are repeated in our texts, never the vendor's messages.
"""

from __future__ import annotations

from datetime import datetime

from scld_adapters._shared.faults import Call, classify
from scld_adapters._shared.http import Response
from scld_adapters._shared.jsonwire import WireProblem
from scld_adapters.carriers.thingspace.wire_access import Problem, decode_problem
from scld_core.errors import BackendError, ConfigurationError, NotFound, ServiceAuthError

__all__ = ["UNSIGNED", "problem_of", "remote_error", "session_refused"]

UNSIGNED = (400, 401, 403)
"""Statuses with which credentials or tokens may be refused; clients met a session's end as 400, 401 and 403."""

_ACCOUNT = (
    "REQUEST_FAILED.AccountName",
    "REQUEST_FAILED.AccountNotFound",
    "REQUEST_FAILED.NoAccounts",
    "REQUEST_FAILED.MultipleAccounts",
    "INPUT_INVALID.Account.NotDefined",
)


def problem_of(response: Response) -> Problem | None:
    """The refusal in a body, or None when there is none that can be read."""
    try:
        return decode_problem(response.body)
    except WireProblem:
        return None


def session_refused(response: Response) -> bool:
    """Whether an answer says that the session token has ended or is none."""
    problem = problem_of(response) if response.status in UNSIGNED else None
    return problem is not None and ".SessionToken." in f".{problem.meaning}."


def remote_error(call: Call, response: Response, *, now: datetime) -> BackendError | None:
    """The error that an answer means for `call`, or None for 2xx."""
    problem = None if response.status < 400 else problem_of(response)
    said = problem.code if problem else ""
    if 400 <= response.status < 500 and response.status not in (408, 429):
        known = _by_code(call, response, problem.meaning if problem else "")
        if known is not None:
            return known
    return classify(call, response, now=now, detail=said)


def _by_code(call: Call, response: Response, meaning: str) -> BackendError | None:
    if session_refused(response):
        return call.error(ServiceAuthError, f"the session is refused: {meaning}")
    if meaning == "REQUEST_FAILED.DeviceNotFound":
        return call.error(NotFound, "the account has no such device")
    if meaning in _ACCOUNT:
        return call.error(ConfigurationError, f"the account in the settings is refused: {meaning}")
    if meaning == "REQUEST_FAILED.UnexpectedError" or meaning.startswith("REQUEST_ONHOLD"):
        return call.lost(f"ThingSpace could not say what became of it: {meaning}")
    if response.status == 404:
        return call.error(ConfigurationError, "the address in base_url does not lead to the API (HTTP 404)")
    return None
