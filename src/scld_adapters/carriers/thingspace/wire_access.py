"""Signing in and being refused: the OAuth token, the session token and the two shapes of an error."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from attrs import field, frozen

from scld_adapters._shared.jsonwire import Table, WireProblem, as_table, dump_json, read_json, text
from scld_core.kernel.validate import at_least, matching, nonempty, optional

__all__ = [
    "GRANT",
    "Login",
    "Problem",
    "SessionGrant",
    "TokenGrant",
    "basic",
    "decode_basic",
    "decode_login",
    "decode_problem",
    "decode_session",
    "decode_token",
    "encode_login",
    "encode_problem",
    "encode_session",
    "encode_token",
]

GRANT = b"grant_type=client_credentials"
"""The whole body of a token request; the application's key and secret travel in a header."""

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
# Narrow on purpose: nothing that looks like a token can pass for a code and be repeated in an error.
_CODE = re.compile(r"[A-Za-z_]{1,40}[0-9]?(?:\.[A-Za-z_]{1,40}[0-9]?){0,5}|[0-9]{1,9}")
_CLASSES = ("INPUT_INVALID", "REQUEST_FAILED", "REQUEST_ONHOLD", "REQUEST_CANCELLED")

_token = matching(lambda v: isinstance(v, str) and bool(_TOKEN.fullmatch(v)), "must be printable ASCII without blanks")


@frozen
class TokenGrant:
    """An OAuth access token and the seconds it still works; None when not told."""

    token: str = field(repr=False, validator=_token)
    seconds: int | None = field(default=None, validator=optional(at_least(0)))


@frozen
class Login:
    """The account's user who opens a session."""

    username: str = field(repr=False, validator=nonempty)
    password: str = field(repr=False, validator=nonempty)


@frozen
class SessionGrant:
    """A session token; it ends after 20 minutes without use."""

    token: str = field(repr=False, validator=_token)


@frozen
class Problem:
    """The code of a refusal: a service's (``UnifiedWebService.REQUEST_FAILED...``) or the gateway's number.

    The message beside it is left out on purpose: it changes between releases and may repeat what was sent.
    """

    code: str = field(validator=matching(lambda v: bool(_CODE.fullmatch(v)), "must be words with dots, or a number"))
    gateway: bool = False

    @property
    def meaning(self) -> str:
        """The code without the name of the service that gave it, which is the part that stays the same."""
        service, _, rest = self.code.partition(".")
        return self.code if service in _CLASSES or not rest else rest


def basic(key: str, secret: str) -> str:
    """The Authorization header of a token request."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")


def decode_basic(header: str) -> tuple[str, str]:
    """Key and secret of an Authorization header, as the platform reads it."""
    scheme, _, coded = header.partition(" ")
    try:
        pair = base64.b64decode(coded.encode("ascii"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise WireProblem("the header is not coded in Base64") from None
    key, colon, secret = pair.partition(":")
    if scheme != "Basic" or not colon:
        raise WireProblem("the header needs the Basic scheme with key and secret")
    return key, secret


def encode_token(grant: TokenGrant) -> bytes:
    """The JSON of a granted token."""
    told = {} if grant.seconds is None else {"expires_in": grant.seconds}
    return dump_json({"access_token": grant.token, "token_type": "Bearer", **told})


def decode_token(body: bytes) -> TokenGrant:
    """The answer to a token request; `expires_in` may come as a number or in digits."""
    table = as_table(read_json(body), "the token answer")
    seconds = table.get("expires_in")
    if isinstance(seconds, str) and re.fullmatch(r"[0-9]{1,9}", seconds):
        seconds = int(seconds)
    if seconds is not None and (type(seconds) is not int or seconds < 0):
        raise WireProblem("expires_in is not a whole number from 0")
    return TokenGrant(_token_of(table, "access_token"), None if seconds is None else min(seconds, 10**9))


def encode_login(login: Login) -> bytes:
    """The JSON of a login."""
    return dump_json({"username": login.username, "password": login.password})


def decode_login(body: bytes) -> Login:
    """A login as the platform reads it."""
    table = as_table(read_json(body), "the login")
    return Login(text(table, "username"), text(table, "password"))


def encode_session(grant: SessionGrant) -> bytes:
    """The JSON of an opened session."""
    return dump_json({"sessionToken": grant.token})


def decode_session(body: bytes) -> SessionGrant:
    """The answer to a login."""
    return SessionGrant(_token_of(as_table(read_json(body), "the login answer"), "sessionToken"))


def _token_of(table: Table, name: str) -> str:
    found = table.get(name)
    if not isinstance(found, str) or not _TOKEN.fullmatch(found):
        raise WireProblem(f"{name} is missing or not printable ASCII without blanks")
    return found


def encode_problem(problem: Problem) -> bytes:
    """The JSON of a refusal, in the shape of whoever gave it."""
    if problem.gateway:
        return dump_json({"fault": {"code": problem.code, "message": "refused", "description": "refused"}})
    return dump_json({"errorCode": problem.code, "errorMessage": "refused"})


def decode_problem(body: bytes) -> Problem:
    """Why something was refused."""
    table = as_table(read_json(body), "the error")
    gateway = "fault" in table
    code: Any = as_table(table["fault"], "fault").get("code") if gateway else table.get("errorCode")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise WireProblem("the error has no code")
    return Problem(code, gateway)
