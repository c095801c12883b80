"""The two tokens of one credential: fetched when needed, each renewed at most once for one request.

An OAuth token lives an hour, and asking again within it gives the same one. A session ends after 20
minutes without use; the vendor advises to keep it until it is refused. Five refused logins in a row
lock the account's user until the vendor's support unlocks it: a credential that was refused is
therefore never sent again by the same `Access`, while a changed secret is tried.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import timedelta

from attrs import field, frozen

from scld_adapters._shared.faults import Call, classify_fault, undecodable
from scld_adapters._shared.http import HttpFault, Request, Response, Send
from scld_adapters._shared.jsonwire import WireProblem
from scld_adapters._shared.tokens import Token, TokenLife
from scld_adapters.carriers.thingspace.errors import UNSIGNED, problem_of, remote_error, session_refused
from scld_adapters.carriers.thingspace.wire_access import (
    GRANT,
    Login,
    basic,
    decode_session,
    decode_token,
    encode_login,
)
from scld_core.errors import ServiceAuthError
from scld_core.kernel.time import Clock
from scld_core.kernel.validate import nonempty

__all__ = ["Access", "Credentials"]

_FORM = (("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"))
_JSON = (("Accept", "application/json"), ("Content-Type", "application/json"))


@frozen
class Credentials:
    """The application's key and secret, and the account user's name and password; none is ever shown."""

    key: str = field(repr=False, validator=nonempty)
    secret: str = field(repr=False, validator=nonempty)
    username: str = field(repr=False, validator=nonempty)
    password: str = field(repr=False, validator=nonempty)


class Access:
    """Sends requests with both tokens of the credential that `credentials` gives at each sign-in."""

    def __init__(
        self, send: Send, credentials: Callable[[], Credentials], *, base_url: str, clock: Clock, backend: str
    ) -> None:
        """Sign in nowhere yet; `backend` is the instance's name in errors."""
        self._send = send
        self._credentials = credentials
        self._base = base_url.rstrip("/")
        self._clock = clock
        self._call = Call(backend, "sign_in")
        self._salt = secrets.token_bytes(16)
        self._refused: set[bytes] = set()
        self._bearer = TokenLife(self._fetch_bearer, clock)
        self._session = TokenLife(self._fetch_session, clock)

    def __repr__(self) -> str:
        return f"Access({self._call.backend})"

    def send(self, method: str, path: str, body: bytes = b"") -> Response:
        """The answer to a request; a refused token is renewed and the request repeated, once per token.

        A refusal of a token comes before anything is done, so that a write too may be repeated. Raises
        what signing in raises (never OutcomeUnknown), and NotSent or MaybeSent for the request itself.
        """
        left = {self._bearer, self._session}
        while True:
            session = self._session.get()  # first, because a login may renew the other
            held = {self._bearer: self._bearer.get(), self._session: session}
            tokens = (("Authorization", f"Bearer {held[self._bearer]}"), ("VZ-M2M-Token", session))
            answer = self._send(Request(method, f"{self._base}{path}", (*_JSON, *tokens), body))
            renew = self._refused_by(answer) & left
            if not renew:
                return answer
            for life in renew:
                life.refuse(held[life])
            left -= renew

    def _refused_by(self, answer: Response) -> set[TokenLife]:
        """Which of the tokens an answer refuses; a bare 401 does not say, so both are renewed."""
        if session_refused(answer):
            return {self._session}
        if answer.status != 401:
            return set()
        problem = problem_of(answer)
        return {self._bearer} if problem is not None and problem.gateway else {self._bearer, self._session}

    def _fetch_bearer(self) -> Token:
        who = self._credentials()
        part = ("application", who.key, who.secret)
        request = Request(
            "POST",
            f"{self._base}/ts/v1/oauth2/token",
            (*_FORM, ("Authorization", basic(who.key, who.secret))),
            GRANT,
        )
        answer = self._ask(part, lambda: self._send(request))
        try:
            grant = decode_token(answer.body)
        except WireProblem as problem:
            raise undecodable(self._call, str(problem)) from None
        ends = None if grant.seconds is None else self._clock.now() + timedelta(seconds=grant.seconds)
        return Token(grant.token, ends)

    def _fetch_session(self) -> Token:
        who = self._credentials()
        body = encode_login(Login(who.username, who.password))
        answer = self._ask(("user", who.username, who.password), lambda: self._login(body))
        try:
            return Token(decode_session(answer.body).token)
        except WireProblem as problem:
            raise undecodable(self._call, str(problem)) from None

    def _login(self, body: bytes) -> Response:
        """A login needs the OAuth token; when that is what the gateway refuses, once more with a new one."""
        answer = self._with_bearer(body)
        problem = problem_of(answer) if answer.status == 401 else None
        return self._with_bearer(body, renew=True) if problem is not None and problem.gateway else answer

    def _with_bearer(self, body: bytes, *, renew: bool = False) -> Response:
        bearer = self._bearer.get()
        if renew:
            self._bearer.refuse(bearer)
            bearer = self._bearer.get()
        headers = (*_JSON, ("Authorization", f"Bearer {bearer}"))
        return self._send(Request("POST", f"{self._base}/m2m/v1/session/login", headers, body))

    def _ask(self, credential: tuple[str, str, str], attempt: Callable[[], Response]) -> Response:
        """One sign-in; a credential that is refused is remembered by its keyed hash."""
        mark = hmac.digest(self._salt, "\x00".join(credential).encode(), hashlib.sha256)
        name = credential[0]
        if mark in self._refused:
            raise self._call.error(
                ServiceAuthError, f"the {name}'s login was refused before and is not tried again; set it right first"
            )
        try:
            answer = attempt()
        except HttpFault as fault:
            raise classify_fault(self._call, fault) from None
        if answer.status in UNSIGNED:
            problem = problem_of(answer)
            if name == "application" or not (problem and problem.gateway):  # else no password was looked at
                self._refused.add(mark)
            said = f"HTTP {answer.status}" + (f": {problem.code}" if problem else "")
            raise self._call.error(ServiceAuthError, f"the {name}'s login is refused ({said})")
        error = remote_error(self._call, answer, now=self._clock.now())
        if error is not None:
            raise error
        return answer
