"""The shared HTTP pieces over real sockets: faults are told apart, secrets stay inside, lists are whole."""

import contextlib
import json
import socket
import ssl
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters._shared._httpx import HttpxSend
from scld_adapters._shared.fakehttp import FakeServer, Fault, Faults
from scld_adapters._shared.faults import Call, checked, classify, classify_fault, exchange, quotable, undecodable
from scld_adapters._shared.http import Headers, HttpFault, MaybeSent, NotSent, Request, Response
from scld_adapters._shared.jsonwire import (
    WireProblem,
    as_list,
    as_table,
    count,
    dump_json,
    read_json,
    text,
    text_or_none,
)
from scld_adapters._shared.paging import Batch, offset_batches
from scld_adapters._shared.tokens import Token, TokenLife, with_token
from scld_core import errors
from scld_core.errors import (
    BackendError,
    InvalidValue,
    MissingExtra,
    OutcomeUnknown,
    ProtocolViolation,
    RateLimited,
    Retry,
    Unavailable,
)
from scld_core.kernel.time import FixedClock

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
READ = Call("main", "get")
WRITE = Call("main", "suspend", "scld-1")
CANARY = "canary-secret-9f31"


class Counter:
    """A fake that counts: POST adds one, GET shows the count."""

    def __init__(self):
        self.count = 0

    def __call__(self, request):
        if request.method == "POST":
            self.count += 1
        return Response(200, Headers([("Content-Type", "application/json")]), dump_json({"count": self.count}))


@pytest.fixture
def counter():
    return Counter()


@pytest.fixture
def server(counter):
    with FakeServer(counter) as running:
        yield running


# Values ---------------------------------------------------------------------------------------------


@given(st.dictionaries(st.from_regex(r"[A-Za-z-]{1,12}", fullmatch=True).map(str.lower), st.text(), max_size=5))
def test_headers_are_found_in_any_letter_case(fields):
    """Header names differ from each other by more than letter case, and are found in any."""
    headers = Headers(fields.items())
    assert dict(headers) == fields
    assert all(headers[name.upper()] == value == headers[name.title()] for name, value in fields.items())
    assert len(headers) == len(fields)


def test_no_secret_is_in_a_repr():
    """Neither a request's header, query and body nor an answer's header values and body are shown."""
    request = Request("GET", "https://x.test/a", (("Authorization", CANARY),), CANARY.encode(), (("t", CANARY),))
    response = Response(200, Headers([("Set-Cookie", CANARY)]), CANARY.encode())
    assert CANARY not in repr((request, response, Token(CANARY)))
    assert request.header("authorization") == CANARY
    assert request.header("x-other") is None


@pytest.mark.parametrize(
    "arguments",
    [{"method": "get"}, {"headers": (("X", "a\r\nY: b"),)}, {"headers": (("X", "ü"),)}, {"headers": [("X", "y")]}],
)
def test_requests_that_could_smuggle_a_header_are_refused(arguments):
    """Line breaks, other alphabets and lower-case verbs never reach the wire."""
    with pytest.raises(InvalidValue):
        Request(**{"method": "GET", "url": "https://x.test", **arguments})


# The real transport ---------------------------------------------------------------------------------


def test_a_request_arrives_and_its_answer_comes_back(send, server):
    """Method, path, query, headers and body arrive as they were given."""
    answer = send(Request("POST", server.url + "/a/b", (("X-Note", "n"),), b"{}", (("q", "1 2&3"), ("q", ""))))
    (seen,) = server.requests
    assert (seen.method, seen.url, seen.body, seen.query) == ("POST", "/a/b", b"{}", (("q", "1 2&3"), ("q", "")))
    assert (seen.header("x-note"), seen.header("accept-encoding")) == ("n", "identity")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert json.loads(answer.body) == {"count": 1}


LOST = [Fault.DROP, Fault.DROP_AFTER, Fault.DELAY, Fault.REORDER, Fault.TRUNCATE]
EFFECTS = {
    Fault.DROP: 0,
    Fault.DELAY: 0,
    Fault.REORDER: 0,
    Fault.DUPLICATE: 2,
    Fault.TOO_MANY: 0,
    Fault.TOO_MANY_WAIT: 0,
    Fault.BUSY: 0,
    Fault.BUSY_WAIT: 0,
}


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_each_fault_has_its_effect_and_its_answer(send, server, counter, fault):
    """A fault happens to exactly one request: with the effect it says, and with the answer it says."""
    server.script(fault)
    try:
        status = send(Request("POST", server.url)).status
    except MaybeSent:
        status = None
    assert counter.count == EFFECTS.get(fault, 1)
    assert (status is None) == (fault in LOST)
    assert send(Request("GET", server.url)).status == 200


def test_a_delayed_effect_comes_when_it_is_released(send, server, counter):
    """Held requests have their effect later, in order, as many as the test releases."""
    server.script(Fault.DELAY, Fault.DELAY, Fault.DELAY)
    for _ in range(3):
        with pytest.raises(MaybeSent):
            send(Request("POST", server.url))
    assert (counter.count, server.release(2), counter.count) == (0, 2, 2)
    assert (server.release(), counter.count, server.release()) == (1, 3, 0)


def test_a_reordered_effect_comes_right_after_the_next(send, server, counter):
    """The held request is handled after its successor, so the successor does not see it."""
    server.script(Fault.REORDER)
    with pytest.raises(MaybeSent):
        send(Request("POST", server.url))
    assert json.loads(send(Request("GET", server.url)).body) == {"count": 0}
    assert counter.count == 1


def test_an_answer_shorter_than_announced_is_a_fault(send, server):
    """A body that ends before its Content-Length is never handed on as whole."""
    server.script(Fault.TRUNCATE)
    with pytest.raises(MaybeSent, match="before the answer was whole"):
        send(Request("GET", server.url))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "ftp://x.test/", "http://[::1", "http://nowhere.invalid/"],
    ids=["refused", "scheme", "no-url", "no-address"],
)
def test_what_never_left_us_is_not_sent(send, url):
    """Connect refused, another scheme, no URL and no address are provably before any effect."""
    with pytest.raises(NotSent) as caught:
        send(Request("POST", url, query=(("secret", CANARY),)))
    assert CANARY not in str(caught.value)


def test_a_closed_client_sends_nothing(server):
    """After close a request is refused in our own words, and nothing arrives."""
    with HttpxSend(deadline=5.0) as client:
        pass
    with pytest.raises(NotSent, match="closed"):
        client(Request("GET", f"{server.url}/count"))
    assert server.requests == []


def test_a_failed_tls_handshake_is_not_sent(send, server):
    """A server that speaks no TLS gets not one byte of the request."""
    with pytest.raises(NotSent):
        send(Request("POST", server.url.replace("http:", "https:"), body=b"secret"))
    assert server.requests == []


def test_silence_after_the_request_is_maybe_sent():
    """A server that reads and never answers leaves the outcome open, within the deadline."""
    with socket.create_server(("127.0.0.1", 0)) as quiet, HttpxSend(deadline=0.05) as send:
        port = quiet.getsockname()[1]
        with pytest.raises(MaybeSent, match="no answer in time"):
            send(Request("POST", f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize("before", [b"Content-Length: 1000000\r\n\r\n", b"X-Slow: "], ids=["body", "headers"])
def test_an_answer_that_drips_beyond_the_deadline_is_cut(before):
    """The deadline holds for the whole exchange, not only for each byte of it."""
    stop = threading.Event()

    def drip(listener):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + before)
            try:
                while not stop.wait(0.01):
                    connection.sendall(b"x")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listener, HttpxSend(deadline=0.15) as send:
        worker = threading.Thread(target=drip, args=(listener,))
        worker.start()
        try:
            with pytest.raises(MaybeSent, match="took longer"):
                send(Request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        finally:
            stop.set()
            worker.join()


def test_a_status_that_is_none_leaves_the_outcome_open():
    """What a server says with such an answer nobody knows."""

    def odd(listener):
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener, HttpxSend(deadline=5.0) as send:
        worker = threading.Thread(target=odd, args=(listener,))
        worker.start()
        with pytest.raises(MaybeSent, match="none of HTTP's"):
            send(Request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/", body=b"x"))
        worker.join()


def test_an_endless_answer_is_cut(server):
    """A body above the bound is not read to its end."""
    with HttpxSend(max_body=4) as send, pytest.raises(MaybeSent, match="longer than 4 bytes"):
        send(Request("GET", server.url))


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirects_are_handed_back(send, method):
    """Neither a read nor a write follows a redirect: the token stays with the host it is for."""
    moved = Response(307, Headers([("Location", "/elsewhere")]))
    with FakeServer(lambda _: moved) as server:
        assert send(Request(method, server.url + "/here")).status == 307
        assert [request.url for request in server.requests] == ["/here"]


def test_proxies_of_the_environment_are_not_used(server, monkeypatch):
    """A proxy variable on somebody's machine does not see our requests."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with HttpxSend() as send:
        assert send(Request("GET", server.url)).status == 200


def test_tls_verification_cannot_be_switched_off():
    """Only True or a context with an authority of one's own is accepted."""
    with pytest.raises(ValueError, match="always verified"):
        HttpxSend(verify=False)
    HttpxSend(verify=ssl.create_default_context()).close()


def test_without_httpx_the_missing_extra_is_named(monkeypatch):
    """The error carries the command that installs the library."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtra, match=r"scld\[http\]"):
        HttpxSend()


# The faulty server ----------------------------------------------------------------------------------


def test_a_script_touches_only_the_requests_it_is_for(send, server, counter):
    """A fault for writes waits until a write comes."""
    server.script(Fault.BUSY, only=lambda request: request.method == "POST")
    statuses = [send(Request(method, server.url)).status for method in ("GET", "POST", "POST")]
    assert (statuses, counter.count) == ([200, 503, 200], 1)


@given(st.integers(), st.integers(0, 20))
def test_a_seeded_script_is_the_same_for_the_same_seed(seed, length):
    """Two scripts of one seed agree fault by fault, and end with their length."""
    request = Request("GET", "/")
    one, two = (Faults.seeded(seed, length, list(Fault)) for _ in range(2))
    drawn = [one.next(request) for _ in range(length + 1)]
    assert drawn == [two.next(request) for _ in range(length + 1)]
    assert drawn[-1] is Fault.NONE


def test_a_bug_of_the_fake_is_not_lost(send):
    """What goes wrong inside a fake fails the test that uses it."""

    def broken(_):
        raise LookupError("the fake's own bug")

    server = FakeServer(broken)
    with pytest.raises(LookupError, match="own bug"), server, pytest.raises(MaybeSent):
        send(Request("GET", server.url))
    server.close()


def test_an_expiry_calls_the_fake(send):
    """The fake's tokens end before the request is handled."""
    events = []
    with FakeServer(lambda _: events.append("handled") or Response(401), expire=lambda: events.append("expired")) as up:
        up.script(Fault.EXPIRE)
        send(Request("GET", up.url))
    assert events == ["expired", "handled"]


# From the wire to errors ----------------------------------------------------------------------------

TABLE = {
    401: (errors.ServiceAuthError, errors.ServiceAuthError),
    403: (errors.PermissionDenied, errors.PermissionDenied),
    404: (errors.NotFound, errors.NotFound),
    409: (errors.Conflict, errors.Conflict),
    400: (errors.Rejected, errors.Rejected),
    422: (errors.Rejected, errors.Rejected),
    418: (errors.Rejected, errors.Rejected),
    408: (Unavailable, OutcomeUnknown),
    429: (RateLimited, RateLimited),
    500: (Unavailable, OutcomeUnknown),
    502: (Unavailable, OutcomeUnknown),
    503: (Unavailable, OutcomeUnknown),
    504: (Unavailable, OutcomeUnknown),
    302: (ProtocolViolation, OutcomeUnknown),
    100: (ProtocolViolation, OutcomeUnknown),
}


@pytest.mark.parametrize("status", TABLE)
def test_the_table_of_statuses(status):
    """Each status means one error on a read and one on a write."""
    found = [type(classify(call, Response(status), now=NOW)) for call in (READ, WRITE)]
    assert tuple(found) == TABLE[status]


@given(st.integers(100, 599), st.none() | st.integers(0, 90).map(str) | st.text(max_size=5))
def test_a_write_may_only_be_repeated_when_nothing_was_done(status, after):
    """An error of a write that may be sent again comes from 429 alone; a 5xx never is one."""
    headers = Headers([] if after is None else [("Retry-After", after)])
    error = classify(WRITE, Response(status, headers), now=NOW)
    assert (error is None) == (200 <= status < 300)
    if error is not None and error.retry in (Retry.SAFE, Retry.AFTER):
        assert status == 429
    if status >= 500:
        assert isinstance(error, OutcomeUnknown)
        assert error.key == "scld-1"


def test_a_busy_read_waits_as_asked():
    """503 with Retry-After on a read is RateLimited with the seconds; on a write it stays unknown."""
    busy = Response(503, Headers([("Retry-After", "7")]))
    error = classify(READ, busy, now=NOW, detail="tea time")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7
    assert error.problem == "HTTP 503: tea time"
    assert isinstance(classify(WRITE, busy, now=NOW), OutcomeUnknown)


def test_faults_without_an_answer():
    """Not sent is safe to repeat; maybe sent is unknown for a write and safe for a read."""
    assert [type(classify_fault(call, NotSent("x"))) for call in (READ, WRITE)] == [Unavailable, Unavailable]
    assert [type(classify_fault(call, MaybeSent("x"))) for call in (READ, WRITE)] == [Unavailable, OutcomeUnknown]
    assert [type(undecodable(call, "x")) for call in (READ, WRITE)] == [ProtocolViolation, OutcomeUnknown]


@pytest.mark.parametrize("call", [READ, WRITE], ids=["read", "write"])
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_over_the_wire_every_fault_becomes_an_error_or_an_answer(send, server, counter, call, fault):
    """An error that allows another sending never hides an effect."""
    server.script(fault)
    error = None
    try:
        assert exchange(send, Request("POST", server.url), call, now=NOW).status == 200
    except BackendError as caught:
        error = caught
    if error is not None:
        assert call.key is None or error.retry is Retry.SAME_KEY or counter.count == 0
        assert (error.backend, error.operation) == ("main", call.operation)


def test_an_explanation_is_asked_for_only_when_refused():
    """The system's words are read from refusals and go into the error."""
    with pytest.raises(errors.Rejected, match="HTTP 400: no such plan"):
        checked(WRITE, lambda: Response(400), now=NOW, explain=lambda _: "no such plan")
    assert checked(WRITE, lambda: Response(204), now=NOW, explain=lambda _: pytest.fail("not refused")).status == 204


@given(st.text(max_size=400))
def test_a_quotation_is_one_bounded_line_without_secrets(words):
    """Whatever a system says, what we print is one short printable line, and our secret is not in it."""
    line = quotable(f"{words}{CANARY}{words}", secrets=("", CANARY))
    assert line.isprintable()
    assert len(line) <= 200
    assert CANARY not in line


# Tokens ---------------------------------------------------------------------------------------------


def life(*tokens, clock=None):
    """A token life that hands out `tokens` in order."""
    queue = iter(tokens)
    return TokenLife(lambda: next(queue), clock or FixedClock(NOW))


def test_a_token_is_kept_until_shortly_before_its_end():
    """A token is fetched once, and again when less than the margin is left."""
    soon, later = Token("a", NOW + timedelta(seconds=61)), Token("b", NOW + timedelta(hours=1))
    clock = [NOW]

    class Moving:
        def now(self):
            return clock[0]

    tokens = life(soon, later, clock=Moving())
    assert (tokens.get(), tokens.get()) == ("a", "a")
    clock[0] += timedelta(seconds=1)
    assert (tokens.get(), tokens.get()) == ("b", "b")


def test_a_refused_token_is_renewed_once():
    """After a 401 the request is repeated with a new token, once, and what comes then counts."""
    sent = []

    def answer(token):
        sent.append(token)
        return Response(401 if token != "c" else 200)

    assert with_token(life(Token("a"), Token("c")), answer).status == 200
    assert with_token(life(Token("a"), Token("b"), Token("c")), answer).status == 401
    assert with_token(life(Token("c")), answer).status == 200
    assert with_token(life(Token("a"), Token("a")), answer).status == 401
    assert sent == ["a", "c", "a", "b", "c", "a"]


def test_refusing_an_old_token_leaves_the_new_one():
    """A late 401 for a token of yesterday does not throw away today's."""
    tokens = life(Token("a"))
    tokens.refuse("before any")
    assert tokens.get() == "a"
    tokens.refuse("older")
    assert tokens.get() == "a"


# Paging ---------------------------------------------------------------------------------------------


def pages_of(rows, size, total=True):
    """A well-behaved source."""
    return lambda offset: Batch(tuple(rows[offset : offset + size]), len(rows) if total else None)


def read_all(fetch, size):
    return list(offset_batches(fetch, size=size, key=lambda row: row, call=READ))


@given(st.lists(st.integers(), unique=True, max_size=40), st.integers(1, 7), st.booleans())
def test_a_list_is_read_whole_and_once(rows, size, announced):
    """Every row comes once, in order, and exactly the last batch says that it is the last."""
    batches = read_all(pages_of(rows, size, announced), size)
    assert [row for batch in batches for row in batch.rows] == rows
    assert [batch.last for batch in batches] == [False] * (len(batches) - 1) + [True]


@given(st.lists(st.integers(), unique=True, min_size=1, max_size=40), st.integers(1, 7), st.data())
def test_short_pages_of_an_announced_list_lose_nothing(rows, size, data):
    """A source that gives fewer rows than asked for is read on until its total."""

    def fetch(offset):
        given_ = data.draw(st.integers(1, size))
        return Batch(tuple(rows[offset : offset + given_]), len(rows))

    assert [row for batch in read_all(fetch, size) for row in batch.rows] == rows


@pytest.mark.parametrize(
    ("fetch", "words"),
    [
        (lambda offset: Batch((1, 2), 6), "repeats"),
        (lambda offset: Batch((offset, offset), 6), "repeats"),
        (lambda offset: Batch((offset, offset + 1), 6 + offset), "changed its length"),
        (lambda offset: Batch((offset, offset + 1), 1), "more rows than"),
        (lambda offset: Batch((1, 2, 3), 3), "at most 2"),
    ],
    ids=["same-page", "same-row", "moving-total", "too-many", "overlong"],
)
def test_lists_with_invisible_gaps_are_refused(fetch, words):
    """Paging that slipped raises, with what was seen."""
    with pytest.raises(ProtocolViolation, match=words):
        read_all(fetch, 2)


def test_a_list_that_stops_early_has_no_end():
    """An empty page before the announced total ends the reading, and no batch is the last."""
    batches = read_all(lambda offset: Batch((1, 2) if offset == 0 else (), 6), 2)
    assert [batch.last for batch in batches] == [False, False]


# JSON -----------------------------------------------------------------------------------------------

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(PLAIN)
def test_json_round_trip(value):
    """What is written is read back the same."""
    assert read_json(dump_json(value)) == value


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_json_or_a_wire_problem(body):
    """Reading is total: no other exception comes out."""
    with contextlib.suppress(WireProblem):
        read_json(body)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a":1,"a":2}', b"[NaN]", b"[-Infinity]", b"\xff", b"[" * 200_000, b"1" * 5000, b"\xef\xbb\xbf{}"],
    ids=["empty", "cut", "twice", "nan", "infinity", "latin", "deep", "huge", "bom"],
)
def test_bodies_that_are_refused(body):
    """Doubled names, numbers that are none, depth without end and broken text are refused."""
    with pytest.raises(WireProblem):
        read_json(body)


READERS = [
    (lambda value: text({"f": value}, "f"), str),
    (lambda value: text_or_none({"f": value}, "f"), (str, type(None))),
    (lambda value: count({"f": value}, "f"), int),
    (lambda value: as_table(value, "f"), dict),
    (lambda value: as_list(value, "f"), list),
]


@pytest.mark.parametrize(("reader", "kind"), READERS, ids=["text", "text-or-none", "count", "table", "list"])
@given(value=PLAIN)
def test_fields_are_of_their_kind_or_refused_without_the_value(reader, kind, value):
    """A reader gives its kind, or raises the declared error, whose words are its own."""
    words = ("f is missing", "f is not")
    try:
        assert isinstance(reader(value), kind)
    except WireProblem as problem:
        refused = str(problem)
        assert refused.startswith(words), refused


@pytest.mark.parametrize("value", [None, "  ", 5, 35573736007346.0, True, "a\x00b"])
def test_identifiers_are_text_and_nothing_else(value):
    """A number, a blank and a control sign are no identifier."""
    with pytest.raises(WireProblem):
        text({"f": value}, "f")


@pytest.mark.parametrize("value", [-1, 1.0, True, "3", None])
def test_a_count_is_a_whole_number(value):
    """Neither a float nor a bool nor text is a count."""
    with pytest.raises(WireProblem):
        count({"f": value}, "f")


def test_the_two_faults_are_the_only_ones():
    """A transport has exactly two ways to fail."""
    assert set(HttpFault.__subclasses__()) == {NotSent, MaybeSent}
