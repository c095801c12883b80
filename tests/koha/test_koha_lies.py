"""A Koha that answers what is not so: nothing that did not happen is reported as done, and nothing is done twice."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from koha_system import ANN, BOB, CLOCKS, GONE, NOW, RIVERS, SECRET, hold, item, koha

from scld_adapters._shared.fakehttp import Fault
from scld_adapters._shared.http import Headers, Response
from scld_adapters._shared.jsonwire import dump_json
from scld_adapters.koha.errors import reason_of
from scld_adapters.koha.settings import KohaSettings
from scld_core.catalog import Query
from scld_core.circulation.model import CheckIn, CheckOutRequest, ItemState, Loan
from scld_core.errors import (
    BackendError,
    Conflict,
    InvalidValue,
    NotFound,
    OutcomeUnknown,
    ProtocolViolation,
    RateLimited,
    Rejected,
    ServiceAuthError,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.holds.model import HoldRequest
from scld_core.holds.states import HoldState
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LoanId, LocationId
from scld_core.patrons.contact import Contact, PersonName
from scld_core.patrons.person import Block, CollectionFlag
from scld_core.patrons.requests import NewPatron, PatronChange, PatronQuery
from scld_core.plugins import SecretRef

CHENEY, NORTH = LocationId("cheney"), LocationId("north-spokane")
ASK = HoldRequest(patron=ANN, title=RIVERS, pickup=CHENEY)
PERSON = NewPatron(
    number=Barcode("29082000123476"),
    contact=Contact(name=PersonName(family="Sample", given="Cay")),
    category="adult",
    home=CHENEY,
)


def rows(pages):
    """All rows of a list."""
    return [row for page in pages for row in page.rows]


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.FAIL_AFTER, Fault.TRUNCATE, Fault.GARBLE])
def test_a_hold_that_was_placed_without_an_answer_is_found_and_not_placed_again(fault):
    """500 after it was committed, a broken line, half an answer, one that is no JSON."""
    with koha() as system:
        system.server.script(fault, only=lambda r: r.method == "POST")
        placed = system.holds.place(ASK, key="k1")
        assert placed.title == RIVERS
        assert len(system.tables.holds) == 1
        assert system.holds.place(ASK, key="k1").id == placed.id
        assert system.written() == [("POST", "/api/v1/holds")]


def test_a_hold_that_was_not_placed_is_not_told_as_placed():
    """A request that never arrived; an answer that says it was placed, and nothing is there."""
    with koha() as system:
        system.server.script(Fault.DROP, only=lambda r: r.method == "POST")
        with pytest.raises(OutcomeUnknown):
            system.holds.place(ASK, key="k1")
        system.fake.forget_next = True
        with pytest.raises(OutcomeUnknown, match="does not show it"):
            system.holds.place(ASK, key="k2")
        assert system.tables.holds == {}


def test_koha_fails_over_a_title_that_it_does_not_have():
    """500 for an unknown title is no unknown outcome."""
    with koha() as system, pytest.raises(NotFound):
        system.holds.place(evolve(ASK, title=evolve(RIVERS, local="99")), key="k1")


def test_of_two_holds_at_once_the_later_one_is_taken_back():
    """Koha lets both pass in half of all trials; the desk of another process was first."""
    with koha() as system:
        own = system.server._handler

        def meanwhile(request):
            if request.method == "POST" and not system.tables.holds:
                system.fake.race = True
                system.tables.add_hold(1, 1, "CH")
            return own(request)

        system.server._handler = meanwhile
        with pytest.raises(Rejected, match="on this title already"):
            system.holds.place(ASK, key="k1")
        assert list(system.tables.holds) == [1]


def test_the_desk_refuses_what_koha_does_not():
    """A second hold on a title, one too many, a last day that has passed: nothing is sent."""
    with koha() as system:
        system.tables.add_hold(1, 1, "CH")
        with pytest.raises(Rejected, match="on this title already"):
            system.holds.place(ASK, key="k1")
        with pytest.raises(Rejected, match="1 holds already"):
            system.holds.place(evolve(ASK, title=CLOCKS, at_most=1), key="k2")
        with pytest.raises(Rejected, match="has passed"):
            system.holds.place(evolve(ASK, title=CLOCKS, not_needed_after=NOW.date().replace(day=1)), key="k3")
        assert system.written() == []


@pytest.mark.parametrize(
    ("write", "state"),
    [
        (lambda holds: holds.cancel(hold(1), key="k"), None),
        (lambda holds: holds.suspend(hold(1), None, key="k"), "suspended"),
        (lambda holds: holds.change_pickup(hold(1), NORTH, key="k"), "NS"),
    ],
)
def test_a_change_that_did_not_happen_is_never_told_as_done(write, state):
    """Koha answers 200 and leaves everything as it was."""
    with koha() as system:
        system.tables.add_hold(1, 1, "CH")
        system.fake.forget_next = True
        with pytest.raises(OutcomeUnknown, match="does not show it"):
            write(system.holds)
        assert not system.tables.holds[1]["suspended"]
        system.fake.fail_next = True
        done = write(system.holds)
        assert state in (None, done.state.value, system.tables.holds[1]["pickup_library_id"] if state else "")


def test_a_hold_that_is_set_aside_is_not_moved_and_not_suspended():
    """Koha would answer 200 to the first and change nothing."""
    with koha() as system:
        system.tables.add_hold(1, 1, "CH", status="W", item_id="1", priority=0)
        with pytest.raises(Rejected, match="set aside"):
            system.holds.change_pickup(hold(1), NORTH, key="k1")
        with pytest.raises(Rejected, match="set aside"):
            system.holds.suspend(hold(1), None, key="k2")
        assert system.written() == []
        assert system.holds.cancel(hold(1), key="k3").state is HoldState.CANCELLED
        assert system.holds.cancel(hold(1), key="k3").state is HoldState.CANCELLED
        with pytest.raises(Conflict):
            system.holds.cancel(hold(2), key="k3")


def test_a_suspension_ends_on_the_day_that_was_asked_for():
    """It is sent without a time, which Koha would shift by a day; a day that has come is refused."""
    day = NOW.date().replace(month=12, day=24)
    with koha() as system:
        system.tables.add_hold(1, 1, "CH")
        assert system.holds.suspend(hold(1), day, key="k1").suspended_until == day
        with pytest.raises(Rejected, match="not after today"):
            system.holds.suspend(hold(1), NOW.date(), key="k2")
        assert system.holds.reactivate(hold(1), key="k3").state is HoldState.WAITING
        assert system.holds.reactivate(hold(1), key="k3").state is HoldState.WAITING


def test_a_suspension_until_another_day_is_not_done():
    """What is stored is compared, not what is answered."""
    with koha() as system:
        system.tables.add_hold(1, 1, "CH")
        object.__setattr__(
            system.fake, "_midnight", lambda told: f"{NOW.date().replace(month=12, day=23)}T00:00:00-08:00"
        )
        with pytest.raises(OutcomeUnknown):
            system.holds.suspend(hold(1), NOW.date().replace(month=12, day=24), key="k1")


def test_another_patrons_records_are_noticed():
    """A hold, a loan, a charge or a record that is somebody else's is a violation and no answer."""
    with koha() as system:
        system.tables.add_hold(2, 1, "CH")
        system.tables.add_debit(2, 100)
        own = system.fake._list
        object.__setattr__(system.fake, "_list", lambda table, request, where=None: own(table, request))
        for read in (
            lambda: rows(system.holds.of_patron(ANN)),
            lambda: system.fees.account(ANN),
        ):
            with pytest.raises(ProtocolViolation, match="another patron's"):
                read()
        system.tables.patrons[1] = system.tables.patrons[2]
        with pytest.raises(ProtocolViolation, match="another one of its patrons"):
            system.patrons.get(ANN)


PIN_CHECK = "/auth/password/validation"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>Please log in</html>"),
        (200, b""),
        (200, b'{"error": "something"}'),
        (201, b'{"patron_id": 2, "cardnumber": "x", "userid": "bob"}'),
        (200, b"[]"),
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


def told(status, body):
    """An answer of whatever stands before Koha, or of Koha itself."""
    return Response(status, Headers([("Content-Type", "application/json")]), body)


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
    for url in ("https://staff.example.org:8443/intranet", "http://127.0.0.1:8081", "http://[::1]:8081"):
        assert KohaSettings(**{**good, "url": url}).url == url
    with pytest.raises(InvalidValue):
        KohaSettings(**{**good, **wrong})


def test_a_card_number_is_never_one_that_koha_would_cut():
    """It answers with forty signs and keeps thirty-two; a number of ours has thirty-two at most."""
    with pytest.raises(InvalidValue):
        Barcode("2" * 33)
    with koha() as system:
        longest = evolve(PERSON, number=Barcode("2" * 32))
        assert system.patrons.register(longest, key="k1").card == longest.number
        assert system.patrons.find(longest.number).card == longest.number


@pytest.mark.parametrize("fault", [Fault.DROP_AFTER, Fault.FAIL_AFTER, Fault.GARBLE])
def test_a_registration_without_an_answer_is_found_by_its_card(fault):
    """And is made once; of one that Koha rolled back nothing is there."""
    with koha() as system:
        system.server.script(fault, only=lambda r: r.url.endswith("/patrons") and r.method == "POST")
        made = system.patrons.register(evolve(PERSON, pin="1234"), key="k1")
        assert made.card == PERSON.number
        assert system.patrons.check_pin(made.id, "1234")
        assert not system.patrons.check_pin(made.id, "0000")
        assert system.patrons.register(evolve(PERSON, pin="1234"), key="k1").id == made.id
        assert len(system.tables.patrons) == 3
        system.server.script(Fault.DROP, only=lambda r: r.method == "POST")
        with pytest.raises(OutcomeUnknown):
            system.patrons.register(evolve(PERSON, number=Barcode("29082000123484")), key="k2")


def test_a_user_name_of_its_own_spares_the_clash_of_names():
    """Koha makes it of the name, and two of one name clash."""
    with koha() as system:
        made = system.patrons.register(PERSON, key="k1")
        assert system.tables.patrons[int(made.id.local)]["userid"] == "29082000123476"
        with pytest.raises(Rejected, match="card already"):
            system.patrons.register(PERSON, key="k2")
        with pytest.raises(OutcomeUnknown, match="PIN was refused"):
            system.patrons.register(evolve(PERSON, number=Barcode("29082000123484"), pin="1"), key="k3")


def test_a_change_of_a_patron_keeps_what_it_does_not_name():
    """Koha's PUT merges; what it did not store is no answer."""
    with koha() as system:
        changed = system.patrons.update(ANN, PatronChange(category="staff", home=NORTH, pin="4321"), key="k1")
        assert (changed.category, changed.home, str(changed.card)) == ("staff", NORTH, "29082000123450")
        assert system.patrons.update(ANN, PatronChange(category="staff", home=NORTH, pin="4321"), key="k1") == changed
        assert system.patrons.update(ANN, PatronChange(endless=True), key="k2").expires_on is None
        system.fake.forget_next = True
        with pytest.raises(OutcomeUnknown):
            system.patrons.update(ANN, PatronChange(category="adult"), key="k3")
        assert system.patrons.put_card(ANN, Barcode("29082000123492"), key="k4").card == Barcode("29082000123492")
        assert system.patrons.put_card(ANN, Barcode("29082000123492"), key="k4").id == ANN
        system.server.script(Fault.DROP, only=lambda r: r.method == "PUT")
        with pytest.raises(OutcomeUnknown):
            system.patrons.put_card(ANN, Barcode("29082000123500"), key="k5")
        system.fake.forget_next = True
        with pytest.raises(OutcomeUnknown):
            system.patrons.put_card(ANN, Barcode("29082000123500"), key="k6")
        with pytest.raises(Rejected, match="guarantor"):
            system.patrons.update(ANN, PatronChange(responsible_adult=BOB), key="k7")


def test_blocks_flags_merges_and_money_are_not_offered():
    """What Koha cannot do by REST raises UnsupportedOperation and says where to do it."""
    with koha() as system:
        patrons = system.patrons
        for call in (
            lambda: patrons.set_block(ANN, Block("staff"), key="k"),
            lambda: patrons.clear_block(ANN, "staff", key="k"),
            lambda: patrons.set_flag(ANN, CollectionFlag("agency"), key="k"),
            lambda: patrons.clear_flag(ANN, "r1", key="k"),
            lambda: patrons.merge(ANN, BOB, key="k"),
            lambda: system.fees.cancel(None, key="k", reason="x"),
            lambda: system.fees.charge(ANN, None, key="k"),
            lambda: list(system.holds.iter_pulls(CHENEY)),
            lambda: system.loans.check_in(item(3), CHENEY, key="k"),
        ):
            with pytest.raises(UnsupportedOperation):
                call()
        assert system.written() == []


def test_renewals_claims_and_statuses_are_read_back():
    """A renewal that Koha only answers, a status that it does not keep, a claim that is there already."""
    with koha(lost={"1": "lost", "4": "missing"}) as system:
        system.fake.forget_next = True
        with pytest.raises(OutcomeUnknown):
            system.loans.renew(item(3), None, key="k1")
        system.fake.fail_next = True
        renewed = system.loans.renew(item(3), None, key="k2")
        assert renewed.renewals == 1
        assert system.loans.renew(item(3), None, key="k2").renewals == 1
        with pytest.raises(Rejected, match="not on loan"):
            system.loans.renew(item(1), None, key="k3")
        assert system.loans.claim_returned(item(3), key="k4").state is ItemState.CLAIMS_RETURNED
        assert system.loans.claim_returned(item(3), key="k4").state is ItemState.CLAIMS_RETURNED
        assert system.loans.claim_returned(item(3), key="k5").state is ItemState.CLAIMS_RETURNED
        assert len(system.tables.claims) == 1
        with pytest.raises(Rejected, match="not on loan"):
            system.loans.claim_returned(item(1), key="k6")
        assert system.loans.declare(item(1), ItemState.MISSING, key="k7").state is ItemState.MISSING
        assert system.loans.declare(item(1), ItemState.MISSING, key="k7").state is ItemState.MISSING
        assert system.loans.declare(item(1), ItemState.CHECKED_IN, key="k8").state is ItemState.CHECKED_IN
        assert system.loans.declare(item(1), ItemState.WITHDRAWN, key="k9").state is ItemState.WITHDRAWN
        with pytest.raises(Rejected, match="cannot be declared"):
            system.loans.declare(item(2), ItemState.LOST, key="k10")
        system.fake.forget_next = True
        with pytest.raises(OutcomeUnknown):
            system.loans.declare(item(2), ItemState.MISSING, key="k11")
    with koha() as system, pytest.raises(Rejected, match="names no status"):
        system.loans.declare(item(2), ItemState.MISSING, key="k1")


def test_lists_are_whole_or_raise():
    """A page that breaks off, a count that is none, rows that nobody asked for."""
    with koha() as system:
        for number in range(5):
            system.tables.add_hold(2 if number else 1, 1, "CH")
        assert len(rows(system.holds.of_title(RIVERS))) == 5
        assert [row.id for row in rows(system.holds.of_patron(ANN))] == [hold(1)]
        system.server.script(Fault.NONE, Fault.DROP, Fault.DROP, Fault.DROP, Fault.DROP, Fault.DROP)
        with pytest.raises(Unavailable):
            rows(system.holds.of_title(RIVERS))
    with koha() as system:
        assert rows(system.holds.of_title(GONE)) == []
        assert rows(system.catalog.items_of(GONE)) == []
        assert rows(system.loans.of_patron(BOB)) == []
        for unknown in (
            lambda: rows(system.holds.of_title(evolve(GONE, local="9"))),
            lambda: rows(system.catalog.items_of(evolve(GONE, local="9"))),
            lambda: rows(system.loans.of_patron(evolve(BOB, local="9"))),
            lambda: system.loans.get(item(9)),
            lambda: system.holds.get(hold("x1")),
        ):
            with pytest.raises(NotFound):
                unknown()
        assert rows(system.loans.iter_items([])) == []


def test_nobody_stands_in_an_address_and_no_get_has_a_content_type(caplog):
    """Card numbers and names travel in headers and bodies, which servers do not log; httpx logs none of it."""
    caplog.set_level(0)
    with koha() as system:
        assert system.patrons.find(Barcode("29082000123450")).id == ANN
        assert [one.id for one in rows(system.patrons.search(PatronQuery(name="sample ann")))] == [ANN]
        assert system.patrons.check_pin(ANN, "1234") is False
        assert len(rows(system.catalog.search(Query(title="imaginary", isbn="0306406152")))) == 1
        asked = [f"{r.url} {r.query}" for r in system.server.requests]
        assert not [text for text in asked if "29082000123450" in text or "ample" in text or "1234" in text]
        assert not [r for r in system.server.requests if r.method == "GET" and r.header("content-type")]
    assert not [record for record in caplog.records if record.name.startswith("http")]
    assert "29082000123450" not in caplog.text


def test_a_token_is_fetched_once_and_renewed_when_it_ends():
    """By OAuth2; a wrong secret is told as that, and so is a wrong password."""
    ref = SecretRef("env:KOHA")
    with koha(client_id="synthetic-staff", client_secret=ref) as system:
        for _ in range(3):
            system.patrons.get(ANN)
        assert [r.url for r in system.server.requests].count("/api/v1/oauth/token") == 1
        system.fake.expire()
        assert system.patrons.get(ANN).id == ANN
        system.fake.expire()
        system.fake.secret = "another"
        with pytest.raises(ServiceAuthError, match="access_denied") as refused:
            system.patrons.get(ANN)
        assert SECRET not in str(refused.value)
        assert SECRET not in repr(system.opened)
    with koha() as system:
        system.fake.secret = "another"
        with pytest.raises(ServiceAuthError, match="Invalid password"):
            system.patrons.get(ANN)


class Sip2Beside:
    """The lending half of a Koha: by barcode and card number, over the same tables."""

    def __init__(self, system):
        self.system, self.lies = system, False

    def check_out(self, request, *, key, answers=None):
        del key, answers
        tables = self.system.tables
        number = self._item(request.item.local)
        patron = next(n for n, row in tables.patrons.items() if row["cardnumber"] == request.patron.local)
        if not self.lies:
            tables.add_checkout(patron, number, NOW)
        return Loan(LoanId(request.item.backend, request.item.local), request.item, NOW)

    def check_in(self, item, at, *, key, shelf_until=None):
        del key, shelf_until
        number = self._item(item.local)
        for lent in [row for row in self.system.tables.checkouts.values() if row["item_id"] == number]:
            if not self.lies:
                del self.system.tables.checkouts[lent["checkout_id"]]
        return CheckIn(self.system.loans.get(ItemId("koha", str(number))), None, None, at)

    def _item(self, barcode):
        return next(n for n, row in self.system.tables.items.items() if row["external_id"] == barcode)


def test_lending_goes_by_sip2_and_is_read_by_rest():
    """Ids are translated both ways; what SIP2 answers and REST does not show is not done."""
    with koha() as system:
        beside, inner = Sip2Beside(system), system.bare.loans
        inner._lending = beside
        lent = inner.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k1")
        assert (lent.patron, lent.item) == (BOB, item(1))
        back = inner.check_in(item(1), CHENEY, key="k2")
        assert (back.circulation.state, back.ended.patron) == (ItemState.CHECKED_IN, BOB)
        beside.lies = True
        with pytest.raises(OutcomeUnknown, match="was lent"):
            inner.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k3")
        with pytest.raises(OutcomeUnknown, match="is back"):
            inner.check_in(item(3), CHENEY, key="k4")
        system.tables.patrons[2]["cardnumber"] = None
        with pytest.raises(Rejected, match="no card"):
            inner.check_out(CheckOutRequest(patron=BOB, item=item(1)), key="k5")
        system.tables.items[1]["external_id"] = None
        with pytest.raises(Rejected, match="no barcode"):
            inner.check_in(item(1), CHENEY, key="k6")


@given(st.sampled_from(["suspend", "cancel", "place", "pickup"]), st.sampled_from(list(Fault)), st.integers(0, 3))
def test_whatever_goes_wrong_an_answer_is_true(verb, fault, at):
    """For every fault at every request: what is answered is what the tables have, and nothing is there twice."""
    with koha() as system:
        system.tables.add_hold(1, 2, "CH")
        system.server.script(*[Fault.NONE] * at, fault)
        calls = {
            "place": lambda: system.holds.place(ASK, key="k"),
            "cancel": lambda: system.holds.cancel(hold(1), key="k"),
            "suspend": lambda: system.holds.suspend(hold(1), None, key="k"),
            "pickup": lambda: system.holds.change_pickup(hold(1), NORTH, key="k"),
        }
        try:
            answer = calls[verb]()
        except (OutcomeUnknown, Unavailable, RateLimited, ProtocolViolation):
            answer = None
        table = system.tables.holds
        if answer is not None and verb == "cancel":
            assert 1 not in table
        elif answer is not None:
            row = table[int(answer.id.local)]
            assert answer.suspended_until is None
            assert (answer.state is HoldState.SUSPENDED) == row["suspended"]
            assert row["pickup_library_id"] == {CHENEY: "CH", NORTH: "NS"}[answer.pickup]
        assert len([row for row in table.values() if row["biblio_id"] == 1]) <= (2 if fault is Fault.DUPLICATE else 1)
