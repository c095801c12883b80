"""Real sockets on the loopback: TCP and TLS, many terminals, and peers that misbehave."""

import contextlib
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from sip2_line import ACCOUNT, CARD, CLOCK, patron, payment

from scld_adapters.sip2 import server as server_module
from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.client import Client
from scld_adapters.sip2.errors import LinkLost, LinkTimeout, NotConnected
from scld_adapters.sip2.fake import FakeLibrary
from scld_adapters.sip2.faulty import Fault, FaultyConversation
from scld_adapters.sip2.server import Server, converse, serve
from scld_adapters.sip2.settings import Sip2Settings, Timing, TlsSettings
from scld_adapters.sip2.transport import SocketLink, connect
from scld_core.errors import OutcomeUnknown, Unavailable
from scld_core.plugins.spec import SecretRef

QUICK = Timing(connect=2.0, answer=0.2, resends=1)


@pytest.fixture
def library():
    """A fake library."""
    return FakeLibrary.sample(CLOCK)


def client(port, *, timing=None, tls=None, folder=Path(), host="127.0.0.1"):
    """A client of the loopback."""
    settings = Sip2Settings(
        host, port, user="terminal", password=SecretRef("env:UNUSED"), timing=timing or Timing(), tls=tls
    )
    return Client(lambda: connect(settings, folder), ACCOUNT, timing=timing)


def test_a_terminal_is_served_over_tcp(library):
    """Login, a read and a write over a real connection, twice."""
    with serve(library.handlers(), clock=CLOCK) as server:
        for number in range(2):
            with client(server.port) as terminal:
                assert terminal.ask(patron(), operation="get").text("AE") == "Fake Testpatron015"
                assert terminal.ask(payment(f"P{number}"), operation="pay", key="k").value("payment_accepted") == "Y"
    assert sum(library.applied.values()) == 2


def test_many_terminals_at_once(library):
    """Eight terminals with ten payments each: eighty payments, each once."""

    def work(terminal, number):
        with client(server.port) as desk:
            for place in range(10):
                desk.ask(payment(f"P{terminal}-{place}"), operation="pay", key="k")
        return number

    with serve(library.handlers(), clock=CLOCK) as server, ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8), range(8)))
    assert set(library.applied.values()) == {1}
    assert len(library.applied) == 80


def test_threads_share_one_client(library):
    """One connection, asked by four threads: every thread gets its own answer."""
    with serve(library.handlers(), clock=CLOCK) as server, client(server.port) as desk, ThreadPoolExecutor(4) as pool:
        cards = [CARD, "29999000000008", "29999000000010"] * 10
        answers = list(pool.map(lambda card: desk.ask(patron(card), operation="get").text("AA"), cards))
    assert answers == cards


@pytest.fixture
def authority(tmp_path):
    """A certificate authority of our own, its file, and a server's context."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return ca, context


def test_a_terminal_is_served_over_tls(library, authority, tmp_path):
    """The server's certificate is verified, for the host or for another name that the settings give."""
    with serve(library.handlers(), tls=authority[1], clock=CLOCK) as server:
        for host, name in (("localhost", ""), ("127.0.0.1", "localhost")):
            tls = TlsSettings(authorities="ca.pem", server_name=name)
            with client(server.port, tls=tls, folder=tmp_path, host=host) as terminal:
                assert terminal.ask(patron(), operation="get").text("AA") == CARD


def test_a_client_certificate_is_shown_where_it_is_asked_for(library, authority, tmp_path):
    """With a certificate the terminal is let in, without one it is not."""
    ca, context = authority
    ca.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    ours = ca.issue_cert("terminal.example.org")
    ours.private_key_and_cert_chain_pem.write_to_path(tmp_path / "ours.pem")
    with serve(library.handlers(), tls=context, clock=CLOCK) as server:
        shown = TlsSettings(authorities="ca.pem", certificate="ours.pem", key="ours.pem")
        with client(server.port, tls=shown, folder=tmp_path, host="localhost") as terminal:
            assert terminal.status().code == "98"
        unknown = TlsSettings(authorities="ca.pem")
        with (
            client(server.port, tls=unknown, folder=tmp_path, host="localhost") as terminal,
            pytest.raises(Unavailable),
        ):
            terminal.status()


@pytest.mark.parametrize(
    ("tls", "host"),
    [
        (TlsSettings(), "localhost"),
        (TlsSettings(authorities="ca.pem"), "127.0.0.1"),
        (TlsSettings(authorities="missing.pem"), "localhost"),
        (TlsSettings(authorities="ca.pem", certificate="missing.pem"), "localhost"),
    ],
)
def test_a_server_that_cannot_be_verified_gets_nothing(library, authority, tmp_path, tls, host):
    """An unknown authority, another name, a file that is not there: no login leaves us."""
    with (
        serve(library.handlers(), tls=authority[1], clock=CLOCK) as server,
        client(server.port, tls=tls, folder=tmp_path, host=host) as terminal,
        pytest.raises(Unavailable),
    ):
        terminal.ask(payment("P1"), operation="pay", key="P1")
    assert not library.applied


def test_nobody_listens(unused_port):
    """A refused connection means that nothing happened."""
    with pytest.raises(Unavailable):
        client(unused_port).ask(payment("P1"), operation="pay", key="P1")


@pytest.fixture
def unused_port():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def test_a_server_that_never_answers():
    """A silent system, such as one at its limit of connections, costs the time of the timing and no more."""
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
        client(silent.getsockname()[1], timing=QUICK).status()


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.CLOSE_AFTER])
def test_a_payment_whose_answer_is_lost_on_a_real_line(library, fault):
    """It happened, the client does not know, and it was sent once."""

    def conversation():
        return FaultyConversation(Acs(library.handlers(), AcsSettings(), CLOCK), [Fault.NONE, Fault.NONE, fault])

    with (
        Server(conversation, ("127.0.0.1", 0)) as server,
        client(server.port, timing=QUICK) as terminal,
        pytest.raises(OutcomeUnknown),
    ):
        terminal.ask(payment("P1"), operation="pay", key="P1")
    assert library.applied[("37", "P1")] == 1


def test_a_silent_terminal_is_let_go(library):
    """After the idle time the server closes, and its thread ends."""
    with (
        serve(library.handlers(), timing=Timing(idle=0.05), clock=CLOCK) as server,
        socket.create_connection(("127.0.0.1", server.port), 5) as terminal,
    ):
        assert terminal.recv(10) == b""


class Dripping:
    """A link on which a byte comes every four seconds."""

    def __init__(self):
        self.time, self.waits, self.closed = 0.0, [], False

    def receive(self, timeout):
        """A byte, or a time-out."""
        self.waits.append(timeout)
        self.time += min(timeout, 4.0)
        if timeout < 4.0:
            raise LinkTimeout("nothing came in time")
        return b"9"

    def send(self, data, timeout):
        """Nothing is ever sent."""
        raise AssertionError

    def close(self):
        """The end."""
        self.closed = True


@pytest.mark.parametrize(("answer", "waits"), [(15.0, [15.0, 11.0, 7.0, 3.0]), (8.0, [8.0, 4.0])])
def test_a_stranger_holds_a_place_no_longer_than_a_login_takes(library, answer, waits):
    """Each byte renews nothing: the deadline is of the whole login."""
    link = Dripping()
    timing = Timing(answer=answer, idle=600.0)
    converse(link, Acs(library.handlers(), AcsSettings(), CLOCK), timing, lambda: link.time)
    assert (link.waits, link.closed) == (waits, True)


def test_who_has_logged_in_may_be_silent_for_the_idle_time(library):
    """And so may everybody where no login is wanted."""
    link = Dripping()
    link.receive = link.waits.append
    converse(link, Acs({"17": library.handlers()["17"]}, AcsSettings(), CLOCK), Timing(), lambda: 0.0)
    assert link.waits == [600.0]


def test_strangers_give_way_to_machines(library, monkeypatch, caplog):
    """Where there is no more room, who connected first and never logged in is let go for who comes."""
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 2)
    with serve(library.handlers(), clock=CLOCK) as server, contextlib.ExitStack() as stack:
        strangers = [stack.enter_context(socket.create_connection(("127.0.0.1", server.port), 5)) for _ in range(2)]
        for stranger in strangers:
            stranger.sendall(b"97\r")
            assert stranger.recv(10).startswith(b"96")
        machines = [stack.enter_context(client(server.port)) for _ in range(2)]
        for machine in machines:
            assert machine.status().code == "98"
        assert [stranger.recv(10) for stranger in strangers] == [b"", b""]
        with pytest.raises(Unavailable):
            client(server.port).status()
        assert machines[0].status().code == "98"
    assert caplog.text.count("turned away") == 1


def test_further_terminals_are_turned_away_at_once(library, monkeypatch, caplog):
    """Beyond the limit a connection is closed, instead of being left without an answer; the log says so once."""
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 1)
    with serve(library.handlers(), clock=CLOCK) as server, client(server.port) as first:
        first.status()
        for _ in range(2):
            with pytest.raises(Unavailable):
                client(server.port).status()
    assert caplog.text.count("turned away: there are 1 connections already") == 1


def test_a_server_closes_while_terminals_are_connected(library):
    """Closing ends every connection, also one that is silent, and waits for the threads."""
    before = threading.active_count()
    server = serve(library.handlers(), host="127.0.0.1", clock=CLOCK)
    terminal = client(server.port)
    terminal.status()
    server.close()
    assert threading.active_count() == before
    terminal.close()


def test_a_peer_that_speaks_no_tls_does_not_stop_the_server(library, authority, tmp_path):
    """A terminal without TLS is dropped, the next one with TLS is served."""
    with serve(library.handlers(), tls=authority[1], clock=CLOCK) as server:
        with socket.create_connection(("127.0.0.1", server.port), 5) as plain:
            plain.sendall(b"9900802.00\r" * 20)
            with contextlib.suppress(ConnectionResetError):
                while plain.recv(1000):
                    pass
        tls = TlsSettings(authorities="ca.pem")
        with client(server.port, tls=tls, folder=tmp_path, host="localhost") as terminal:
            assert terminal.status().code == "98"


def test_a_link_has_a_limit_on_every_call():
    """Nothing to read, a peer that reads nothing, and a socket that is closed: each is its own fault."""
    here, there = socket.socketpair()
    with there:
        link = SocketLink(here)
        with pytest.raises(LinkTimeout):
            link.receive(0.01)
        with pytest.raises(LinkTimeout):
            link.send(b"x" * 50_000_000, 0.05)
        link.close()
        link.close()
        for use in (lambda: link.receive(1), lambda: link.send(b"x", 1)):
            with pytest.raises(LinkLost):
                use()


def test_a_port_that_cannot_be_reached_is_not_connected(unused_port):
    """The text says what went wrong and not with whom."""
    with pytest.raises(NotConnected, match="ConnectionRefusedError"):
        connect(Sip2Settings("127.0.0.1", unused_port), Path())
