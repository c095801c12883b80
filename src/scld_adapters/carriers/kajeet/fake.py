"""A Kajeet that holds state: devices, tokens and the Media Center, spoken through the same wire records.

It does what the published pages say and refuses what they do not mention, so that a request with a
field too many is noticed. Nothing in it waits: what takes time happens when `settle` is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import evolve, frozen

from scld_adapters._shared.http import Headers, Request, Response
from scld_adapters._shared.jsonwire import WireProblem, dump_json
from scld_adapters.carriers.kajeet.wire import (
    BadRow,
    DevicePage,
    WireDevice,
    decode_media,
    decode_status_change,
    encode_page,
)

__all__ = ["Effect", "FakeKajeet"]

_JSON = Headers([("Content-Type", "application/json")])


@frozen
class Effect:
    """One real change of one line: which, from what, to what."""

    mdn: str
    before: str
    after: str


def _same(page: DevicePage) -> DevicePage:
    return page


def _refuse(status: int, message: str) -> Response:
    return Response(status, _JSON, dump_json({"message": message}))


class FakeKajeet:
    """The account `corp_id`. `instant` false keeps changes back until `settle`.

    `effects` are the real changes in order; asking again for what is so changes nothing. `tamper`
    spoils the pages of the device list. `may_change` false is a token without the role.
    """

    def __init__(
        self,
        corp_id: str,
        devices: Iterable[WireDevice | BadRow],
        *,
        instant: bool = True,
        media_key: str = "media-key-1",
    ) -> None:
        """Take the devices in the order of the list."""
        self.corp_id = corp_id
        self.devices = list(devices)
        self.instant = instant
        self.token = "token-1"  # noqa: S105 - of a fake
        self.media_key = media_key
        self.may_change = True
        self.effects: list[Effect] = []
        self.tamper: Callable[[DevicePage], DevicePage] = _same
        self._waiting: list[tuple[str, str, str]] = []
        self._tokens = 1

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url
        devices = f"/v1.0/devices/{self.corp_id}"
        try:
            if path == "/v2.0/media/actions" and request.method == "POST":
                return self._media(request)
            if request.header("authorization") != f"Bearer {self.token}":
                return _refuse(401, "token expired")
            if path == devices and request.method == "GET":
                return self._list(dict(request.query))
            if path == f"{devices}/status" and request.method == "PUT":
                return self._status(request)
        except (WireProblem, ValueError, KeyError) as problem:
            return _refuse(400, str(problem))
        return _refuse(404, "no such resource")

    def expire(self) -> None:
        """End the token; the next one is in `token`."""
        self._tokens += 1
        self.token = f"token-{self._tokens}"

    def settle(self) -> int:
        """Let everything that was kept back happen, in order; gives how many changes there were."""
        before = len(self.effects)
        for mdn, field, word in self._waiting:
            self._set(mdn, field, word)
        self._waiting.clear()
        return len(self.effects) - before

    def resume(self, mdn: str, word: str = "active") -> None:
        """Change a line's status as the carrier does by itself, or somebody in the portal."""
        self._set(mdn, "status", word)

    def device(self, mdn: str) -> WireDevice:
        """The line with this number."""
        return next(row for row in self.devices if isinstance(row, WireDevice) and row.mdn == mdn)

    def _list(self, query: dict[str, str]) -> Response:
        offset, limit = int(query["offset"]), int(query["limit"])
        if offset < 0 or not 1 <= limit <= 100 or "sort" not in query or query.get("sortDir") not in ("ASC", "DESC"):
            return _refuse(400, "offset, limit (at most 100), sort and sortDir are required")
        wanted = query.get("searchValue", "")
        rows = [row for row in self.devices if _mentions(row, wanted)]
        page = self.tamper(DevicePage(len(rows), tuple(rows[offset : offset + limit])))
        return Response(200, _JSON, encode_page(page))

    def _status(self, request: Request) -> Response:
        if not self.may_change:
            return _refuse(403, "this endpoint needs another role")
        change = decode_status_change(request.body)
        known = {row.mdn for row in self.devices if isinstance(row, WireDevice)}
        if not known.issuperset(change.mdns):
            return _refuse(404, "unknown mdn")
        for mdn in change.mdns:
            self._ask(mdn, "status", change.status.lower())
        return Response(200, _JSON, b"{}")

    def _media(self, request: Request) -> Response:
        if request.header("x-api-key") != self.media_key:
            return _refuse(401, "unknown key")
        action = decode_media(request.body)
        found = [row for row in self.devices if isinstance(row, WireDevice) and row.imei == action.imei]
        if not found:
            return _refuse(404, "unknown imei")
        self._ask(found[0].mdn, "media_status", "checked in" if action.action == "checkin" else "checked out")
        return Response(200, _JSON, b"")

    def _ask(self, mdn: str, field: str, word: str) -> None:
        if self.instant:
            self._set(mdn, field, word)
        else:
            self._waiting.append((mdn, field, word))

    def _set(self, mdn: str, field: str, word: str) -> None:
        old = self.device(mdn)
        before = str(getattr(old, field))
        if before == word:
            return
        new = evolve(old, status=word) if field == "status" else evolve(old, media_status=word)
        self.devices[self.devices.index(old)] = new
        self.effects.append(Effect(mdn, before, word))


def _mentions(row: WireDevice | BadRow, wanted: str) -> bool:
    numbers = (row.mdn, row.mdn.replace("-", ""))
    more = (row.imei, row.iccid) if isinstance(row, WireDevice) else ()
    return not wanted or any(wanted in (number or "") for number in (*numbers, *more))
