"""The only place of this adapter that sends: three requests, each with its credentials."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from attrs import field, frozen

from scld_adapters._shared.faults import Call, checked, undecodable
from scld_adapters._shared.http import Pairs, Request, Response, Send
from scld_adapters._shared.jsonwire import WireProblem
from scld_adapters._shared.tokens import TokenLife, with_token
from scld_adapters.carriers.kajeet.errors import explanation
from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_adapters.carriers.kajeet.wire import (
    DevicePage,
    MediaAction,
    StatusChange,
    decode_page,
    encode_media,
    encode_status_change,
)
from scld_core.kernel.time import Clock

__all__ = ["KajeetTransport"]

_JSON = (("Accept", "application/json"), ("Content-Type", "application/json"))


@frozen
class KajeetTransport:
    """Kajeet's two hosts. `media_key` gives the key of the Media Center when it is asked for."""

    send: Send = field(repr=False)
    settings: KajeetSettings
    clock: Clock
    tokens: TokenLife = field(repr=False)
    media_key: Callable[[], str] = field(repr=False)

    def devices(self, call: Call, *, offset: int, search: str = "") -> DevicePage:
        """One page of the device list from `offset`; `search` narrows it by any number of a line."""
        query: Pairs = (
            ("offset", str(offset)),
            ("limit", str(self.settings.page_size)),
            ("sort", "MDN"),
            ("sortDir", "ASC"),
            *((("searchValue", search),) if search else ()),
        )
        answer = self._sentinel(call, "GET", self._devices_url(), query=query)
        try:
            return decode_page(answer.body)
        except WireProblem as problem:
            raise undecodable(call, str(problem)) from None

    def change_status(self, call: Call, change: StatusChange) -> None:
        """Ask for another status. The body of the answer is not published, so it is not looked at."""
        self._sentinel(call, "PUT", f"{self._devices_url()}/status", body=encode_status_change(change))

    def media_action(self, call: Call, action: MediaAction) -> None:
        """Check a device out or in at the Media Center. The answer may be empty."""
        key = self.media_key()
        url = f"{self.settings.media_url.rstrip('/')}/v2.0/media/actions"
        request = Request("POST", url, (*_JSON, ("x-api-key", key)), encode_media(action))
        self._checked(call, lambda: self.send(request), secrets=[key])

    def _devices_url(self) -> str:
        return f"{self.settings.base_url.rstrip('/')}/v1.0/devices/{quote(self.settings.corp_id, safe='')}"

    def _sentinel(self, call: Call, method: str, url: str, *, query: Pairs = (), body: bytes = b"") -> Response:
        used: list[str] = []

        def attempt(token: str) -> Response:
            used.append(token)
            return self.send(Request(method, url, (*_JSON, ("Authorization", f"Bearer {token}")), body, query))

        return self._checked(call, lambda: with_token(self.tokens, attempt), secrets=used)

    def _checked(self, call: Call, attempt: Callable[[], Response], *, secrets: list[str]) -> Response:
        def explain(answer: Response) -> str:
            return explanation(answer, secrets=tuple(secrets))

        return checked(call, attempt, now=self.clock.now(), explain=explain)
