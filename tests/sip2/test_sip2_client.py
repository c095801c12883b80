"""The client over a perfect line: login, capabilities, refusals, and what it never sends."""

import logging

import pytest
from sip2_frames import sealed
from sip2_line import ACCOUNT, CARD, CLOCK, NOW, Line, hold, patron, payment

from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.capabilities import BX_ORDER, NOT_IN_SIP2, capability, format_supported, parse_supported
from scld_adapters.sip2.client import AFTER_TIMEOUT, Account, Client
from scld_adapters.sip2.declarations import SPECS
from scld_adapters.sip2.errors import LinkLost, NotConnected
from scld_adapters.sip2.fields import Validated, validated
from scld_adapters.sip2.messages import Message, make
from scld_adapters.sip2.wire import Codec
from scld_core.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ProtocolViolation,
    Rejected,
    ServiceAuthError,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.kernel.capability import Effect, Full, Unsupported


def test_the_first_request_logs_in_and_learns_what_the_system_can_do():
    """One connection, 93 and 99 before the request, and the same connection afterwards."""
    line = Line()
    assert line.client.ask(patron(), operation="get").text("AE") == "Fake Testpatron015"
    assert parse_supported(line.client.status().text("BX")) == frozenset(line.handlers) | {"97", "99"}
    assert line.dialled == 1
    with line.client:
        pass
    line.client.status()
    assert line.dialled == 2


def test_a_connection_that_was_silent_for_long_is_replaced():
    """The server may have closed it, and a write into it would be of unknown outcome."""
    line = Line()
    line.client.status()
    line.time = 31.0
    assert line.client.ask(payment("P1"), operation="pay", key="P1").value("payment_accepted") == "Y"
    assert line.dialled == 2


def test_a_refused_login_is_an_error_of_our_account():
    """The password is never in the text."""
    line = Line(account=Account("terminal", "canary-password"))
    with pytest.raises(ServiceAuthError) as caught:
        line.client.status()
    assert "canary-password" not in str(caught.value) + repr(Account("terminal", "canary-password"))


def test_a_login_that_cannot_be_sent_is_a_mistake_of_the_configuration():
    """A password with a field delimiter can never log in."""
    line = Line(account=Account("terminal", "pass|word"))
    with pytest.raises(ConfigurationError):
        line.client.status()


def test_a_request_that_the_system_does_not_declare_is_not_sent():
    """Nothing reaches the handlers, and the error is the declared one."""
    line = Line()
    request = make("65", transaction_date=NOW, institution_id="MAIN", patron_identifier=CARD)
    with pytest.raises(UnsupportedOperation, match="RenewAllRequest"):
        line.client.ask(request, operation="renew_all", key="k")


@pytest.mark.parametrize("value", ["a|b", "a\rb", "a\nb", "測"])
def test_a_value_that_cannot_be_sent_is_rejected_and_the_connection_stands(value):
    """No frame can be smuggled in through a card number, and what was refused did nothing."""
    line = Line()
    with pytest.raises(Rejected) as caught:
        line.client.ask(patron(value), operation="get")
    assert value not in str(caught.value)
    assert line.client.ask(patron(), operation="get").code == "64"
    assert line.dialled == 1


def test_no_connection_means_that_nothing_happened():
    """Also of a write."""

    def dial():
        raise NotConnected("no connection (ConnectionRefusedError)")

    with pytest.raises(Unavailable, match="Refused"):
        Client(dial, ACCOUNT).ask(payment("P1"), operation="pay", key="P1")


class Script:
    """A link that answers from a list; an exception in it is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def send(self, data, timeout):
        if self.answers and self.answers[0] is LinkLost:
            raise LinkLost("broken")

    def receive(self, timeout):
        return self.answers.pop(0) if self.answers else b""

    def close(self):
        self.answers.clear()


def _frame(message, sequence):
    return Codec().encode(message, sequence=sequence) + b"\r"


def _status(bx="Y" * 16):
    status = ("Y", "Y", "Y", "Y", "Y", "N", "100", "005", NOW, "2.00")
    return Message("98", status, (("AO", "MAIN"), ("BX", bx)))


def _scripted(*answers):
    return Client(lambda: Script(_frame(_status(), 0), *answers), Account())


def test_a_system_that_says_it_is_off_line_is_unavailable():
    """It answers, and asks to be left alone."""
    status = _status()
    off = Message("98", ("N", *status.fixed[1:]), status.fields)
    with pytest.raises(Unavailable, match="not on line"):
        Client(lambda: Script(_frame(off, 0)), Account()).status()


def test_a_connection_that_breaks_while_sending():
    """A write may have arrived; a read may be asked again."""
    with pytest.raises(OutcomeUnknown):
        _scripted(LinkLost).ask(payment("P1"), operation="pay", key="P1")
    with pytest.raises(Unavailable):
        _scripted(LinkLost).ask(patron(), operation="get")


def test_a_connection_that_is_closed_without_an_answer():
    """Systems in use do that for a pickup library they do not know."""
    with pytest.raises(OutcomeUnknown) as caught:
        _scripted().ask(hold("39999000004201"), operation="place")
    assert caught.value.key == "place"


def test_an_answer_that_is_whole_but_makes_no_sense():
    """Of a read it is a violation, of a write the outcome is unknown."""
    wrong = _frame(make("94", ok="1"), 1)
    with pytest.raises(ProtocolViolation):
        _scripted(wrong).ask(patron(), operation="get")
    with pytest.raises(OutcomeUnknown):
        _scripted(wrong).ask(payment("P1"), operation="pay", key="P1")
    with pytest.raises(ProtocolViolation, match="legal"):
        _scripted(sealed(b"64nonsense", b"1") + b"\r").ask(patron(), operation="get")


def test_an_answer_in_drops_is_read_to_its_end_but_not_for_ever():
    """The limit is on the whole answer: a byte now and then does not keep the client waiting."""
    line = Line()
    answer = _frame(_status(), 0)
    ticks = iter(range(10_000))
    patient = Client(lambda: Script(*(answer[i : i + 1] for i in range(len(answer)))), Account(), monotonic=lambda: 0.0)
    assert patient.status().code == "98"
    hasty = Client(lambda: Script(*[b"x"] * 100), Account(), monotonic=lambda: float(next(ticks)))
    with pytest.raises(Unavailable, match="in time"):
        hasty.status()
    assert line.dialled == 0


def test_what_a_time_out_means_is_data():
    """Every request of the protocol reads or writes, and the three that move money, holds and blocks write."""
    effects = {spec.code: spec.effect for spec in SPECS if spec.answer}
    assert {effects[code] for code in ("37", "01", "15")} == {Effect.WRITE}
    assert {AFTER_TIMEOUT[effect] for effect in effects.values()} == {"repeat", "unknown"}


def test_capabilities_come_from_bx():
    """`BX` and the set of codes say the same; a short one declares less, and nothing declares a waiver."""
    assert parse_supported(format_supported(BX_ORDER)) == frozenset(BX_ORDER)
    assert parse_supported("YN") == {"23"}
    assert parse_supported("Y" * 30) == frozenset(BX_ORDER)
    assert capability("23", parse_supported("Y")) == Full()
    assert isinstance(capability("37", parse_supported("Y")), Unsupported)
    assert "waive" in NOT_IN_SIP2


def test_the_fake_library_keeps_state():
    """Loans, holds, payments and blocks are there afterwards."""
    line = Line()

    def ask(message):
        return line.client.ask(message, operation="test", key="k")

    out = {"sc_renewal_policy": "N", "no_block": "N", "transaction_date": NOW, "nb_due_date": " " * 18}
    who = {"institution_id": "MAIN", "terminal_password": ""}
    item, other = "39999000004001", "29999000000008"
    lend = make("11", out | who, patron_identifier=CARD, item_identifier=item)
    assert ask(lend).value("ok") == "1"
    assert ask(lend).value("ok") == "0"
    about = make("17", transaction_date=NOW, institution_id="MAIN", item_identifier=item)
    assert ask(about).value("circulation_status") == "04"
    assert ask(patron(summary="  Y       ")).values("AU") == (item,)
    back = {"no_block": "N", "transaction_date": NOW, "return_date": NOW, "current_location": "MAIN", **who}
    assert ask(make("09", back, item_identifier=item)).value("ok") == "1"
    assert ask(make("09", back, item_identifier="0")).value("ok") == "0"
    assert ask(about).value("circulation_status") == "03"
    assert (
        ask(make("17", transaction_date=NOW, institution_id="", item_identifier="0")).value("circulation_status")
        == "01"
    )
    assert [ask(hold(item, mode)).value("ok") for mode in "+*+--*"] == ["1", "1", "0", "1", "0", "0"]
    ask(hold(item))
    assert ask(patron(summary="     Y    ")).values("CD") == (item,)
    assert ask(patron(other, summary="   Y      ")).values("AV") == ("Synthetic fee 10.00",)
    assert ask(payment("P1", 0)).value("payment_accepted") == "N"
    spoiled = payment("P2")
    fields = tuple((tag, "abc" if tag == "BV" else text) for tag, text in spoiled.fields)
    assert ask(Message("37", spoiled.fixed, fields)).value("payment_accepted") == "N"
    ask(payment("P3"))
    assert ask(patron()).text("BV") == "-1.00"
    block = {"card_retained": "N", "transaction_date": NOW, "blocked_card_message": "left", **who}
    assert ask(make("01", block, patron_identifier=CARD)).text("patron_status").startswith("YYYY")
    assert ask(make("01", block, patron_identifier="0")).value("BL") == "N"
    assert ask(lend).value("ok") == "0"
    assert (
        ask(make("35", transaction_date=NOW, institution_id="MAIN", patron_identifier=CARD)).value("end_session") == "Y"
    )


def test_a_pin_that_was_not_given_is_not_validated():
    """Blank is its own answer; a wrong PIN and an unknown card are a no."""
    line = Line()

    def status(card, pin):
        request = make(
            "23",
            language="001",
            transaction_date=NOW,
            institution_id="MAIN",
            patron_identifier=card,
            terminal_password="",
            patron_password=pin,
        )
        return line.client.ask(request, operation="test")

    assert [validated(status(CARD, pin).value("CQ")) for pin in ("1234", "0000", "")] == [
        Validated.YES,
        Validated.NO,
        Validated.NOT_VALIDATED,
    ]
    nobody = status("2000", "1234")
    assert (validated(nobody.value("BL")), nobody.value("CQ")) == (Validated.NO, None)
    assert line.client.ask(patron("2000"), operation="test").text("patron_status").startswith("YYYY")


def test_a_handler_that_fails_ends_the_connection_without_an_answer(caplog):
    """A refusal would say that nothing was done; and the log tells the kind of the exception, not its text."""

    def pay(request):
        raise RuntimeError(f"canary {request.text('AA')}")

    line = Line(handlers={"37": pay, "63": lambda _: make("94", ok="1")}, account=Account())
    with caplog.at_level(logging.WARNING, "scld.sip2"), pytest.raises(OutcomeUnknown):
        line.client.ask(payment("P1"), operation="pay", key="P1")
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text
    with pytest.raises(Unavailable):
        line.client.ask(patron(), operation="get")


def test_a_request_without_a_handler_is_refused_legally():
    """The terminal gets a whole answer that says no; and damage without end is logged and ends the conversation."""
    acs = Acs({}, AcsSettings("MAIN", "Fake library"), CLOCK)
    answer = Codec().decode(acs.receive(_frame(payment("P1"), 0)).rstrip(b"\r")).message
    assert (answer.value("payment_accepted"), answer.value("BK"), answer.value("AF")) == (
        "N",
        "P1",
        "Not supported here",
    )
    login = make("93", uid_algorithm="0", pwd_algorithm="0", login_user_id="t", login_password="s")
    acs.receive(b"x\r" * 4)
    assert acs.closed
    assert b"940" in Acs({}, AcsSettings(), CLOCK).receive(Codec().encode(login, sequence=0) + b"\r")


def test_an_answer_that_cannot_be_sent_ends_the_connection(caplog):
    """A title with a line end in it is a fault of the handler: nothing is cut, and the terminal gets no answer."""

    def about(request):
        answer = line.library.handlers()["17"](request)
        return Message("18", answer.fixed, tuple((t, "two\rlines" if t == "AJ" else v) for t, v in answer.fields))

    line = Line(handlers={"17": about}, account=Account())
    request = make("17", transaction_date=NOW, institution_id="MAIN", item_identifier="39999000004001")
    with caplog.at_level(logging.WARNING, "scld.sip2"), pytest.raises(Unavailable):
        line.client.ask(request, operation="item")
    assert "cannot be sent" in caplog.text
