"""The reference carrier: its laws, and that each of its faults is one."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue, NotFound, OutcomeUnknown, RateLimited, Rejected, Unavailable
from scld_core.hotspots.account import AccountLine, Fate, Terms, Verb
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.devices import Line
from scld_core.memory.carrier import MemoryCarrier, scripted, seeded
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from support.clock import Ticking
from support.hotspots import line

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
A, B, C = line(1), line(2), line(3)
ACTIVE, SUSPENDED, TERMINATED = ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.TERMINATED
ANY_FATE = st.sampled_from(Fate)
VERBS = st.sampled_from(["suspend", "restore", "terminate"])


@pytest.fixture
def clock():
    return Ticking(NOW)


def carrier(clock=None, *fates, **options):
    """A carrier with the lines A and B in service."""
    made = MemoryCarrier(clock or Ticking(NOW), fates=scripted(*fates), **options)
    made.add(A)
    made.add(B)
    return made


def send(made, verb, which, key):
    """The answer of one request, or the class of what it raised."""
    try:
        return getattr(made, verb)(which, key=key)
    except (NotFound, OutcomeUnknown, RateLimited, Rejected, Unavailable) as fault:
        return type(fault)


def test_suspend_and_restore_are_each_others_inverse(clock):
    """A line goes out of service and back, and says when a suspension will end by itself."""
    made = carrier(clock)
    assert made.suspend(A, key="k1") == Answer(AnswerKind.DONE, "request-000001")
    seen = made.get(A)
    assert (seen.state, seen.resumes_at, seen.observed_at, seen.word) == (
        SUSPENDED, NOW + timedelta(days=90), NOW, "suspended"
    )  # fmt: skip
    made.restore(A, key="k2")
    assert (made.get(A).state, made.get(A).resumes_at, made.live) == (ACTIVE, None, True)


def test_a_repeated_key_gets_the_first_answer_and_no_second_effect():
    """Idempotence under keys: also after the line has changed meanwhile."""
    made = carrier()
    first = made.suspend(A, key="k1")
    made.restore(A, key="k2")
    assert made.suspend(A, key="k1") == first
    assert made.redeliver(A, Verb.SUSPEND, key="k1") == first
    assert made.get(A).state is ACTIVE
    assert Counter(e.key for e in made.effects) == {"k1": 1, "k2": 1}


def test_without_keys_a_repeat_doubles_the_effect():
    """The control: a carrier that ignores keys carries a late duplicate out."""
    made = carrier(terms=Terms(honour_keys=False))
    made.suspend(A, key="k1")
    made.restore(A, key="k2")
    made.redeliver(A, Verb.SUSPEND, key="k1")
    assert made.get(A).state is SUSPENDED
    assert Counter(e.key for e in made.effects)["k1"] == 2


def test_a_key_belongs_to_one_request():
    """The same key for another line or another verb is refused."""
    made = carrier()
    made.suspend(A, key="k1")
    for other in (lambda: made.suspend(B, key="k1"), lambda: made.restore(A, key="k1")):
        with pytest.raises(Rejected, match="another request"):
            other()


@pytest.mark.parametrize(
    ("fate", "error", "effects"),
    [
        (Fate.LOST_BEFORE, Unavailable, 0),
        (Fate.RATE_LIMITED, RateLimited, 0),
        (Fate.REJECTED, Rejected, 0),
        (Fate.LOST_AFTER, OutcomeUnknown, 1),
        (Fate.ACCEPTED_LOST, OutcomeUnknown, 0),
    ],
)
def test_each_fault_has_its_class_and_the_same_key_heals_it(fate, error, effects):
    """Where the fault says nothing was done there is no effect, and in the end there is exactly one."""
    made = carrier(None, fate, terms=Terms(retry_after=7.0))
    with pytest.raises(error) as caught:
        made.suspend(A, key="k1")
    assert len(made.effects) == effects
    assert getattr(caught.value, "retry_after", 7.0) == 7.0
    assert getattr(caught.value, "key", "k1") == "k1"
    made.suspend(A, key="k1")
    made.settle()
    assert (made.get(A).state, len(made.effects)) == (SUSPENDED, 1)


def test_a_duplicated_delivery_counts_once_with_keys_and_twice_without():
    """The network's duplicate is harmless exactly where keys are honoured, and never changes the answer."""
    assert len(_sent(Fate.DUPLICATED).effects) == 1
    assert len(_sent(Fate.DUPLICATED, terms=Terms(honour_keys=False)).effects) == 2
    assert len(_sent(Fate.DUPLICATED, terms=Terms(honour_keys=False, actions_per_day=1)).effects) == 1


def _sent(*fates, **options):
    made = carrier(None, *fates, **options)
    assert made.suspend(A, key="k1").kind is AnswerKind.DONE
    return made


def test_reads_fail_too_when_the_plan_says_so(clock):
    """A seeded plan may lose reads; nothing is changed by that."""
    made = MemoryCarrier(clock, fates=seeded(1, {Fate.LOST_BEFORE: 1.0}, reads=True))
    for read in (lambda: made.get(A), lambda: list(made.iter_lines()), lambda: made.request_state("x")):
        with pytest.raises(Unavailable):
            read()


def test_a_seeded_plan_is_the_same_for_the_same_seed():
    """Fault plans replay; reads succeed unless they are meant."""
    weights = dict.fromkeys(Fate, 1.0)
    one, two = seeded(5, weights), seeded(5, weights)
    assert [one("suspend") for _ in range(50)] == [two("suspend") for _ in range(50)]
    assert {one("get") for _ in range(20)} == {Fate.DONE}


def test_an_accepted_request_is_pending_until_it_settles():
    """The line shows what is on its way; a read-back says pending, then done."""
    made = carrier(None, Fate.ACCEPTED, Fate.ACCEPTED, asynchronous=True)
    answer = made.suspend(A, key="k1")
    assert (answer.kind, made.get(A).state) == (AnswerKind.ACCEPTED, ServiceState.PENDING_SUSPEND)
    assert (made.request_state(answer.reference), made.effects) == (ReadBack.PENDING, ())
    made.settle()
    made.settle(answer.reference)
    assert (made.request_state(answer.reference), made.get(A).state) == (ReadBack.DONE, SUSPENDED)
    assert (len(made.effects), made.pending, made.asynchronous) == (1, (), True)
    made.restore(A, key="k2")
    assert made.get(A).state is ServiceState.PENDING_RESTORE


def test_a_stuck_request_stays_pending_until_somebody_names_it():
    """Pending for ever means that time and `settle()` do nothing; the carrier's staff can."""
    made = carrier(None, Fate.STUCK, Fate.STUCK)
    first, second = made.suspend(A, key="k1").reference, made.suspend(B, key="k2").reference
    made.settle()
    made.settle_shuffled(1)
    assert made.pending == (first, second)
    made.settle(first)
    made.fail(second)
    made.fail(second)
    assert (made.get(A).state, made.get(B).state) == (SUSPENDED, ACTIVE)
    assert made.request_state(second) is ReadBack.NOT_DONE


@pytest.mark.parametrize("reference", ["", "request-1", "request-000009", "request-000000", "old portal 7"])
def test_a_reference_the_carrier_never_gave_is_unknown(reference):
    """Nothing is guessed of it, and settling or failing it does nothing."""
    made = carrier(None, Fate.ACCEPTED)
    kept = made.suspend(A, key="k1").reference
    made.settle(reference)
    made.fail(reference)
    assert (made.request_state(reference), made.pending) == (ReadBack.UNKNOWN, (kept,))


def test_requests_that_settle_in_another_order_leave_another_state():
    """Reordering is real: the last to settle wins, so opposite requests must not be under way together."""
    states = set()
    for order in ((0, 1), (1, 0)):
        made = carrier(None, Fate.ACCEPTED, Fate.ACCEPTED)
        sent = [made.suspend(A, key="k1").reference, made.restore(A, key="k2").reference]
        made.settle(*(sent[n] for n in order))
        states.add(made.get(A).state)
    assert states == {ACTIVE, SUSPENDED}


def test_a_shuffled_settlement_finishes_everything():
    """Whatever the order, each accepted request has its one effect."""
    made = carrier(None, Fate.ACCEPTED, Fate.ACCEPTED)
    made.suspend(A, key="k1")
    made.suspend(B, key="k2")
    made.settle_shuffled(3)
    assert ({e.key for e in made.effects}, made.pending) == ({"k1", "k2"}, ())


def test_the_carrier_resumes_service_by_itself(clock):
    """After the contract's days, or when its staff do it, and never for a line that is not suspended."""
    made = carrier(clock)
    made.suspend(A, key="k1")
    made.suspend(B, key="k2")
    made.resume(B)
    made.resume(B)
    assert (made.get(A).state, made.get(B).state) == (SUSPENDED, ACTIVE)
    clock.tick(days=90)
    assert (made.get(A).state, made.get(A).resumes_at) == (ACTIVE, None)
    never = carrier(clock, terms=Terms(suspended_days=None))
    never.suspend(A, key="k1")
    clock.tick(days=900)
    assert never.get(A).state is SUSPENDED


def test_the_days_actions_of_a_line_are_limited(clock):
    """The budget is a line's and a day's; a key that was served is served again without counting."""
    made = carrier(clock, terms=Terms(actions_per_day=2))
    made.suspend(A, key="k1")
    made.restore(A, key="k2")
    with pytest.raises(Rejected, match="2 actions"):
        made.suspend(A, key="k3")
    assert made.suspend(A, key="k1").kind is AnswerKind.DONE
    made.suspend(B, key="k4")
    clock.tick(days=1)
    assert made.suspend(A, key="k3").kind is AnswerKind.DONE


def test_an_unknown_word_is_shown_and_only_an_end_leaves_it():
    """A line in a state without translation is neither suspended nor restored."""
    made = carrier()
    made.add(A, ServiceState.UNKNOWN_WORD, word="HOTLINED")
    assert made.get(A).word == "HOTLINED"
    for verb in ("suspend", "restore"):
        assert send(made, verb, A, verb) is Rejected
    assert made.terminate(A, key="end").kind is AnswerKind.DONE


def test_a_line_follows_its_sim_and_is_found_by_device_only_without_one(clock):
    """A SIM in another device is that SIM's line; an account that lists devices alone is searched by device."""
    made = MemoryCarrier(clock)
    made.put(AccountLine(B.imei, A.iccid, ACTIVE, NOW))
    made.put(AccountLine(C.imei, None, ACTIVE, NOW))
    assert (made.get(A).imei, made.get(C).iccid) == (B.imei, None)
    with pytest.raises(NotFound):
        made.get(B)
    with pytest.raises(InvalidValue, match="IMEI or an ICCID"):
        AccountLine(None, None, ACTIVE, NOW)


def test_a_line_that_left_the_account_takes_its_pending_requests_with_it():
    """The request fails when it is settled, and the line is unknown."""
    made = carrier(None, Fate.ACCEPTED)
    reference = made.suspend(A, key="k1").reference
    made.remove(A)
    made.settle()
    assert made.request_state(reference) is ReadBack.NOT_DONE
    assert send(made, "suspend", A, "k1") is NotFound


def test_termination_wins_over_what_was_pending():
    """A request that was under way when the line ended fails; the ended line shows as ended all the while."""
    made = carrier(None, Fate.ACCEPTED)
    reference = made.restore(A, key="k0").reference  # already in service: done at once
    assert made.request_state(reference) is ReadBack.DONE
    made = carrier(None, Fate.ACCEPTED)
    reference = made.suspend(A, key="k1").reference
    made.terminate(A, key="k2")
    assert made.get(A).state is TERMINATED
    made.settle()
    assert (made.request_state(reference), made.get(A).state) == (ReadBack.NOT_DONE, TERMINATED)


def test_a_pending_termination_does_not_show():
    """The port has no word for it: the line is as it was until it ends."""
    made = carrier(None, Fate.ACCEPTED)
    made.terminate(A, key="k1")
    assert made.get(A).state is ACTIVE
    made.settle()
    assert made.get(A).state is TERMINATED


@given(calls=st.lists(st.tuples(VERBS, ANY_FATE, st.integers(1, 5)), max_size=25), resume=st.booleans())
def test_nothing_brings_a_terminated_line_back(calls, resume):
    """Termination is final under every verb, every fault, settlement and auto-resume."""
    clock = Ticking(NOW)
    made = carrier(clock)
    made.terminate(B, key="end")
    made.fates = scripted(*(fate for _, fate, _ in calls))
    for verb, _, key in calls:
        answer = send(made, verb, B, f"{verb}-{key}")
        assert verb == "terminate" or answer in (Rejected, Unavailable, RateLimited)
        made.settle()
        if resume:
            made.resume(B)
        assert made.get(B).state is TERMINATED
    assert made.get(A).state is ACTIVE


@given(calls=st.lists(st.tuples(VERBS, ANY_FATE, st.integers(1, 2)), max_size=25))
def test_with_keys_no_effect_is_doubled_and_no_done_is_empty(calls):
    """At most one effect a key; exactly one for a key that was answered DONE; none where only refusals came."""
    made = carrier(None, *(fate for _, fate, _ in calls))
    answers = {}
    for verb, _, which in calls:
        key = f"{verb}-{which}"
        answers.setdefault(key, []).append(send(made, verb, (A, B)[which - 1], key))
    made.settle()
    counts = Counter(e.key for e in made.effects)
    assert all(count == 1 for count in counts.values())
    for key, got in answers.items():
        if any(isinstance(a, Answer) and a.kind is AnswerKind.DONE for a in got):
            assert counts[key] == 1
        if set(got) <= {Rejected, Unavailable, RateLimited}:
            assert counts[key] == 0


@given(count=st.integers(0, 7), size=st.integers(1, 4), cut=st.none() | st.integers(0, 3))
def test_pages_conserve_the_lines_and_a_cut_list_has_no_end(count, size, cut):
    """Every line once, in one order; a list that breaks off never says `last`."""
    made = MemoryCarrier(Ticking(NOW), page_size=size)
    for number in range(count):
        made.add(line(number))
    made.cut_after = cut
    pages = list(made.iter_lines())
    whole = max(1, -(-count // size))
    assert len(pages) == (whole if cut is None else min(cut, whole))
    assert any(page.last for page in pages) == (len(pages) == whole)
    sims = [view.iccid for page in pages for view in page.rows]
    assert sims == sorted(line(n).iccid for n in range(count))[: len(sims)]
    assert all(page.total == count and page.as_of == NOW for page in pages)


def test_a_line_may_be_opened_in_the_past():
    """The account keeps since when a line is as it is."""
    made = carrier()
    made.add(Line(A.imei, A.iccid), SUSPENDED, since=NOW - timedelta(days=3))
    assert made.book.line(str(A.iccid)).since == NOW - timedelta(days=3)
