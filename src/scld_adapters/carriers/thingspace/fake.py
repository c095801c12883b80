"""A ThingSpace that holds state: tokens, lines and requests, spoken through the same wire records.

It does what the published pages say and refuses what they do not mention. Nothing in it waits: an
accepted request is carried out when the test calls `settle`, and days pass with the test's clock.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from attrs import define, evolve, field, frozen

from scld_adapters._shared.http import Headers, Request, Response
from scld_adapters._shared.jsonwire import WireProblem, dump_json
from scld_adapters.carriers.thingspace.session import Credentials
from scld_adapters.carriers.thingspace.wire import (
    Accepted,
    BadRow,
    CarrierInformation,
    DeviceId,
    DevicePage,
    DeviceRow,
    RequestStatus,
    decode_action,
    decode_list_request,
    encode_accepted,
    encode_page,
    encode_status,
)
from scld_adapters.carriers.thingspace.wire_access import (
    GRANT,
    Problem,
    SessionGrant,
    TokenGrant,
    decode_basic,
    decode_login,
    encode_problem,
    encode_session,
    encode_token,
)
from scld_adapters.carriers.thingspace.wire_callbacks import Callback, Registration, decode_registration
from scld_core.kernel.devices import Line
from scld_core.kernel.time import Clock

__all__ = ["ACCOUNT", "Effect", "FakeLine", "FakeThingSpace", "Order"]

ACCOUNT = "0000123456-00001"
"""The account of every fake."""

_JSON = Headers([("Content-Type", "application/json")])
_LEAVES = {"suspend": "suspend", "restore": "active", "deactivate": "deactive"}
_FROM = {"suspend": ("active",), "restore": ("suspend",), "deactivate": ("active", "suspend")}
_UNDER_WAY = {"suspend": "pending suspend", "restore": "pending resume"}
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_SERVICE = "UnifiedWebService."
BUDGET_CODE = f"{_SERVICE}REQUEST_FAILED.ProvisioningActionsExceeded"
"""Invented: the limit of actions is published, the code of its refusal is not."""


@frozen
class Effect:
    """One real change of one line, by its SIM: from which state to which."""

    iccid: str
    before: str
    after: str


@define
class FakeLine:
    """A line: its numbers, its state in ThingSpace's word, and what was asked for it when."""

    row: DeviceRow
    state: str = "active"
    since: datetime | None = None
    actions: list[datetime] = field(factory=list[datetime])
    announced: bool = False

    def number(self, kind: str) -> str:
        """The identifier of that kind, or nothing."""
        return next((i.id for i in self.row.ids if i.kind == kind), "")


@define
class Order:
    """An accepted request and what became of it."""

    reference: str
    action: str
    iccid: str
    status: str = "Pending"


class _Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, code: str, *, gateway: bool = False) -> None:
        super().__init__(code)
        self.response = Response(status, _JSON, encode_problem(Problem(code, gateway)))


class FakeThingSpace:
    """The platform with one account; what a test may turn is a plain attribute.

    `pending_forever` keeps `settle` from doing anything. `shows_pending` says whether a list names a
    request under way. `resume_after` days end a suspension. `budget` is the actions a line has in 24
    hours. `session_ended_as` is the HTTP status of a session's end. `tamper` spoils pages. `page_limit`
    is the longest page. `effects` are the real changes in order; `callbacks` the messages not yet sent.
    """

    def __init__(self, lines: Iterable[Line], who: Credentials, clock: Clock) -> None:
        """Take the lines in the order of their device numbers; all are active."""
        self.who = who
        self.clock = clock
        self.lines = {str(line.iccid): FakeLine(_row(number, line)) for number, line in enumerate(lines, 1001)}
        self.orders: list[Order] = []
        self.effects: list[Effect] = []
        self.callbacks: deque[Callback] = deque()
        self.registered: Registration | None = None
        self.pending_forever = False
        self.shows_pending = True
        self.resume_after = 90
        self.budget = 5
        self.page_limit = 2000
        self.session_ended_as = 400
        self.tamper: Callable[[DevicePage], DevicePage] = _same
        self.tokens = 0
        self.sessions = 0
        self.failed_logins = 0
        self._bearer: tuple[str, datetime] | None = None
        self._session = ""

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        self.pass_time()
        try:
            return self._route(request)
        except _Refused as refused:
            return refused.response
        except (WireProblem, ValueError):
            return _Refused(400, f"{_SERVICE}REQUEST_FAILED.UnexpectedError").response

    def _route(self, request: Request) -> Response:
        path = (request.method, request.url)
        if path == ("POST", "/ts/v1/oauth2/token"):
            return self._grant(request)
        self._check_bearer(request)
        if path == ("POST", "/m2m/v1/session/login"):
            return self._login(request)
        self._check_session(request)
        action = re.fullmatch(r"/m2m/v1/devices/actions/(suspend|restore|deactivate)", request.url)
        status = re.fullmatch(rf"/m2m/v1/accounts/{ACCOUNT}/requests/([A-Za-z0-9-]+)/status", request.url)
        if path == ("POST", "/m2m/v1/devices/actions/list"):
            return self._list(request)
        if action and request.method == "POST":
            return self._act(action[1], request)
        if status and request.method == "GET":
            return self._status(status[1])
        if path == ("POST", f"/m2m/v1/callbacks/{ACCOUNT}"):
            return self._register(request)
        raise _Refused(404, "900906", gateway=True)

    # tokens

    def expire(self) -> None:
        """End both tokens."""
        self.expire_bearer()
        self.expire_session()

    def expire_bearer(self) -> None:
        """End the OAuth token."""
        self._bearer = None

    def expire_session(self) -> None:
        """End the session, as 20 minutes without use do."""
        self._session = ""

    def _grant(self, request: Request) -> Response:
        if decode_basic(request.header("authorization") or "") != (self.who.key, self.who.secret):
            raise _Refused(401, "900901", gateway=True)
        if request.body != GRANT:
            raise _Refused(400, "invalid_request")
        now = self.clock.now()
        if self._bearer is None or self._bearer[1] <= now:
            self.tokens += 1
            self._bearer = (f"bearer-canary-{self.tokens}", now + _HOUR)
        token, ends = self._bearer
        return _ok(encode_token(TokenGrant(token, int((ends - now).total_seconds()))))

    def _check_bearer(self, request: Request) -> None:
        good = self._bearer is not None and self._bearer[1] > self.clock.now()
        if self._bearer is None or not good or request.header("authorization") != f"Bearer {self._bearer[0]}":
            raise _Refused(401, "900901", gateway=True)

    def _login(self, request: Request) -> Response:
        login = decode_login(request.body)
        if self.failed_logins >= 5 or (login.username, login.password) != (self.who.username, self.who.password):
            self.failed_logins += 1
            raise _Refused(400, f"{_SERVICE}INPUT_INVALID.Password.Invalid")
        self.failed_logins = 0
        self.sessions += 1
        self._session = f"session-canary-{self.sessions}"
        return _ok(encode_session(SessionGrant(self._session)))

    def _check_session(self, request: Request) -> None:
        if not self._session or request.header("vz-m2m-token") != self._session:
            raise _Refused(self.session_ended_as, f"{_SERVICE}REQUEST_FAILED.SessionToken.Expired")

    # lines

    def _list(self, request: Request) -> Response:
        wanted = decode_list_request(request.body)
        _check_account(wanted.account)
        if wanted.device is not None:
            found = [self._find(wanted.device)]
            more = False
        else:
            limit = min(wanted.limit or 2000, self.page_limit)
            later = [line for line in self.lines.values() if (line.row.number or 0) > (wanted.largest_seen or 0)]
            found, more = later[:limit], len(later) > limit
        page = self.tamper(DevicePage(tuple(self._shown(line) for line in found), more))
        return Response(202 if page.more else 200, _JSON, encode_page(page))

    def _shown(self, line: FakeLine) -> DeviceRow | BadRow:
        waiting = [o for o in self.orders if o.iccid == line.number("iccid") and o.status == "Pending"]
        word = _UNDER_WAY.get(waiting[-1].action, line.state) if waiting and self.shows_pending else line.state
        return evolve(line.row, carriers=(CarrierInformation(word, "Verizon Wireless"),))

    def _find(self, device: DeviceId) -> FakeLine:
        for line in self.lines.values():
            if device in line.row.ids:
                return line
        raise _Refused(400, f"{_SERVICE}REQUEST_FAILED.DeviceNotFound")

    def _act(self, action: str, request: Request) -> Response:
        wanted = decode_action(request.body)
        _check_account(wanted.account)
        if (action == "deactivate") is not (wanted.reason_code == "FF"):
            raise _Refused(400, f"{_SERVICE}INPUT_INVALID.ReasonCode")
        line = self._find(wanted.device)
        now = self.clock.now()
        line.actions = [at for at in line.actions if now - at < _DAY]
        if len(line.actions) >= self.budget:
            raise _Refused(400, BUDGET_CODE)
        line.actions.append(now)
        self.orders.append(Order(f"request-{len(self.orders) + 1:06}", action, line.number("iccid")))
        return _ok(encode_accepted(Accepted(self.orders[-1].reference)))

    def _status(self, reference: str) -> Response:
        for order in self.orders:
            if order.reference == reference:
                return _ok(encode_status(RequestStatus(reference, order.status)))
        raise _Refused(404, f"{_SERVICE}REQUEST_FAILED.RequestNotFound")

    def _register(self, request: Request) -> Response:
        self.registered = decode_registration(request.body)
        return _ok(dump_json({"accountName": ACCOUNT, "name": self.registered.service}))

    # what the platform does by itself

    def settle(self, count: int | None = None) -> int:
        """Carry out the oldest `count` waiting requests (all when None); gives how many lines changed."""
        before = len(self.effects)
        waiting = [] if self.pending_forever else [o for o in self.orders if o.status == "Pending"]
        for order in waiting[:count]:
            line = self.lines[order.iccid]
            done = line.state in _FROM[order.action]
            order.status = "Success" if done else "Failure"
            if done:
                self.change(order.iccid, _LEAVES[order.action])
            fault = "" if done else f"{_SERVICE}INPUT_INVALID.DeviceState.Invalid"
            self._say(order.reference, order.iccid, "Success" if done else "Failed", fault)
        return len(self.effects) - before

    def change(self, iccid: str, state: str) -> None:
        """Change a line's state, as the platform does or somebody in the portal."""
        line = self.lines[iccid]
        self.effects.append(Effect(iccid, line.state, state))
        line.state, line.since, line.announced = state, self.clock.now(), False

    def pass_time(self) -> None:
        """End the suspensions whose days are over, and announce those that end within 7 days."""
        now = self.clock.now()
        for iccid, line in self.lines.items():
            if line.state != "suspend" or line.since is None:
                continue
            ends = line.since + timedelta(days=self.resume_after)
            if ends <= now:
                self.change(iccid, "active")
            elif ends - timedelta(days=7) <= now and not line.announced:
                line.announced = True
                self._say(f"resume-{iccid}", iccid, "Success")

    def _say(self, reference: str, iccid: str, status: str, fault: str = "") -> None:
        known = self.registered
        names = (known.username, known.password) if known else ("", "")
        self.callbacks.append(Callback(reference, (DeviceId("iccid", iccid),), status, fault, *names))


def _same(page: DevicePage) -> DevicePage:
    return page


def _row(number: int, line: Line) -> DeviceRow:
    ids = [DeviceId("imei", str(line.imei)), DeviceId("iccid", str(line.iccid))]
    if line.msisdn is not None:
        ids.append(DeviceId("mdn", str(line.msisdn)[1:]))
    return DeviceRow(tuple(ids), number=number)


def _ok(body: bytes) -> Response:
    return Response(200, _JSON, body)


def _check_account(account: str) -> None:
    if account != ACCOUNT:
        raise _Refused(400, f"{_SERVICE}REQUEST_FAILED.AccountNotFound")
