"""A plan and its steps, and what became of each."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from scld_core.kernel.decision import Reason
from scld_core.kernel.page import Quarantined
from scld_core.kernel.states import StateTable, Transition
from scld_core.kernel.validate import at_least, each, instance, instant, nonempty, optional

__all__ = [
    "UNRESOLVED",
    "Answer",
    "AnswerKind",
    "Approval",
    "AreaPlan",
    "BlastLimit",
    "Evidence",
    "ExceptionItem",
    "Facts",
    "JournalEntry",
    "Plan",
    "ReadBack",
    "Receipt",
    "Risk",
    "Step",
    "StepEvent",
    "StepRecord",
    "StepState",
    "StopKind",
    "Stopped",
    "Waiting",
    "Withdrawal",
    "step_id",
    "step_states",
]


class Risk(Enum):
    """What a wrong step would cost: nothing lasting, a person's service, something irreversible."""

    ROUTINE = "routine"
    RISKY = "risky"
    IRREVERSIBLE = "irreversible"


@frozen
class Evidence:
    """One fact a step rests on: which source said what, as of when."""

    source: str = field(validator=nonempty)
    fact: str = field(validator=nonempty)
    as_of: datetime = field(validator=instant)


def step_id(action: str, subject: str, cause: str) -> str:
    """The id of the step that answers `cause`: the same on every day and in every process."""
    return hashlib.sha256("\x1f".join((action, subject, cause)).encode()).hexdigest()[:16]


@frozen
class Step:
    """One change to one subject of one system.

    `cause` is the occurrence that asks for it and never the run date, so that planning again from
    the same observations gives the same id. `payload` is the codec's JSON of the action's payload,
    and `version` the version of its shape: the action's, when the step was planned.
    """

    action: str = field(validator=nonempty)
    subject: str = field(validator=nonempty)
    cause: str = field(validator=nonempty)
    area: str = field(validator=nonempty)
    business_day: date = field(validator=instance(date))
    payload: str = field(validator=nonempty)
    label: str = ""
    reasons: tuple[Reason, ...] = field(default=(), validator=each(instance(Reason)))
    evidence: tuple[Evidence, ...] = field(default=(), validator=each(instance(Evidence)))
    risk: Risk = field(default=Risk.ROUTINE, validator=instance(Risk))
    needs_approval: bool = False
    undoes: str = ""
    version: int = field(default=1, validator=at_least(1))

    @property
    def id(self) -> str:
        """Hash of action, subject and cause."""
        return step_id(self.action, self.subject, self.cause)

    @property
    def digest(self) -> str:
        """A hash of what an approver saw: payload, reasons and the facts of the evidence, but not their ages."""
        reasons = (repr((r.code, r.params)) for r in self.reasons)
        facts = (repr((e.source, e.fact)) for e in self.evidence)
        return hashlib.sha256("\x1f".join([self.payload, *reasons, "", *facts]).encode()).hexdigest()[:16]


class StepState(Enum):
    """Where a step stands in the outbox."""

    AWAITING_APPROVAL = "awaiting_approval"
    PREPARED = "prepared"
    WAITING_SYSTEM = "waiting_system"
    WAITING_OPERATOR = "waiting_operator"
    UNKNOWN = "unknown"
    APPLIED = "applied"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class StepEvent(Enum):
    """What can happen to a step in the outbox."""

    PREPARE = "prepare"
    APPLIED = "applied"
    ACCEPTED = "accepted"
    HANDED_OVER = "handed_over"
    FAILED = "failed"
    LOST_SIGHT = "lost_sight"
    WITHDRAW = "withdraw"


UNRESOLVED = frozenset(
    {
        StepState.AWAITING_APPROVAL,
        StepState.PREPARED,
        StepState.WAITING_SYSTEM,
        StepState.WAITING_OPERATOR,
        StepState.UNKNOWN,
    }
)
"""States in which a subject gets no further step of the same action."""


def _rows() -> tuple[Transition[StepState, StepEvent], ...]:
    s, e = StepState, StepEvent
    outcomes = (
        (e.APPLIED, s.APPLIED),
        (e.ACCEPTED, s.WAITING_SYSTEM),
        (e.HANDED_OVER, s.WAITING_OPERATOR),
        (e.FAILED, s.FAILED),
        (e.LOST_SIGHT, s.UNKNOWN),
        (e.WITHDRAW, s.WITHDRAWN),
    )
    sent = (s.PREPARED, s.WAITING_SYSTEM, s.WAITING_OPERATOR, s.UNKNOWN)
    again = (s.AWAITING_APPROVAL, s.FAILED, s.WITHDRAWN)
    return (
        *(Transition(before, event, after) for before in sent for event, after in outcomes),
        *(Transition(before, e.WITHDRAW, s.WITHDRAWN) for before in (s.AWAITING_APPROVAL, s.FAILED, s.WITHDRAWN)),
        *(Transition(before, e.PREPARE, s.PREPARED) for before in again),
    )


step_states: StateTable[StepState, StepEvent] = StateTable("step", _rows())
"""The life of a step; APPLIED is final."""


@frozen
class Approval:
    """A named actor's yes to exactly what `digest` covers."""

    actor: str = field(validator=nonempty)
    at: datetime = field(validator=instant)
    reason: str = field(validator=nonempty)
    digest: str = field(validator=nonempty)


@frozen
class StepRecord:
    """A step in the outbox: its state, when each attempt was sent, the other system's reference.

    `ended` counts the requests that the system took and then reported as failed.
    """

    step: Step = field(validator=instance(Step))
    run: str = field(validator=nonempty)
    state: StepState = field(validator=instance(StepState))
    updated_at: datetime = field(validator=instant)
    actor: str = ""
    attempts: tuple[datetime, ...] = field(default=(), validator=each(instant))
    reference: str = ""
    detail: str = ""
    approval: Approval | None = None
    ended: int = field(default=0, validator=at_least(0))

    @property
    def key(self) -> str:
        """The idempotency key handed to the backend.

        The same for every attempt, until the system itself says that the request it had taken under
        this key has failed: from then on the key would only bring the old answer back.
        """
        return f"scld-{self.step.id}" + (f"-{self.ended}" if self.ended else "")

    @property
    def approved(self) -> bool:
        """Whether a valid approval covers the step as it stands."""
        return self.approval is not None and self.approval.digest == self.step.digest


class AnswerKind(Enum):
    """What a system said to a request: done, accepted for later, handed to a person, or not before it is answered."""

    DONE = "done"
    ACCEPTED = "accepted"
    FOR_OPERATOR = "for_operator"
    ASKED = "asked"


@frozen
class Answer:
    """A system's answer to a write; refusals and faults are exceptions.

    `value` is what the system gave, for the desk that asked: the record as it is now, or what has to be
    answered first. It is not stored.
    """

    kind: AnswerKind = field(validator=instance(AnswerKind))
    reference: str = ""
    detail: str = ""
    value: object = field(default=None, eq=False, repr=False)


class ReadBack(Enum):
    """What reading the subject again says about a request."""

    DONE = "done"
    NOT_DONE = "not_done"
    PENDING = "pending"
    UNKNOWN = "unknown"


@frozen
class Receipt:
    """What became of a step in this run; `result` is a word for people and for ``--json``.

    One of applied, waiting, failed, unknown, skipped, vetoed, needs_approval.
    """

    step: str
    subject: str
    action: str
    result: str
    at: datetime = field(validator=instant)
    detail: str = ""
    reference: str = ""
    label: str = ""


@frozen
class Waiting:
    """A step of an earlier or this run that somebody or something still has to finish.

    `reason` is a word of the system or the person that it waits for, `reasons` why it was asked for.
    """

    step: str
    area: str
    action: str
    subject: str
    label: str
    since: datetime = field(validator=instant)
    on: str = ""
    reason: str = ""
    reasons: tuple[Reason, ...] = field(default=(), validator=each(instance(Reason)))


@frozen
class ExceptionItem:
    """A difference that no step may settle: what it is and what a person should do."""

    area: str = field(validator=nonempty)
    code: str = field(validator=nonempty)
    subject: str = field(validator=nonempty)
    detail: str = field(validator=nonempty)
    todo: str = field(validator=nonempty)


@frozen
class Facts:
    """One source a plan was made from: how many rows, how old, how many could not be used."""

    source: str = field(validator=nonempty)
    as_of: datetime = field(validator=instant)
    rows: int
    live: bool
    quarantined: tuple[Quarantined, ...] = ()


@frozen
class Withdrawal:
    """A waiting step whose reason has gone: nobody should carry it out any more. `label` says to people which it is."""

    step: str = field(validator=nonempty)
    reason: str = field(validator=nonempty)
    label: str = ""


@frozen
class BlastLimit:
    """How many risky steps one run may take unasked: a number, and a fraction of the population.

    `max_missing_fraction` is how much smaller the population may be than at the last run; `counted`
    is what people call what is counted.
    """

    population: int
    max_count: int
    max_fraction: float
    max_missing_fraction: float = 1.0
    counted: str = "subjects"


class StopKind(Enum):
    """What kept an area from being planned: a guard of ours, something that was given, a system that failed."""

    GUARD = "guard"
    INPUT = "input"
    SYSTEM = "system"


@frozen
class Stopped:
    """Why an area has no plan today, in words for people."""

    kind: StopKind = field(validator=instance(StopKind))
    text: str = field(validator=nonempty)


@frozen
class AreaPlan:
    """What one area wants done today.

    `notes` is what staff should know though nothing differs. `in_order` counts the subjects that
    are as they should be. `stopped` says why there is no plan: then nothing was compared.
    """

    area: str
    steps: tuple[Step, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    exceptions: tuple[ExceptionItem, ...] = ()
    notes: tuple[ExceptionItem, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    facts: tuple[Facts, ...] = ()
    in_order: int = 0
    limit: BlastLimit | None = None
    stopped: Stopped | None = field(default=None, validator=optional(instance(Stopped)))


@frozen
class Plan:
    """The day's plan over all areas."""

    district: str
    business_day: date
    made_at: datetime = field(validator=instant)
    areas: tuple[AreaPlan, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in area order."""
        return tuple(step for area in self.areas for step in area.steps)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """All waiting steps."""
        return tuple(row for area in self.areas for row in area.waiting)

    @property
    def stopped(self) -> tuple[AreaPlan, ...]:
        """The areas that have no plan today."""
        return tuple(area for area in self.areas if area.stopped is not None)

    @property
    def exceptions(self) -> tuple[ExceptionItem, ...]:
        """The whole exception list."""
        return tuple(row for area in self.areas for row in area.exceptions)


@frozen
class JournalEntry:
    """One audit line: what happened, to what, by whom, in which run; holds no personal data."""

    at: datetime = field(validator=instant)
    actor: str = field(validator=nonempty)
    kind: str = field(validator=nonempty)
    subject: str = field(validator=nonempty)
    run: str = ""
    step: str = ""
    detail: str = ""
