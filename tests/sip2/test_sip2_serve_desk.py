"""What a machine's requests come to at a desk, with no line between: repetition, what is offered, what is told."""

import logging
from datetime import date
from types import SimpleNamespace

import pytest
from sip2_district import (
    BACK,
    BORROW,
    HELD,
    ITEM,
    NAME,
    PIN,
    RENEW,
    Ils,
    asking,
    at_desk,
    over_sip2,
    tell,
)
from sip2_line import CARD

from scld_adapters.sip2.capabilities import format_supported
from scld_adapters.sip2.desk_handlers import BY_STAFF, NO_PIN, NOT_KNOWN, UNDER_WAY
from scld_adapters.sip2.desk_offer import is_offered, unsupported
from scld_adapters.sip2.desk_protocol import ANSWER_KEPT, Memory
from scld_core.catalog.desk import CatalogDesk
from scld_core.circulation.desk import CirculationDesk
from scld_core.errors import ProtocolViolation, Rejected, Unavailable, UnsupportedOperation
from scld_core.kernel.decision import Question
from scld_core.kernel.decision import ask as asked
from scld_core.kernel.money import Money
from scld_core.patrons.desk import PatronDesk
from scld_core.plugins import Registry
from scld_core.runs.one_step import Outcome
from scld_core.sample.files import sample_now
from scld_core.settings import BackendSettings

LOAN = {**BORROW, "item_identifier": ITEM}
RETURN = {**BACK, "item_identifier": ITEM}
THERE = "39999000004001"


def _stands(table):
    return tell(table, "17", item_identifier=ITEM).text("circulation_status")


def _raising(fault):
    def fail(*args, **named):
        raise fault("main", "test", "canary of somebody")

    return fail


# --- a frame that comes again ---


@pytest.mark.parametrize("later", [1.0, ANSWER_KEPT + 1])
def test_a_return_whose_frame_was_seen_before_is_a_return(district, later):
    """A book drop whose clock stands still sends the same bytes for another return: at once, and long after."""
    time = [0.0]
    with at_desk(district, Memory(monotonic=lambda: time[0])) as table:
        tell(table, "11", **LOAN)
        first = tell(table, "09", **RETURN)
        assert tell(table, "09", **RETURN) == first
        assert tell(table, "11", **LOAN, second=1).text("ok") == "1"
        assert _stands(table) == "04"
        time[0] = later
        assert tell(table, "09", **RETURN).text("ok") == "1"
        assert _stands(table) == "03"


def test_a_server_that_began_anew_takes_no_old_return_for_this_one(district):
    """What the journal has of the day is not what shows."""
    with at_desk(district) as table:
        tell(table, "11", **LOAN)
        tell(table, "09", **RETURN)
        tell(table, "11", **LOAN, second=1)
    with at_desk(district) as table:
        assert tell(table, "09", **RETURN).text("ok") == "1"
        assert _stands(table) == "03"


@pytest.mark.parametrize("later", [1.0, ANSWER_KEPT + 1])
def test_a_loan_whose_frame_was_seen_before_is_a_loan(district, later):
    """It was returned in between, and shows no more: lent again, or else told as it is."""
    time = [0.0]
    with at_desk(district, Memory(monotonic=lambda: time[0])) as table:
        first = tell(table, "11", **LOAN)
        assert tell(table, "11", **LOAN) == first
        tell(table, "09", **RETURN)
        time[0] = later
        assert tell(table, "11", **LOAN).text("ok") == "1"
        assert _stands(table) == "04"
        time[0] += ANSWER_KEPT + 1
        again = tell(table, "11", **LOAN)
        assert (again.text("ok"), "has it already" in again.text("AF")) == ("0", True)


def test_a_hold_whose_frame_was_seen_before_is_a_hold(district):
    """Placed, cancelled, and placed again by the same bytes; and cancelled again."""
    placed = {"hold_mode": "+", "item_identifier": HELD}
    with at_desk(district) as table:
        for _ in range(2):
            for mode, count in (("+", "0001"), ("-", "0000")):
                answers = [tell(table, "15", **{**placed, "hold_mode": mode}) for _ in range(2)]
                assert (answers[0].text("ok"), answers[0]) == ("1", answers[1])
                told = tell(table, "63", language="001", summary=" " * 10)
                assert told.text("unavailable_holds_count") == count


def test_what_cannot_be_looked_at_is_answered_as_a_moment_ago(district, monkeypatch):
    """The ILS went away after the loan, and the machine asks again for its lost answer."""
    with at_desk(district) as table:
        first = tell(table, "11", **LOAN)
        monkeypatch.setattr(CirculationDesk, "look", _raising(Unavailable))
        assert tell(table, "11", **LOAN) == first


def test_a_memory_has_an_end():
    """The writes asked for longest ago are forgotten first."""
    memory, day = Memory(), date(2026, 3, 10)
    first = memory.asked("first", day)
    assert memory.asked("first", day) is first
    for number in range(4096):
        memory.asked(f"{number}", day)
    assert memory.asked("first", day) is not first
    assert len(memory.writes) == 4096


def test_the_same_wrong_pin_again_is_no_second_guess(district):
    """A machine asks again where its answer got lost; different ones lock the card."""
    with at_desk(district, wrong_pins=2) as table:
        for pin in ("0000", "0000", "0000"):
            assert tell(table, "23", language="001", pin=pin).text("CQ") == "N"
        assert tell(table, "23", language="001").text("CQ") == "Y"
        for pin in ("0000", "1111"):
            tell(table, "23", language="001", pin=pin)
        assert tell(table, "23", language="001").text("CQ") == "N"


# --- what is offered ---


def test_what_the_ils_cannot_do_is_not_offered(district, ils):
    """SIP2 lists no holds, and without a layout no loans: neither is renewed or held then, and no count is told."""
    over_sip2(district, ils.server.port)
    with at_desk(district) as table:
        assert set(table) == {"35", "23", "63", "17", "11", "09", "29"}
        told = tell(table, "63", language="001", summary="     Y    ", pin="1234")
        assert (told.text("hold_items_count"), told.text("unavailable_holds_count")) == ("    ", "    ")
        assert (told.text("charged_items_count"), told.values("CD")) == ("0000", ())
    path = district / "district.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"barcode"', '"text"'), encoding="utf-8")
    with at_desk(district) as table:
        assert set(table) == {"35", "23", "63", "17", "11", "09"}
        told = tell(table, "63", language="001", summary="  Y       ", pin="1234")
        assert (told.text("charged_items_count"), told.text("overdue_items_count")) == ("    ", "    ")


def test_a_koha_without_its_sip2_port_lends_nothing():
    """Its REST interface has no way for it: no machine is told that it may lend."""
    table = {"url": "http://127.0.0.1:9", "user": "scld", "password": "env:KOHA"}
    desk = SimpleNamespace(
        backends={"main": SimpleNamespace(loans=object()), "carrier": SimpleNamespace(loans=None)},
        settings=SimpleNamespace(backends={"main": BackendSettings("koha", table)}),
        registry=Registry.load(),
        **dict.fromkeys(("patrons", "catalog", "loans", "holds"), object()),
    )
    lacking = unsupported(desk)
    codes = ("23", "63", "17", "11", "09", "29", "15")
    offered = [code for code in codes if is_offered(code, desk, lacking, require_pin=True)]
    assert offered == ["23", "63", "17", "29", "15"]
    assert format_supported(offered) == "YNNNNNNYNNYNNYYN"


def test_where_a_pin_is_needed_and_nobody_checks_it_nothing_is_lent():
    """Returns need none."""
    desk = SimpleNamespace(**dict.fromkeys(("patrons", "catalog", "loans", "holds"), object()))
    for needed, offered in ((True, ["09"]), (False, ["11", "09", "29", "15"])):
        found = [c for c in ("11", "09", "29", "15") if is_offered(c, desk, {"patrons.check_pin"}, require_pin=needed)]
        assert found == offered


def test_what_was_handed_to_staff_is_told_as_such(district):
    """The system's own BX says no to 11: nothing was sent, and nobody has to wonder whether it was done."""
    system = Ils(sample_now("America/Los_Angeles"), without=("11",))
    try:
        over_sip2(district, system.server.port)
        with at_desk(district) as table:
            for _ in range(2):
                answer = tell(table, "11", **{**LOAN, "item_identifier": THERE}, pin="1234")
                assert (answer.text("ok"), answer.text("AF")) == ("0", BY_STAFF)
    finally:
        system.server.close()


def test_what_waits_for_another_request_is_not_left_to_staff(district, ils):
    """A first loan is of unknown outcome; the second tap sends nothing, and the first is still to be settled."""
    over_sip2(district, ils.server.port)
    loan = {**LOAN, "item_identifier": THERE, "pin": "1234"}
    with at_desk(district) as table:
        ils.breaks = ("11", False)
        told = [tell(table, "11", **loan, second=second).text("AF") for second in (0, 0, 1, 1)]
    assert told == [NOT_KNOWN, NOT_KNOWN, UNDER_WAY, UNDER_WAY]
    assert ils.library.patrons[CARD].loans == []


# --- what is told ---


def test_an_ils_that_is_away_has_counted_nothing_and_knows_no_item(district, monkeypatch, caplog):
    """Neither zero nor "unknown item" follows from it; the log has the kind of the fault and nobody's name."""
    with at_desk(district) as table:
        monkeypatch.setattr(PatronDesk, "find", _raising(Unavailable))
        monkeypatch.setattr(CatalogDesk, "item", _raising(ProtocolViolation))
        patron = tell(table, "63", language="001", summary=" " * 10)
        item = tell(table, "17", item_identifier=ITEM)
    assert (patron.text("charged_items_count"), patron.text("BL"), patron.text("AO")) == ("    ", "", "SCLD")
    assert "does not answer" in patron.text("AF")
    # about no item: "other" without a title would mean that the item is unknown
    assert (item.text("circulation_status"), item.text("AB")) == ("01", "")
    assert "cannot be used for this now" in item.text("AF")
    assert "kiosk-cheney: the request 63 could not be answered: Unavailable" in caplog.text
    assert not any(word in caplog.text for word in ("canary", CARD, NAME, ITEM))


def test_an_unknown_item_is_told_as_unknown(district):
    """Other, without a title, and about the item that was asked for."""
    with at_desk(district) as table:
        told = tell(table, "17", item_identifier="39999019999999")
    assert (told.text("circulation_status"), told.text("AB"), told.text("AJ")) == ("01", "39999019999999", "")


def _not_looked(fault):
    def check(patron, pin):
        raise fault("main", "patrons.check_pin", "the system did not look at the PIN")

    return staticmethod(check)


@pytest.mark.parametrize("fault", [Rejected, UnsupportedOperation])
def test_a_pin_that_nobody_looked_at_is_not_validated(district, monkeypatch, fault):
    """Not wrong either; who needs none may act."""
    for needed, ok in ((True, "0"), (False, "1")):
        with at_desk(district, require_pin=needed) as table:
            port = type(table.station.desk.patrons.systems.patrons)
            monkeypatch.setattr(port, "check_pin", _not_looked(fault))
            told = tell(table, "63", language="001", summary=" " * 10)
            assert (told.text("BL"), told.text("CQ"), told.text("AF")) == ("Y", "", "")
            lent = tell(table, "11", **LOAN)
            assert (lent.text("ok"), "could not be checked" in lent.text("AF")) == (ok, needed)
            unproved = tell(table, "29", **RENEW, item_identifier=ITEM, pin=None)
            assert (unproved.text("AF") == NO_PIN) is needed


def test_a_refusal_has_the_title_that_is_known(district):
    """Of a loan, a return and a hold."""
    with at_desk(district) as table:
        title = tell(table, "17", item_identifier=ITEM).text("AJ")
        refused = [
            tell(table, "11", **LOAN, pin="0000"),
            tell(table, "29", **RENEW, item_identifier=ITEM),
            tell(table, "09", **{**RETURN, "no_block": "Y"}),
            tell(table, "15", hold_mode="-", item_identifier=ITEM),
        ]
    assert title
    assert [(answer.text("AJ"), bool(answer.text("AF"))) for answer in refused] == [(title, True)] * 4


def test_a_pickup_that_is_no_library_is_told_as_such(district):
    """And not as a hold that is not there."""
    with at_desk(district) as table:
        answer = tell(table, "15", hold_mode="+", item_identifier=HELD, pickup_location="No Where!")
    assert answer.text("AF") == "The library for the pickup is not known here."


@pytest.mark.parametrize(("code", "values"), [("11", LOAN), ("09", RETURN)])
def test_what_a_machine_wants_undone_stands_and_somebody_hears_of_it(district, caplog, code, values):
    """It was not off line; the log names the machine."""
    with at_desk(district) as table, caplog.at_level(logging.WARNING, "scld.sip2"):
        answer = tell(table, code, **values, cancel="Y")
    assert (answer.text("ok"), "was not undone" in answer.text("AF")) == ("0", True)
    assert f"kiosk-cheney: asks to undo its last {code}" in caplog.text


# --- a fee ---


def test_a_fee_is_offered_as_a_machine_can_show_it(district, ils):
    """Its kind, its currency and its amount beside the sentence; with BO it is accepted."""
    over_sip2(district, ils.server.port)
    ils.library.items[THERE].fee = Money(150)
    loan = {**LOAN, "item_identifier": THERE, "pin": "1234"}
    with at_desk(district) as table:
        first = tell(table, "11", **loan)
        assert (first.text("ok"), first.text("BT"), first.text("BH"), first.text("BV")) == ("0", "01", "USD", "1.50")
        assert tell(table, "11", **loan, second=1, fee_acknowledged="Y").text("ok") == "1"


@pytest.mark.parametrize(
    ("questions", "calls", "fee"),
    [
        ((Question("age", "Is the patron 18 or older?"),), 1, ("", "")),
        ((Question("fee", "A fee of 1.50 is charged."), Question("age", "Is the patron 18?")), 1, ("01", "1.50")),
        ((Question("fee", "A fee of 1.50, or of 2.00 later, is charged."),), 2, ("01", "")),
        ((Question("fee", "Another plan?", (("a", "A"), ("b", "B"))),), 1, ("01", "")),
    ],
)
def test_bo_accepts_a_fee_and_nothing_else(district, monkeypatch, questions, calls, fee):
    """What else is asked stays a question for staff."""
    heard = []

    def check_out(desk, patron, item, *, at, answers, cause):
        heard.append(answers)
        return Outcome(None, asked(*questions))

    monkeypatch.setattr(CirculationDesk, "check_out", check_out)
    with at_desk(district) as table:
        answer = tell(table, "11", **LOAN, fee_acknowledged="Y")
    assert (len(heard), heard[0]) == (calls, None)
    assert (answer.text("ok"), answer.text("BT"), answer.text("BV")) == ("0", *fee)
    assert questions[0].words in answer.text("AF")


def test_a_renewal_by_11_needs_an_ils_that_renews(district, ils):
    """Where it does not, the item is simply with the patron already."""
    over_sip2(district, ils.server.port)
    path = district / "district.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"barcode"', '"text"'), encoding="utf-8")
    loan = {**LOAN, "item_identifier": THERE, "pin": "1234"}
    with at_desk(district) as table:
        tell(table, "11", **loan)
        again = table["11"](asking("11", **{**loan, "sc_renewal_policy": "Y"}, second=1))
    assert again.text("ok") == "0"
    assert PIN not in again.text("AF")
