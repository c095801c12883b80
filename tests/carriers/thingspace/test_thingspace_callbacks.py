"""Callbacks are untrusted: what is said, by whom and how long is checked; what is left is a hint and no more."""

import io
import json
import logging
import socket
from wsgiref.util import setup_testing_defaults

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.carriers.thingspace.callbacks import (
    MAX_BODY,
    CallbackCredentials,
    CallbackNotice,
    CallbackRefusal,
    parse_callback,
)
from scld_adapters.carriers.thingspace.listener import callback_app
from scld_adapters.carriers.thingspace.plugin import register_listener
from scld_adapters.carriers.thingspace.wire import DeviceId
from scld_adapters.carriers.thingspace.wire_callbacks import Callback, encode_callback
from scld_core.plugins.spec import SecretRef
from scld_core.runs.model import ReadBack

WHO = CallbackCredentials("canary-name", "canary-password")
JSON = {"Content-Type": "application/json"}
GOOD = Callback("request-1", (DeviceId("iccid", "8914800000000000001"),), "Success", "", WHO.username, WHO.password)
KEY = "scld-0123456789abcdef"

_words = st.text(max_size=30)
_json = st.dictionaries(
    st.sampled_from(["username", "password", "requestId", "deviceIds", "status", "faultResponse", "x"]),
    st.none() | _words | st.integers() | st.lists(st.dictionaries(_words, _words, max_size=2), max_size=2),
)


@given(
    headers=st.dictionaries(_words, _words, max_size=3),
    body=st.binary(max_size=80) | _json.map(lambda v: json.dumps(v).encode()),
)
def test_any_message_of_a_stranger_is_refused(headers, body):
    """Arbitrary headers, bytes and JSON without the credentials give a refusal and never an exception."""
    assert isinstance(parse_callback(headers, body, WHO), CallbackRefusal)


@given(extra=_json, cut=st.integers(0, 200))
def test_with_the_credentials_a_message_is_a_notice_or_malformed(extra, cut):
    """Whatever else is in it, an authentic message is a hint about an id, or cannot be read."""
    body = json.dumps({**extra, "username": WHO.username, "password": WHO.password}).encode()
    for message in (body, body[:cut]):
        found = parse_callback(JSON, message, WHO)
        assert isinstance(found, CallbackNotice) or found is CallbackRefusal.MALFORMED


def test_an_authentic_message_names_its_request():
    """The notice has the request, the devices and the sender's words."""
    failed = evolve(GOOD, status="Failed", fault="UnifiedWebService.INPUT_INVALID.DeviceState.Invalid")
    found = parse_callback(JSON, encode_callback(failed), WHO)
    assert found == CallbackNotice("request-1", GOOD.devices, "Failed", failed.fault)
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    "change",
    [
        {"username": "canary-nam"},
        {"password": "canary-password "},
        {"username": "", "password": ""},
        {"username": WHO.password, "password": WHO.username},
        {"password": "\ud800"},
    ],
)
def test_wrong_credentials_are_forged_before_anything_else_is_looked_at(change):
    """A forged message gets the same answer whether its content makes sense or not."""
    forged = json.loads(encode_callback(GOOD)) | change
    for requested in ("request-1", None, "../.."):
        body = json.dumps({**forged, "requestId": requested}).encode()
        assert parse_callback(JSON, body, WHO) is CallbackRefusal.FORGED


@pytest.mark.parametrize("value", [None, 7, True, ["canary-name"], {"x": 1}])
def test_credentials_that_are_no_text_are_forged(value):
    """Neither an absent nor a strangely shaped credential passes."""
    for name in ("username", "password"):
        body = json.dumps(json.loads(encode_callback(GOOD)) | {name: value}).encode()
        assert parse_callback(JSON, body, WHO) is CallbackRefusal.FORGED


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"username":"a","username":"b"}', b"[" * 60_000]
)
def test_what_is_no_object_is_malformed(body):
    """A body that is not one JSON object is malformed, doubled names and deep nesting included."""
    assert parse_callback(JSON, body, WHO) is CallbackRefusal.MALFORMED


def test_size_and_kind_are_checked_first():
    """A body that is too long is not read, and one that claims to be something else is not tried."""
    assert parse_callback(JSON, b" " * (MAX_BODY + 1), WHO) is CallbackRefusal.TOO_LARGE
    body = encode_callback(GOOD)
    assert parse_callback({"content-TYPE": "text/xml"}, body, WHO) is CallbackRefusal.MALFORMED
    for kind in ({}, {"content-type": ""}, {"Content-type": "application/json; charset=utf-8"}):
        assert isinstance(parse_callback(kind, body, WHO), CallbackNotice)


def test_the_platform_posts_what_became_of_each_request(world, listener):
    """Registered with the listener's credentials, the platform's real messages are taken and name real requests."""
    world.secrets |= {"hook-name": listener.who.username, "hook-word": listener.who.password}
    refs = {"callback_username": SecretRef("env:hook-name"), "callback_password": SecretRef("env:hook-word")}
    register_listener(world.settings(**refs), world.context(), listener.url)
    assert world.fake.registered.service == "CarrierService"
    references = [world.lines.suspend(line, key=KEY).reference for line in world.all]
    world.fake.settle()
    assert listener.sender.send(world.fake.callbacks) == [200] * 3
    assert [notice.reference for notice in listener.notices] == references
    assert all(world.lines.request_state(notice.reference) is ReadBack.DONE for notice in listener.notices)


def test_seven_days_before_a_suspension_ends_a_notice_comes_once(world):
    """The carrier announces the end of a suspension for the line, under an id of its own."""
    world.lines.suspend(world.all[0], key=KEY)
    world.fake.settle()
    world.fake.callbacks.clear()
    for _ in range(12):
        world.clock.tick(days=7)
        world.lines.get(world.all[0])
    [notice] = world.fake.callbacks
    assert notice.devices == (DeviceId("iccid", str(world.all[0].iccid)),)
    assert world.lines.request_state(notice.request_id) is ReadBack.UNKNOWN


def test_forged_unknown_doubled_and_reordered_messages_change_nothing(world, listener):
    """Strangers are turned away; what comes twice, late or about nothing is a hint that proves nothing."""
    answer = world.lines.suspend(world.all[0], key=KEY)
    said = Callback(answer.reference, (), "Success", "", listener.who.username, listener.who.password)
    other = evolve(said, request_id="request-000099", status="Failed")
    assert listener.sender.send_forged(said) == [401]
    assert listener.notices == []
    assert listener.sender.send_twice([said]) == [200, 200]
    assert listener.sender.send_reordered([said, other]) == [200, 200]
    assert listener.sender.send_unknown(said) == [200]
    assert [n.reference for n in listener.notices] == [
        *[answer.reference] * 2,
        "request-000099",
        answer.reference,
        "00000000-no-such-request",
    ]
    # every one of them said "Success"; the carrier itself says what is so
    assert world.lines.request_state(answer.reference) is ReadBack.PENDING
    assert world.lines.request_state("00000000-no-such-request") is ReadBack.UNKNOWN
    assert world.fake.effects == []


@pytest.mark.parametrize(
    ("method", "body", "kind", "status"),
    [
        ("GET", b"", "application/json", 405),
        ("PUT", encode_callback(GOOD), "application/json", 405),
        ("POST", b"", "application/json", 400),
        ("POST", b"{", "application/json", 400),
        ("POST", b"<x/>", "text/xml", 400),
        ("POST", b"{}", "application/json", 401),
        ("POST", b" " * (MAX_BODY + 1), "application/json", 413),
    ],
)
def test_the_listener_answers_with_a_status_and_nothing_more(listener, method, body, kind, status):
    """Each kind of bad message has its status, and none reaches whoever waits for notices."""
    assert listener.sender.post(body, method=method, kind=kind) == status
    assert listener.notices == []


def test_a_body_that_ends_early_or_has_no_length_is_bad(listener):
    """A message that is cut on the way, and one whose length is not said, are answered with 400."""
    host, port = "127.0.0.1", int(listener.url.rsplit(":", 1)[1].partition("/")[0])
    for head in (b"Content-Length: 50\r\n", b"", b"Content-Length: many\r\n"):
        with socket.create_connection((host, port), timeout=5) as raw:
            raw.sendall(b"POST /callbacks HTTP/1.0\r\nHost: x\r\n" + head + b"\r\n{}")
            raw.shutdown(socket.SHUT_WR)
            assert raw.makefile("rb").readline().split()[1] == b"400"
    assert listener.notices == []


def test_a_notice_that_cannot_be_handed_on_is_asked_for_again(caplog):
    """When the receiver fails, the sender is told to come again, and the log has the class of the fault only."""

    def failing(notice):
        raise RuntimeError(f"canary-detail of {notice.reference}")

    answers = []
    body = encode_callback(GOOD)
    environ = _environ(body)
    with caplog.at_level(logging.ERROR):
        result = callback_app(failing, WHO)(environ, lambda status, headers: answers.append((status, headers)))
    [(status, headers)] = answers
    assert (status, result) == ("503 Service Unavailable", [])
    assert dict(headers)["Content-Length"] == "0"
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text


def test_an_endless_message_is_read_to_a_bound_and_not_kept():
    """However long a stranger's body is, only a bounded part of it is read."""
    taken = []

    class Endless:
        def read(self, size):
            taken.append(size)
            return b" " * size

    environ = _environ(b"") | {"CONTENT_LENGTH": "999999999999", "wsgi.input": Endless()}
    answers = []
    callback_app(taken.append, WHO)(environ, lambda status, headers: answers.append(status))
    assert answers == ["413 Content Too Large"]
    assert sum(taken) == 16 * MAX_BODY
    assert max(taken) <= MAX_BODY


def test_a_body_that_ends_while_it_is_thrown_away_is_no_trouble():
    """A wrong method with a shorter body than announced is still a wrong method."""
    environ = _environ(b"{}") | {"REQUEST_METHOD": "DELETE", "CONTENT_LENGTH": "500"}
    answers = []
    callback_app(answers.append, WHO)(environ, lambda status, headers: answers.append((status, dict(headers)["Allow"])))
    assert answers == [("405 Method Not Allowed", "POST")]


def _environ(body):
    """A WSGI environment with this body."""
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json"}
    setup_testing_defaults(environ)
    environ["wsgi.input"] = io.BytesIO(body)
    return environ


def test_what_a_listener_must_show_is_never_shown():
    """Credentials, messages and registrations hide their secrets."""
    assert "canary" not in repr(WHO) + repr(GOOD)
