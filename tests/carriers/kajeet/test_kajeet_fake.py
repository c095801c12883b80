"""The fake keeps to the published pages: what they do not mention it refuses, so that we notice."""

import pytest

from scld_adapters._shared.http import Request
from scld_adapters._shared.jsonwire import dump_json
from scld_core.errors import NotFound

GOOD = {"offset": "0", "limit": "5", "sort": "MDN", "sortDir": "ASC"}
AUTH = (("Authorization", "Bearer token-1"),)
KEY = (("x-api-key", "media-key-1"),)
LIST = "/v1.0/devices/SYNTHETIC-LIB"


def ask(method, url, headers=AUTH, body=None, **query):
    """A request to the fake itself."""
    return Request(method, url, headers, dump_json(body) if body is not None else b"", tuple(query.items()))


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (ask("GET", LIST, **GOOD), 200),
        (ask("GET", LIST, **{**GOOD, "limit": "101"}), 400),
        (ask("GET", LIST, **{**GOOD, "offset": "-1"}), 400),
        (ask("GET", LIST, **{**GOOD, "limit": "many"}), 400),
        (ask("GET", LIST, offset="0", limit="5"), 400),
        (ask("GET", LIST), 400),
        (ask("GET", LIST, (), **GOOD), 401),
        (ask("GET", "/v1.0/devices/OTHER-LIB", **GOOD), 404),
        (ask("DELETE", LIST), 404),
        (ask("PUT", LIST + "/status", body={"mdns": ["521-267-0001"], "status": "SUSPENDED", "reason": "r"}), 200),
        (ask("PUT", LIST + "/status", body={"mdns": ["521-267-0001"], "status": "SUSPENDED"}), 400),
        (ask("PUT", LIST + "/status", body={"mdns": ["no line"], "status": "SUSPENDED", "reason": "r"}), 404),
        (ask("PUT", LIST + "/status", body=[]), 400),
        (ask("POST", "/v2.0/media/actions", KEY, {"actionType": "checkin", "imei": "1"}), 404),
        (ask("POST", "/v2.0/media/actions", KEY, {"actionType": "checkin", "imei": "1", "borrowerId": "7"}), 400),
        (ask("POST", "/v2.0/media/actions", AUTH, {"actionType": "checkin", "imei": "1"}), 401),
    ],
)
def test_only_published_requests_are_answered(account, request_, status):
    """Limits, required parameters, credentials and fields are checked; a refusal changes nothing."""
    account.add(1)
    assert account.fake(request_).status == status
    assert len(account.fake.effects) == (status == 200 and request_.method == "PUT")


def test_a_search_finds_parts_and_we_take_only_the_line(account):
    """Kajeet's search may find other lines by a part of a number; none of them is taken for ours."""
    line = account.line(1)
    account.add(2, iccid=f"8901{line.imei}")
    with pytest.raises(NotFound):
        account.lines.get(line)
    account.add(1)
    assert account.lines.get(line).imei == line.imei
