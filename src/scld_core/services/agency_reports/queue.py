"""What waits for somebody: each thing with its age, why it is there, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.agency.kinds import MEANINGS, Kind
from scld_core.agency.model import Finding
from scld_core.agency.referrals.batch import SEND
from scld_core.agency.referrals.effects import ACTIONS, EffectOrder
from scld_core.agency.steps import AREA, TELL, Order
from scld_core.agency.text import ASKS
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, nonempty, optional
from scld_core.reporting.audience import Audience
from scld_core.reporting.model import Prose
from scld_core.runs.model import UNRESOLVED, ExceptionItem, Step, StepRecord, StepState, Waiting
from scld_core.services.agency_reports.morning import Morning
from scld_core.services.day.words import TEXTS, VERBS

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["Numbers", "Waits", "Work", "numbers_of", "queue"]


class Waits(Enum):
    """For whom something waits, in the order in which a manager looks at it."""

    APPROVAL = "approval"
    PERSON = "person"
    AGENCY = "agency"
    SYSTEM = "system"


@frozen
class Numbers:
    """Under which numbers the two sides have somebody; blank where one has none."""

    patron: str = personal(default="", validator=instance(str))
    account: str = personal(default="", validator=instance(str))


@frozen(kw_only=True)
class Work:
    """One thing that waits. `case` names nobody; `days` is None where nothing tells how long it has waited."""

    waits: Waits = field(validator=instance(Waits))
    case: str = field(validator=nonempty)
    what: str = field(validator=nonempty)
    why: tuple[str, ...] = field(default=(), validator=each(nonempty))
    where: str = ""
    then: Prose = field(validator=instance(Prose))
    days: int | None = field(default=None, validator=optional(instance(int)))
    audience: Audience = field(default=Audience.CUSTOMER_SERVICE, validator=instance(Audience))
    numbers: Numbers = field(default=Numbers(), validator=instance(Numbers))
    unexplained: bool = False


_EXPECTED: Mapping[str, tuple[Waits, str]] = {
    "agency-list": (Waits.AGENCY, "Save the agency's next list; the run looks there."),
    "ils-snapshot": (Waits.SYSTEM, "Make the next extract of the ILS; the run looks there."),
}
_LATER = Prose(("Nothing now: the next run looks again.",))
_STATES: Mapping[StepState, Waits] = {
    StepState.AWAITING_APPROVAL: Waits.APPROVAL,
    StepState.WAITING_OPERATOR: Waits.PERSON,
}
_FILE_ROW = "file_row"
_NUMBERS = re.compile("[0-9]+")
_LISTS = ("agency", "ils", "referrals-files", "referrals-postings")


def queue(desk: Desk, morning: Morning) -> tuple[Work, ...]:
    """Everything that waits, the oldest first; what nothing tells the age of comes last."""
    lists = {name: _newest(desk.folder / "worklists", name) for name in _LISTS}
    maker = _Maker(morning, morning.cases, desk.clock.now(), lists, desk.day.auto_apply)
    return tuple(sorted(maker.rows(), key=_by_age))


def _by_age(row: Work) -> tuple[int, str, str]:
    return 1 if row.days is None else -row.days, row.case, row.what


def _newest(folder: Path, name: str) -> str:
    """The list of that name of the latest run, which has every row that is open; a copy has other times on disk."""
    lists = folder.glob(f"worklist-*-{name}*.csv")
    newest = max(lists, key=lambda path: [int(number) for number in _NUMBERS.findall(path.stem)], default=None)
    return "WORKLIST.csv" if newest is None else f"worklists/{newest.name}"


@frozen
class _Maker:
    morning: Morning
    cases: Mapping[str, Finding]
    now: datetime
    lists: Mapping[str, str]
    auto: tuple[str, ...]

    def rows(self) -> Iterator[Work]:
        plans = self.morning.plans
        gone = {one.step for plan in plans for one in plan.withdrawals}
        open_ = {r.step.id: r for r in self.morning.records if r.state in UNRESOLVED}
        yield from (self._open(record) for record in open_.values() if record.step.id not in gone)
        known = {record.step.id: record for record in self.morning.records}
        for plan in plans:
            yield from (self._planned(step, known.get(step.id)) for step in plan.steps if step.id not in open_)
            yield from (self._expected(row, known.get(row.step)) for row in plan.waiting if row.step not in open_)
            for item in plan.exceptions:
                if item.code != _FILE_ROW:
                    yield self._by_hand(item)

    def _open(self, record: StepRecord) -> Work:
        """A step that was begun."""
        step, waits = record.step, _STATES.get(record.state, Waits.SYSTEM)
        detail = (record.detail,) if record.detail else ()
        return self._of(step, waits, self._next(step, waits), why=detail, days=self._since(record))

    def _next(self, step: Step, waits: Waits) -> Prose:
        if waits is Waits.APPROVAL:
            return Prose(("Look at it. If it is right:",), code=(f"scld approve DIR {step.id} --reason TEXT",))
        if waits is Waits.SYSTEM:
            return _LATER
        return Prose(("Enter it, tick its row, then:",), code=(f"scld confirm DIR {self.lists[_list(step)]}",))

    def _planned(self, step: Step, past: StepRecord | None) -> Work:
        """A step that nobody has begun, or that failed: the next run does it, or holds it for a person."""
        days = 0 if past is None else self._since(past)
        if step.area in self.auto:
            what = "Found since the last run:" if past is None else "It was tried; the next run tries again:"
            return evolve(
                self._of(step, Waits.SYSTEM, Prose((what,), code=("scld day DIR",)), days=days), unexplained=True
            )
        then = Prose(("Run the day, look at the plan it writes, and then:",), code=("scld apply DIR PLAN",))
        return self._of(step, Waits.PERSON, then, days=days)

    def _since(self, record: StepRecord) -> int:
        """For how many days: since the first attempt, or since it was put there."""
        return (self.now - (record.attempts[0] if record.attempts else record.updated_at)).days

    def _expected(self, row: Waiting, past: StepRecord | None) -> Work:
        """Something done or under way, which the other side still has to show."""
        days = (self.now - row.since).days
        waits, what = _EXPECTED.get(row.on, (Waits.SYSTEM, "Nothing now: the next run looks again."))
        then = Prose((what,))
        if past is not None:
            return self._of(past.step, waits, then, days=days, why=(row.reason,) if row.reason else ())
        found = self.cases.get(row.subject)
        return Work(
            waits=waits,
            case=row.subject,
            what=f"{_verb(row.action)} {row.label}",
            why=tuple(filter(None, (_capital(row.reason),))),
            then=then,
            days=days if found is None or found.age_days is None else found.age_days,
            numbers=_found_numbers(found),
        )

    def _of(self, step: Step, waits: Waits, then: Prose, *, why: tuple[str, ...] = (), days: int = 0) -> Work:
        order = codecs.load(Order, step.payload) if step.area == AREA else None
        asked = {ask.do.value for ask in order.asks} if order else set[str]()
        reasons = (reason.text(TEXTS) for reason in step.reasons if reason.code not in asked)
        return Work(
            waits=waits,
            case=step.subject,
            what=_enter(order, step.action) if order else f"{_verb(step.action)} {step.label or step.subject}",
            why=(*reasons, *why),
            where=", ".join(f"{one.source} {one.fact}" for one in step.evidence),
            then=then,
            days=days,
            numbers=numbers_of(step),
        )

    def _by_hand(self, item: ExceptionItem) -> Work:
        """A difference that no step may settle."""
        case, _, lines = item.subject.partition(" (")
        found = self.cases.get(case)
        kind = Kind.__members__.get(item.code.upper())
        return Work(
            waits=Waits.PERSON,
            case=case,
            what=_capital(item.detail),
            where=lines.removesuffix(")"),
            then=Prose((item.todo,)),
            days=None if found is None else found.age_days,
            audience=Audience.CUSTOMER_SERVICE if kind is None else MEANINGS[kind].audience,
            numbers=_found_numbers(found),
        )


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:].removesuffix('.')}." if text else ""


def _list(step: Step) -> str:
    """The worklist that the step stands on."""
    if step.area == AREA:
        return "agency" if step.action == TELL else "ils"
    return "referrals-files" if step.action == SEND else "referrals-postings"


def _verb(action: str) -> str:
    return VERBS.get(action, action)


def _enter(order: Order, action: str) -> str:
    """Where, and what to enter there."""
    place = "At the agency" if action == TELL else "In the ILS"
    return f"{place}: {'; '.join(ASKS[ask.do].format(amount=ask.amount) for ask in order.asks)}."


def _found_numbers(found: Finding | None) -> Numbers:
    return Numbers() if found is None else Numbers(found.patron or "", found.account or "")


def numbers_of(step: Step) -> Numbers:
    """The numbers that the step itself works with."""
    if step.area == AREA:
        order = codecs.load(Order, step.payload)
        return Numbers(order.patron, order.account)
    if step.action in ACTIONS.values():
        return Numbers(codecs.load(EffectOrder, step.payload).patron)
    return Numbers()
