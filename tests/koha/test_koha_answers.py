"""What stands before a Koha, or Koha itself, answers something else than was asked: it is noticed, and told as that."""

import pytest
from attrs import evolve
from koha_system import ANN, BOB, RIVERS, Sip2Beside, hold, item, koha, rows, told

from scld_adapters._shared.fakehttp import Fault
from scld_adapters._shared.http import Headers, Response
from scld_adapters._shared.jsonwire import dump_json
from scld_adapters.koha.errors import reason_of
from scld_adapters.koha.settings import KohaSettings
from scld_core.circulation.model import CheckOutRequest, ItemState
from scld_core.errors import BackendError, InvalidValue, OutcomeUnknown, ProtocolViolation
from scld_core.holds.model import HoldRequest
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId
from scld_core.patrons.contact import Contact, PersonName
from scld_core.patrons.requests import NewPatron, PatronChange
from scld_core.plugins import SecretRef

CHENEY, NORTH = LocationId("cheney"), LocationId("north-spokane")
PERSON = NewPatron(
    number=Barcode("29082000123476"),
    contact=Contact(name=PersonName(family="Sample", given="Cay")),
    category="adult",
    home=CHENEY,
)


PIN_CHECK = "/auth/password/validation"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Please log in</html>"),
        (200, b""),
        (200, b'{"error": "something"}'),
        (201, b'{"patron_id": 2, "cardnumber": "x", "userid": "bob"}'),
        (200, b"[]"),
        (200, b'{"patron_id": 1, "cardnumber": "29082000123450", "userid": "ann"}'),
        (400, b'{"errors": [{"message": "Missing property.", "path": "/body"}], "status": 400}'),
        (400, b'{"error": "Account locked"}'),
        (403, b""),
        (302, b""),
    ],
)
def test_an_answer_about_a_pin_is_yes_or_no_in_koha_s_own_words(status, body):
    """A page of a proxy, another patron, another refusal: neither right nor wrong, and no PIN is told as set."""
    with koha() as system:
        system.tables.passwords[1] = "1234"
        assert [system.patrons.check_pin(ANN, pin) for pin in ("1234", "0000")] == [True, False]
        system.front.instead[PIN_CHECK] = told(status, body)
        with pytest.raises(BackendError):
            system.patrons.check_pin(ANN, "0000")
        with pytest.raises(BackendError):
            system.patrons.update(ANN, PatronChange(pin="9876"), key="k1")


@pytest.mark.parametrize("answer", [told(200, b"<html></html>"), told(200, b""), told(200, b'""')])
def test_a_pin_that_koha_does_not_take_was_not_set(answer):
    """Whatever is answered, the check of the new PIN tells; without an answer it tells as well."""
    with koha() as system:
        system.tables.passwords[1] = "1234"
        system.front.instead["/patrons/1/password"] = answer
        with pytest.raises(OutcomeUnknown, match="does not take it"):
            system.patrons.update(ANN, PatronChange(pin="9876"), key="k1")
        assert system.tables.passwords[1] == "1234"
        system.front.instead.clear()
        system.server.script(Fault.DROP_AFTER, only=lambda r: r.url.endswith("/password"))
        assert system.patrons.update(ANN, PatronChange(pin="9876"), key="k2").id == ANN
        assert system.tables.passwords[1] == "9876"


@pytest.mark.parametrize(
    "answer",
    [
        told(200, b"<html></html>"),
        told(201, b'{"claim_id": 1, "item_id": 1}'),
        told(409, b'{"error": "Something else is in the way"}'),
    ],
)
def test_a_claim_of_which_koha_shows_no_record_is_not_told_as_done(answer):
    """The record in the answer is all that can be seen of a claim."""
    with koha() as system:
        system.front.instead["/return_claims"] = answer
        with pytest.raises(BackendError):
            system.loans.claim_returned(item(3), key="k1")
        assert system.tables.claims == {}


def test_nothing_is_written_from_another_record():
    """Koha answers with another item or patron: no status is set, nothing is lent, and nobody's data is moved."""
    with koha(lost={"1": "lost", "4": "missing"}) as system:
        beside, inner = Sip2Beside(system), system.bare.loans
        inner._lending = beside
        before = dict(system.tables.items[1])
        system.front.instead["/items/1"] = told(200, dump_json(system.tables.items[2]))
        with pytest.raises(ProtocolViolation, match="another one of its items"):
            inner.declare(item(1), ItemState.MISSING, key="k1")
        with pytest.raises(ProtocolViolation, match="another one of its items"):
            inner.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k2")
        system.front.instead = {"/patrons/2": told(200, dump_json(system.tables.patrons[1]))}
        with pytest.raises(ProtocolViolation, match="another one of its patrons"):
            inner.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k3")
        assert system.tables.items[1] == before
        assert len(system.tables.checkouts) == 1
        system.front.instead.clear()
        system.tables.items[1].update(item_type_id=None, effective_item_type_id="BK")
        inner.declare(item(1), ItemState.MISSING, key="k4")
        assert (system.tables.items[1]["item_type_id"], system.tables.items[1]["lost_status"]) == (None, 4)


def test_rows_that_nobody_asked_for_are_noticed():
    """A proxy that drops the filter makes Koha send everybody: that is no answer of nobody."""
    with koha() as system:
        everybody = dump_json(list(system.tables.patrons.values()))
        system.front.instead = {"/patrons": told(200, everybody), "/items": told(200, b"[]")}
        with pytest.raises(ProtocolViolation, match="other cards"):
            system.patrons.find(Barcode("29082000123450"))
        with pytest.raises(ProtocolViolation, match="other cards"):
            system.patrons.register(PERSON, key="k1")
        assert system.written() == []
        assert system.catalog.find_item(Barcode("39090000000001")) is None
        system.front.instead = {"/items": told(200, dump_json(list(system.tables.items.values())))}
        with pytest.raises(ProtocolViolation, match="other barcodes"):
            system.catalog.find_item(Barcode("39090000000001"))
        system.front.instead = {"/holds": told(200, b"[]")}
        assert rows(system.holds.iter_shelf(CHENEY)) == []
        system.tables.add_hold(2, 1, "NS", status="W", item_id="1", priority=0)
        system.front.instead = {"/holds": told(200, dump_json(list(system.tables.holds.values())))}
        with pytest.raises(ProtocolViolation, match="this library's shelf"):
            rows(system.holds.iter_shelf(CHENEY))


def test_nobody_is_sent_where_one_is_looked_for():
    """Of a card and a barcode two rows at most are asked for, should the filter be lost on the way."""
    with koha() as system:
        assert system.patrons.find(Barcode("29082000123450")).id == ANN
        assert system.catalog.find_item(Barcode("39099990000001")).id == item(1)
        assert [dict(request.query)["_per_page"] for request in system.server.requests] == ["2", "2"]


def test_an_item_stands_as_its_own_loans_and_holds_say():
    """Another item's loan is no proof that this one is in; nor is another title's item one of this title."""
    with koha() as system:
        lent = dump_json(list(system.tables.checkouts.values()))
        system.front.instead = {"/checkouts": told(200, lent)}
        with pytest.raises(ProtocolViolation, match="loans of items"):
            system.loans.get(item(1))
        system.tables.add_hold(2, 1, "CH", status="W", item_id="2", priority=0)
        system.front.instead = {"/holds": told(200, dump_json(list(system.tables.holds.values())))}
        with pytest.raises(ProtocolViolation, match="holds of items"):
            system.loans.get(item(1))
        system.front.instead = {"/biblios/1/items": told(200, dump_json([system.tables.items[3]]))}
        with pytest.raises(ProtocolViolation, match="another title's"):
            rows(system.catalog.items_of(RIVERS))


WRITES = {
    "place": lambda on: on.holds.place(HoldRequest(patron=ANN, title=RIVERS, pickup=CHENEY), key="k"),
    "cancel": lambda on: on.holds.cancel(hold(1), key="k"),
    "suspend": lambda on: on.holds.suspend(hold(1), None, key="k"),
    "move": lambda on: on.holds.change_pickup(hold(1), NORTH, key="k"),
    "register": lambda on: on.patrons.register(PERSON, key="k"),
    "register with a PIN": lambda on: on.patrons.register(evolve(PERSON, pin="9876"), key="k"),
    "update": lambda on: on.patrons.update(ANN, PatronChange(category="staff"), key="k"),
    "PIN": lambda on: on.patrons.update(ANN, PatronChange(pin="9876"), key="k"),
    "card": lambda on: on.patrons.put_card(ANN, Barcode("29082000123492"), key="k"),
    "renew": lambda on: on.loans.renew(item(3), None, key="k"),
    "declare": lambda on: on.loans.declare(item(1), ItemState.MISSING, key="k"),
}


@pytest.mark.parametrize("status", [401, 403, 404, 429, 200])
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_change_that_cannot_be_looked_at_since_is_of_unknown_outcome(write, status):
    """It was made: neither the refusal of the read nor its silence says that it was not."""
    with koha(lost={"4": "missing"}) as system:
        system.tables.add_hold(1, 2, "CH")
        system.front.afterwards = told(status, b"<html></html>")
        with pytest.raises(OutcomeUnknown):
            write(system)
        assert len(system.written()) <= 2


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_what_was_lent_and_cannot_be_looked_at_since_is_of_unknown_outcome(status):
    """The same of what goes by SIP2."""
    with koha() as system:
        inner = system.bare.loans
        inner._lending = Sip2Beside(system, then=lambda: setattr(system.front, "changed", True))
        system.front.afterwards = told(status, b"")
        with pytest.raises(OutcomeUnknown):
            inner.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k1")
        system.front.changed = False
        with pytest.raises(OutcomeUnknown):
            inner.check_in(item(1), CHENEY, key="k2")


@pytest.mark.parametrize("amount", ["1e400", "1e300", "99999999999999999999999"])
def test_an_amount_that_nobody_could_owe_is_refused(amount):
    """It is no account of that sum, and no fault of the adapter."""
    with koha() as system:
        line = system.tables.debits[system.tables.add_debit(1, 100)["account_line_id"]]
        body = dump_json([line]).replace(b'"amount":1.0', f'"amount":{amount}'.encode())
        assert amount.encode() in body
        system.front.instead = {"/debits": told(200, body)}
        with pytest.raises(ProtocolViolation, match="amount"):
            system.fees.account(ANN)


def test_a_line_of_nothing_is_no_charge():
    """A fine that Koha worked out anew to nothing leaves the rest of the account as it is."""
    with koha() as system:
        system.tables.add_debit(1, 0)
        system.tables.add_debit(1, 500)
        assert system.fees.account(ANN).balance.cents == 500


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": "Renewal not authorized (too_many)"}', "too_many"),
        (b'{"error": "x (secretname_of_somebody)"}', ""),
        (b'{"error": "Hold cannot be placed. Reason: Secretname"}', ""),
        (b'{"error": "Duplicate ID", "conflict": "cardnumber"}', "cardnumber is another's"),
        (b'{"error": "Duplicate ID", "conflict": "Secretname"}', "Duplicate ID"),
        (b'{"error": "Patron not found (smith)"}', ""),
        (b'{"error": "Hold cannot be placed. Reason: S"}', ""),
        (b'{"error": "Found hold cannot be suspended. Status=W"}', "W"),
    ],
)
def test_of_koha_s_words_only_known_reasons_are_repeated(body, said):
    """What stands in their place may be what somebody is called."""
    assert reason_of(told(400, body)) == said


@pytest.mark.parametrize(
    ("token", "lives", "usable"),
    [("t", 10**9, True), ("t", 10**13, False), ("t\u00f6ken", 60, False), ("a b", 60, True)],
)
def test_a_token_is_one_that_can_be_sent_and_ends(token, lives, usable):
    """What no header takes, or what no clock can add, is refused as a token that cannot be read."""
    with koha(client_id="synthetic-staff", client_secret=SecretRef("env:KOHA")) as system:
        system.fake.token = token
        answer = {"access_token": token, "expires_in": lives, "token_type": "Bearer"}
        system.front.instead = {"/oauth/token": told(200, dump_json(answer))}
        if usable:
            assert system.patrons.get(ANN).id == ANN
        else:
            with pytest.raises(ProtocolViolation, match="token"):
                system.patrons.get(ANN)


def test_a_total_of_thousands_of_digits_is_none():
    """It is refused before it is read."""
    with koha() as system:
        many = Response(200, Headers([("X-Total-Count", "9" * 5000)]), b"[]")
        system.front.instead = {"/libraries": many}
        with pytest.raises(ProtocolViolation, match="no number"):
            rows(system.catalog.libraries())


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "https://"},
        {"url": "https://ex ample.org"},
        {"url": "https://127.0.0.1:99999"},
        {"url": "http://127.0.0.1:80.evil.example/"},
        {"url": "http://localhost:9"},
        {"url": "http://staff.example.org"},
        {"url": "https://staff.example.org/api/v1"},
        {"url": "https://u@staff.example.org"},
        {"user": "a:b"},
        {"libraries": {"No Where!": "NS"}},
    ],
)
def test_settings_that_could_never_work_are_refused(wrong):
    """When they are read, and not at the first call."""
    good = {"url": "https://staff.example.org", "user": "u", "password": SecretRef("env:X")}
    assert KohaSettings(**good).url == good["url"]
    for url in ("https://staff.example.org:8443/apiary", "http://127.0.0.1:8081", "http://[::1]:8081"):
        assert KohaSettings(**{**good, "url": url}).url == url
    with pytest.raises(InvalidValue):
        KohaSettings(**{**good, **wrong})
