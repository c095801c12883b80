"""Faults at a port: deterministic, and no worse than what an honest adapter tells."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import BackendError, OutcomeUnknown, ProtocolViolation, Unavailable
from scld_core.hotspots.model import ServiceState
from scld_core.memory.carrier import MemoryCarrier
from scld_core.memory.store import MemoryStore
from scld_core.runs.model import AnswerKind, ReadBack
from scld_core.testing.clock import TickingClock
from scld_core.testing.faults import Fault, Faults, FaultyStore, faulty
from scld_core.testing.references import account_line
from scld_core.testing.synthetic import NOW, account, line

LINE = line(0)


def carrier(*script, only=()):
    """A carrier of five lines behind a script of faults."""
    inner = MemoryCarrier(TickingClock(NOW), page_size=2)
    for view in account().lines:
        inner.put(account_line(view))
    faults = Faults(script, only=only)
    return inner, faults, faulty(inner, "lines", faults)


def state(inner):
    """The line's state, unwrapped."""
    return inner.get(LINE).state


@given(st.integers(), st.lists(st.sampled_from(Fault), max_size=8))
def test_repeating_the_key_until_it_is_answered_has_one_effect(seed, script):
    """Whatever happens on the way: with one key the effect comes exactly once, and is answered in the end."""
    inner, faults, port = carrier(*script, only=("suspend",))
    for _ in range(len(script) + 1):
        try:
            answer = port.suspend(LINE, key="k")
        except BackendError:
            continue
        if answer.kind is AnswerKind.DONE:
            break
    faults.release()
    assert state(inner) is ServiceState.SUSPENDED
    assert Counter(effect.key for effect in inner.effects) == {"k": 1}


@pytest.mark.parametrize(
    ("fault", "raises", "now", "later"),
    [
        (Fault.NONE, None, True, True),
        (Fault.DROP, Unavailable, False, False),
        (Fault.DELAY, OutcomeUnknown, False, True),
        (Fault.DUPLICATE, None, True, True),
        (Fault.TRUNCATE, OutcomeUnknown, True, True),
        (Fault.CORRUPT, OutcomeUnknown, True, True),
        (Fault.HALF_WRITE, None, False, True),
        (Fault.COMMITTED_UNKNOWN, OutcomeUnknown, True, True),
    ],
)
def test_each_fault_of_a_write(fault, raises, now, later):
    """What the caller hears, and whether the effect is there now, and after the network has let go."""
    inner, faults, port = carrier(fault)
    if raises is None:
        answer = port.suspend(LINE, key="k")
        assert answer.kind is (AnswerKind.ACCEPTED if fault is Fault.HALF_WRITE else AnswerKind.DONE)
    else:
        with pytest.raises(raises) as caught:
            port.suspend(LINE, key="k")
        assert getattr(caught.value, "key", "k") == "k"
    assert (state(inner) is ServiceState.SUSPENDED) is now
    faults.release()
    assert (state(inner) is ServiceState.SUSPENDED) is later
    assert port.suspend(LINE, key="k").kind is AnswerKind.DONE


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.DELAY, Fault.HALF_WRITE, Fault.COMMITTED_UNKNOWN])
def test_a_lost_read_is_unavailable(fault):
    """A read has no effect, so that each of these is the same to its caller."""
    _, _, port = carrier(fault)
    with pytest.raises(Unavailable, match=fault.value):
        port.get(LINE)
    assert port.get(LINE).iccid == LINE.iccid


def test_lists_are_cut_and_answers_corrupted():
    """A truncated list ends without its mark; what is no list is unreadable; a doubled read is a read."""
    _, _, port = carrier(Fault.TRUNCATE, Fault.TRUNCATE, Fault.CORRUPT, Fault.DUPLICATE)
    (page,) = port.iter_lines()
    assert (len(page.rows), page.last) == (2, False)
    for _ in range(2):
        with pytest.raises(ProtocolViolation):
            port.get(LINE)
    assert port.get(LINE).iccid == LINE.iccid


def test_a_truncated_list_without_pages_stays_empty():
    """There is nothing to cut."""
    inner, _, port = carrier(Fault.TRUNCATE)
    inner.cut_after = 0
    assert list(port.iter_lines()) == []


def test_only_named_operations_meet_faults():
    """The script waits for them; properties and everything else pass."""
    _, _, port = carrier(Fault.DROP, only=("suspend",))
    assert port.get(LINE).state is ServiceState.ACTIVE
    assert port.live is True
    assert port.request_state("nobody") is ReadBack.UNKNOWN
    with pytest.raises(Unavailable):
        port.suspend(LINE, key="k")


@given(st.integers(0, 99))
def test_a_seeded_script_is_the_same_every_time(seed):
    """Replay: two runs of one seed meet the same faults."""
    first, second = (Faults.seeded(seed, 10) for _ in range(2))
    assert [first.next("x") for _ in range(12)] == [second.next("x") for _ in range(12)]


def test_release_lets_the_oldest_arrive_and_survives_their_faults():
    """In order, as many as asked for; a late request that is refused is nobody's to hear."""
    inner, faults, port = carrier(Fault.DELAY, Fault.DELAY)
    for verb in (port.terminate, port.restore):
        with pytest.raises(OutcomeUnknown):
            verb(LINE, key=verb.__name__)
    assert faults.release(1) == 1
    assert state(inner) is ServiceState.TERMINATED
    assert faults.release() == 1
    assert state(inner) is ServiceState.TERMINATED


@pytest.mark.parametrize(
    ("fault", "raises", "kept"),
    [
        (Fault.NONE, None, "1"),
        (Fault.DUPLICATE, None, "1"),
        (Fault.DROP, Unavailable, None),
        (Fault.DELAY, Unavailable, None),
        (Fault.HALF_WRITE, Unavailable, None),
        (Fault.COMMITTED_UNKNOWN, OutcomeUnknown, "1"),
    ],
)
def test_each_fault_of_a_transaction(fault, raises, kept):
    """All or nothing is kept, and the caller hears which, or that it is unknown."""
    store = FaultyStore(MemoryStore(), Faults([fault]))

    def write():
        with store.transaction() as unit:
            unit.records("kit").put("a", "1")

    if raises is None:
        write()
    else:
        with pytest.raises(raises):
            write()
    with store.transaction() as unit:
        assert unit.records("kit").get("a") == kept
    with store.exclusive("kit"):
        pass
    store.close()
