"""The port over Acme's one entry: a request goes out as a dict, an answer comes back as one.

The transport raises ConnectionError when nothing was sent, and TimeoutError when no answer came.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from acme_carrier.plugin import AcmeSettings
from scld_core.errors import NotFound, OutcomeUnknown, RateLimited, Rejected, Unavailable, UnsupportedOperation
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.page import Page
from scld_core.plugins import BackendContext
from scld_core.runs.model import Answer, AnswerKind, ReadBack

__all__ = ["AcmeLines"]

_STATES = {"ON": ServiceState.ACTIVE, "OFF": ServiceState.SUSPENDED}


class AcmeLines:
    """The lines of one Acme account."""

    live = True
    asynchronous = False

    def __init__(self, settings: AcmeSettings, context: BackendContext) -> None:
        self._settings = settings
        self._context = context

    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Every line, page by page."""
        start = 0
        while True:
            now = self._context.clock.now()
            answer = self._send("list", start=start, count=self._settings.page_size)
            start += len(answer["lines"])
            last = start >= answer["total"]
            yield Page(tuple(map(self._view, answer["lines"])), now, last=last, total=answer["total"])
            if last:
                return

    def get(self, line: Line) -> LineView:
        """One line by its SIM."""
        return self._view(self._send("show", sim=str(line.iccid))["line"])

    def suspend(self, line: Line, *, key: str) -> Answer:
        """Switch off."""
        return self._switch("suspend", line, "OFF", key)

    def restore(self, line: Line, *, key: str) -> Answer:
        """Switch on."""
        return self._switch("restore", line, "ON", key)

    def terminate(self, line: Line, *, key: str) -> Answer:
        """By telephone only."""
        raise UnsupportedOperation(self._context.instance, "terminate", "Acme ends a line by telephone only")

    def request_state(self, reference: str) -> ReadBack:
        """Nothing is ever under way."""
        raise UnsupportedOperation(self._context.instance, "request_state", "nothing is ever under way")

    def _switch(self, operation: str, line: Line, wish: str, key: str) -> Answer:
        answer = self._send("switch", operation, key=key, sim=str(line.iccid), to=wish)
        return Answer(AnswerKind.DONE, answer["receipt"])

    def _send(self, verb: str, operation: str = "read", *, key: str = "", **fields: Any) -> dict[str, Any]:
        token = self._context.secret(self._settings.token)
        request = {"verb": verb, "account": self._settings.account, "token": token, "key": key, **fields}
        try:
            answer: dict[str, Any] = self._context.transport(request)
        except ConnectionError:
            raise Unavailable(self._context.instance, operation, "no connection to Acme") from None
        except TimeoutError:
            raise OutcomeUnknown(self._context.instance, operation, "Acme did not answer", key) from None
        if answer["status"] != "ok":
            self._refused(answer["status"], operation)
        return answer

    def _refused(self, status: str, operation: str) -> NoReturn:
        kinds = {"unknown": NotFound, "busy": RateLimited}
        raise kinds.get(status, Rejected)(self._context.instance, operation, f"Acme says '{status}'")

    def _view(self, row: dict[str, str]) -> LineView:
        state = _STATES.get(row["state"], ServiceState.UNKNOWN_WORD)
        return LineView(Imei(row["imei"]), Iccid(row["sim"]), state, self._context.clock.now(), row["state"])
