"""Carriers' fakes in a process of their own, which outlives whoever calls them; told what to do through pipes."""

import http.client
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import datetime

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters._shared.http import Request, Response
from scld_adapters.carriers.kajeet.fake import FakeKajeet
from scld_adapters.carriers.kajeet.wire import WireDevice, decode_status_change
from scld_adapters.carriers.thingspace.fake import ACCOUNT, FakeThingSpace
from scld_adapters.carriers.thingspace.session import Credentials
from scld_core.hotspots.model import ServiceState
from support.clock import Ticking
from support.districts import CASES, FEW, number_of
from support.hotspots import NOW, line

CANARIES = {name: f"canary-{name}" for name in ("key", "secret", "username", "password")}
_STATES = {n: CASES[n][1] for n in FEW}
_VERBS = {"suspended": "suspend", "active": "restore", "suspend": "suspend"}

KAJEET = """[backends.carrier]
use = "kajeet"
corp_id = "SYNTHETIC-LIB"
token = "env:SCLD_TEST_TOKEN"
base_url = "{url}"
page_size = 5
delayed = {delayed}
"""
THINGSPACE = f"""[backends.carrier]
use = "thingspace"
account = "{ACCOUNT}"
base_url = "{{url}}"
page_size = 5
""" + "".join(f'{name} = "env:SCLD_TEST_{name.upper()}"\n' for name in CANARIES)
SECRETS = {"SCLD_TEST_TOKEN": "token-1"} | {f"SCLD_TEST_{name.upper()}": value for name, value in CANARIES.items()}


class KajeetAccount:
    """A Kajeet whose changes show at once, or when it settles; `took` are the requests that it accepted."""

    def __init__(self, *, instant: bool) -> None:
        self.table = KAJEET.replace("{delayed}", "false" if instant else "true")
        self.took: list[tuple[str, int]] = []
        devices = [
            WireDevice(_mdn(n), state.value, imei=str(line(n).imei), iccid=str(line(n).iccid), media_status="")
            for n, state in _STATES.items()
        ]
        self.fake = FakeKajeet("SYNTHETIC-LIB", devices, instant=instant)

    def __call__(self, request: Request) -> Response:
        answer = self.fake(request)
        if request.method == "PUT" and answer.status < 300:
            change = decode_status_change(request.body)
            self.took += [(_VERBS[change.status.lower()], int(mdn[-4:])) for mdn in change.mdns]
        return answer

    def pass_time(self, now: datetime) -> None:
        """What was kept back happens."""
        del now
        self.fake.settle()

    @property
    def effects(self) -> list[tuple[str, int]]:
        """The real changes."""
        return [(_VERBS[effect.after], int(effect.mdn[-4:])) for effect in self.fake.effects]


class ThingSpaceAccount:
    """A ThingSpace that names requests under way in its list, or does not."""

    table = THINGSPACE

    def __init__(self, *, shows_pending: bool) -> None:
        self.clock = Ticking(NOW)
        self.fake = FakeThingSpace([line(n) for n in _STATES], Credentials(**CANARIES), self.clock)
        self.fake.shows_pending = shows_pending
        for n, state in _STATES.items():
            if state is ServiceState.SUSPENDED:
                self.fake.change(str(line(n).iccid), "suspend")
        self.fake.effects.clear()

    def __call__(self, request: Request) -> Response:
        return self.fake(request)

    def pass_time(self, now: datetime) -> None:
        """Accepted requests are carried out."""
        self.clock.at = now
        self.fake.settle()

    @property
    def took(self) -> list[tuple[str, int]]:
        """The requests that it accepted."""
        return [(order.action, number_of(order.iccid)) for order in self.fake.orders]

    @property
    def effects(self) -> list[tuple[str, int]]:
        """The real changes."""
        return [(_VERBS[effect.after], number_of(effect.iccid)) for effect in self.fake.effects]


def _mdn(number: int) -> str:
    return f"521-267-{number:04d}"


class Peer:
    """The asking end. `make` makes a fresh account; `reset` does so again behind the same address."""

    def __init__(self, make: Callable[[], KajeetAccount | ThingSpaceAccount]) -> None:
        there, self._out = os.pipe()
        self._in, back = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._out)
            os.close(self._in)
            _serve(make, there, back)
        os.close(there)
        os.close(back)
        self._asking = os.fdopen(self._out, "w", encoding="utf-8")
        self._answers = os.fdopen(self._in, encoding="utf-8")
        self.url = str(self.ask("url"))

    def ask(self, command: str, *more: str) -> object:
        """Give a command and wait for its answer."""
        self._asking.write(json.dumps([command, *more]) + "\n")
        self._asking.flush()
        return json.loads(self._answers.readline())

    def close(self) -> None:
        """End the process."""
        self._asking.close()
        self._answers.close()
        os.waitpid(self._pid, 0)


class _Serving:
    """The answering end."""

    def __init__(self, make: Callable[[], KajeetAccount | ThingSpaceAccount]) -> None:
        self.make = make
        self.account = make()
        self.server = FakeServer(lambda request: self.account(request))  # noqa: PLW0108 - reset replaces the account
        self.server._server.handle_error = _gone

    def url(self) -> str:
        return self.server.url

    def reset(self) -> None:
        self.account = self.make()

    def pass_time(self, now: str) -> None:
        self.account.pass_time(datetime.fromisoformat(now))

    def facts(self) -> dict[str, object]:
        return {"took": self.account.took, "effects": self.account.effects}

    def drain(self) -> None:
        """Wait until every request that a dead caller has left behind was dealt with.

        Connections are accepted in their order: once a later one has its answer, the earlier ones
        have their threads.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.server._server.server_address[1], timeout=10)
        connection.request("GET", "/drain")
        connection.getresponse().read()
        connection.close()
        others = {threading.main_thread(), self.server._thread}
        for thread in set(threading.enumerate()) - others:
            thread.join()


def _gone(request, address) -> None:
    """A caller that was killed does not wait for its answer."""
    if not isinstance(sys.exception(), ConnectionError):
        traceback.print_exc()


def _serve(make, there: int, back: int) -> None:
    status = 1
    try:
        serving = _Serving(make)
        with serving.server, os.fdopen(there, encoding="utf-8") as asked, os.fdopen(back, "w", encoding="utf-8") as out:
            for text in asked:
                command, *more = json.loads(text)
                out.write(json.dumps(getattr(serving, command)(*more)) + "\n")
                out.flush()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not run on as a copy of its parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)
