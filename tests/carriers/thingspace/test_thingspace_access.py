"""The two tokens: fetched once, renewed once each, never shown, and never tried until the account is locked."""

import logging
import traceback

import pytest

from scld_adapters._shared.fakehttp import Fault
from scld_adapters._shared.http import Headers, Response
from scld_adapters.carriers.thingspace.session import Access, Credentials
from scld_core.errors import (
    BackendError,
    ConfigurationError,
    PermissionDenied,
    ProtocolViolation,
    RateLimited,
    ServiceAuthError,
    Unavailable,
)
from scld_core.runs.model import AnswerKind

KEY = "scld-0123456789abcdef"


def _signs_in(request):
    return request.url.endswith(("/oauth2/token", "/session/login"))


def _action(request):
    return request.url.endswith("/actions/suspend")


def test_one_sign_in_serves_a_whole_batch(world):
    """Both tokens are fetched once for many calls."""
    for line in world.all:
        world.lines.suspend(line, key=KEY)
    assert (world.fake.tokens, world.fake.sessions) == (1, 1)
    assert world.sent("/oauth2/token") == world.sent("/session/login") == 1


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("ends", ["expire", "expire_bearer", "expire_session"])
def test_a_token_that_ends_in_mid_batch_is_renewed_and_the_request_repeated(world, ends, status):
    """Whichever token ends, and however the platform says so, the batch goes on and nothing is doubled."""
    world.fake.session_ended_as = status
    for line in world.all:
        getattr(world.fake, ends)()
        assert world.lines.suspend(line, key=KEY).kind is AnswerKind.ACCEPTED
    assert world.fake.settle() == len(world.fake.orders) == 3
    renewed = {"expire": (3, 3), "expire_bearer": (3, 1), "expire_session": (1, 3)}
    assert (world.fake.tokens, world.fake.sessions) == renewed[ends]


def test_a_token_that_ends_between_reading_and_writing_is_renewed_for_the_write(world):
    """A write that is refused for its token is sent again, once, since a refusal comes before any effect."""
    world.server.script(Fault.EXPIRE, only=_action)
    assert world.lines.suspend(world.all[0], key=KEY).kind is AnswerKind.ACCEPTED
    assert len(world.fake.orders) == 1


def test_tokens_that_are_refused_again_and_again_are_given_up(world):
    """Each token is renewed once for a request; then it is an error of the service account."""
    world.server.script(*[Fault.EXPIRE] * 9, only=_action)
    with pytest.raises(ServiceAuthError):
        world.lines.suspend(world.all[0], key=KEY)
    assert sum(_action(request) for request in world.server.requests) == 2
    assert world.fake.orders == []


def test_a_session_that_ends_again_at_once_is_given_up(world):
    """A session is opened once more for a request; when that one is refused too, the error says so."""
    inner = world.send

    def always_ended(request):
        if request.url.endswith("/actions/list"):
            world.fake.expire_session()
        return inner(request)

    world.send = always_ended
    with pytest.raises(ServiceAuthError, match="SessionToken"):
        _opened(world).get(world.all[0])
    assert world.fake.sessions == 2


def test_the_oauth_token_is_renewed_before_its_hour_is_over(world):
    """A token whose time is up is not even tried."""
    world.lines.get(world.all[0])
    world.clock.tick(minutes=61)
    world.lines.get(world.all[0])
    assert world.fake.tokens == 2
    assert world.sent("/actions/list") == 2


def test_a_bare_401_renews_both_tokens(world):
    """When the refusal does not say which token it means, both are fetched again, once."""
    inner, refused = world.send, []

    def bare(request):
        if request.url.endswith("/actions/list") and not refused:
            refused.append(request)
            return Response(401)
        return inner(request)

    world.send = bare
    _opened(world).get(world.all[0])
    assert (world.sent("/oauth2/token"), world.sent("/session/login")) == (2, 2)


def _opened(world):
    from scld_adapters.carriers.thingspace.plugin import open_thingspace

    send = world.send
    return open_thingspace(world.settings(), world.context(transport=send)).lines


@pytest.mark.parametrize(("name", "path"), [("password", "/session/login"), ("secret", "/oauth2/token")])
def test_a_refused_login_is_not_repeated_until_the_secret_changes(world, name, path):
    """Five refusals lock the user, so a wrong secret is sent once; a corrected one is tried at once."""
    right, world.secrets[name] = world.secrets[name], "canary-wrong"
    for line in world.all * 3:
        with pytest.raises(ServiceAuthError):
            world.lines.get(line)
    assert world.sent(path) == 1
    world.secrets[name] = right
    world.lines.get(world.all[0])
    assert world.sent(path) == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.DROP, Unavailable),
        (Fault.DROP_AFTER, Unavailable),
        (Fault.TRUNCATE, Unavailable),
        (Fault.GARBLE, ProtocolViolation),
        (Fault.TOO_MANY, RateLimited),
        (Fault.BUSY, Unavailable),
        (Fault.BUSY_WAIT, RateLimited),
        (Fault.FAIL_AFTER, Unavailable),
    ],
)
@pytest.mark.parametrize("place", [0, 1])
def test_a_fault_while_signing_in_never_leaves_an_outcome_open(world, fault, error, place):
    """Signing in has no effect on a line, also when it happens in the middle of a write."""
    world.server.script(*[Fault.NONE] * place, fault, only=_signs_in)
    with pytest.raises(error) as caught:
        world.lines.suspend(world.all[0], key=KEY)
    assert type(caught.value) is error
    assert world.lines.suspend(world.all[0], key=KEY).kind is AnswerKind.ACCEPTED


def test_a_login_with_an_ended_oauth_token_renews_that_token(world):
    """The gateway's refusal of a login is about the OAuth token, and no password is blamed for it."""
    world.server.script(Fault.EXPIRE, only=lambda request: request.url.endswith("/session/login"))
    world.lines.get(world.all[0])
    assert (world.fake.tokens, world.fake.failed_logins) == (2, 0)


def test_a_login_that_the_gateway_refuses_twice_blames_no_password(world):
    """Such a refusal is an error, and the next call tries again."""
    world.server.script(Fault.EXPIRE, Fault.EXPIRE, only=lambda request: request.url.endswith("/session/login"))
    with pytest.raises(ServiceAuthError):
        world.lines.get(world.all[0])
    world.lines.get(world.all[0])


def test_a_forbidden_request_and_a_wrong_address_say_what_to_look_at(world):
    """403 is a matter of permission, and 404 without a code is a wrong base_url."""
    world.lines.get(world.all[0])
    inner = world.send
    for status, error in ((403, PermissionDenied), (404, ConfigurationError)):

        def refuse(request, status=status):
            return Response(status, Headers()) if request.url.endswith("/actions/list") else inner(request)

        world.send = refuse
        with pytest.raises(error):
            _opened(world).get(world.all[0])


def test_no_secret_is_ever_shown(world, caplog):
    """Credentials and tokens are in no repr, log or exception, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    seen = [repr(world.lines), repr(world.lines.transport), repr(world.lines.transport.access)]
    for fault in Fault:
        world.fake.expire()
        for only in (_signs_in, _action, lambda request: True):
            world.server.script(fault, only=only)
            try:
                seen.append(repr(world.lines.suspend(world.all[0], key=KEY)))
            except BackendError as error:
                seen.append("".join(traceback.format_exception(error)))
    world.secrets["password"] = "canary-wrong"
    fresh = world.open()
    for _ in range(2):
        with pytest.raises(ServiceAuthError) as caught:
            fresh.get(world.all[0])
        seen.append("".join(traceback.format_exception(caught.value)))
    seen += [repr(request) for request in world.server.requests]
    shown = "\n".join([*seen, caplog.text])
    assert "canary" not in shown
    assert any(b"canary" in request.body for request in world.server.requests)  # the control: they were sent


def test_a_platform_that_echoes_secrets_cannot_make_us_repeat_them(world):
    """Of a refusal only a code is quoted, and a token does not look like one."""
    inner = world.send

    def echo(request):
        if not request.url.endswith("/actions/list"):
            return inner(request)
        token = request.header("vz-m2m-token")
        body = f'{{"errorCode":"{token}","errorMessage":"{token} is bad"}}'
        return Response(400, Headers(), body.encode())

    world.send = echo
    with pytest.raises(BackendError) as caught:
        _opened(world).get(world.all[0])
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_credentials_and_access_hide_what_they_hold(world):
    """The representation of both is free of secrets."""
    who = Credentials("canary-a", "canary-b", "canary-c", "canary-d")
    access = Access(world.send, lambda: who, base_url="https://x.test", clock=world.clock, backend="verizon")
    assert "canary" not in repr(who) + repr(access)
    assert repr(access) == "Access(verizon)"


def test_nothing_but_lines_is_ever_sent(world):
    """The port has no place for a patron, and every field of every request is one of a known list."""
    import inspect
    import json

    from scld_core.hotspots.ports import CarrierLines

    for operation in ("suspend", "restore", "terminate", "get", "request_state"):
        assert set(inspect.signature(getattr(CarrierLines, operation)).parameters) <= {
            "self",
            "line",
            "key",
            "reference",
        }
    for operation in ("suspend", "restore", "terminate"):
        getattr(world.lines, operation)(world.all[0], key="scld-key-canary")
        world.fake.settle()
    list(world.lines.iter_lines())
    allowed = {"accountName", "devices", "deviceIds", "deviceId", "id", "kind", "reasonCode", "largestDeviceIdSeen"}
    allowed |= {"maxNumberOfDevices", "username", "password"}
    for request in world.server.requests:
        assert b"key-canary" not in request.body
        if request.body.startswith(b"{"):
            assert _names(json.loads(request.body)) <= allowed


def _names(value):
    """Every field name in a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*(_names(member) for member in value.values()))
    return set().union(*(_names(member) for member in value)) if isinstance(value, list) else set()
