"""The one write path: admit, recheck, prepare, send, settle.

A step is durable in the outbox before anything is sent, and settled in the transaction that writes
its audit line. Whatever a crash leaves behind is read back before it is ever sent again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.errors import (
    AdapterBug,
    BackendError,
    BadInput,
    Conflict,
    DeadlineExceeded,
    GuardStopped,
    OutcomeUnknown,
    ProtocolViolation,
    RateLimited,
    RunInProgress,
    Unavailable,
    UnsupportedOperation,
)
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Reason
from scld_core.kernel.log import log
from scld_core.kernel.redact import Redact, redact
from scld_core.kernel.time import Clock
from scld_core.runs.action import Action, Progress, Stage, silent
from scld_core.runs.model import (
    AnswerKind,
    JournalEntry,
    ReadBack,
    Receipt,
    Step,
    StepEvent,
    StepRecord,
    StepState,
    Withdrawal,
    step_states,
)
from scld_core.runs.ports import Store, Unit

__all__ = ["DESK_RUN", "Engine", "Hooks", "receipt_of"]

_RESULTS = {
    StepState.AWAITING_APPROVAL: "needs_approval",
    StepState.PREPARED: "unknown",
    StepState.WAITING_SYSTEM: "waiting",
    StepState.WAITING_OPERATOR: "waiting",
    StepState.UNKNOWN: "unknown",
    StepState.APPLIED: "applied",
    StepState.FAILED: "failed",
    StepState.WITHDRAWN: "skipped",
}
_TAKEN = frozenset(
    # PREPARED and UNKNOWN are read back by resume(); sending them again here could double the effect
    {StepState.APPLIED, StepState.WAITING_SYSTEM, StepState.WAITING_OPERATOR, StepState.PREPARED, StepState.UNKNOWN}
)
_ANSWERS = {
    AnswerKind.DONE: StepEvent.APPLIED,
    AnswerKind.ACCEPTED: StepEvent.ACCEPTED,
    AnswerKind.FOR_OPERATOR: StepEvent.HANDED_OVER,
    AnswerKind.ASKED: StepEvent.WITHDRAW,  # nothing was done; with the answers it is another request
}
_UNREADABLE = (BackendError, BadInput, GuardStopped)  # a file that is refused stops its own steps, not the run
_UNREACHABLE = (Unavailable, DeadlineExceeded)
_GIVE_UP = 3  # unanswered questions in a row after which a system is asked nothing more in this reading back
_MAX_WAIT = 60.0  # seconds that a run waits at most when a system asks to come back later

DESK_RUN = "desk-"
"""How the run of a desk's write begins: no run holds the district meanwhile."""

_ON_THE_WIRE = timedelta(minutes=2)  # longer than any call to a system takes: until then its sender settles it
_PATIENCE = (0.5,) * 10  # seconds between tries to hold the district: reading one request back takes that long


_logger = logging.getLogger(__name__)


@frozen
class StepMoved:
    """Log record: a step reached another state; names no person."""

    step: str
    action: str
    subject: str
    state: StepState
    detail: str = ""


def _no_veto(step: Step, run: str) -> tuple[str, ...]:
    del step, run
    return ()


def _no_listener(step: Step, receipt: Receipt, run: str) -> None:
    del step, receipt, run


def _codes(reason: Reason) -> str:
    return reason.text({})


@frozen
class Hooks:
    """What plugins may say: reasons against a step before it is sent, and news of it afterwards.

    `redact` takes personal data out of what people type before it is stored. `words` are the sentence
    of a reason for which a step is left alone.
    """

    vetoes: Callable[[Step, str], tuple[str, ...]] = _no_veto
    done: Callable[[Step, Receipt, str], None] = _no_listener
    redact: Redact = redact
    words: Callable[[Reason], str] = _codes


def receipt_of(record: StepRecord, at: datetime) -> Receipt:
    """The receipt that tells a record's present state."""
    return Receipt(
        record.step.id,
        record.step.subject,
        record.step.action,
        _RESULTS[record.state],
        at,
        record.detail,
        record.reference,
        record.step.label,
    )


@frozen
class Engine:
    """Executes steps for one actor on one store."""

    store: Store
    actions: Mapping[str, Action[Any]]
    clock: Clock
    actor: Actor
    sleep: Callable[[float], None]
    hooks: Hooks = Hooks()
    progress: Progress = field(default=silent, repr=False)

    @contextmanager
    def exclusive(self) -> Generator[None]:
        """Hold the district for one run; raises RunInProgress when somebody else holds it for more than a moment."""
        with ExitStack() as stack:
            waits = iter(_PATIENCE)
            while not self._held(stack, waits):
                pass
            yield

    def _held(self, stack: ExitStack, waits: Iterator[float]) -> bool:
        try:
            stack.enter_context(self.store.exclusive("run"))
        except RunInProgress:
            wait = next(waits, None)
            if wait is None:
                raise
            self.sleep(wait)
            return False
        return True

    def apply(self, steps: Iterable[Step], run: str) -> tuple[Receipt, ...]:
        """Execute each step; one step's failure stops no other. Receipts come in the steps' order."""
        todo = list(steps)
        receipts: dict[str, Receipt] = {}
        later: list[Step] = []
        wait = 0.0
        for number, step in enumerate(todo):
            self.progress(Stage("apply", number, len(todo), step.label))
            receipts[step.id], asked = self._execute(step, run)
            if asked is not None:
                later.append(step)
                wait = max(wait, asked)
        if later and wait <= _MAX_WAIT:  # nothing was done for these: once more, when the system wants us back
            self.sleep(wait)
            for step in later:
                receipts[step.id], _ = self._execute(step, run)
        self.progress(Stage("apply", len(todo), len(todo)))
        return tuple(receipts[step.id] for step in todo)

    def execute(self, step: Step, run: str) -> Receipt:
        """Carry out one step, or say why not; never twice for one step id."""
        return self._execute(step, run)[0]

    def _execute(self, step: Step, run: str) -> tuple[Receipt, float | None]:
        """Gives the receipt, and the seconds after which a rate-limiting system wants us back."""
        settled = self._admit(step, run)
        if settled is not None:
            return settled, None
        vetoes = self.hooks.vetoes(step, run)
        if vetoes:
            return self._not_sent(step, run, "vetoed", "; ".join(sorted(vetoes))), None
        action = self.actions[step.action]
        try:
            payload = _payload(action, step)
            decision = action.recheck(payload, step)
        except _UNREADABLE as fault:
            return self._not_sent(step, run, "failed", f"it could not be rechecked: {fault}"), _asked(fault)
        if not decision.permitted:
            why = "the facts do not ask for it" if step.undoes else "the facts changed"
            told = " ".join(map(self.hooks.words, decision.reasons))
            return self._not_sent(step, run, "skipped", f"{why}: {told}"), None
        self.progress(Stage("rechecked", 0, 0, step.id))
        prepared = self._prepare(step, run)
        if isinstance(prepared, Receipt):
            return prepared, None
        self.progress(Stage("prepared", 0, 0, step.id))
        record, asked = self._send(action, payload, prepared)
        self.progress(Stage("settled", 0, 0, step.id))
        receipt = receipt_of(record, self.clock.now())
        self.hooks.done(step, receipt, run)
        return receipt, asked

    def _send(self, action: Action[Any], payload: Any, record: StepRecord) -> tuple[StepRecord, float | None]:
        try:
            answer = action.do(payload, record.key)
        except (OutcomeUnknown, ProtocolViolation, AdapterBug) as fault:
            self.progress(Stage("sent", 0, 0, record.step.id))
            lost, silent = self._settle(record, StepEvent.LOST_SIGHT, str(fault)), isinstance(fault, OutcomeUnknown)
            return self._read_back(lost, Counter(), silent=silent), None
        except UnsupportedOperation as fault:  # declared, so nothing was sent: where no program can, a person does
            return self._settle(record, StepEvent.HANDED_OVER, str(fault)), None
        except BackendError as fault:
            return self._settle(record, StepEvent.FAILED, str(fault)), _asked(fault)
        self.progress(Stage("sent", 0, 0, record.step.id))
        settled = self._settle(record, _ANSWERS[answer.kind], answer.detail, reference=answer.reference)
        return settled, None

    def _asks(self, step: Step) -> bool:
        return step.needs_approval or self.actions[step.action].needs_approval

    def _admit(self, step: Step, run: str) -> Receipt | None:
        """The receipt that already answers the step; None when it may be carried out."""
        now = self.clock.now()
        with self.store.transaction() as unit:
            old = unit.steps.get(step.id)
            if old is not None and old.state in _TAKEN:
                return receipt_of(old, now)
            if not self._asks(step) or (old is not None and evolve(old, step=step).approved):
                return None
            record = StepRecord(step, run, StepState.AWAITING_APPROVAL, now, self.actor.id)
            if old is not None and old.approval is not None:
                record = evolve(record, detail="the evidence changed, so the approval is void")
            try:
                unit.steps.put(record)
            except Conflict:
                return _conflict(step, now)
            self._note(unit, "step.approval_void" if record.detail else "step.needs_approval", record)
        return receipt_of(record, now)

    def _prepare(self, step: Step, run: str) -> StepRecord | Receipt:
        """Make the step durable in the outbox, once; another process may have been faster."""
        now = self.clock.now()
        with self.store.transaction() as unit:
            old = unit.steps.get(step.id)
            if old is not None and old.state in _TAKEN:
                return receipt_of(old, now)
            before = old or StepRecord(step, run, StepState.AWAITING_APPROVAL, now)
            if self._asks(step) and not evolve(before, step=step).approved:  # made void since it was admitted
                return receipt_of(before, now)
            record = evolve(
                before,
                step=step,
                run=run,
                state=step_states.after(before.state, StepEvent.PREPARE),
                updated_at=now,
                actor=self.actor.id,
                attempts=(*before.attempts, now),
                reference="",
                detail="",
            )
            try:
                unit.steps.put(record)
            except Conflict:
                return _conflict(step, now)
            self._note(unit, "step.prepare", record)
        return record

    def _not_sent(self, step: Step, run: str, result: str, detail: str) -> Receipt:
        """A step that was stopped before sending: journalled, and withdrawn where it was waiting."""
        now = self.clock.now()
        with self.store.transaction() as unit:
            old = unit.steps.get(step.id)
            if old is not None and old.state in _TAKEN:  # another process sent it since it was admitted
                return receipt_of(old, now)
            record = evolve(
                old or StepRecord(step, run, StepState.WITHDRAWN, now), detail=detail, updated_at=now, run=run
            )
            if old is not None and result == "skipped":
                record = evolve(record, state=step_states.after(record.state, StepEvent.WITHDRAW), approval=None)
                unit.steps.put(record)
            self._note(unit, f"step.{result}", record)
        receipt = Receipt(step.id, step.subject, step.action, result, now, detail, "", step.label)
        self.hooks.done(step, receipt, run)
        return receipt

    def _settle(self, record: StepRecord, event: StepEvent, detail: str, *, reference: str = "") -> StepRecord:
        """Move the record along its table and write the audit line, in one transaction."""
        now = self.clock.now()
        after = evolve(
            record,
            state=step_states.after(record.state, event),
            updated_at=now,
            actor=self.actor.id,
            detail=detail,
            reference=reference or record.reference,
        )
        with self.store.transaction() as unit:
            unit.steps.put(after)
            self._note(unit, f"step.{event.value}", after)
        log(
            _logger,
            logging.INFO,
            StepMoved(record.step.id, record.step.action, record.step.subject, after.state, detail),
        )
        return after

    def _note(self, unit: Unit, kind: str, record: StepRecord) -> None:
        unit.journal.append(
            JournalEntry(
                self.clock.now(),
                self.actor.id,
                kind,
                f"{record.step.action} {record.step.subject}",
                record.run,
                record.step.id,
                record.detail,
            )
        )

    def _read_back(self, record: StepRecord, unanswered: Counter[str], *, silent: bool = True) -> StepRecord:
        """Ask the system what became of the request, and settle what the answer proves.

        `unanswered` counts the questions in a row to which each system gave no answer. `silent` says that the
        request itself got none, so that the system may still be at it.
        """
        action = self.actions[record.step.action]
        try:
            payload = _payload(action, record.step)
        except BadInput as fault:
            return _unread(record, str(fault))
        system = action.system(payload)
        if unanswered[system] >= _GIVE_UP:
            return _unread(record, f"{system or 'the system'} gave no answer {_GIVE_UP} times in a row")
        try:
            found = action.read_back(payload, record)
        except _UNREADABLE as fault:
            unanswered[system] = unanswered[system] + 1 if isinstance(fault, _UNREACHABLE) else 0
            return _unread(record, str(fault))
        unanswered[system] = 0
        event = _proved(record.state, found)
        if event is StepEvent.FAILED and silent and self._may_come(record):
            return _unread(record, "it does not show yet, and may still come")
        if event is StepEvent.FAILED and record.reference:
            record = evolve(record, ended=record.ended + 1)
        return record if event is None else self._settle(record, event, f"read back: {found.value}")

    def resume(self, reference: str | None = None) -> tuple[StepRecord, ...]:
        """Read back what is still open, or only the request of that reference; gives the records as they stand now.

        A system that gives no answer several times in a row is asked nothing more: the rest stays open.
        """
        with self.store.transaction() as unit:
            records = unit.steps.unresolved()
        open_ = [
            record
            for record in records
            if record.state is not StepState.AWAITING_APPROVAL
            and record.step.action in self.actions
            and reference in (None, record.reference)
            and not (record.run.startswith(DESK_RUN) and self._on_the_wire(record))  # another process waits for it
        ]
        found: list[StepRecord] = []
        unanswered: Counter[str] = Counter()
        for number, record in enumerate(open_):
            self.progress(Stage("read back", number, len(open_), record.step.label))
            found.append(self._read_back(record, unanswered))
        return tuple(found)

    def look_again(self, action: str, subject: str) -> StepRecord | None:
        """Read back what is open of an action on a subject, and give it as it stands now; None where nothing is.

        What was sent a moment ago is left to the process that is waiting for its answer.
        """
        with self.store.transaction() as unit:
            records = unit.steps.unresolved()
        record = next((r for r in records if (r.step.action, r.step.subject) == (action, subject)), None)
        if record is None or record.state is StepState.AWAITING_APPROVAL:
            return record
        if self._on_the_wire(record):
            return record
        return self._read_back(record, Counter())

    def _on_the_wire(self, record: StepRecord) -> bool:
        return record.state is StepState.PREPARED and self.clock.now() - record.updated_at < _ON_THE_WIRE

    def _may_come(self, record: StepRecord) -> bool:
        """Whether a desk's request was sent so short a time ago that the system may still carry it out.

        A person who is told that it was not done asks again at once; the day's run does not.
        """
        asked = record.run.startswith(DESK_RUN) and record.state is StepState.UNKNOWN
        return asked and self.clock.now() - record.attempts[-1] < _ON_THE_WIRE

    def withdraw(self, withdrawal: Withdrawal) -> bool:
        """Take a step back that waits for a person; false when it no longer does."""
        with self.store.transaction() as unit:
            record = unit.steps.get(withdrawal.step)
        if record is None or record.state not in (StepState.AWAITING_APPROVAL, StepState.WAITING_OPERATOR):
            return False
        # a yes is for one occurrence: should the cause come back, somebody is asked again
        self._settle(evolve(record, approval=None), StepEvent.WITHDRAW, withdrawal.reason)
        return True


def _conflict(step: Step, now: datetime) -> Receipt:
    detail = "another step of this kind is still open for this subject"
    return Receipt(step.id, step.subject, step.action, "waiting", now, detail, "", step.label)


def _payload(action: Action[Any], step: Step) -> Any:
    """The step's payload; BadInput when it has another shape than this program's."""
    if step.version != action.version:
        raise BadInput(
            f"step {step.id}",
            f"was planned with version {step.version} of the payload of {action.name}; here it is {action.version}",
            "Finish it with the version of scld that planned it, or plan again",
        )
    return codecs.load(action.payload, step.payload)


def _unread(record: StepRecord, why: str) -> StepRecord:
    """The record as it stands, saying why nobody knows more; nothing is stored."""
    return evolve(record, detail=f"{record.detail}; could not be read back: {why}")


def _asked(fault: Exception) -> float | None:
    """Seconds after which the system wants us back; None when it did not ask."""
    return (1.0 if fault.retry_after is None else fault.retry_after) if isinstance(fault, RateLimited) else None


def _proved(state: StepState, found: ReadBack) -> StepEvent | None:
    """What a read-back settles. A person's work is never failed by a system that does not show it yet."""
    if found is ReadBack.DONE:
        return StepEvent.APPLIED
    if state is StepState.WAITING_OPERATOR:
        return None
    if found is ReadBack.NOT_DONE:
        return StepEvent.FAILED
    if found is ReadBack.PENDING:
        return None if state is StepState.WAITING_SYSTEM else StepEvent.ACCEPTED
    return None if state in (StepState.UNKNOWN, StepState.WAITING_SYSTEM) else StepEvent.LOST_SIGHT
