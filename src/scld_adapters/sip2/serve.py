"""A SIP2 server over a district's desks: `scld sip2 serve`.

Each machine has one desk, in a thread of its own, under its own name: what it did stands in the journal as
done by it. Several connections of one machine wait for one another there.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from scld_adapters.sip2.acs import Acs, AcsSettings, Handler, status
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.desk_handlers import DeskHandlers
from scld_adapters.sip2.desk_offer import unsupported
from scld_adapters.sip2.desk_protocol import Memory, Station, on_screen
from scld_adapters.sip2.errors import Unsendable
from scld_adapters.sip2.messages import Message, make
from scld_adapters.sip2.seal import Seal
from scld_adapters.sip2.self_checks import FILE, SelfCheck, SelfChecks, read_self_checks
from scld_adapters.sip2.server import Server
from scld_adapters.sip2.wire import Codec
from scld_core.errors import BackendError, BadInput, GuardStopped, ScldError, Unavailable, UnsupportedOperation
from scld_core.kernel.time import Clock
from scld_core.plugins.serving import ServeOrder, Serving

__all__ = ["DeskThread", "serve_desks"]

_LOGGER = logging.getLogger("scld.sip2")

T = TypeVar("T")


class DeskThread:
    """A desk that was opened, is used and is closed in one thread."""

    def __init__(self, open_desk: Callable[[], AbstractContextManager[Any]]) -> None:
        """Start the thread and wait until the desk is open; raises what opening it raised."""
        self._work: SimpleQueue[Callable[[Any], None] | None] = SimpleQueue()
        opened: Future[None] = Future()
        self._thread = Thread(target=self._run, args=(open_desk, opened), name="sip2-desk", daemon=True)
        self._thread.start()
        opened.result()

    def _run(self, open_desk: Callable[[], AbstractContextManager[Any]], opened: Future[None]) -> None:
        try:
            with open_desk() as desk:
                opened.set_result(None)
                while (work := self._work.get()) is not None:
                    work(desk)
        except BaseException as fault:  # noqa: BLE001 - handed to the thread that waits
            if not opened.done():
                opened.set_exception(fault)

    def do(self, work: Callable[[Any], T]) -> T:
        """What `work` gives with the desk; raises what it raises."""
        result: Future[T] = Future()

        def run(desk: Any) -> None:
            try:
                result.set_result(work(desk))
            except BaseException as fault:  # noqa: BLE001 - handed to the thread that waits
                result.set_exception(fault)

        self._work.put(run)
        return result.result()

    def close(self) -> None:
        """Close the desk once what is under way is done."""
        self._work.put(None)
        self._thread.join()


class _District:
    """The machines of one district, and their desks as they log in."""

    def __init__(self, order: ServeOrder, settings: SelfChecks) -> None:
        self._order, self._settings = order, settings
        self._machines = {machine.user: machine for machine in settings.terminal}
        self._memory, self._lock = Memory(), Lock()
        self._desks: dict[str, DeskThread] = {}
        try:
            first = self._desk(settings.terminal[0])
            self.zone, self.library, self._secrets = first.do(lambda desk: _told(desk, settings))
            self._lacking = first.do(unsupported)
            self._clock: Clock = first.do(lambda desk: desk.clock)
            self._seal = Seal(next(iter(self._secrets.values())), "self-checks", self.library)
            self._check_status()
        except BaseException:
            self.close()
            raise

    def _desk(self, machine: SelfCheck) -> DeskThread:
        with self._lock:
            if machine.user not in self._desks:
                self._desks[machine.user] = DeskThread(lambda: self._order.open_desk(machine.user))
            return self._desks[machine.user]

    def login(self, user: str, password: str) -> dict[str, Handler] | None:
        """The handlers of the machine that logs in; None where it may not, or where its desk cannot be opened.

        A refusal does not wait: it ends the connection, and one that waits would keep a place from the machines.
        """
        known = self._secrets.get(user, "")
        if not (_same(known, password) and known):
            # what was sent may be a password in the wrong place: a machine is named as it stands in the file
            why = f"the password of {self._machines[user].user} is not right" if known else "there is no such machine"
            _LOGGER.warning("a login was refused: %s", why)
            return None
        machine = self._machines[user]
        try:
            thread = self._desk(machine)
        except ScldError as fault:
            _LOGGER.warning("a machine's desk cannot be opened: %s", type(fault).__name__)
            return None

        def handlers(desk: Any) -> dict[str, Handler]:
            station = Station(
                desk, machine, self._settings, self.zone, self._seal, self._memory, self._institution, self._lacking
            )
            return dict(DeskHandlers.of(station).table())

        found = thread.do(handlers)
        return {code: _elsewhere(thread, handler) for code, handler in found.items()}

    def close(self) -> None:
        with self._lock:
            desks, self._desks = tuple(self._desks.values()), {}
        for desk in desks:
            desk.close()

    def conversation(self) -> Acs:
        """The other end of a new connection: nothing but a login is answered first."""
        handlers: dict[str, Handler] = {}

        def log_in(request: Message) -> Message:
            found = self.login(request.text("CN"), request.text("CO"))
            for code in [code for code in handlers if code != "93"]:
                del handlers[code]
            handlers.update(found or {})
            if found is not None:
                conversation.name = self._machines[request.text("CN")].user
            return make("94", ok="0" if found is None else "1")

        handlers["93"] = log_in
        conversation = Acs(handlers, self._said(), self._clock)
        return conversation

    def _said(self) -> AcsSettings:
        return AcsSettings(
            institution=self._institution,
            library=on_screen(self.library, self._settings.dialect),
            timezone=self.zone.key,
            dialect=self._settings.dialect,
        )

    @property
    def _institution(self) -> str:
        return self._order.institution or self._settings.institution

    def _check_status(self) -> None:
        """BadInput where the answer with which each machine begins could not be sent: no machine would ever start."""
        dialect = self._settings.dialect
        now = format_date(self._clock.now(), self.zone, dialect.dates)
        try:
            Codec(dialect).encode(status(self._said(), (), now))
        except Unsendable as problem:
            where = "--institution" if self._order.institution else FILE
            what = f"the institution cannot be sent as AO ({problem})"
            raise BadInput(where, what, "Give a short one in plain letters, or set dialect.encoding") from None


def _elsewhere(thread: DeskThread, handler: Handler) -> Handler:
    return lambda request: thread.do(lambda _: handler(request))


def _told(desk: Any, settings: SelfChecks) -> tuple[ZoneInfo, str, dict[str, str]]:
    """The zone and name of a district, and the machines' passwords."""
    said = desk.settings.district
    secrets = {one.user: desk.registry.resolve_secret(one.password, desk.folder) for one in settings.terminal}
    blank = [user for user, secret in secrets.items() if not secret.strip()]
    if blank:
        raise BadInput(FILE, f"the password of {blank[0]} is blank", "Set it where the file says it lies")
    _check_libraries(desk, settings)
    return ZoneInfo(said.timezone), said.name, {user: secret.strip() for user, secret in secrets.items()}


def _check_libraries(desk: Any, settings: SelfChecks) -> None:
    """BadInput for a machine that stands in no library of the ILS, where the ILS tells its libraries."""
    try:
        known = () if desk.catalog is None else tuple(str(library.id) for library in desk.catalog.libraries())
    except UnsupportedOperation:
        return
    except (BackendError, GuardStopped) as fault:  # the ILS may be back before the first patron
        _LOGGER.warning("the libraries of the machines could not be looked up: %s", type(fault).__name__)
        return
    for machine in settings.terminal:
        if known and machine.library not in known:
            what = f"is no library of the ILS, and {machine.user} stands in it"
            raise BadInput(f"{FILE}: {machine.library}", what, f"There are: {', '.join(sorted(known))}")


def _same(known: str, said: str) -> bool:
    return hmac.compare_digest(known.encode(), said.encode())


class _Running:
    """A server and its desks."""

    def __init__(self, server: Server, district: _District) -> None:
        self._server, self._district = server, district
        self.port = server.port

    def close(self) -> None:
        """Stop listening, end every connection, and close every desk."""
        self._server.close()
        self._district.close()


def serve_desks(order: ServeOrder) -> Serving:
    """Listen for the machines that the district's folder names.

    BadInput where it names none, where the files of TLS cannot be used, and for another address than this
    machine's own without TLS: SIP2 carries cards and PINs as plain text. Unavailable where it cannot listen.
    """
    settings = read_self_checks(order.folder)
    tls = _tls(order)
    if tls is None and not _only_here(order.host):
        raise BadInput(
            order.host, "can be reached by others, and SIP2 is plain text", "Give --tls-cert, or put a tunnel before it"
        )
    district = _District(order, settings)
    try:
        server = Server(district.conversation, (order.host, order.port), timing=settings.timing, tls=tls)
    except OSError as problem:
        district.close()
        where = f"{order.host} port {order.port}"
        raise Unavailable(
            "sip2", "serve", f"cannot listen on {where}: {problem.strerror or 'it is no address'}"
        ) from None
    return _Running(server, district)


def _only_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls(order: ServeOrder) -> ssl.SSLContext | None:
    if order.certificate is None:
        if order.key is not None:
            raise BadInput("--tls-key", "goes with --tls-cert")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(order.certificate, order.key)
    except OSError as problem:
        raise BadInput(str(order.certificate), f"cannot be used for TLS ({type(problem).__name__})") from None
    return context
