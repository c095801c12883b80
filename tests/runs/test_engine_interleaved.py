"""Two processes on one store, one of them acting while the other reads its facts again."""

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Reason, deny, permit
from scld_core.memory.store import MemoryStore
from scld_core.runs.action import Action
from scld_core.runs.engine import Engine
from scld_core.runs.model import Answer, AnswerKind, ReadBack, Step, StepState
from scld_core.runs.people import ApprovalRule, approve
from support.clock import Ticking
from support.hotspots import NOW

ANNE, BERT = Actor("anne", ("associate",)), Actor("bert", ("supervisor",))
STEP = Step("line.end", "main:i1", "withdrawn", "lines", NOW.date(), codecs.dump("synthetic"), needs_approval=False)


@frozen
class Desk:
    """A store, the requests that were sent, and engines whose recheck does what a test wants done meanwhile."""

    store: MemoryStore = field(factory=MemoryStore)
    sent: list[str] = field(factory=list)

    def engine(self, meanwhile=permit):
        def do(payload, key):
            self.sent.append(key)
            return Answer(AnswerKind.DONE)

        action = Action("line.end", str, lambda _, __: meanwhile(), do, lambda _, __: ReadBack.UNKNOWN)
        return Engine(self.store, {action.name: action}, Ticking(NOW), ANNE, lambda _: None)

    def record(self):
        with self.store.transaction() as unit:
            return unit.steps.get(STEP.id)


def test_a_step_that_another_process_has_sent_is_not_withdrawn():
    """The facts change after the other one sent it: what it did stands, and so does its receipt."""
    desk = Desk()

    def meanwhile():
        desk.engine().execute(STEP, "theirs")
        return deny(Reason("already_so"))

    receipt = desk.engine(meanwhile).execute(STEP, "ours")
    assert (receipt.result, desk.record().state, desk.record().run) == ("applied", StepState.APPLIED, "theirs")
    assert len(desk.sent) == 1


def test_a_step_that_another_process_has_sent_is_not_sent_again():
    """The facts still ask for it: the outbox does not."""
    desk = Desk()

    def meanwhile():
        desk.engine().execute(STEP, "theirs")
        return permit()

    assert desk.engine(meanwhile).execute(STEP, "ours").result == "applied"
    assert len(desk.sent) == 1


def test_an_approval_that_became_void_meanwhile_sends_nothing():
    """Another process planned the step on other evidence, so that nobody has approved what stands there now."""
    desk = Desk()
    asked = evolve(STEP, needs_approval=True)
    desk.engine().execute(asked, "morning")
    approve(desk.store, [asked.id], actor=BERT, rule=ApprovalRule(("supervisor",)), reason="seen", clock=Ticking(NOW))

    def meanwhile():
        desk.engine().execute(evolve(asked, reasons=(Reason("other"),)), "theirs")
        return permit()

    assert desk.engine(meanwhile).execute(asked, "ours").result == "needs_approval"
    assert (desk.sent, desk.record().state) == ([], StepState.AWAITING_APPROVAL)
