"""Other people's SIP2: pysip2 as the library system, its declarations as an oracle, and Sip2 as the terminal."""

import contextlib
import logging
from threading import Event, Thread

import anyio
import pysip2
import pytest
from hypothesis import given
from pysip2.models import MESSAGE_SPECS_BY_ID
from Sip2.sip2 import Sip2
from sip2_frames import messages
from sip2_line import ACCOUNT, CARD, CLOCK, patron, payment

from scld_adapters.sip2.client import Account, Client
from scld_adapters.sip2.fake import FakeLibrary
from scld_adapters.sip2.messages import MESSAGES, make
from scld_adapters.sip2.server import serve
from scld_adapters.sip2.settings import Detection, Dialect, Sip2Settings
from scld_adapters.sip2.transport import connect
from scld_adapters.sip2.wire import Codec
from scld_core.errors import ServiceAuthError, UnsupportedOperation

NOW = "20261122    103809"


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_our_declarations_agree_with_pysip2(code):
    """Two readings of the standard: the same fields, widths, tags, and which are required or repeatable."""
    ours, theirs = MESSAGES[code], MESSAGE_SPECS_BY_ID[code]
    assert [(f.name, f.width) for f in ours.fixed] == [(f.name, f.width) for f in theirs.fields if f.width]
    tagged = {(f.field_id, f.required, f.repeatable) for f in theirs.fields if not f.width}
    assert {(f.tag, f.required, f.repeatable) for f in ours.variable} == tagged


# pysip2 wants more of some texts than the frame needs: kinds of values, no zeros in a date, no N in a list of flags,
# no blank count.
TYPED = {
    **dict.fromkeys(("AH", "BW", "CJ", "CM"), NOW),
    **dict.fromkeys(("BI", "BL", "BO", "CI", "CQ"), "Y"),
    **dict.fromkeys(("BZ", "CA", "CB"), "0001"),
    "BH": "USD",
    "BT": "01",
    "BX": "YN" * 8,
    "BY": "2",
    "CK": "001",
}


def _typed(message):
    fixed = (NOW if len(text) == 18 else text for text in message.fixed)
    fixed = (text.replace("N", " ") if len(text) in (10, 14) else text for text in fixed)
    fixed = ("0" if part.name == "status_code" else text for part, text in zip(message.spec.fixed, fixed, strict=True))
    fixed = (text if text.strip() or len(text) != 4 else "0000" for text in fixed)
    own = ((tag, TYPED.get(tag, text)) for tag, text in message.fields if tag in message.spec.tags)
    return type(message)(message.code, tuple(fixed), tuple(own))


@given(messages())
def test_pysip2_reads_what_we_send(message):
    """Every message with its own fields, and the checksum, is read by another implementation with the same values."""
    message = _typed(message)
    sequence = None if message.code in ("96", "97") else 4
    read = pysip2.decode_message(Codec().encode(message, sequence=sequence) + b"\r")
    assert read.sequence_number == sequence
    for part in message.spec.fixed:
        assert getattr(read.message, part.name) == message.value(part.name)
    for part in message.spec.variable:
        theirs = getattr(read.message, part.name)
        assert (theirs or ()) == message.values(part.tag) if part.repeatable else theirs == message.value(part.tag)


class PySip2:
    """pysip2's server in a thread of its own, and how often its handlers ran."""

    def __init__(self):
        self.paid = []
        self.port = 0
        self._ready = Event()
        self._stop = None
        self._thread = Thread(target=lambda: anyio.run(self._run))

    def _app(self):
        app = pysip2.SIP2Server(institution_id="MAIN", login_required=True, logger=logging.getLogger("quiet"))
        app._logger.setLevel(logging.CRITICAL)

        @app.route(pysip2.LOGIN)
        async def login(request, context):
            return pysip2.LoginResponse(ok="1" if request.login_password == "secret" else "0")

        @app.route(pysip2.PATRON_INFORMATION)
        async def information(request, context):
            return pysip2.PatronInformationResponse(
                patron_status=" " * 14,
                language="001",
                transaction_date=context.now_18(),
                **dict.fromkeys(_COUNTS, "0000"),
                institution_id="MAIN",
                patron_identifier=request.patron_identifier,
                personal_name="Fake Müller",
                fine_items=("first 1.00", "second 2.00"),
            )

        @app.route(pysip2.FEE_PAID)
        async def fee(request, context):
            self.paid.append(request.transaction_id)
            return pysip2.FeePaidResponse(
                payment_accepted="Y",
                transaction_date=context.now_18(),
                institution_id="MAIN",
                patron_identifier=request.patron_identifier,
                transaction_id=request.transaction_id,
            )

        return app

    async def _run(self):
        self._stop = anyio.Event()
        app = self._app()
        # the package's own `start` leaves its listening socket open
        async with await app.listen(port=0) as listener, anyio.create_task_group() as tasks:
            tasks.start_soon(listener.serve, app._handle_connection)
            self.port = listener.extra(anyio.abc.SocketAttribute.local_port)
            self._token = anyio.lowlevel.current_token()
            self._ready.set()
            await self._stop.wait()
            tasks.cancel_scope.cancel()

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *exc):
        anyio.from_thread.run_sync(self._stop.set, token=self._token)
        self._thread.join()


_COUNTS = [part.name for part in MESSAGES["64"].fixed if part.name.endswith("_count")]


@pytest.fixture(scope="module")
def system():
    """pysip2 as the library system."""
    with PySip2() as running:
        yield running


class Twice:
    """A link that sends everything twice."""

    def __init__(self, inner):
        self._inner = inner
        self.receive, self.close = inner.receive, inner.close

    def send(self, data, timeout):
        self._inner.send(data + data, timeout)


def _client(system, account=ACCOUNT, wrap=lambda link: link):
    settings = Sip2Settings("127.0.0.1", system.port)
    return Client(lambda: wrap(connect(settings, None)), account)


def test_our_client_asks_pysip2(system):
    """Login, status, patron and payment, with another implementation's numbers and checksums."""
    with _client(system) as terminal:
        answer = terminal.ask(patron(), operation="get")
        assert (answer.text("AE"), answer.values("AV")) == ("Fake Müller", ("first 1.00", "second 2.00"))
        assert terminal.ask(payment("P1"), operation="pay", key="P1").value("BK") == "P1"
        with pytest.raises(UnsupportedOperation):
            terminal.ask(make("17", transaction_date=NOW, institution_id="", item_identifier="1"), operation="item")
    with _client(system, Account("terminal", "wrong")) as terminal, pytest.raises(ServiceAuthError):
        terminal.status()


def test_what_our_client_repeats_is_done_once_by_pysip2(system):
    """Our duplicates are byte-identical, so a server with a memory answers them from it."""
    system.paid.clear()
    with _client(system, wrap=Twice) as terminal:
        for number in range(12):
            assert terminal.ask(payment(f"P{number}"), operation="pay", key="k").value("BK") == f"P{number}"
    assert system.paid == [f"P{number}" for number in range(12)]


@pytest.fixture
def terminal(monkeypatch, tmp_path):
    """The Sip2 package as a terminal, with its log file in a folder of the test."""
    monkeypatch.chdir(tmp_path)
    other = Sip2()
    other.tlsEnable = False
    other.hostName, other.loglevel = "127.0.0.1", "CRITICAL"
    other.institutionId, other.scLocation = "MAIN", "DESK"
    yield other
    with contextlib.suppress(OSError):
        other.disconnect()
    for handler in list(other.log.handlers):
        other.log.removeHandler(handler)
        handler.close()


def test_the_sip2_package_is_served_by_us(terminal):
    """Another terminal logs in, asks for the status and for a patron, and understands our answers."""
    library = FakeLibrary.sample(CLOCK)
    with serve(library.handlers(), clock=CLOCK) as server:
        terminal.hostPort = server.port
        terminal.connect()
        login = terminal.sip_login_response(terminal.get_response(terminal.sip_login_request("terminal", "secret")))
        assert login["fixed"]["Ok"] == "1"
        status = terminal.sip_sc_status_response(terminal.get_response(terminal.sip_sc_status_request()))
        assert status["variable"]["BX"][0][7] == "Y"
        terminal.patron, terminal.patronpwd = CARD, "1234"
        request = terminal.sip_patron_information_request("charged")
        known = terminal.sip_patron_information_response(terminal.get_response(request))
        assert (known["variable"]["AE"], known["variable"]["CQ"]) == (["Fake Testpatron015"], ["Y"])
        terminal.disconnect()


def test_every_request_of_the_sip2_package_is_legal(terminal):
    """Our strict codec reads what that terminal builds."""
    terminal._init_logger()
    codec = Codec(Dialect(encoding="utf-8", checksum=Detection.REQUIRED))
    terminal.patron = CARD
    built = [
        terminal.sip_block_patron_request("left behind"),
        terminal.sip_checkin_request("1"),
        terminal.sip_login_request("terminal", "secret"),
        terminal.sip_patron_status_request(),
        terminal.sip_patron_information_request("fine"),
        terminal.sip_sc_status_request(),
        terminal.sip_end_patron_session_request(),
        terminal.sip_item_information_request("1"),
        terminal.sip_fee_paid_request(1, 0, "1.00"),
    ]
    codes = [codec.decode(frame.rstrip("\r").encode()).message.code for frame in built]
    assert codes == ["01", "09", "93", "23", "63", "99", "35", "17", "37"]
