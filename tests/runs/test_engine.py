"""The one write path, over a counter that stands for a foreign system."""

from datetime import timedelta

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.errors import AdapterBug, BadInput, OutcomeUnknown, ProtocolViolation, RateLimited, Rejected, Unavailable
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Reason, deny, permit
from scld_core.memory.store import MemoryStore
from scld_core.runs.action import Action
from scld_core.runs.engine import Engine, Hooks
from scld_core.runs.model import (
    Answer,
    AnswerKind,
    ReadBack,
    Risk,
    Step,
    StepEvent,
    StepState,
    Withdrawal,
    step_states,
)
from scld_core.runs.people import ApprovalRule, Confirmation, approve, confirm
from scld_core.runs.undo import inverse_steps
from support.clock import Ticking
from support.hotspots import NOW

ANNE, BERT = Actor("anne", ("associate",)), Actor("bert", ("supervisor",))
RULE = ApprovalRule(("supervisor",))


@frozen
class Add:
    """Add an amount to a counter."""

    amount: int


class Counter:
    """A foreign system: a number, a script of answers, and the facts a recheck finds."""

    def __init__(self) -> None:
        self.total = 0
        self.calls = 0
        self.script: list[object] = []
        self.wanted = True
        self.found = ReadBack.UNKNOWN

    def do(self, sign):
        def call(add, key):
            self.calls += 1
            answer = self.script.pop(0) if self.script else Answer(AnswerKind.DONE)
            if isinstance(answer, BaseException):
                raise answer
            if isinstance(answer, Answer) and answer.kind is AnswerKind.DONE:
                self.total += sign * add.amount
            return answer

        return call

    def recheck(self, add, step):
        if isinstance(self.wanted, Exception):
            raise self.wanted
        return permit() if self.wanted else deny(Reason("gone", (("now", "home"),)))

    def read_back(self, add, record):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Bench:
    """An engine over a counter and a memory store."""

    def __init__(self, hooks=None, actor=ANNE, store=None):
        self.clock = Ticking(NOW)
        self.counter = Counter()
        self.store = store or MemoryStore()
        self.slept: list[float] = []
        actions = {
            "sum.add": Action(
                "sum.add", Add, self.counter.recheck, self.counter.do(1), self.counter.read_back, "sum.take"
            ),
            "sum.take": Action("sum.take", Add, self.counter.recheck, self.counter.do(-1), self.counter.read_back),
        }
        self.stages: list[str] = []
        self.engine = Engine(
            self.store,
            actions,
            self.clock,
            actor,
            self.slept.append,
            hooks or Hooks(),
            lambda s: self.stages.append(s.what),
        )

    def state(self, step):
        with self.store.transaction() as unit:
            found = unit.steps.get(step.id)
        return None if found is None else found.state

    def journal(self):
        with self.store.transaction() as unit:
            return [entry.kind for entry in unit.journal.entries()]


def step(cause="loan 1", *, subject="s1", action="sum.add", amount=3, **more):
    return Step(
        action=action,
        subject=subject,
        cause=cause,
        area="sum",
        business_day=NOW.date(),
        payload=codecs.dump(Add(amount)),
        **more,
    )


def test_a_step_has_its_effect_once_however_often_it_is_executed():
    """Idempotence under one id."""
    bench = Bench()
    results = [bench.engine.execute(step(), f"run-{n}").result for n in range(3)]
    assert results == ["applied"] * 3
    assert bench.counter.total == 3
    assert bench.journal() == ["step.prepare", "step.applied"]


@given(st.lists(st.sampled_from(["done", "accepted", "operator", "rejected", "down", "unknown", "bug"]), max_size=8))
def test_one_steps_failure_stops_no_other(script):
    """Isolation: each step's receipt depends on its own answer alone, in the order given."""
    answers = {
        "done": (Answer(AnswerKind.DONE), "applied"),
        "accepted": (Answer(AnswerKind.ACCEPTED, "r1"), "waiting"),
        "operator": (Answer(AnswerKind.FOR_OPERATOR, "batch"), "waiting"),
        "rejected": (Rejected("c", "do", "no"), "failed"),
        "down": (Unavailable("c", "do", "down"), "failed"),
        "unknown": (OutcomeUnknown("c", "do", "lost", "k"), "unknown"),
        "bug": (AdapterBug("c", "do", "KeyError"), "unknown"),
    }
    bench = Bench()
    bench.counter.script = [answers[word][0] for word in script]
    receipts = bench.engine.apply([step(f"loan {n}", subject=f"s{n}") for n in range(len(script))], "run")
    assert [r.result for r in receipts] == [answers[word][1] for word in script]
    assert bench.counter.total == 3 * script.count("done")


def test_facts_are_read_again_right_before_the_call():
    """Brought back since the plan was made: nothing is sent, and the receipt says why."""
    bench = Bench()
    bench.counter.wanted = False
    receipt = bench.engine.execute(step(), "run")
    assert (receipt.result, bench.counter.calls) == ("skipped", 0)
    assert receipt.detail == "the facts changed: gone (now home)"
    bench.counter.wanted = Unavailable("ils", "get", "down")
    assert bench.engine.execute(step(), "run").result == "failed"
    assert bench.counter.calls == 0
    bench.counter.wanted = True
    assert bench.engine.execute(step(), "run").result == "applied"


def test_a_veto_stops_a_step_before_anything_is_sent():
    """Plugins may say no; the receipt carries every reason, whatever their order."""
    heard = []
    bench = Bench(Hooks(lambda s, run: ("z: closed", "a: audit"), lambda s, r, run: heard.append(r.result)))
    receipt = bench.engine.execute(step(), "run")
    assert (receipt.result, receipt.detail) == ("vetoed", "a: audit; z: closed")
    assert bench.counter.calls == 0
    assert heard == ["vetoed"]


def test_a_lost_answer_is_read_back_before_anything_else():
    """Committed then lost: applied. Never arrived: failed, and may be tried again under the same key."""
    bench = Bench()
    for found, state in [(ReadBack.DONE, "applied"), (ReadBack.NOT_DONE, "failed"), (ReadBack.PENDING, "waiting")]:
        bench.counter.script, bench.counter.found = [OutcomeUnknown("c", "do", "lost", "k")], found
        one = step(f"cause {found.value}", subject=found.value)
        assert bench.engine.execute(one, "run").result == state
    bench.counter.script, bench.counter.found = (
        [ProtocolViolation("c", "do", "garbled")],
        Unavailable("c", "get", "down"),
    )
    receipt = bench.engine.execute(step("garbled", subject="g"), "run")
    assert receipt.result == "unknown"
    assert "could not be read back" in receipt.detail


def test_what_is_unknown_is_never_sent_again_before_it_is_settled():
    """At most once: an open step answers with its state, and so does another of its kind for the subject."""
    bench = Bench()
    bench.counter.script = [OutcomeUnknown("c", "do", "lost", "k")]
    assert bench.engine.execute(step(), "run").result == "unknown"
    assert bench.engine.execute(step(), "run-2").result == "unknown"
    other = bench.engine.execute(step("loan 2"), "run-2")
    assert (other.result, other.detail) == ("waiting", "another step of this kind is still open for this subject")
    assert bench.counter.calls == 1
    bench.counter.found = ReadBack.NOT_DONE
    assert [r.state for r in bench.engine.resume()] == [StepState.FAILED]
    assert bench.engine.execute(step(), "run-3").result == "applied"
    assert bench.counter.total == 3


@pytest.mark.parametrize(
    ("answer", "found", "after"),
    [
        (Answer(AnswerKind.ACCEPTED), ReadBack.DONE, StepState.APPLIED),
        (Answer(AnswerKind.ACCEPTED), ReadBack.NOT_DONE, StepState.FAILED),
        (Answer(AnswerKind.ACCEPTED), ReadBack.PENDING, StepState.WAITING_SYSTEM),
        (Answer(AnswerKind.ACCEPTED), ReadBack.UNKNOWN, StepState.WAITING_SYSTEM),
        (Answer(AnswerKind.FOR_OPERATOR), ReadBack.DONE, StepState.APPLIED),
        (Answer(AnswerKind.FOR_OPERATOR), ReadBack.NOT_DONE, StepState.WAITING_OPERATOR),
        (Answer(AnswerKind.FOR_OPERATOR), ReadBack.PENDING, StepState.WAITING_OPERATOR),
        (Answer(AnswerKind.FOR_OPERATOR), ReadBack.UNKNOWN, StepState.WAITING_OPERATOR),
    ],
)
def test_resume_settles_what_the_read_back_proves(answer, found, after):
    """A person's work is never failed because a system does not show it yet."""
    bench = Bench()
    bench.counter.script = [answer]
    bench.engine.execute(step(), "run")
    bench.counter.found = found
    bench.engine.resume()
    assert bench.state(step()) is after


def test_a_crash_between_prepare_and_answer_is_read_back():
    """PREPARED in the outbox after a restart: what the system shows decides."""
    for found, after in [(ReadBack.DONE, StepState.APPLIED), (ReadBack.UNKNOWN, StepState.UNKNOWN)]:
        bench = Bench()
        with pytest.raises(KeyboardInterrupt):
            bench.counter.script = [KeyboardInterrupt()]
            bench.engine.execute(step(), "run")
        assert bench.state(step()) is StepState.PREPARED
        bench.counter.found = found
        bench.engine.resume()
        assert bench.state(step()) is after


def test_a_system_that_asks_to_come_back_is_asked_once_more():
    """Rate limited: nothing was done, so the run waits as told and sends again; never longer than a minute."""
    bench = Bench()
    bench.counter.script = [
        RateLimited("c", "do", "slow down", 7.0),
        Answer(AnswerKind.DONE),
        RateLimited("c", "do", "x"),
    ]
    steps = [step(f"loan {n}", subject=f"s{n}") for n in range(3)]
    assert [r.result for r in bench.engine.apply(steps, "run")] == ["applied"] * 3
    assert bench.slept == [7.0]
    bench.counter.script = [RateLimited("c", "do", "tomorrow", 3600.0)]
    assert bench.engine.apply([step("x", subject="x")], "run")[0].result == "failed"
    assert bench.slept == [7.0]
    bench.counter.wanted = RateLimited("ils", "get", "slow down", 2.0)
    assert bench.engine.apply([step("y", subject="y")], "run")[0].result == "failed"
    assert bench.slept == [7.0, 2.0]


RISKY = step("withdrawn", risk=Risk.IRREVERSIBLE, needs_approval=True, reasons=(Reason("withdrawn"),))


def test_what_needs_approval_is_registered_and_not_sent():
    """The step is known, so that it can be approved, and nothing happens before."""
    bench = Bench()
    assert bench.engine.execute(RISKY, "run").result == "needs_approval"
    assert bench.engine.execute(RISKY, "run-2").result == "needs_approval"
    assert bench.counter.calls == 0
    with pytest.raises(BadInput, match="somebody other than"):
        approve(bench.store, [RISKY.id], actor=Actor("anne", ("supervisor",)), rule=RULE, reason="x", clock=bench.clock)
    with pytest.raises(BadInput, match="roles that may approve"):
        approve(bench.store, [RISKY.id], actor=ANNE, rule=RULE, reason="x", clock=bench.clock)
    approve(bench.store, [RISKY.id], actor=BERT, rule=RULE, reason="seen", clock=bench.clock)
    assert bench.engine.execute(RISKY, "run-3").result == "applied"
    assert bench.journal() == [
        "step.needs_approval",
        "step.needs_approval",
        "step.approved",
        "step.prepare",
        "step.applied",
    ]


def test_an_approval_is_void_when_the_evidence_changed():
    """Bert said yes to something else."""
    bench = Bench()
    bench.engine.execute(RISKY, "run")
    approve(bench.store, [RISKY.id], actor=BERT, rule=RULE, reason="seen", clock=bench.clock)
    changed = evolve(RISKY, reasons=(Reason("lost_paid"),))
    receipt = bench.engine.execute(changed, "run-2")
    assert (receipt.result, bench.counter.calls) == ("needs_approval", 0)
    assert "void" in receipt.detail


def test_approving_is_all_or_nothing_and_says_what_is_wrong():
    """Unknown ids and steps that do not wait are refused by name, and nothing is approved."""
    bench = Bench()
    bench.engine.execute(RISKY, "run")
    bench.engine.execute(step("done", subject="d"), "run")
    for wrong, text in [("nothing", "is no step"), (step("done", subject="d").id, "does not wait for approval")]:
        with pytest.raises(BadInput, match=text):
            approve(bench.store, [RISKY.id, wrong], actor=BERT, rule=RULE, reason="x", clock=bench.clock)
    assert bench.engine.execute(RISKY, "run").result == "needs_approval"


def test_only_one_open_step_of_a_kind_for_a_subject_waits_for_approval():
    """Another cause for the same subject and action waits for the first."""
    bench = Bench()
    bench.engine.execute(RISKY, "run")
    assert bench.engine.execute(evolve(RISKY, cause="lost"), "run").result == "waiting"


def test_a_withdrawn_step_is_never_sent_and_may_come_back():
    """The item turned up: withdrawn. It goes missing again: planned again under its own id."""
    bench = Bench()
    bench.engine.execute(RISKY, "run")
    assert bench.engine.withdraw(Withdrawal(RISKY.id, "found"))
    assert not bench.engine.withdraw(Withdrawal(RISKY.id, "found"))
    assert not bench.engine.withdraw(Withdrawal("unknown", "found"))
    assert bench.state(RISKY) is StepState.WITHDRAWN
    assert bench.engine.execute(RISKY, "run-2").result == "needs_approval"


def test_an_approved_step_whose_facts_changed_is_withdrawn():
    """Approved on Monday, found on Tuesday."""
    bench = Bench()
    bench.engine.execute(RISKY, "run")
    approve(bench.store, [RISKY.id], actor=BERT, rule=RULE, reason="seen", clock=bench.clock)
    bench.counter.wanted = False
    assert bench.engine.execute(RISKY, "run-2").result == "skipped"
    assert bench.state(RISKY) is StepState.WITHDRAWN


def by_hand(bench, risk=Risk.RISKY):
    one = step("by hand", risk=risk)
    bench.counter.script = [Answer(AnswerKind.FOR_OPERATOR, "batch")]
    bench.engine.execute(one, "run")
    return one


def test_a_ticked_row_is_a_receipt():
    """Done and rechecked: applied. Ticked again: the same receipt, no second effect."""
    bench = Bench()
    one = by_hand(bench)
    for _ in range(2):
        done = confirm(
            bench.store,
            [Confirmation(one.id, done=True, rechecked=True, line=2)],
            source="w.csv",
            actor=ANNE,
            clock=bench.clock,
        )
        assert [r.result for r in done.receipts] == ["applied"]
    assert bench.journal().count("step.confirmed") == 1


def test_rows_that_cannot_be_used_are_refused_with_their_line():
    """Unknown step, a risky row without its recheck, a step that never waited; blank rows say nothing."""
    bench = Bench()
    one = by_hand(bench)
    bench.engine.execute(step("sent", subject="other"), "run")
    bench.counter.script = [Answer(AnswerKind.ACCEPTED)]
    waits = step("accepted", subject="third")
    bench.engine.execute(waits, "run")
    rows = [
        Confirmation(one.id, done=False, rechecked=False, line=2),
        Confirmation(one.id, done=True, rechecked=False, line=3),
        Confirmation("nothing", done=True, rechecked=True, line=4),
        Confirmation(waits.id, done=True, rechecked=True, line=5),
    ]
    done = confirm(bench.store, rows, source="w.csv", actor=ANNE, clock=bench.clock)
    assert done.receipts == ()
    assert [(q.line, q.reason.split(":")[0].split(",")[0]) for q in done.refused] == [
        (3, "takes a person's service"),
        (4, "is no step of this district; was the file written by another one?"),
        (5, "does not wait for an operator"),
    ]
    assert bench.state(one) is StepState.WAITING_OPERATOR


def test_a_routine_row_needs_no_recheck():
    """Giving service back harms nobody."""
    bench = Bench()
    one = by_hand(bench, Risk.ROUTINE)
    done = confirm(bench.store, [Confirmation(one.id, True, False)], source="w.csv", actor=ANNE, clock=bench.clock)
    assert [r.result for r in done.receipts] == ["applied"]


def test_work_done_on_a_withdrawn_row_is_recorded():
    """The operator was faster than the withdrawal: the effect is kept, so that the next plan can take it back."""
    bench = Bench()
    one = by_hand(bench)
    bench.engine.withdraw(Withdrawal(one.id, "the item came back"))
    confirm(bench.store, [Confirmation(one.id, True, True)], source="w.csv", actor=ANNE, clock=bench.clock)
    assert bench.state(one) is StepState.APPLIED


def test_undo_takes_back_every_effect_that_has_an_inverse():
    """Apply then undo gives the state before; undoing twice is undoing once."""
    bench = Bench()
    steps = [step(f"loan {n}", subject=f"s{n}", amount=n) for n in range(1, 4)]
    bench.engine.apply([*steps, step("z", action="sum.take", subject="z", amount=100)], "run")
    before = bench.counter.total
    undo = inverse_steps(bench.store, "run", actions=bench.engine.actions, business_day=NOW.date())
    bench.engine.apply(undo.steps, "undo")
    assert bench.counter.total == before - 6
    assert [r.step.action for r in undo.irreversible] == ["sum.take"]
    assert [s.undoes for s in undo.steps] == [s.id for s in reversed(steps)]
    again = inverse_steps(bench.store, "run", actions=bench.engine.actions, business_day=NOW.date())
    assert again.steps == ()
    with pytest.raises(BadInput, match="no effect that still stands"):
        inverse_steps(bench.store, "another", actions=bench.engine.actions, business_day=NOW.date())
    with pytest.raises(BadInput, match="only a run of the same day"):
        inverse_steps(bench.store, "run", actions=bench.engine.actions, business_day=NOW.date() + timedelta(days=1))


def test_the_stages_are_told_in_the_order_in_which_effects_become_durable():
    """The progress callback is where a crash test can stand."""
    bench = Bench()
    bench.engine.apply([step()], "run")
    assert bench.stages == ["apply", "rechecked", "prepared", "sent", "settled", "apply"]


def test_applied_is_final():
    """No event leads out of it."""
    assert step_states.final() == {StepState.APPLIED}
    assert not any(step_states.permits(StepState.APPLIED, event) for event in StepEvent)


def test_the_key_stays_until_the_system_says_that_its_request_failed():
    """A lost answer is repeated under the same key; a failed request would only be answered again under it."""
    bench = Bench()
    keys = []
    original = bench.engine.actions["sum.add"]
    bench.engine = evolve(
        bench.engine,
        actions={"sum.add": evolve(original, do=lambda add, key: (keys.append(key), original.do(add, key))[1])},
    )
    bench.counter.script = [
        Unavailable("c", "do", "down"),
        OutcomeUnknown("c", "do", "lost", "k"),
        Answer(AnswerKind.ACCEPTED, "r1"),
    ]
    bench.engine.execute(step(), "run")
    bench.counter.found = ReadBack.NOT_DONE
    bench.engine.execute(step(), "run")
    bench.engine.execute(step(), "run")
    bench.engine.resume()
    assert bench.engine.execute(step(), "run").result == "applied"
    first = f"scld-{step().id}"
    assert keys == [first, first, first, f"{first}-1"]
