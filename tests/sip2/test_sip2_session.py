"""One end of a connection, without I/O: what it sends, accepts, repeats and passes over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sip2_frames import ILLEGAL, PLAIN, corpus, messages, mutants, recorded, sealed

from scld_adapters.sip2.acs import refusal
from scld_adapters.sip2.declarations import SPECS
from scld_adapters.sip2.errors import Unsendable
from scld_adapters.sip2.messages import MESSAGES, Message, make
from scld_adapters.sip2.session import Broken, Ending, NeedData, Received, Reply, Session
from scld_adapters.sip2.settings import Detection, Dialect
from scld_adapters.sip2.spec import Role
from scld_adapters.sip2.states import STATES, Event, State, event_of
from scld_adapters.sip2.wire import Codec
from scld_core.errors import InvalidValue

NOW = "20261122    183809"


def item(barcode="39999000004001"):
    return make("17", transaction_date=NOW, institution_id="MAIN", item_identifier=barcode)


def payment(reference):
    return make(
        "37",
        transaction_date=NOW,
        fee_type="01",
        payment_type="00",
        currency_type="USD",
        fee_amount="1.00",
        institution_id="MAIN",
        patron_identifier="29999000000015",
        transaction_id=reference,
    )


LEGAL = [
    row
    for row in recorded()
    if row.answer and row.request[:2] != b"97" and not {(row.label, "request"), (row.label, "answer")} & ILLEGAL.keys()
]


def ends(**options):
    """Both ends of one connection that wants no login."""
    return Session(Role.SC, login=False, **options), Session(Role.ACS, login=False, **options)


def events(session, data=b""):
    """Everything that the bytes mean to one end."""
    session.receive(data)
    found = []
    while not isinstance(event := session.next_event(), NeedData):
        found.append(event)
    return found


@given(st.lists(messages().filter(lambda m: m.spec.answer and m.code != "93"), max_size=4))
def test_both_ends_agree_on_every_exchange(requests):
    """Each request arrives as it was sent, its answer likewise, and both ends are ready again."""
    terminal, system = ends()
    for request in requests:
        assert events(system, terminal.send(request)) == [Received(request)]
        answer = refusal(request, now=NOW, text="no")
        assert events(terminal, system.send(answer)) == [Received(answer)]
        assert terminal.state is system.state is State.READY


@pytest.mark.parametrize("row", LEGAL, ids=lambda row: row.label)
def test_the_session_sends_and_takes_what_was_recorded(row):
    """With the recorded number it would have sent these very bytes, and it takes the answer that a real system gave."""
    frame = Codec(PLAIN).decode(row.request, demand=False)
    dialect = PLAIN if frame.checked else Dialect(encoding="utf-8", checksum=Detection.OFF)
    terminal, system = (Session(role, dialect, login=False) for role in Role)
    terminal._next = frame.sequence or 0
    assert terminal.send(frame.message) == row.request + b"\r"
    [said] = events(terminal, row.answer + b"\r\n")
    assert isinstance(said, Received)
    assert events(system, row.request + b"\r") == [Received(frame.message)]
    assert system.send(said.message) == row.answer + b"\r"


def test_sequence_numbers_count_to_nine_and_begin_again_with_one():
    """0 is left to answers that a system numbers afresh."""
    terminal, system = ends()
    numbers = []
    for _ in range(11):
        data = terminal.send(item())
        numbers.append(data[-8:-7])
        events(system, data)
        events(terminal, system.send(refusal(item(), now=NOW)))
    assert b"".join(numbers) == b"01234567891"


def test_a_repeated_request_is_answered_from_memory():
    """A byte-identical duplicate gets the same bytes and is not handed on; the next request is."""
    terminal, system = ends()
    data = terminal.send(payment("P1"))
    events(system, data)
    answer = system.send(refusal(payment("P1"), now=NOW))
    assert events(system, data) == [Reply(answer)]
    assert events(system, terminal.repeat()) == [Reply(answer)]
    events(terminal, answer)
    # the same message with the next number is another request
    assert events(system, terminal.send(payment("P1"))) == [Received(payment("P1"))]


def test_a_repeated_read_is_answered_anew():
    """A machine that numbers every 99 alike hears the present each time, and not the first answer for ever."""
    terminal, system = ends()
    data = terminal.send(item())
    for _ in range(3):
        assert events(system, data) == [Received(item())]
        system.send(refusal(item(), now=NOW))


def test_a_97_about_our_96_brings_the_96_and_a_second_one_the_answer():
    """What got lost was the 96; where it was a 97 that arrived damaged, the terminal sends it once more."""
    terminal, system = ends()
    events(system, terminal.send(payment("P1")))
    answer = system.send(refusal(payment("P1"), now=NOW))
    events(terminal, answer)
    assert events(system, terminal.send(item()).replace(b"AB", b"AX")) == [Reply(b"96AZFEF6\r")]
    assert events(system, b"97AZFEF5\r") == [Reply(b"96AZFEF6\r")]
    assert events(system, b"97AZFEF5\r") == [Reply(answer)]


def test_what_is_wrong_with_a_request_is_told_to_whoever_runs_the_system():
    """The rule and the place come with the 96, and with the end of the connection."""
    _, system = ends(resends=1)
    raw = sealed(b"17" + NOW.encode() + b"AOMAIN|") + b"\r"
    [asked] = events(system, raw)
    assert (asked, str(asked.problem)) == (Reply(b"96AZFEF6\r"), "17.AB: a required field is missing")
    [broken] = events(system, raw)
    assert (broken.why, broken.rule.name, broken.problem.where) == (Ending.ILLEGAL, "MISSING", "17.AB")


def test_without_numbers_nothing_is_taken_for_a_duplicate():
    """Where no number tells, two equal requests are two requests."""
    terminal, system = ends(dialect=Dialect(checksum=Detection.OFF))
    for _ in range(2):
        assert events(system, terminal.send(item())) == [Received(item())]
        assert not terminal.repeatable
        events(terminal, system.send(refusal(item(), now=NOW)))


def test_a_damaged_request_is_asked_for_again_and_then_done_once():
    """96, the same bytes again, one answer."""
    terminal, system = ends()
    data = terminal.send(payment("P1"))
    [asked] = events(system, data.replace(b"P1", b"P2"))
    assert asked == Reply(b"96AZFEF6\r")
    [again] = events(terminal, asked.data)
    assert again == Reply(data)
    assert events(system, again.data) == [Received(payment("P1"))]


def test_a_damaged_answer_is_asked_for_again_without_doing_the_request_again():
    """97 brings the same answer."""
    terminal, system = ends()
    events(system, terminal.send(payment("P1")))
    answer = system.send(refusal(payment("P1"), now=NOW))
    [asked] = events(terminal, answer.replace(b"P1", b"P2"))
    assert asked == Reply(b"97AZFEF5\r")
    assert events(system, asked.data) == [Reply(answer)]
    assert events(terminal, answer) == [Received(refusal(payment("P1"), now=NOW))]


def test_a_96_about_our_97_does_not_bring_the_request_again():
    """Once the answer was asked for, the request may have been done: only the 97 is repeated."""
    terminal, _ = ends()
    terminal.send(payment("P1"))
    events(terminal, b"38garbage\r")
    assert events(terminal, b"96AZFEF6\r") == [Reply(b"97AZFEF5\r")]


def test_an_answer_numbered_afresh_counts_only_after_a_97_and_only_for_the_same_ids():
    """Some systems number a resent answer 0; a late answer about something else is still passed over."""

    def fresh(reference):
        raw = Codec().encode(refusal(payment(reference), now=NOW), sequence=0)
        return raw + b"\r"

    terminal, system = ends()
    events(system, terminal.send(item()))
    events(terminal, system.send(refusal(item(), now=NOW)))
    terminal.send(payment("P2"))
    assert events(terminal, fresh("P2")) == []
    assert events(terminal, b"broken\r") == [Reply(b"97AZFEF5\r")]
    assert events(terminal, fresh("P1")) == []
    assert events(terminal, fresh("P2")) == [Received(refusal(payment("P2"), now=NOW))]


def test_late_answers_and_noise_between_requests_are_passed_over():
    """An answer that nobody waits for changes nothing."""
    terminal, system = ends()
    events(system, terminal.send(item()))
    answer = system.send(refusal(item(), now=NOW))
    events(terminal, answer)
    assert events(terminal, answer + b"noise\r96AZFEF6\r") == []
    assert terminal.state is State.READY
    terminal.send(item())
    assert events(terminal, answer) == []


def test_patience_ends():
    """Damage without end, and a peer that asks again without end, break the session instead of looping."""
    terminal, system = ends(resends=1)
    terminal.send(item())
    assert [type(event) for event in events(terminal, b"x\rx\rx\r")] == [Reply, Broken]
    assert events(system, b"y\ry\ry\r")[-1] == Broken(Ending.DAMAGED)
    assert terminal.state is system.state is State.CLOSED
    terminal, _ = ends(resends=1)
    terminal.send(item())
    assert events(terminal, b"96AZFEF6\r96AZFEF6\r")[-1] == Broken(Ending.ASKED_TOO_OFTEN)


def test_without_checksums_a_96_means_that_the_request_is_not_understood():
    """Where nothing can be found damaged, asking again is pointless."""
    terminal, _ = ends(dialect=Dialect(checksum=Detection.OFF))
    terminal.send(item())
    assert events(terminal, b"96\r") == [Broken(Ending.NOT_UNDERSTOOD)]


def test_an_answer_that_is_whole_but_not_legal_breaks_the_session():
    """A resend would bring the same bytes."""
    terminal, _ = ends()
    terminal.send(item())
    legal = Codec().encode(refusal(item(), now=NOW), sequence=0)
    raw = Codec(Dialect(checksum=Detection.OFF)).encode(refusal(item(), now=NOW), checked=False)
    [broken] = events(terminal, sealed(raw.replace(b"AB", b"a?")) + b"\r" + legal + b"\r")
    assert (broken.why, broken.rule.name) == (Ending.ILLEGAL, "TAG")


@pytest.mark.parametrize("code", ["26", "17", "94"])
def test_messages_out_of_turn_end_the_session(code):
    """A request sent to the terminal, or another request's answer under this one's number, cannot be made sense of."""
    terminal, _ = ends()
    terminal.send(item())
    answers = {
        "26": refusal(make("25", transaction_date=NOW, institution_id="", patron_identifier=""), now=NOW),
        "17": item(),
        "94": make("94", ok="1"),
    }
    assert events(terminal, Codec().encode(answers[code], sequence=0) + b"\r") == [Broken(Ending.OUT_OF_TURN)]


def test_nothing_is_answered_before_a_login():
    """A server that wants a login ends the connection of whoever asks first; after it, everything is open."""
    system = Session(Role.ACS)
    assert events(system, Codec().encode(item(), sequence=0) + b"\r") == [Broken(Ending.OUT_OF_TURN)]
    terminal, system = Session(Role.SC), Session(Role.ACS)
    login = make("93", uid_algorithm="0", pwd_algorithm="0", login_user_id="t", login_password="s")
    with pytest.raises(InvalidValue):
        terminal.send(item())
    assert events(system, terminal.send(login)) == [Received(login)]
    events(terminal, system.send(make("94", ok="1")))
    assert events(system, terminal.send(item())) == [Received(item())]


def test_a_refused_login_ends_the_session():
    """Both ends agree that it is over, and closing it again changes nothing."""
    terminal, system = Session(Role.SC), Session(Role.ACS)
    login = make("93", uid_algorithm="0", pwd_algorithm="0", login_user_id="t", login_password="wrong")
    events(system, terminal.send(login))
    events(terminal, system.send(make("94", ok="0")))
    assert terminal.state is system.state is State.CLOSED
    terminal.close()
    assert events(terminal, b"941\r") == []


def test_only_the_right_message_can_be_sent():
    """An end sends its own kind, one request at a time, and the answer that fits."""
    terminal, system = ends()
    for message in (Message("97"), make("94", ok="1"), refusal(item(), now=NOW)):
        with pytest.raises((Unsendable, InvalidValue)):
            terminal.send(message)
    with pytest.raises(Unsendable):
        terminal.repeat()
    events(system, terminal.send(item()))
    with pytest.raises(InvalidValue):
        terminal.send(item())
    for message in (
        Message("96"),
        make("36", end_session="Y", transaction_date=NOW, institution_id="", patron_identifier=""),
    ):
        with pytest.raises(Unsendable):
            system.send(message)


def test_a_97_before_any_answer_is_answered_with_96():
    """There is nothing to repeat yet."""
    _, system = ends()
    assert events(system, b"97AZFEF5\r") == [Reply(b"96AZFEF6\r")]


def test_a_lenient_end_mirrors_its_peer_and_then_holds_it_to_it():
    """Without checksums the answer has none; after the first checksum a frame without one is damaged."""
    dialect = Dialect(checksum=Detection.AUTO)
    system = Session(Role.ACS, dialect, login=False)
    plain = Codec().encode(item(), checked=False) + b"\r"
    assert events(system, plain) == [Received(item())]
    assert b"AZ" not in system.send(refusal(item(), now=NOW))
    assert events(system, Codec().encode(item(), sequence=0) + b"\r") == [Received(item())]
    assert b"AY0AZ" in system.send(refusal(item(), now=NOW))
    assert events(system, plain) == [Reply(b"96AZFEF6\r")]
    terminal = Session(Role.SC, dialect, login=False)
    terminal.send(item())
    assert events(terminal, Codec().encode(refusal(item(), now=NOW), checked=False) + b"\r") == [
        Received(refusal(item(), now=NOW))
    ]


@pytest.mark.parametrize("role", list(Role))
def test_no_stream_of_bytes_raises(role):
    """Two thousand damaged frames in a row: each end answers, passes over or breaks, and never raises."""
    for number, raw in enumerate(mutants(2000, 7)):
        session = Session(role, PLAIN, login=bool(number % 3))
        if role is Role.SC and number % 3 == 0:
            session.send(item())
        assert len(events(session, raw + b"\r" + corpus()[0] + b"\r")) <= 8
    flooded = Session(role, login=False)
    flooded.receive(b"x" * 70000)
    assert isinstance(flooded.next_event(), NeedData | Reply)


def test_the_table_is_whole():
    """Every message is an event of the table, CLOSED is the only end, and every other state can reach it."""
    for spec in SPECS:
        fixed = tuple(part.kind.refusal or NOW for part in spec.fixed)
        assert event_of(Message(spec.code, fixed)) in Event
    assert STATES.final() == {State.CLOSED}
    assert all(STATES.permits(state, Event.END) for state in State if state is not State.CLOSED)


@pytest.mark.parametrize("code", [spec.code for spec in SPECS if spec.answer])
@given(data=st.data())
def test_every_request_can_be_refused_legally(code, data):
    """The refusal of any request is a legal frame of its answer, and repeats the ids."""
    request = data.draw(messages(code=code))
    answer = refusal(request, now=NOW, text="Not here")
    assert answer.code == MESSAGES[code].answer
    assert Codec(PLAIN).decode(Codec(PLAIN).encode(answer)).message == answer
    for tag in answer.spec.required & request.spec.required:
        assert answer.value(tag) == request.value(tag)
