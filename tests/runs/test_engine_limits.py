"""What the engine does not do for ever or by guessing: waiting, unanswered questions, payloads of another shape."""

from contextlib import ExitStack

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from test_engine import ANNE, BERT, RISKY, RULE, Add, Bench, step

from scld_core import codecs
from scld_core.errors import DeadlineExceeded, NotFound, RunInProgress, Unavailable, UnsupportedOperation
from scld_core.kernel.decision import permit
from scld_core.memory.store import MemoryStore
from scld_core.runs.action import Action
from scld_core.runs.engine import Engine
from scld_core.runs.model import Answer, AnswerKind, Evidence, ReadBack, StepState
from scld_core.runs.people import Confirmation, approve, confirm
from support.clock import Ticking
from support.hotspots import NOW

ANSWERS = {
    "gone": Unavailable("c", "get", "down"),
    "late": DeadlineExceeded("c", "get", "late"),
    "odd": NotFound("c", "get", "no such line"),
    "pending": ReadBack.PENDING,
    "done": ReadBack.DONE,
}


class Systems:
    """Two systems behind one action: an amount's parity says which; each has a script of what a read-back finds."""

    def __init__(self, **scripts):
        self.scripts = {name: list(script) for name, script in scripts.items()}
        self.asked = dict.fromkeys(scripts, 0)
        action = Action(
            "sum.add",
            Add,
            lambda add, one: permit(),
            lambda add, key: Answer(AnswerKind.ACCEPTED),
            self.read_back,
            system=self.name,
        )
        self.store = MemoryStore()
        self.engine = Engine(self.store, {"sum.add": action}, Ticking(NOW), ANNE, lambda seconds: None)

    def name(self, add):
        return "even" if add.amount % 2 == 0 else "odd"

    def read_back(self, add, record):
        name = self.name(add)
        self.asked[name] += 1
        found = ANSWERS[self.scripts[name].pop(0)]
        if isinstance(found, Exception):
            raise found
        return found


scripts = st.lists(st.sampled_from(sorted(ANSWERS)), max_size=9)


def first_silence(script):
    """How many questions an oracle would ask: up to and with the third unanswered one in a row."""
    silent = 0
    for asked, word in enumerate(script, 1):
        silent = silent + 1 if word in ("gone", "late") else 0
        if silent == 3:
            return asked
    return len(script)


@given(even=scripts, odd=scripts, order=st.randoms())
def test_a_system_that_gives_no_answer_three_times_in_a_row_is_asked_nothing_more(even, odd, order):
    """The rest of its requests stays open, and the other system is asked as ever; an answer begins the count anew."""
    systems = Systems(even=even, odd=odd)
    amounts = [*(2 * n for n in range(len(even))), *(2 * n + 1 for n in range(len(odd)))]
    order.shuffle(amounts)
    systems.engine.apply([step(f"loan {n}", subject=f"s{n}", amount=n) for n in amounts], "run")
    found = systems.engine.resume()
    assert systems.asked == {"even": first_silence(even), "odd": first_silence(odd)}
    assert len(found) == len(amounts)
    left = [record for record in found if "3 times in a row" in record.detail]
    assert len(left) == len(amounts) - sum(systems.asked.values())
    assert all(record.state is StepState.WAITING_SYSTEM for record in left)


def test_a_district_that_is_held_for_a_moment_is_waited_for():
    """Somebody reads one request back: the run waits, by the injected sleep, and goes on when the district is free."""
    bench = Bench()
    with ExitStack() as other:
        other.enter_context(bench.store.exclusive("read-back"))

        def sleep(seconds):
            bench.slept.append(seconds)
            if len(bench.slept) == 3:
                other.close()

        bench.engine = evolve(bench.engine, sleep=sleep)
        with bench.engine.exclusive(), pytest.raises(RunInProgress), bench.store.exclusive("another"):
            pass
    assert len(bench.slept) == 3
    with bench.store.exclusive("free again"):
        pass


def test_a_district_that_stays_held_is_not_waited_for_for_ever():
    """After a few seconds the run says that another one works here."""
    bench = Bench()
    with bench.store.exclusive("day"), pytest.raises(RunInProgress), bench.engine.exclusive():
        pytest.fail("two hold it")
    assert 0 < sum(bench.slept) <= 10


def test_what_a_system_cannot_do_a_person_does():
    """Declared as unsupported: no failure that comes back every morning but a row for the operator, with the reason."""
    bench = Bench()
    bench.counter.script = [UnsupportedOperation("c", "do", "there is no such request")]
    receipt = bench.engine.execute(step(), "run")
    assert (receipt.result, receipt.detail) == ("waiting", "c.do: there is no such request")
    bench.counter.found = ReadBack.NOT_DONE
    bench.engine.resume()
    assert bench.state(step()) is StepState.WAITING_OPERATOR
    assert bench.engine.execute(step(), "run-2").result == "waiting"
    assert bench.counter.calls == 1
    done = confirm(bench.store, [Confirmation(step().id, True, True)], source="w.csv", actor=ANNE, clock=bench.clock)
    assert [r.result for r in done.receipts] == ["applied"]


@pytest.mark.parametrize(("planned", "ours"), [(1, 2), (3, 2)])
def test_a_payload_of_another_version_is_refused_and_stops_no_other(planned, ours):
    """Older or newer: nothing is sent, the receipt names both versions, and the next step is done."""
    bench = Bench()
    bench.engine = evolve(
        bench.engine, actions={name: evolve(a, version=ours) for name, a in bench.engine.actions.items()}
    )
    old, new = evolve(step(), version=planned), evolve(step("loan 2", subject="s2"), version=ours)
    receipts = bench.engine.apply([old, new], "run")
    assert [r.result for r in receipts] == ["failed", "applied"]
    assert f"was planned with version {planned} of the payload of sum.add; here it is {ours}" in receipts[0].detail
    assert bench.counter.calls == 1


def test_an_open_request_of_another_version_stays_open_and_says_so():
    """A program that does not know the payload's shape cannot ask what became of it, and settles nothing."""
    bench = Bench()
    bench.counter.script = [Answer(AnswerKind.ACCEPTED)]
    bench.engine.execute(step(), "run")
    later = evolve(bench.engine, actions={"sum.add": evolve(bench.engine.actions["sum.add"], version=2)})
    bench.counter.found = ReadBack.DONE
    (record,) = later.resume()
    assert (record.state, bench.state(step())) == (StepState.WAITING_SYSTEM, StepState.WAITING_SYSTEM)
    assert "could not be read back: step" in record.detail
    assert [r.state for r in bench.engine.resume()] == [StepState.APPLIED]


def test_a_payload_that_cannot_be_read_fails_its_own_step_alone():
    """A plan file that somebody edited: that step fails with the reason, the others are done."""
    bench = Bench()
    broken = evolve(step(), payload=codecs.dump(RULE))
    receipts = bench.engine.apply([broken, step("loan 2", subject="s2")], "run")
    assert [r.result for r in receipts] == ["failed", "applied"]
    assert "stored Add" in receipts[0].detail


SEEN = (Evidence("main", "item is withdrawn", NOW), Evidence("carrier", "line is suspended", NOW))


@pytest.mark.parametrize(
    ("evidence", "result"),
    [
        (tuple(evolve(e, as_of=e.as_of.replace(hour=20)) for e in SEEN), "applied"),
        ((SEEN[0], evolve(SEEN[1], fact="line is active")), "needs_approval"),
        ((evolve(SEEN[0], source="other"), SEEN[1]), "needs_approval"),
        (SEEN[:1], "needs_approval"),
    ],
)
def test_an_approval_is_for_the_facts_that_were_seen_and_not_for_their_age(evidence, result):
    """A fact that changed voids the yes; the same facts, read again later, do not."""
    bench = Bench()
    asked = evolve(RISKY, evidence=SEEN)
    bench.engine.execute(asked, "run")
    approve(bench.store, [asked.id], actor=BERT, rule=RULE, reason="seen", clock=bench.clock)
    assert bench.engine.execute(evolve(asked, evidence=evidence), "run-2").result == result
    assert ("step.approval_void" in bench.journal()) == (result == "needs_approval")
