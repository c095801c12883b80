"""Self-checks at the desks of a district, over real sockets: what they may do, what they are told, and what is kept."""

import contextlib
import logging
import threading
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from Sip2.sip2 import Sip2
from sip2_district import (
    BACK,
    BORROW,
    HELD,
    ITEM,
    NAME,
    PIN,
    RENEW,
    SECRET,
    ask,
    asking,
    borrow,
    over_sip2,
    serving,
    terminal,
)
from sip2_line import CARD, CLOCK, NOW

from scld_adapters.sip2.desk_handlers import NOT_KNOWN, DeskHandlers, sentences
from scld_adapters.sip2.desk_protocol import Memory, Station
from scld_adapters.sip2.messages import make
from scld_adapters.sip2.seal import Seal
from scld_adapters.sip2.self_checks import FILE, SelfCheck, SelfChecks
from scld_adapters.sip2.settings import Dialect
from scld_core import open_desk
from scld_core.errors import (
    OutcomeUnknown,
    ServiceAuthError,
    Unavailable,
)
from scld_core.kernel.decision import Question, Reason, deny, refer
from scld_core.kernel.decision import ask as asked
from scld_core.kernel.money import Money
from scld_core.plugins import SecretRef


def _journal(folder):
    with open_desk(folder, actor="reader") as desk, desk.store.transaction() as unit:
        return [entry for entry in unit.journal.entries() if entry.actor.startswith("kiosk")]


def _loans(folder):
    with open_desk(folder, actor="reader") as desk:
        return desk.loans.loans_of(desk.patrons.find(CARD).id)


def test_what_a_self_check_lends_shows_at_the_desk(district):
    """Lent through the desk's one write path, by the machine's own name, and taken back."""
    with serving(district) as port, terminal(port) as kiosk:
        lent = borrow(kiosk)
        assert (lent.text("ok"), lent.text("AB"), lent.text("AF")) == ("1", ITEM, "")
        (loan,) = _loans(district)
        assert lent.text("AH").endswith("235959")  # the day's last second, not the midnight after it
        listed = ask(kiosk, "63", language="001", summary="  Y       ")
        assert (listed.text("charged_items_count"), listed.values("AU")) == ("0001", (ITEM,))
        assert ask(kiosk, "17", item_identifier=ITEM).text("circulation_status") == "04"
        back = ask(kiosk, "09", **BACK, item_identifier=ITEM)
        assert (back.text("ok"), back.text("alert")) == ("1", "N")
    assert _loans(district) == ()
    kinds = [(entry.actor, entry.kind, entry.subject) for entry in _journal(district)]
    assert kinds == [
        ("kiosk-cheney", "step.prepare", f"loans.check_out {loan.item}"),
        ("kiosk-cheney", "step.applied", f"loans.check_out {loan.item}"),
        ("kiosk-cheney", "step.prepare", f"loans.check_in {loan.item}"),
        ("kiosk-cheney", "step.applied", f"loans.check_in {loan.item}"),
    ]


def test_an_item_that_comes_back_elsewhere_is_sent_home(district):
    """The machine's library is where it comes back; the machine calls staff."""
    with serving(district) as port, terminal(port, "kiosk-argonne") as kiosk:
        borrow(kiosk)
        back = ask(kiosk, "09", **BACK, item_identifier=ITEM)
    assert (back.text("alert"), back.text("CT"), back.text("CV")) == ("Y", "cheney", "04")


def test_a_frame_that_is_sent_again_acts_once(district):
    """Over another connection too, which knows nothing of the first; a later request is one of its own."""
    with serving(district) as port:
        answers = []
        for _ in range(2):
            with terminal(port) as kiosk:
                answers.append(borrow(kiosk))
        assert answers[0] == answers[1]
        with terminal(port) as kiosk:
            later = borrow(kiosk, second=1)
            assert (later.text("ok"), "has it already" in later.text("AF")) == ("0", True)
    assert len([entry for entry in _journal(district) if entry.kind == "step.applied"]) == 1


def test_what_the_desk_denies_is_told_in_words_that_name_nobody(district):
    """A block stops loan and hold; neither name nor card is on the screen."""
    with open_desk(district, actor="anne") as desk:
        desk.patrons.block(desk.patrons.find(CARD).id, "lost-card")
    with serving(district) as port, terminal(port) as kiosk:
        answers = [
            borrow(kiosk),
            ask(kiosk, "15", hold_mode="+", item_identifier=HELD),
            borrow(kiosk, item="39999019999999"),
            borrow(kiosk, item="no item"),
            borrow(kiosk, card="29999000000099"),
            borrow(kiosk, pin="0000"),
            ask(kiosk, "29", **RENEW, item_identifier=ITEM),
        ]
        assert ask(kiosk, "23", language="001").text("patron_status").startswith("YYYY")
    assert {answer.text("ok") for answer in answers} == {"0"}
    assert "block" in answers[0].text("AF")
    assert "block" in answers[1].text("AF")
    for answer in answers:
        assert answer.text("AF")
        assert not any(word in answer.text("AF") for word in (NAME, CARD, PIN, "0000"))
    assert _loans(district) == ()


def test_no_name_leaves_the_desk(district):
    """A machine stands where everybody can see it: neither 24 nor 64 tell a name or an address."""
    with serving(district) as port, terminal(port) as kiosk:
        for code, more in (("23", {}), ("63", {"summary": " " * 10})):
            answer = ask(kiosk, code, language="001", **more)
            assert answer.text("BL") == "Y"
            assert not any(NAME in text or PIN in text for _, text in answer.fields)


def test_lists_and_loans_need_the_pin(district):
    """Without one, or with a wrong one, nothing of a patron is told but that the card is known."""
    with serving(district) as port, terminal(port) as kiosk:
        borrow(kiosk)
        for pin, said in ((None, ""), ("0000", "N")):
            told = ask(kiosk, "63", language="001", summary="  Y       ", pin=pin)
            assert (told.text("BL"), told.text("CQ")) == ("Y", said)
            assert (told.text("charged_items_count"), told.values("AU")) == ("    ", ())
            assert borrow(kiosk, item=HELD, pin=pin).text("ok") == "0"
    assert len(_loans(district)) == 1


def test_a_district_may_lend_without_a_pin(district):
    """A wrong one is refused all the same."""
    _change(district, "require_pin = false\n")
    with serving(district) as port, terminal(port) as kiosk:
        assert borrow(kiosk, pin="0000").text("ok") == "0"
        assert borrow(kiosk, pin=None).text("ok") == "1"


def _change(folder, text):
    path = folder / FILE
    path.write_text(text + path.read_text(encoding="utf-8"), encoding="utf-8")


def test_a_card_is_locked_after_so_many_wrong_pins(district):
    """On all machines, and the right one is then as wrong; other patrons are not touched."""
    _change(district, "wrong_pins = 2\n")
    with serving(district) as port:
        with terminal(port) as kiosk:
            for number in range(2):
                assert ask(kiosk, "23", language="001", pin=f"000{number}").text("CQ") == "N"
        with terminal(port, "kiosk-argonne") as other:
            assert ask(other, "23", language="001").text("CQ") == "N"
            assert borrow(other).text("ok") == "0"


def test_holds_from_a_self_check(district):
    """Placed on the title of the item scanned, moved, listed and cancelled."""
    with serving(district) as port, terminal(port) as kiosk:
        held = {"item_identifier": HELD}
        placed = ask(kiosk, "15", hold_mode="+", pickup_location="cheney", **held)
        assert (placed.text("ok"), placed.text("BS"), placed.text("BR")) == ("1", "cheney", "1")
        moved = ask(kiosk, "15", hold_mode="*", pickup_location="argonne", **held)
        assert (moved.text("ok"), moved.text("BS")) == ("1", "argonne")
        listed = ask(kiosk, "63", language="001", summary="     Y    ")
        assert listed.text("unavailable_holds_count") == "0001"
        assert len(listed.values("CD")) == 1
        assert ask(kiosk, "15", hold_mode="-", **held).text("ok") == "1"
        for mode, more in (("-", {}), ("+", {"pickup_location": "no library"}), ("+", {"pickup_location": "nowhere"})):
            refused = ask(kiosk, "15", hold_mode=mode, second=9, **more, **held)
            assert (refused.text("ok"), bool(refused.text("AF"))) == ("0", True)


def test_what_is_renewed_and_what_is_not(district):
    """A renewal on the day of the loan gains nothing, and says so; by 11 with the machine's renewal policy too."""
    with serving(district) as port, terminal(port) as kiosk:
        borrow(kiosk)
        direct = ask(kiosk, "29", **RENEW, item_identifier=ITEM)
        again = borrow(kiosk, second=1, sc_renewal_policy="Y")
        for answer in (direct, again):
            assert (answer.text("ok"), "later than it is" in answer.text("AF")) == ("0", True)
        other = ask(kiosk, "29", **RENEW, item_identifier=HELD)
        assert (other.text("ok"), "not on loan" in other.text("AF")) == ("0", True)


def test_what_was_done_off_line_is_for_staff(district):
    """No-block and cancelled requests are refused; nothing is lent."""
    with serving(district) as port, terminal(port) as kiosk:
        for answer in (
            borrow(kiosk, no_block="Y"),
            borrow(kiosk, cancel="Y"),
            ask(kiosk, "09", **{**BACK, "no_block": "Y"}, item_identifier=ITEM),
            ask(kiosk, "09", **BACK, item_identifier="39999019999999"),
        ):
            assert answer.text("ok") == "0"
    assert _journal(district) == []


def test_what_the_desks_do_not_do_is_declared_and_refused(district):
    """BX says no to 37, 01, 19, 25 and 65; a machine that asks all the same gets the refusal of the protocol."""
    with serving(district) as port, terminal(port) as kiosk:
        flags = dict(zip(_ORDER, kiosk.status().text("BX"), strict=True))
        assert {code for code, flag in flags.items() if flag == "N"} == {"01", "37", "19", "25", "65"}
        assert ask(kiosk, "35").text("end_session") == "Y"
        kiosk._status = evolve(kiosk.status(), fields=(("AO", ""), ("BX", "Y" * 16)))
        paid = ask(kiosk, "37", fee_type="01", payment_type="00", currency_type="USD", fee_amount="1.00", pin=None)
        assert (paid.text("payment_accepted"), "Not supported" in paid.text("AF")) == ("N", True)


_ORDER = ("23", "11", "09", "01", "99", "97", "93", "63", "35", "37", "17", "19", "25", "15", "29", "65")


def test_only_the_machines_that_are_named_may_log_in(district, caplog):
    """A wrong password, an unknown machine and no login at all; no secret in any log."""
    caplog.set_level(logging.DEBUG)
    with serving(district) as port:
        for user, password in (("kiosk-cheney", "wrong"), ("kiosk-9", SECRET), ("kiosk-cheney", "")):
            with pytest.raises(ServiceAuthError), terminal(port, user, password) as kiosk:
                kiosk.status()
        with pytest.raises(Unavailable), terminal(port, "") as kiosk:
            kiosk.status()
        with terminal(port) as kiosk:
            borrow(kiosk, pin="0000")
    assert not any(word in caplog.text for word in (SECRET, PIN, CARD, NAME, "kiosk-9", "wrong"))
    assert caplog.text.count("a login was refused: the password of kiosk-cheney is not right") == 2
    assert caplog.text.count("a login was refused: there is no such machine") == 1


def test_a_machine_may_leave_out_what_is_not_looked_at(district, caplog):
    """Its own password and where an item is; what else it leaves out is named in the log, with the machine."""
    with serving(district) as port, terminal(port, dialect=_LEAVING_OUT) as kiosk:
        loan = {**BORROW, "item_identifier": ITEM}
        assert _without(kiosk, "AC", asking("11", **loan)).text("ok") == "1"
        assert _without(kiosk, "AP", asking("09", **BACK, item_identifier=ITEM)).text("ok") == "1"
        with pytest.raises(OutcomeUnknown):
            _without(kiosk, "AO", asking("11", **loan, second=1))
    assert "kiosk-cheney: 11.AO: a required field is missing; if this machine never sends it, name AO" in caplog.text


_LEAVING_OUT = Dialect(optional=("AC", "AP", "AO"))


def _without(kiosk, left_out, request):
    fields = tuple((tag, text) for tag, text in request.fields if tag != left_out)
    return kiosk.ask(evolve(request, fields=fields), operation="test", key="test")


def test_several_machines_at_once(district):
    """Two machines want one item: one has it, the other is refused by name; each in the journal as itself."""
    with serving(district) as port:
        answers, start = [], threading.Barrier(2)

        def run(user):
            with terminal(port, user) as kiosk:
                kiosk.status()
                start.wait()
                answers.append(borrow(kiosk))

        threads = [threading.Thread(target=run, args=(user,)) for user in ("kiosk-cheney", "kiosk-argonne")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answer.text("ok") for answer in answers) == ["0", "1"]
    assert len(_loans(district)) == 1


def test_the_sip2_package_borrows_at_our_desk(district, monkeypatch, tmp_path):
    """Another terminal's implementation: login, patron, loan and return; the loan shows in desk.loans."""
    monkeypatch.chdir(tmp_path)
    other = Sip2()
    other.tlsEnable, other.hostName, other.loglevel = False, "127.0.0.1", "CRITICAL"
    other.institutionId, other.scLocation = "SCLD", "cheney"
    with serving(district) as port:
        other.hostPort = port
        try:
            other.connect()
            login = other.sip_login_response(other.get_response(other.sip_login_request("kiosk-cheney", SECRET)))
            assert login["fixed"]["Ok"] == "1"
            other.patron, other.patronpwd = CARD, PIN
            other.get_response(other.sip_patron_information_request("charged"))
            lent = other.get_response(other.sip_checkout_request(ITEM))
            assert lent.startswith("121")
            (loan,) = _loans(district)
            assert loan.patron is not None
            back = other.sip_checkin_response(other.get_response(other.sip_checkin_request(ITEM)))
            assert back["fixed"]["Ok"] == "1"
        finally:
            with contextlib.suppress(OSError):
                other.disconnect()
            for handler in list(other.log.handlers):
                other.log.removeHandler(handler)
                handler.close()
    assert _loans(district) == ()


# --- over another ILS ---


def test_any_ils_with_an_adapter(district, ils):
    """A self-check at our desk, our desk at another system's SIP2 port: lent there, and listed here."""
    item = "39999000004001"
    with serving(over_sip2(district, ils.server.port)) as port, terminal(port) as kiosk:
        lent = borrow(kiosk, item=item, pin="1234")
        assert (lent.text("ok"), lent.text("AF")) == ("1", "")
        assert ils.library.patrons[CARD].loans == [item]
        assert ask(kiosk, "63", language="001", summary="  Y       ", pin="1234").values("AU") == (item,)
        assert ask(kiosk, "09", **BACK, item_identifier=item).text("ok") == "1"
    assert ils.library.patrons[CARD].loans == []


def test_a_lost_answer_is_not_told_as_done_nor_done_again(district, ils):
    """The ILS lends, its answer never comes, and nobody can see to whom: unknown, until the same frame comes again."""
    item = "39999000004001"
    with serving(over_sip2(district, ils.server.port)) as port, terminal(port) as kiosk:
        ils.breaks, ils.hides = ("11", True), True
        unknown = borrow(kiosk, item=item, pin="1234")
        assert (unknown.text("ok"), unknown.text("AF")) == ("0", NOT_KNOWN)
        ils.hides = False
        ask(kiosk, "63", language="001", summary="  Y       ", pin="1234")
        for _ in range(2):
            known = borrow(kiosk, item=item, pin="1234")
            assert (known.text("ok"), known.text("AB")) == ("1", item)
    assert ils.library.applied["11", item] == 1


def test_a_fee_is_accepted_at_the_machine(district, ils):
    """The ILS asks, the machine asks the patron, and the second request says yes."""
    item = "39999000004001"
    ils.library.items[item].fee = Money(500)
    with serving(over_sip2(district, ils.server.port)) as port, terminal(port) as kiosk:
        first = borrow(kiosk, item=item, pin="1234")
        assert (first.text("ok"), "5.00" in first.text("AF")) == ("0", True)
        assert ils.library.patrons[CARD].loans == []
        assert borrow(kiosk, item=item, pin="1234", second=1, fee_acknowledged="Y").text("ok") == "1"
    assert ils.library.patrons[CARD].loans == [item]


def test_what_does_not_show_at_once_may_still_come(district, ils):
    """The line breaks before the effect, and reading back shows nothing: a moment later nobody knows yet."""
    item = "39999000004001"
    with serving(over_sip2(district, ils.server.port)) as port, terminal(port) as kiosk:
        ils.breaks = ("11", False)
        answer = borrow(kiosk, item=item, pin="1234")
        assert (answer.text("ok"), answer.text("AF")) == ("0", NOT_KNOWN)
    assert ils.library.patrons[CARD].loans == []


def test_an_ils_that_is_away_is_told_as_such(district, ils):
    """Nothing was done, nobody is blamed, and the connection stands."""
    with serving(over_sip2(district, ils.server.port)) as port, terminal(port) as kiosk:
        kiosk.status()
        ils.server.close()
        answer = borrow(kiosk, item="39999000004001", pin="1234")
        assert (answer.text("ok"), "does not answer" in answer.text("AF")) == ("0", True)
        assert ask(kiosk, "35").text("end_session") == "Y"


# --- parts ---


def test_desks_that_a_district_lacks_are_left_out_of_bx():
    """An ILS without such ports: the end of a session is all there is."""
    bare = SimpleNamespace(patrons=None, loans=None, catalog=None, holds=None, clock=CLOCK)
    machine = SelfCheck("kiosk", SecretRef("env:A"), "cheney")
    station = Station(bare, machine, SelfChecks((machine,)), ZoneInfo("UTC"), Seal("x"), Memory())
    handlers = DeskHandlers.of(station)
    assert set(handlers.table()) == {"35"}
    request = make(
        "63", language="001", transaction_date=NOW, summary=" " * 10, institution_id="", patron_identifier="1"
    )
    told = handlers.facts.patron_information(request)
    assert (told.text("BL"), told.text("charged_items_count")) == ("N", "    ")


def test_what_is_shown_fits_every_machine():
    """Signs that the dialect lacks, its delimiter, control signs and long sentences."""
    machine = SelfCheck("kiosk", SecretRef("env:A"), "cheney")
    bare = SimpleNamespace(clock=CLOCK)
    station = Station(bare, machine, SelfChecks((machine,)), ZoneInfo("UTC"), Seal("x"), Memory())
    assert station.screen("a|b\rc  \u6e2c") == "a b c ?"
    assert len(station.screen("x" * 999)) == 255


def test_sentences():
    """A denial by its reasons; what others decide, or said, with staff; a question as it is asked."""
    assert sentences(deny(Reason("card_expired", (("day", "2026-01-01"),)))) == "The card expired on 2026-01-01."
    assert sentences(deny(Reason("vetoed", (("why", "Greta"),)))) == "Please ask staff."
    assert sentences(refer(Reason("debt_unknown"))) == "What the patron owes is not known. Please ask staff."
    assert sentences(asked(Question("fee", "Is it accepted?"))) == "Is it accepted?"
