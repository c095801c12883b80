"""A Koha that answers what is not so: nothing that did not happen is reported as done, and nothing is done twice."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from koha_system import ANN, BOB, CLOCKS, GONE, NOW, RIVERS, SECRET, Sip2Beside, hold, item, koha, rows

from scld_adapters._shared.fakehttp import Fault
from scld_core.catalog import Query
from scld_core.circulation.model import CheckOutRequest, ItemState
from scld_core.errors import (
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
from scld_core.kernel.ids import LocationId
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
