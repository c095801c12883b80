"""Koha's REST interface as records: who we are, one request at a time, and lists that are whole or raise.

No request follows a `Link` header: for a query in a header Koha writes links that it then refuses (observed in
23.05). Pages are asked for by number, and counted against `X-Total-Count`. A filter travels in a header all the
same: names and card numbers must not stand in an address, which every server on the way may log.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from attrs import field, frozen

from scld_adapters._shared.faults import Call, classify_fault, undecodable
from scld_adapters._shared.http import HttpFault, Pairs, Request, Response, Send
from scld_adapters._shared.jsonwire import Table, WireProblem, dump_json
from scld_adapters._shared.paging import Batch, offset_batches
from scld_adapters._shared.tokens import Token, TokenLife, with_token
from scld_adapters.koha.errors import remote_error
from scld_adapters.koha.wire import decode_list, decode_one, decode_token, encode_query
from scld_core.errors import BackendError
from scld_core.kernel.time import Clock

__all__ = ["FEW", "Access", "Basic", "Koha", "OAuth2"]

T = TypeVar("T")


class _Numbered(Protocol):
    @property
    def number(self) -> int: ...


N = TypeVar("N", bound=_Numbered)

FEW: Mapping[str, str] = {"_per_page": "2"}
"""Of one row at most, so that a filter which is lost on the way does not bring everybody."""

Access = Callable[[Send, Request], Response]
"""Sends a request as somebody."""


@frozen
class Basic:
    """By user and password, which Koha checks at every request with bcrypt: half as fast as a token."""

    user: str
    password: str = field(repr=False)

    def __call__(self, send: Send, request: Request) -> Response:
        """Send with the password."""
        told = base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        return send(_with_header(request, f"Basic {told}"))


class OAuth2:
    """By a token of the client credentials, fetched before its end and renewed once when it is refused."""

    def __init__(self, send: Send, url: str, client: str, secret: str, clock: Clock) -> None:
        """Fetch nothing yet."""
        self._send = send
        self._url = url
        self._form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        self._clock = clock
        self._life = TokenLife(self._fetch, clock)

    def __call__(self, send: Send, request: Request) -> Response:
        """Send with a token; raises what fetching one raises."""
        return with_token(self._life, lambda token: send(_with_header(request, f"Bearer {token}")))

    def _fetch(self) -> Token:
        body = urlencode(self._form).encode("ascii")
        headers = (("Accept", "application/json"), ("Content-Type", "application/x-www-form-urlencoded"))
        answer = self._send(Request("POST", f"{self._url}/api/v1/oauth/token", headers, body))
        if answer.status != 200:
            raise _NoToken(answer)
        try:
            text, seconds = decode_token(answer.body)
        except WireProblem:
            raise _NoToken(answer) from None
        return Token(text, self._clock.now() + min(timedelta(seconds=seconds), _LONGEST))


_LONGEST = timedelta(days=1)


class _NoToken(Exception):
    """Koha gave no token; `answer` says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__("no token")
        self.answer = answer


def _with_header(request: Request, value: str) -> Request:
    return Request(
        request.method, request.url, (*request.headers, ("Authorization", value)), request.body, request.query
    )


@frozen
class Koha:
    """One Koha. A path is written below ``/api/v1``; a query is pairs of text."""

    send: Send = field(repr=False)
    access: Access = field(repr=False)
    url: str
    clock: Clock = field(repr=False)
    page_size: int = 100

    def one(self, call: Call, table: str, number: int, decode: Callable[[Table], N]) -> N:
        """One record of a table; NotFound where Koha has none, ProtocolViolation for another one than was asked for."""
        answer = self._checked(call, "GET", f"/{table}/{number}")
        row = self._decoded(call, lambda: decode_one(answer.body, decode))
        if row.number != number:
            raise undecodable(call, f"Koha answered with another one of its {table}")
        return row

    def pages(
        self,
        call: Call,
        path: str,
        decode: Callable[[Table], T],
        *,
        key: Callable[[T], Hashable],
        order: str,
        where: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Iterator[Batch[T]]:
        """A list by pages, in the order of a field whose value is each row's own; `where` is Koha's filter."""

        def fetch(offset: int) -> Batch[T]:
            asked = {"_per_page": str(self.page_size), "_page": str(offset // self.page_size + 1), "_order_by": order}
            answer = self._checked(call, "GET", path, query={**(query or {}), **asked}, where=where)
            return Batch(self._decoded(call, lambda: decode_list(answer.body, decode)), _total(call, answer))

        return offset_batches(fetch, size=self.page_size, key=key, call=call)

    def all(
        self,
        call: Call,
        path: str,
        decode: Callable[[Table], T],
        *,
        key: Callable[[T], Hashable],
        order: str,
        where: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> tuple[T, ...]:
        """The same as one tuple; a list that breaks off raises."""
        rows: list[T] = []
        ended = False
        for batch in self.pages(call, path, decode, key=key, order=order, where=where, query=query):
            rows.extend(batch.rows)
            ended = batch.last
        if not ended:
            raise undecodable(call, "the list broke off before its announced end")
        return tuple(rows)

    def listed(
        self,
        call: Call,
        path: str,
        decode: Callable[[Table], T],
        where: Mapping[str, Any],
        query: Mapping[str, str] | None = None,
    ) -> tuple[T, ...]:
        """The few rows that a filter leaves, whole by ``_per_page=-1``; `query` may ask for fewer."""
        answer = self._checked(call, "GET", path, query={"_per_page": "-1", **(query or {})}, where=where)
        rows = self._decoded(call, lambda: decode_list(answer.body, decode))
        announced = _total(call, answer)
        if announced is not None and announced != len(rows):
            raise undecodable(call, f"the list announces {announced} rows and has {len(rows)}")
        return rows

    def write(self, call: Call, method: str, path: str, body: Any = None) -> Response:
        """Ask for a change, once. Raises what the answer means; OutcomeUnknown where that is uncertain."""
        return self._checked(call, method, path, body=body)

    def ask(self, call: Call, method: str, path: str, body: Any = None) -> Response:
        """The answer as it came, refusals too, for who has to tell one from another; `checked` judges the rest."""
        return self._answered(call, method, path, body=body)

    def checked(self, call: Call, answer: Response) -> Response:
        """An answer of success; raises what another one means."""
        error = remote_error(call, answer, now=self.clock.now())
        if error is not None:
            raise error
        return answer

    def decoded(self, call: Call, answer: Response, decode: Callable[[Table], T]) -> T:
        """The record in an answer."""
        return self._decoded(call, lambda: decode_one(answer.body, decode))

    def _checked(self, call: Call, method: str, path: str, **asked: Any) -> Response:
        return self.checked(call, self._answered(call, method, path, **asked))

    def _answered(
        self,
        call: Call,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        where: Mapping[str, Any] | None = None,
        body: Any = None,
    ) -> Response:
        told: Pairs = (("Accept", "application/json"),)
        if where is not None:
            told = (*told, ("x-koha-query", encode_query(where)))
        if body is not None:  # on a GET without a body Koha fails over a Content-Type
            told = (*told, ("Content-Type", "application/json"))
        data = b"" if body is None else dump_json(body)
        request = Request(method, f"{self.url}/api/v1{path}", told, data, tuple((query or {}).items()))
        try:
            return self.access(self.send, request)
        except HttpFault as fault:
            raise classify_fault(call, fault) from None
        except _NoToken as refused:
            raise self._no_token(call, refused.answer) from None

    def _no_token(self, call: Call, answer: Response) -> BackendError:
        read = Call(call.backend, call.operation)  # nothing was asked of the other system yet
        return remote_error(read, answer, now=self.clock.now()) or undecodable(read, "the token cannot be read")

    def _decoded(self, call: Call, work: Callable[[], T]) -> T:
        try:
            return work()
        except WireProblem as problem:
            raise undecodable(call, str(problem)) from None


_DIGITS = 12


def _total(call: Call, answer: Response) -> int | None:
    told = answer.headers.get("x-total-count")
    if told is None:
        return None
    if not (told.isascii() and told.isdecimal() and len(told) <= _DIGITS):
        raise undecodable(call, "X-Total-Count is no number")
    return int(told)
