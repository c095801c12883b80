"""No patron's data and no secret goes where it does not belong."""

import json

import pytest

from scld_adapters._shared.fakehttp import FakeServer
from scld_adapters._shared.http import Headers, Response
from scld_adapters._shared.jsonwire import dump_json
from scld_adapters.carriers.kajeet.plugin import open_kajeet
from scld_core.circulation.model import Loan
from scld_core.errors import Rejected
from scld_core.hotspots.model import Device
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId
from scld_core.kernel.time import EPOCH
from scld_core.patrons.model import Household

CANARY = "canary7391"
FIELDS = {
    "GET": {"offset", "limit", "sort", "sortDir", "searchValue"},
    "PUT": {"mdns", "status", "reason"},
    "POST": {"actionType", "imei"},
}
HEADERS = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-api-key",
}


def everything(request):
    """A request as one text."""
    return f"{request.method} {request.url} {request.query} {request.headers} {request.body!r}"


@pytest.mark.parametrize("mode", ["status", "media"])
def test_no_field_of_a_loan_reaches_the_carrier(account, mode):
    """With a canary in every field of loan and device but the line, no request holds it, nor a field too many."""
    loan = Loan(
        LoanId("main", CANARY),
        ItemId("main", CANARY),
        EPOCH,
        patron=PatronId("main", CANARY),
        household=Household(CANARY),
    )
    device = Device(loan.item, Barcode(CANARY), account.add(1), "kajeet", home=LocationId(CANARY), model=CANARY)
    lines = account.open(account.media_settings() if mode == "media" else account.settings())
    list(lines.iter_lines())
    lines.suspend(device.line, key=f"scld-{CANARY}")
    lines.restore(device.line, key=f"scld-{CANARY}")
    assert len(account.writes) == 2
    for request in account.server.requests:
        assert CANARY not in everything(request)
        sent = {name for name, _ in request.query} or set(json.loads(request.body))
        assert sent <= FIELDS[request.method]
        assert {name.lower() for name, _ in request.headers} <= HEADERS


def test_no_secret_is_in_a_repr(account):
    """Neither the port nor its transport shows the token, also after it was used."""
    line = account.add(1)
    account.lines.get(line)
    shown = repr(account.lines)
    assert "token-1" not in shown
    assert "media-key" not in shown
    assert "env:TOKEN" in shown


def test_a_token_that_kajeet_repeats_to_us_is_masked(account, send):
    """An explanation that quotes our own header, old token or new, goes into no error."""

    def echo(request):
        return Response(
            401 if "token-1" in request.header("authorization") else 400,
            Headers(),
            dump_json({"message": f"bad header {request.header('authorization')}"}),
        )

    tokens = iter(["token-1", "token-1", "token-2"])
    with FakeServer(echo) as server:
        context = account.context(secret=lambda ref: next(tokens))
        lines = open_kajeet(account.settings(base_url=server.url), context).lines
        with pytest.raises(Rejected, match="bad header Bearer •••") as caught:
            lines.get(account.line(1))
    assert "token" not in str(caught.value)
