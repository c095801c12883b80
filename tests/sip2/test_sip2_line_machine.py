"""Client against server over a line that loses, doubles, delays and damages: the laws of the session."""

from collections import Counter

import pytest
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sip2_line import Line, hold, patron, payment

from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.faulty import Fault
from scld_adapters.sip2.session import Received, Session
from scld_adapters.sip2.settings import Detection, Dialect, Timing
from scld_adapters.sip2.spec import Role
from scld_core.errors import OutcomeUnknown, Rejected, Unavailable

FAULTS = st.lists(st.sampled_from(list(Fault)), max_size=5)


class FaultyLine(RuleBasedStateMachine):
    """Each request is answered exactly once or reported; none is applied twice; no answer is another's."""

    @initialize(restamp=st.booleans())
    def connect(self, restamp):
        """A library and a client."""
        self.line = Line(restamp=restamp)
        self.outcomes = {}
        self.number = 0

    def _write(self, message, key, faults):
        try:
            answer = self.line.ask(message, *faults, key=key)
        except OutcomeUnknown as unknown:
            return "unknown" if unknown.key == key else "another's"
        except (Unavailable, Rejected):
            return "nothing"
        assert answer.code == message.spec.answer
        for tag in ("AA", "AB", "BK"):
            assert answer.value(tag) == message.value(tag)
        return "done"

    @rule(faults=FAULTS)
    def pay(self, faults):
        """A payment under a reference of its own."""
        self.number += 1
        key = f"P{self.number}"
        self.outcomes[key] = self._write(payment(key), key, faults)

    @rule(faults=FAULTS, mode=st.sampled_from("+-"))
    def change_hold(self, faults, mode):
        """A hold placed or cancelled changes at most once."""
        before = self.line.library.applied[("15", "39999000004201")]
        outcome = self._write(hold("39999000004201", mode), "hold", faults)
        change = self.line.library.applied[("15", "39999000004201")] - before
        assert change <= 1
        assert outcome != "nothing" or change == 0

    @rule(faults=FAULTS, card=st.sampled_from(["29999000000015", "29999000000008"]))
    def look(self, faults, card):
        """A read gives that patron's present facts, or fails as a whole."""
        try:
            answer = self.line.ask(patron(card), *faults)
        except (Unavailable, Rejected):
            return
        assert answer.text("AA") == card
        assert answer.text("fine_items_count") == f"{len(self.line.library.patrons[card].fees):04}"

    @invariant()
    def what_is_said_is_what_happened(self):
        """Done means once, nothing means never, unknown means at most once."""
        applied = Counter({key: n for (code, key), n in self.line.library.applied.items() if code == "37"})
        for key, outcome in self.outcomes.items():
            assert applied[key] in {"done": (1,), "nothing": (0,), "unknown": (0, 1)}[outcome]
        assert applied.keys() <= self.outcomes.keys()


FaultyLine.TestCase.settings = profile(stateful_step_count=20)
TestFaultyLine = FaultyLine.TestCase


def test_the_line_can_apply_a_payment_twice():
    """Control: a client that asks again with the next number pays twice, and the line does not prevent it."""
    line = Line()
    with pytest.raises(OutcomeUnknown):
        line.ask(payment("P1"), Fault.LOSE_ANSWER, key="P1")
    line.ask(payment("P1"), key="P1")
    assert line.library.applied[("37", "P1")] == 2


def test_the_memory_of_the_server_is_what_prevents_it():
    """Control: the same duplicate reaches the handler where the duplicate is not the last request."""
    line = Line()
    handlers = {code: handler for code, handler in line.handlers.items() if code != "93"}
    terminal, system = Session(Role.SC, login=False), Acs(handlers, AcsSettings("MAIN"))
    first = terminal.send(payment("P1"))
    for data in (first, first):
        terminal.receive(system.receive(data))
    assert isinstance(terminal.next_event(), Received)
    assert line.library.applied[("37", "P1")] == 1
    system.receive(terminal.send(payment("P2")))
    system.receive(first)
    assert line.library.applied[("37", "P1")] == 2


@pytest.mark.parametrize(
    "fault", [Fault.LOSE_REQUEST, Fault.LOSE_ANSWER, Fault.DELAY_ANSWER, Fault.CLOSE_BEFORE, Fault.CLOSE_AFTER]
)
def test_a_write_without_an_answer_is_unknown_and_is_not_repeated(fault):
    """Whether it happened or not, the client says that it does not know, and has sent it once."""
    line = Line()
    with pytest.raises(OutcomeUnknown):
        line.ask(payment("P1"), fault, key="P1")
    assert line.library.applied[("37", "P1")] == (fault not in (Fault.LOSE_REQUEST, Fault.CLOSE_BEFORE))


@pytest.mark.parametrize("fault", [Fault.LOSE_REQUEST, Fault.LOSE_ANSWER, Fault.DELAY_ANSWER])
def test_a_read_without_an_answer_is_asked_again(fault):
    """The same bytes again, over the same connection."""
    line = Line()
    assert line.ask(patron(), fault).text("AE") == "Fake Testpatron015"
    assert line.dialled == 1


@pytest.mark.parametrize(
    "fault",
    [Fault.CORRUPT_REQUEST, Fault.TRUNCATE_REQUEST, Fault.ASK_AGAIN, Fault.CORRUPT_ANSWER, Fault.TRUNCATE_ANSWER],
)
@pytest.mark.parametrize("restamp", [False, True])
def test_damage_is_mended_for_writes_too(fault, restamp):
    """A resend that the protocol asks for is no retry: the payment is answered, and applied once."""
    line = Line(restamp=restamp)
    assert line.ask(payment("P1"), fault, key="P1").value("payment_accepted") == "Y"
    assert line.library.applied[("37", "P1")] == 1


def test_a_read_gives_up():
    """After the resends of the timing a read is unavailable, and the connection is not used again."""
    line = Line(timing=Timing(resends=1))
    with pytest.raises(Unavailable):
        line.ask(patron(), Fault.LOSE_ANSWER, Fault.LOSE_ANSWER)
    assert line.ask(patron()).text("AA") == "29999000000015"
    assert line.dialled == 2


def test_without_numbers_a_read_is_not_asked_again():
    """Where a late answer cannot be told from the right one, the connection is given up instead."""
    line = Line(dialect=Dialect(checksum=Detection.OFF))
    with pytest.raises(Unavailable):
        line.ask(patron(), Fault.DELAY_ANSWER)
    assert line.ask(patron()).text("AA") == "29999000000015"
    with pytest.raises(Rejected):
        line.ask(payment("P1"), Fault.ASK_AGAIN, key="P1")


def test_a_request_that_is_never_understood():
    """A read is rejected; a write, which was sent several times, is unknown."""
    line = Line()
    again = [Fault.ASK_AGAIN] * 4
    with pytest.raises(Rejected):
        line.ask(patron(), *again)
    with pytest.raises(OutcomeUnknown):
        line.ask(payment("P1"), *again, key="P1")
    with pytest.raises(OutcomeUnknown):
        line.ask(payment("P2"), *[Fault.CORRUPT_ANSWER] * 5, key="P2")
