"""A desk's write: a plan of one step, carried out at once on the engine's one write path.

What a desk decides ends before any step exists. What is carried out leaves an outbox row, a journal
line and a receipt like every other change, and is read back like every other one when its fate is not
known; a desk's step never waits for answers in the outbox.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import date
from typing import Any, Generic, TypeVar

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.errors import BackendError, BadInput, Conflict, GuardStopped, Rejected
from scld_core.kernel.decision import Decision, Question, Reason, Unanswered, ask, deny, permit, refer
from scld_core.kernel.validate import instance, nonempty, optional
from scld_core.runs.action import Action, Area
from scld_core.runs.engine import DESK_RUN, Engine, receipt_of
from scld_core.runs.model import (
    UNRESOLVED,
    Answer,
    AnswerKind,
    AreaPlan,
    ReadBack,
    Receipt,
    Step,
    StepRecord,
    StepState,
    step_id,
)
from scld_core.runs.waiting import waiting_of

__all__ = ["REASONS", "Outcome", "Write", "Writer", "answered", "desk_area", "rejected"]

T = TypeVar("T")
P = TypeVar("P")

REASONS = {
    "refused_by_system": "{system} refuses it: {said}.",
    "changed_meanwhile": "The record changed while this was being done. Look at it again.",
    "under_way": "The same was asked for a moment ago, and no answer has come yet. Look again in a few minutes.",
    "changed_since": "This request was carried out on {day}, and what it did has changed since. Make a new request.",
    "vetoed": "A plugin of this district does not permit it: {why}.",
    "needs_approval": "Somebody has to approve this first.",
}
"""The sentence of each code that a write itself may end with."""


@frozen
class Outcome(Generic[T]):
    """What became of something that a desk was asked to do.

    `decision` says whether it may be done, and why not. `receipt` is there once a step was made, and says
    what became of it; its `result` is "applied", or "unknown", "failed" or "waiting" where the decision
    permits it and nothing proves it. `value` is the record afterwards: never there for what was not done.
    """

    value: T | None
    decision: Decision = field(validator=instance(Decision))
    receipt: Receipt | None = field(default=None, validator=optional(instance(Receipt)))

    @property
    def done(self) -> bool:
        """Whether the system has done it."""
        return self.receipt is not None and self.receipt.result == "applied"


@frozen
class Write(Generic[P]):
    """One change that is asked for: the action's name, its payload, and what it is done to.

    `subject` and `label` name no person. `cause` is the request itself, such as a form's number: the same of
    one subject is done once under it. Left blank, each call is a request of its own. `asks` is what exactly is
    asked for, where one request may ask more than one thing of a subject. Neither is stored as it is.
    """

    action: str = field(validator=nonempty)
    payload: P
    subject: str = field(validator=nonempty)
    label: str = ""
    cause: str = ""
    asks: tuple[object, ...] = field(default=(), repr=False)


@frozen
class Writer:
    """Carries out the writes of one area's desk.

    `day` is the business day now. `secret` is the district's own key, by which `name` names subjects.
    """

    engine: Engine = field(repr=False)
    area: str = field(validator=nonempty)
    day: Callable[[], date] = field(repr=False)
    secret: Callable[[], bytes] = field(repr=False)

    def name(self, kind: str, *parts: object) -> str:
        """A subject's name for something that names a person: the same each time, of use to nobody else."""
        told = "\x1f".join((kind, *map(str, parts)))
        return f"{kind}-{hmac.new(self.secret(), told.encode(), hashlib.sha256).hexdigest()[:16]}"

    def carry_out(
        self,
        write: Write[Any],
        *,
        gives: type[T],
        read: Callable[[Receipt], T | None],
        decision: Decision | None = None,
    ) -> Outcome[T]:
        """Do what `decision` permits, on the facts that it was made on a moment ago.

        `gives` is what the action's answer has as its value. `read` looks for the record where an answer
        never came and reading back proved the effect, and where the same request was carried out before.
        The facts are read again, once, when the record turns out to have changed meanwhile or when the
        same is under way already: then it is done after all, or refused by name. They are read again too
        when the system refuses it, for a reason of our own words where they have one.
        """
        decision = permit() if decision is None else decision
        before = self._before(write)
        if before is not None:
            return self._again(write, before, read)
        if not decision.permitted:
            return Outcome(None, decision)
        step = self._step(write, decision)
        call = _Call(decision)
        receipt = self._executed(step, call)
        if isinstance(call.fault, Conflict):
            call = _Call(None)
            receipt = self._executed(step, call)
        elif not call.sent and receipt.result in ("waiting", "unknown"):
            self.engine.look_again(step.action, step.subject)
            call = _Call(None)
            receipt = self._executed(step, call)
        if receipt.result == "applied":
            value = call.value if isinstance(call.value, gives) else _read(read, receipt)
            return Outcome(value, decision, receipt)
        if isinstance(call.fault, Rejected):
            call.denied = self._why(write, step)
        return Outcome(None, _against(receipt, call) or decision, receipt)

    def done_before(self, write: Write[Any]) -> bool:
        """Whether the same request was carried out already; its payload is not looked at."""
        return self._before(write) is not None

    def _before(self, write: Write[Any]) -> StepRecord | None:
        """What the same request has done already: asked again, it is not judged by what it made so."""
        if not write.cause:
            return None
        with self.engine.store.transaction() as unit:
            record = unit.steps.get(step_id(write.action, write.subject, self._cause(write)))
        return record if record is not None and record.state is StepState.APPLIED else None

    def _again(self, write: Write[Any], before: StepRecord, read: Callable[[Receipt], T | None]) -> Outcome[T]:
        """The answer to a request that was carried out; never told as done where it does not show any more."""
        action = self.engine.actions[write.action]
        asked = (write.payload, codecs.load(action.payload, before.step.payload))
        if all(action.read_back(payload, before) is ReadBack.NOT_DONE for payload in asked):
            day = (("day", str(before.step.business_day)),)
            return Outcome(None, deny(Reason("changed_since", day)))
        receipt = receipt_of(before, self.engine.clock.now())
        return Outcome(_read(read, receipt), permit(*before.step.reasons), receipt)

    def _cause(self, write: Write[Any]) -> str:
        """A name of the request: what somebody types as its number may name a person."""
        return self.name("cause", write.cause, *write.asks) if write.cause else secrets.token_hex(8)

    def _why(self, write: Write[Any], step: Step) -> Decision | None:
        """What the facts have against it now; None where they do not explain why the system refused it."""
        try:
            found = self.engine.actions[step.action].recheck(write.payload, step)
        except (BackendError, BadInput, GuardStopped):
            return None
        return None if found.permitted else found

    def _step(self, write: Write[Any], decision: Decision) -> Step:
        action = self.engine.actions[write.action]
        return Step(
            action=write.action,
            subject=write.subject,
            cause=self._cause(write),
            area=self.area,
            business_day=self.day(),
            payload=codecs.dump(write.payload),
            label=write.label,
            reasons=decision.reasons,
            version=action.version,
        )

    def _executed(self, step: Step, call: _Call) -> Receipt:
        action = self.engine.actions[step.action]
        engine = evolve(self.engine, actions={**self.engine.actions, step.action: call.around(action)})
        return engine.execute(step, f"{DESK_RUN}{step.business_day}")


class _Call:
    """What was heard during one execution of a step: it keeps what the engine's receipt has no room for."""

    def __init__(self, decision: Decision | None) -> None:
        self._decision = decision
        self.denied: Decision | None = None
        self.fault: BackendError | None = None
        self.value: object = None
        self.sent = False

    def around(self, action: Action[Any]) -> Action[Any]:
        """The action, listened to; a decision that was just made stands in for its recheck."""

        def recheck(payload: Any, step: Step) -> Decision:
            found = action.recheck(payload, step) if self._decision is None else self._decision
            self.denied = None if found.permitted else found
            return found

        def do(payload: Any, key: str) -> Answer:
            self.sent = True
            try:
                answer = action.do(payload, key)
            except BackendError as fault:
                self.fault = fault
                raise
            self.value = answer.value
            return answer

        return evolve(action, recheck=recheck, do=do)


def _against(receipt: Receipt, call: _Call) -> Decision | None:
    """The decision that the engine's own steps came to; None where nothing was decided against it."""
    if isinstance(call.value, Unanswered):
        return ask(*call.value.questions, token=call.value.token)
    if call.denied is not None:
        return call.denied
    if isinstance(call.fault, Rejected):
        return rejected(call.fault)
    if isinstance(call.fault, Conflict):
        return deny(Reason("changed_meanwhile"))
    if receipt.result == "vetoed":
        return deny(Reason("vetoed", (("why", receipt.detail),)))
    if receipt.result == "needs_approval":
        return refer(Reason("needs_approval"))
    if receipt.result == "waiting" and not call.sent:
        return deny(Reason("under_way"))
    return None


def _read(read: Callable[[Receipt], T | None], receipt: Receipt) -> T | None:
    """The record; None when it cannot be read just now, since what was done is done."""
    try:
        return read(receipt)
    except (BackendError, BadInput, GuardStopped):
        return None


def rejected(fault: Rejected) -> Decision:
    """A system's refusal as a decision."""
    return deny(Reason("refused_by_system", (("system", fault.backend), ("said", fault.problem))))


def answered(value: object, reference: str = "") -> Answer:
    """A port's answer to a desk's write as the engine takes it: the record, or what is to be answered first."""
    if isinstance(value, Unanswered):
        return Answer(AnswerKind.ASKED, detail=f"it asks first: {_codes(value.questions)}", value=value)
    return Answer(AnswerKind.DONE, reference, value=value)


def _codes(questions: tuple[Question, ...]) -> str:
    return ", ".join(question.code for question in questions)


def desk_area(name: str, *actions: Action[Any]) -> Area:
    """An area in which nothing is planned: the day's run reads back what a desk left open, and lists the rest."""

    def plan_day(records: tuple[StepRecord, ...]) -> AreaPlan:
        return AreaPlan(name, waiting=tuple(waiting_of(record) for record in records if record.state in UNRESOLVED))

    return Area(name, actions, plan_day, desk=True)
