"""Posts callbacks over real HTTP, as the platform does and as a stranger or a bad network would."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from urllib.parse import urlsplit

from attrs import evolve

from scld_adapters.carriers.thingspace.wire_callbacks import Callback, encode_callback

__all__ = ["CallbackSender"]


class CallbackSender:
    """Posts to `url` and keeps nothing; every method gives the HTTP statuses in the order of sending."""

    def __init__(self, url: str) -> None:
        """Send to an http address on the loopback."""
        parts = urlsplit(url)
        self._host, self._port, self._path = parts.hostname or "", parts.port, parts.path or "/"

    def post(self, body: bytes, *, method: str = "POST", kind: str = "application/json") -> int:
        """One request with this body, whatever it is."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=5)
        try:
            connection.request(method, self._path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def send(self, callbacks: Iterable[Callback]) -> list[int]:
        """Each message once, in order."""
        return [self.post(encode_callback(callback)) for callback in callbacks]

    def send_twice(self, callbacks: Iterable[Callback]) -> list[int]:
        """Each message twice in a row."""
        return self.send(again for callback in callbacks for again in (callback, callback))

    def send_reordered(self, callbacks: Iterable[Callback]) -> list[int]:
        """The last message first."""
        return self.send(reversed(list(callbacks)))

    def send_unknown(self, callback: Callback) -> list[int]:
        """The same message about a request that nobody made."""
        return self.send([evolve(callback, request_id="00000000-no-such-request")])

    def send_forged(self, callback: Callback) -> list[int]:
        """The same message from somebody who guesses the credentials."""
        return self.send([evolve(callback, password="guessed")])  # noqa: S106 - a wrong one on purpose
