"""The fake is as strict as the platform is said to be: what is not published is refused."""

import pytest
from attrs import evolve

from scld_adapters._shared.http import Request
from scld_adapters.carriers.thingspace import wire, wire_access, wire_callbacks
from scld_adapters.carriers.thingspace.fake import ACCOUNT

TOKEN = "/ts/v1/oauth2/token"
LIST = "/m2m/v1/devices/actions/list"
SUSPEND = "/m2m/v1/devices/actions/suspend"


def _signed(world):
    """The headers of a request that is signed in."""
    who = world.fake.who
    first = Request("POST", TOKEN, (("Authorization", wire_access.basic(who.key, who.secret)),), wire_access.GRANT)
    bearer = wire_access.decode_token(world.fake(first).body).token
    login = wire_access.encode_login(wire_access.Login(who.username, who.password))
    signed = (("Authorization", f"Bearer {bearer}"),)
    opened = world.fake(Request("POST", "/m2m/v1/session/login", signed, login))
    return (*signed, ("VZ-M2M-Token", wire_access.decode_session(opened.body).token))


def _device(world):
    return wire.DeviceId("iccid", str(world.all[0].iccid))


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", LIST, b"", "900906"),
        ("POST", "/m2m/v1/devices/actions/activate", b"{}", "900906"),
        ("GET", SUSPEND, b"{}", "900906"),
        ("POST", f"/m2m/v1/accounts/{ACCOUNT}/requests/x/status", b"{}", "900906"),
        ("POST", LIST, b"not json", "UnexpectedError"),
        ("POST", LIST, b'{"accountName":"x","borrowerId":"7"}', "UnexpectedError"),
        ("POST", LIST, b'{"accountName":"x","maxNumberOfDevices":0}', "UnexpectedError"),
        ("POST", LIST, b'{"accountName":"x"}', "AccountNotFound"),
        ("POST", SUSPEND, b'{"accountName":"x","devices":[]}', "UnexpectedError"),
        (
            "POST",
            SUSPEND,
            b'{"accountName":"x","devices":[{"deviceIds":[{"id":"1","kind":"mdn"}]}],"withBilling":1}',
            "Unex",
        ),
        ("POST", f"/m2m/v1/callbacks/{ACCOUNT}", b'{"name":"CarrierService"}', "UnexpectedError"),
    ],
)
def test_what_is_not_published_is_refused(world, method, path, body, code):
    """Unknown paths, methods and fields are refused with a code, and nothing happens."""
    answer = world.fake(Request(method, path, _signed(world), body))
    assert answer.status in (400, 404)
    assert code.encode() in answer.body
    assert (world.fake.orders, world.fake.registered) == ([], None)


@pytest.mark.parametrize(("header", "body"), [("Bearer x", b""), ("Basic ///", b""), ("Basic eDp5", wire_access.GRANT)])
def test_a_token_is_given_only_for_the_right_key(world, header, body):
    """A wrong scheme, coding or secret gives no token."""
    answer = world.fake(Request("POST", TOKEN, (("Authorization", header),), body))
    assert answer.status in (400, 401)
    assert b"access_token" not in answer.body


def test_a_token_is_given_only_for_the_published_grant(world):
    """Another grant than client credentials is refused."""
    who = world.fake.who
    asked = Request("POST", TOKEN, (("Authorization", wire_access.basic(who.key, who.secret)),), b"grant_type=password")
    assert world.fake(asked).status == 400


def test_within_its_hour_the_token_stays_the_same(world):
    """Asking again within the hour gives the same token, with less time left."""
    first, again = _signed(world), _signed(world)
    assert first[0] == again[0]
    world.clock.tick(hours=1)
    assert _signed(world)[0] != first[0]


def test_five_wrong_passwords_lock_the_user(world):
    """After five refused logins in a row even the right password is refused."""
    signed = _signed(world)[:1]
    wrong = wire_access.encode_login(wire_access.Login(world.fake.who.username, "wrong"))
    for _ in range(5):
        world.fake(Request("POST", "/m2m/v1/session/login", signed, wrong))
    right = wire_access.encode_login(wire_access.Login(world.fake.who.username, world.fake.who.password))
    assert world.fake(Request("POST", "/m2m/v1/session/login", signed, right)).status == 400


@pytest.mark.parametrize(("action", "reason"), [("deactivate", None), ("deactivate", "XX"), ("suspend", "FF")])
def test_only_a_deactivation_has_a_reason_and_only_one(world, action, reason):
    """The one published reason belongs to the one action."""
    body = wire.encode_action(wire.ActionRequest(ACCOUNT, _device(world), reason_code=reason))
    answer = world.fake(Request("POST", f"/m2m/v1/devices/actions/{action}", _signed(world), body))
    assert b"INPUT_INVALID.ReasonCode" in answer.body
    assert world.fake.orders == []


def test_settling_carries_out_the_oldest_requests_first(world):
    """`settle` with a count leaves the newer requests waiting, and messages have the registered credentials."""
    world.fake.registered = wire_callbacks.Registration("CarrierService", "https://x.test", "canary-u", "canary-p")
    for line in world.all:
        world.lines.suspend(line, key="scld-1")
    assert world.fake.settle(2) == 2
    assert [order.status for order in world.fake.orders] == ["Success", "Success", "Pending"]
    assert {(c.username, c.password) for c in world.fake.callbacks} == {("canary-u", "canary-p")}


def test_a_line_without_a_number_is_known_by_its_sim(world):
    """A telephone number is no part of a line's identity here."""
    fake = type(world.fake)([evolve(world.all[0], msisdn=None)], world.fake.who, world.clock)
    assert [i.kind for i in next(iter(fake.lines.values())).row.ids] == ["imei", "iccid"]
