"""How long a token lives: fetched before its end, renewed once when the system refuses it early.

========================  =====================  ==============================================
the token in use          somebody needs one     the system refuses it with 401
========================  =====================  ==============================================
none                      one is fetched         (none was sent)
good for the margin       it is given            forgotten; a new one is fetched, and sent once
about to end              a new one is fetched   the same
already replaced          the newer is given     the newer stays, and is sent once
========================  =====================  ==============================================

A second refusal in a row is the answer: the account is refused and not the token.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from attrs import field, frozen

from scld_adapters._shared.http import Response
from scld_core.kernel.time import Clock
from scld_core.kernel.validate import instant, nonempty, optional

__all__ = ["Token", "TokenLife", "with_token"]


@frozen
class Token:
    """A secret that works until `expires`; None when nobody says until when."""

    text: str = field(repr=False, validator=nonempty)
    expires: datetime | None = field(default=None, validator=optional(instant))

    def good(self, now: datetime, margin: timedelta) -> bool:
        """Whether it will still work `margin` after `now`."""
        return self.expires is None or now + margin < self.expires


class TokenLife:
    """The token in use. `fetch` gets a new one, by a login or by reading the secret again.

    `margin` covers the time between asking for the token and the system reading it.
    """

    def __init__(self, fetch: Callable[[], Token], clock: Clock, margin: timedelta = timedelta(seconds=60)) -> None:
        """Fetch nothing yet."""
        self._fetch = fetch
        self._clock = clock
        self._margin = margin
        self._token: Token | None = None
        self._lock = Lock()

    def get(self) -> str:
        """A token that is not about to expire; raises what `fetch` raises."""
        with self._lock:
            if self._token is None or not self._token.good(self._clock.now(), self._margin):
                self._token = self._fetch()
            return self._token.text

    def refuse(self, text: str) -> None:
        """Forget the token `text`, which the system refused; a newer one stays."""
        with self._lock:
            if self._token is not None and self._token.text == text:
                self._token = None


def with_token(life: TokenLife, send: Callable[[str], Response]) -> Response:
    """Send with the token; after a 401 once more with a new one, when there is a new one.

    A 401 is given before anything is done, so that a write too may be repeated, once.
    """
    token = life.get()
    answer = send(token)
    if answer.status != 401:
        return answer
    life.refuse(token)
    renewed = life.get()
    return answer if renewed == token else send(renewed)
