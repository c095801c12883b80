"""A desk's write, over a shelf of numbers that stands for a foreign system."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve, frozen

from scld_core.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProtocolViolation,
    Rejected,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Answers, Question, Reason, Unanswered, Verdict, ask, deny, permit
from scld_core.kernel.time import FixedClock
from scld_core.memory.store import MemoryStore
from scld_core.runs.action import Action
from scld_core.runs.engine import Engine, Hooks
from scld_core.runs.model import Answer, AnswerKind, ReadBack, StepRecord, StepState
from scld_core.runs.one_step import REASONS, Outcome, Write, Writer, answered, desk_area
from support.clock import Ticking

NOW = datetime(2026, 3, 2, 17, tzinfo=UTC)
DAY = date(2026, 3, 2)
QUESTION = Question("fee", "There is a fee of 1.00. Go on?")


@frozen
class Put:
    """Put a number on a shelf."""

    number: int
    answers: Answers | None = None


class Shelf:
    """A system that keeps numbers, asks about what it is told to, and fails as it is told to."""

    def __init__(self):
        self.numbers = []
        self.script = []
        self.asks = False
        self.gone = False
        self.found = ReadBack.UNKNOWN

    def recheck(self, put, step):
        if isinstance(self.gone, Exception):
            raise self.gone
        return deny(Reason("gone")) if self.gone else permit()

    def do(self, put, key):
        fault = self.script.pop(0) if self.script else None
        if isinstance(fault, Answer):
            return fault
        if fault is not None:
            raise fault
        if self.asks and put.answers is None:
            return answered(Unanswered((QUESTION,), "t1"))
        self.numbers.append(put.number)
        return answered(put.number, str(put.number))

    def read_back(self, put, record):
        return self.found


class Bench:
    """A writer over a shelf and a memory store."""

    def __init__(self, hooks=None, *, approval=False):
        self.shelf = Shelf()
        self.store = MemoryStore()
        self.clock = Ticking(NOW)
        self.action = Action("put", Put, self.shelf.recheck, self.shelf.do, self.shelf.read_back)
        self.action = evolve(self.action, needs_approval=approval)
        engine = Engine(
            self.store, {"put": self.action}, self.clock, Actor("anne"), lambda seconds: None, hooks or Hooks()
        )
        self.writer = Writer(engine, "shelves", lambda: DAY, lambda: b"secret")
        self.reads = 0

    def read(self, receipt):
        self.reads += 1
        return self.shelf.numbers[-1]

    def put(self, number=7, *, decision=None, subject="shelf-1", cause="", answers=None):
        write = Write("put", Put(number, answers), subject, f"number {number}", cause)
        return self.writer.carry_out(write, gives=int, read=self.read, decision=decision)

    @property
    def open(self):
        with self.store.transaction() as unit:
            return unit.steps.unresolved()

    @property
    def kinds(self):
        with self.store.transaction() as unit:
            return [entry.kind for entry in unit.journal.entries()]

    def leave(self, state):
        """Let an earlier process have left a step of the same subject in a state."""
        write = Write("put", Put(5), "shelf-1", cause="earlier")
        step = self.writer._step(write, permit())
        with self.store.transaction() as unit:
            unit.steps.put(StepRecord(step, "desk-earlier", state, self.clock.now(), "bert"))


@pytest.fixture
def bench():
    """A bench."""
    return Bench()


def test_what_is_permitted_is_done_and_leaves_an_audit_line(bench):
    """The value is the system's own answer, the receipt says applied, and nothing stays open."""
    outcome = bench.put(decision=permit(Reason("fine")))
    assert (outcome.value, outcome.done, bench.shelf.numbers) == (7, True, [7])
    assert outcome.decision.reasons == (Reason("fine"),)
    assert outcome.receipt.reference == "7"
    assert bench.kinds == ["step.prepare", "step.applied"]
    assert bench.open == ()
    assert bench.reads == 0


@pytest.mark.parametrize("decision", [deny(Reason("no")), ask(QUESTION, token="t")])
def test_what_is_not_permitted_leaves_no_step(bench, decision):
    """A denial and a question end before anything is written."""
    assert bench.put(decision=decision) == Outcome(None, decision)
    assert bench.kinds == []
    assert bench.shelf.numbers == []


def test_a_question_of_the_system_is_an_ask_and_nothing_stays_open(bench):
    """The questions and their token come back; with the answers the same is done."""
    bench.shelf.asks = True
    asked = bench.put()
    assert asked.value is None
    assert not asked.done
    assert (asked.decision.verdict, asked.decision.questions, asked.decision.token) == (Verdict.ASK, (QUESTION,), "t1")
    assert bench.open == ()
    assert bench.shelf.numbers == []
    assert bench.put(answers=Answers((("fee", "yes"),), asked.decision.token)).value == 7


def test_an_asked_step_can_be_answered_under_the_same_cause(bench):
    """A caller who names the request may name it again with the answers."""
    bench.shelf.asks = True
    assert bench.put(cause="c").decision.verdict is Verdict.ASK
    assert bench.put(cause="c", answers=Answers(())).value == 7


def test_the_same_cause_is_done_once(bench):
    """A second press of the same button gives the record and does nothing."""
    first, second = bench.put(cause="form 12"), bench.put(cause="form 12")
    assert bench.shelf.numbers == [7]
    assert (first.value, second.value, second.done) == (7, 7, True)
    assert bench.reads == 1


def test_each_call_without_a_cause_is_a_request_of_its_own(bench):
    """Two calls at the same instant are two requests."""
    bench.put()
    bench.put()
    assert bench.shelf.numbers == [7, 7]


def test_a_refusal_is_a_decision_that_names_the_system(bench):
    """What the system refuses is a denial with its words."""
    bench.shelf.script = [Rejected("main", "put", "the shelf is full")]
    outcome = bench.put()
    assert outcome.decision.verdict is Verdict.DENY
    assert outcome.decision.reasons[0].text(REASONS) == "main refuses it: the shelf is full."
    assert (outcome.receipt.result, bench.open) == ("failed", ())


def test_a_refusal_is_told_by_the_facts_where_they_explain_it(bench):
    """What the facts say now comes before the system's words; a fact that cannot be read says nothing."""
    bench.shelf.script = [Rejected("main", "put", "E4711")] * 2
    bench.shelf.gone = True
    assert bench.put().decision == deny(Reason("gone"))
    bench.shelf.gone = Unavailable("main", "get", "no route")
    assert [r.code for r in bench.put().decision.reasons] == ["refused_by_system"]


def test_a_fault_leaves_the_decision_and_the_receipt_tells(bench):
    """A system that is down has refused nothing."""
    for fault in (Unavailable("main", "put", "no route"), NotFound("main", "put", "no shelf")):
        bench.shelf.script = [fault]
        outcome = bench.put()
        assert (outcome.value, outcome.done, outcome.decision.permitted) == (None, False, True)
        assert outcome.receipt.result == "failed"
        assert fault.problem in outcome.receipt.detail


def test_a_changed_record_is_read_once_more_and_then_done(bench):
    """A conflict is looked at again: where the facts still permit it, it is done."""
    bench.shelf.script = [Conflict("main", "put", "changed")]
    assert bench.put().value == 7


def test_a_changed_record_is_refused_by_what_it_is_now(bench):
    """The facts behind a conflict give the reason, not the conflict."""
    bench.shelf.script = [Conflict("main", "put", "changed")]
    bench.shelf.gone = True
    outcome = bench.put()
    assert outcome.decision == deny(Reason("gone"))
    assert outcome.receipt.result == "skipped"


def test_a_conflict_never_leaves_the_desk(bench):
    """One that comes again is a refusal by name."""
    bench.shelf.script = [Conflict("main", "put", "changed")] * 2
    assert [r.code for r in bench.put().decision.reasons] == ["changed_meanwhile"]
    assert bench.open == ()


def test_facts_a_moment_old_are_not_read_again(bench):
    """The decision that was just made stands in for the recheck."""
    bench.shelf.gone = True
    assert bench.put().value == 7


def test_a_lost_answer_is_read_back_and_the_record_read(bench):
    """An effect that reading back proves is told as done, with the record."""
    bench.shelf.script = [OutcomeUnknown("main", "put", "broke", "k")]
    bench.shelf.found = ReadBack.DONE
    bench.shelf.numbers = [7]
    outcome = bench.put()
    assert (outcome.done, outcome.value, bench.reads) == (True, 7, 1)


def test_what_is_done_is_told_so_even_where_the_record_cannot_be_read(bench, monkeypatch):
    """A read that fails afterwards takes nothing back."""
    bench.shelf.script = [Answer(AnswerKind.DONE)]

    def down(receipt):
        raise Unavailable("main", "get", "no route")

    monkeypatch.setattr(bench, "read", down)
    outcome = bench.put()
    assert (outcome.done, outcome.value) == (True, None)


def test_a_fate_that_is_not_known_is_never_told_as_done(bench):
    """Neither done nor refused: the receipt says unknown, and the next request looks again first."""
    bench.shelf.script = [OutcomeUnknown("main", "put", "broke", "k")]
    outcome = bench.put()
    assert (outcome.value, outcome.receipt.result, outcome.decision.permitted) == (None, "unknown", True)
    again = bench.put()
    assert [r.code for r in again.decision.reasons] == ["under_way"]
    assert bench.shelf.numbers == []
    bench.shelf.found = ReadBack.NOT_DONE
    bench.clock.tick(minutes=3)
    assert bench.put().value == 7
    assert bench.open == ()


def test_a_system_that_is_slow_may_still_do_it(bench):
    """What does not show a moment after the line broke is not told as failed, nor sent again; later it is."""
    bench.shelf.found = ReadBack.NOT_DONE
    bench.shelf.script = [OutcomeUnknown("main", "put", "nothing came in time", "k")]
    assert bench.put(cause="c").receipt.result == "unknown"
    assert [reason.code for reason in bench.put(cause="c").decision.reasons] == []
    assert bench.put(cause="c").receipt.result == "unknown"
    assert [record.state for record in bench.writer.engine.resume()] == [StepState.UNKNOWN]
    bench.shelf.found = ReadBack.DONE
    bench.shelf.numbers = [7]
    assert bench.put(cause="c").value == 7
    assert bench.shelf.numbers == [7]
    bench.shelf.found = ReadBack.NOT_DONE
    bench.shelf.script = [OutcomeUnknown("main", "put", "nothing came in time", "k")]
    assert bench.put(cause="d").receipt.result == "unknown"
    bench.clock.tick(minutes=3)
    assert bench.put(cause="d").done
    assert bench.shelf.numbers == [7, 7]


def test_a_system_that_answered_is_done_with_it(bench):
    """An answer that shows something else is no answer that is still to come."""
    bench.shelf.found = ReadBack.NOT_DONE
    bench.shelf.script = [ProtocolViolation("main", "put", "answered something else")]
    assert bench.put().receipt.result == "failed"
    assert bench.open == ()


def test_the_same_request_is_read_back_before_it_is_sent_again(bench):
    """A named request whose fate is unknown is proved first."""
    bench.shelf.script = [OutcomeUnknown("main", "put", "broke", "k")]
    bench.put(cause="c")
    bench.shelf.found = ReadBack.DONE
    bench.shelf.numbers = [9]
    assert bench.put(cause="c").value == 9
    assert bench.shelf.numbers == [9]


def test_what_another_process_is_sending_is_left_to_it(bench):
    """A step on the wire is not read back under its sender's hands; an old one is."""
    bench.leave(StepState.PREPARED)
    bench.shelf.found = ReadBack.NOT_DONE
    assert [r.code for r in bench.put().decision.reasons] == ["under_way"]
    bench.clock = FixedClock(NOW + timedelta(minutes=3))
    bench.writer = evolve(bench.writer, engine=evolve(bench.writer.engine, clock=bench.clock))
    assert bench.put().value == 7


def test_a_run_leaves_a_desks_step_on_the_wire_alone(bench):
    """Beside a desk at work the day's run reads nothing back under its hands; what a dead process left it does."""
    bench.leave(StepState.PREPARED)
    bench.shelf.found = ReadBack.NOT_DONE
    assert bench.writer.engine.resume() == ()
    assert [record.state for record in bench.open] == [StepState.PREPARED]
    later = evolve(bench.writer.engine, clock=FixedClock(NOW + timedelta(minutes=3)))
    assert [record.state for record in later.resume()] == [StepState.FAILED]


def test_a_step_that_waits_for_an_approval_is_no_conflict_to_read_back(bench):
    """It stays as it is, and the same is under way."""
    bench.leave(StepState.AWAITING_APPROVAL)
    assert [r.code for r in bench.put().decision.reasons] == ["under_way"]
    assert [record.state for record in bench.open] == [StepState.AWAITING_APPROVAL]


def test_what_only_a_person_can_do_waits_for_one(bench):
    """An operation that the system has no way for becomes a row for a person."""
    bench.shelf.script = [UnsupportedOperation("main", "put", "no way")]
    outcome = bench.put()
    assert (outcome.receipt.result, outcome.decision.permitted) == ("waiting", True)
    area = desk_area("shelves", bench.action)
    waiting = area.plan_day(bench.open).waiting
    assert [(row.subject, row.on) for row in waiting] == [("shelf-1", "operator")]


def test_a_finished_step_is_not_listed(bench):
    """The day's run lists what is open, and plans nothing."""
    bench.put()
    with bench.store.transaction() as unit:
        plan = desk_area("shelves", bench.action).plan_day(unit.steps.history("shelves", NOW))
    assert (plan.steps, plan.waiting) == ((), ())


def test_a_veto_and_a_needed_approval_are_decisions():
    """A plugin's veto denies; an action that needs an approval refers."""
    vetoed = Bench(Hooks(vetoes=lambda step, run: ("stocktaking",))).put()
    assert vetoed.decision.reasons[0].text(REASONS) == "A plugin of this district does not permit it: stocktaking."
    waiting = Bench(approval=True).put()
    assert (waiting.decision.verdict, waiting.receipt.result) == (Verdict.REFER, "needs_approval")


def test_a_name_is_stable_and_tells_nothing(bench):
    """The same parts give the same name, other parts or another district another one."""
    name = bench.writer.name
    assert name("place", "main:p1", "main:t1") == name("place", "main:p1", "main:t1")
    others = {name("place", "main:p1", "main:t2"), name("place", "main:p1main:t1"), name("other", "main:p1", "main:t1")}
    assert len(others) == 3
    other = evolve(bench.writer, secret=lambda: b"another")
    assert other.name("place", "main:p1", "main:t1") not in {name("place", "main:p1", "main:t1"), *others}
    assert "p1" not in name("place", "main:p1", "main:t1")
    assert "secret" not in repr(bench.writer)


def test_every_reason_has_a_sentence():
    """Each code's sentence fits its parameters."""
    assert all(sentence.endswith(".") for sentence in REASONS.values())
