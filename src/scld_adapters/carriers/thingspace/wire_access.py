"""Signing in and being refused: the OAuth token, the session token and the two shapes of an error."""

from __future__ import annotations

import base64
import binascii
import json
import re

from attrs import field, frozen

from scld_adapters.carriers.thingspace.json_fields import as_object, number, read_object, word
from scld_adapters.carriers.thingspace.wire import Malformed
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
    "encode_access",
]

GRANT = b"grant_type=client_credentials"
"""The whole body of a token request; the application's key and secret are in the header."""

_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")
_CODE = re.compile(r"[A-Za-z0-9_.]{1,100}")


def _is_token(text: object) -> bool:
    return isinstance(text, str) and bool(_TOKEN.fullmatch(text))


_token = matching(_is_token, "must be printable ASCII without blanks")


@frozen
class TokenGrant:
    """An OAuth access token and the seconds it still works; None when not told."""

    token: str = field(repr=False, validator=_token)
    seconds: int | None = field(default=None, validator=optional(at_least(0)))


@frozen
class Login:
    """The account user who opens a session."""

    username: str = field(repr=False, validator=nonempty)
    password: str = field(repr=False, validator=nonempty)


@frozen
class SessionGrant:
    """A session token; it ends after 20 minutes without use."""

    token: str = field(repr=False, validator=_token)


@frozen
class Problem:
    """A refusal's code: the service's (``UnifiedWebService.REQUEST_FAILED...``) or the gateway's number.

    Its message is left out on purpose: it holds changing data, and may repeat what we sent.
    """

    code: str = field(validator=matching(lambda v: bool(_CODE.fullmatch(v)), "must be a dotted code"))
    gateway: bool = False


def basic(key: str, secret: str) -> str:
    """The Authorization header of a token request."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode("ascii")


def decode_basic(header: str | None) -> tuple[str, str] | Malformed:
    """Key and secret of an Authorization header, as the platform reads it."""
    scheme, _, coded = (header or "").partition(" ")
    try:
        text = base64.b64decode(coded.encode("ascii"), validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, ValueError):
        text = ""
    key, colon, secret = text.partition(":")
    return (key, secret) if colon else Malformed("needs the Basic scheme with key and secret")


def encode_access(message: Login | TokenGrant | SessionGrant | Problem) -> bytes:
    """The JSON of a record."""
    if isinstance(message, Login):
        body: dict[str, object] = {"username": message.username, "password": message.password}
    elif isinstance(message, TokenGrant):
        told = {} if message.seconds is None else {"expires_in": message.seconds}
        body = {"access_token": message.token, "token_type": "Bearer", **told}
    elif isinstance(message, SessionGrant):
        body = {"sessionToken": message.token}
    elif message.gateway:
        body = {"fault": {"code": message.code, "message": "refused", "description": "refused"}}
    else:
        body = {"errorCode": message.code, "errorMessage": "refused"}
    return json.dumps(body, separators=(",", ":")).encode()


def decode_token(body: bytes) -> TokenGrant | Malformed:
    """The answer to a token request."""
    fields = read_object(body) or {}
    token = fields.get("access_token")
    if not _is_token(token):
        return Malformed("a token answer needs 'access_token'")
    return TokenGrant(str(token), number(fields.get("expires_in")))


def decode_login(body: bytes) -> Login | Malformed:
    """Who wants a session, as the platform reads it."""
    fields = read_object(body) or {}
    username, password = word(fields, "username"), word(fields, "password")
    return Malformed("a login needs both fields") if username is None or password is None else Login(username, password)


def decode_session(body: bytes) -> SessionGrant | Malformed:
    """The answer to a login."""
    token = (read_object(body) or {}).get("sessionToken")
    return SessionGrant(str(token)) if _is_token(token) else Malformed("a login answer needs 'sessionToken'")


def decode_problem(body: bytes) -> Problem | Malformed:
    """Why something was refused: ``errorCode`` of the services, or ``fault.code`` of the gateway."""
    fields = read_object(body) or {}
    fault = as_object(fields.get("fault"))
    code = fields.get("errorCode") if fault is None else fault.get("code")
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return Malformed("an error needs 'errorCode' or 'fault'")
    return Problem(code, gateway=fault is not None)
