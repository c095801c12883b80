"""The day's plan for the agency: pure, from findings to steps, with a reason for each.

A step's subject is a case: a name made of the patron's number (where the ILS has none, the account's)
with a key that only the district's store has. Journal, receipts and reports speak of cases; the numbers
themselves are in the step's payload, and from there on the worklist alone.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from attrs import field, frozen

from scld_core import codecs
from scld_core.agency.gather import AgencyFacts, Ruling
from scld_core.agency.kinds import MEANINGS, Kind, Side
from scld_core.agency.model import REPEATS, Finding
from scld_core.agency.plan import Do, steps_of
from scld_core.agency.text import says, todo
from scld_core.kernel.decision import Reason
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant, nonempty, optional
from scld_core.runs.model import (
    UNRESOLVED,
    AreaPlan,
    BlastLimit,
    Evidence,
    ExceptionItem,
    Risk,
    Step,
    StepRecord,
    StepState,
    Waiting,
    Withdrawal,
    step_id,
)
from scld_core.runs.waiting import waiting_of

__all__ = ["AREA", "ILS_ACTIONS", "TELL", "Ask", "Order", "asked_today", "case_name", "case_of", "plan_agency"]

AREA = "agency"
TELL = "agency.tell"
ILS_ACTIONS: Mapping[Do, str] = {
    Do.CLEAR_FLAG: "agency.clear_flag",
    Do.SET_FLAG: "agency.restore_flag",
    Do.CHARGE_FEE: "agency.charge_fee",
    Do.REVERSE_FEE: "agency.reverse_fee",
}
"""What is posted to the ILS: one action for each, so that a flag never waits for a fee."""

_WAIT = "agency.wait"
_AFTER = "; after "
_HELD_BY_PEOPLE = (StepState.WAITING_OPERATOR, StepState.AWAITING_APPROVAL)


@frozen
class Ask:
    """One thing that one side is asked for; `amount` is the balance told, or what is charged or reversed."""

    do: Do = field(validator=instance(Do))
    amount: Money | None = field(default=None, validator=optional(instance(Money)))

    def __str__(self) -> str:
        return self.do.value if self.amount is None else f"{self.do.value} {self.amount}"


@frozen
class Order:
    """The payload of a step: everything that one side is asked for in one case, and the numbers to find it by.

    `as_of` is when the snapshot of the ILS was true.
    """

    case: str = field(validator=nonempty)
    kind: Kind = field(validator=instance(Kind))
    asks: tuple[Ask, ...] = field(validator=each(instance(Ask)))
    as_of: datetime = field(validator=instant)
    patron: str = personal(default="", validator=instance(str))
    account: str = personal(default="", validator=instance(str))
    card: str = personal(default="", validator=instance(str))

    @property
    def what(self) -> str:
        """All asks in words of the action files; names nobody."""
        return ", ".join(map(str, self.asks))


def case_of(found: Finding, key: bytes) -> str:
    """The name of a case: the same on every day, and of use to nobody who has not the district's key."""
    return case_name(f"patron {found.patron}" if found.patron else f"account {found.account}", key)


def case_name(number: str, key: bytes) -> str:
    """The name of the case of a number, such as ``patron 70001``."""
    return f"case-{hmac.new(key, number.encode(), hashlib.sha256).hexdigest()[:12]}"


def _orders(found: Finding, ruling: Ruling, at: datetime) -> Iterator[tuple[str, Order]]:
    """What a row asks for: at most one order for the agency, and one for each thing posted to the ILS."""
    there = found.agency if found.agency is not None else found.sent
    steps = steps_of(found, ruling.terms)
    numbers = (found.patron or "", found.account or "", found.card)
    case = case_of(found, ruling.key)
    # An amount that the agency shows already need not be told: only the ILS has still to follow.
    tell = [s for s in steps if s.do.side is Side.AGENCY and not (s.do is Do.UPDATE and s.amount == there)]
    if tell:
        yield TELL, Order(case, found.kind, tuple(Ask(s.do, _amount(s.do, s.amount)) for s in tell), at, *numbers)
    for step in steps:
        if step.do.side is Side.ILS:
            yield ILS_ACTIONS[step.do], Order(case, found.kind, (Ask(step.do, step.amount),), at, *numbers)


def _amount(do: Do, amount: Money | None) -> Money | None:
    return None if do in (Do.REMOVE, Do.WITHDRAW) else amount


def asked_today(facts: AgencyFacts, ruling: Ruling) -> Mapping[tuple[str, str], str]:
    """What the files ask for now, by action and case; of two rows of one case the first, as the plan takes it."""
    asked: dict[tuple[str, str], str] = {}
    for found in facts.differences:
        for action, order in _orders(found, ruling, facts.ils_at):
            asked.setdefault((action, order.case), order.what)
    return asked


def plan_agency(facts: AgencyFacts, records: Iterable[StepRecord], ruling: Ruling) -> AreaPlan:
    """Every difference as a step, as something that waits, or on the list for a person.

    Pure; whether the facts may be planned on is `AgencyFacts.check`.
    """
    day = _Day(facts, ruling, _by_subject(records))
    for found in facts.differences:
        day.take(found)
    day.withdraw()
    limits = ruling.limits
    return AreaPlan(
        AREA,
        tuple(day.steps),
        tuple(day.waiting),
        tuple(sorted([*day.exceptions, *_unusable(facts)], key=lambda row: (row.code, row.subject))),
        tuple(_not_made(facts)),
        tuple(day.withdrawals),
        facts.sources,
        facts.counts.get(Kind.MATCH, 0),
        BlastLimit(
            facts.accounts,
            limits.max_batch_count,
            limits.max_batch_fraction,
            limits.max_missing_fraction,
            f"accounts in {facts.names[1]}",
        ),
    )


def _by_subject(records: Iterable[StepRecord]) -> Mapping[tuple[str, str], list[StepRecord]]:
    found: dict[tuple[str, str], list[StepRecord]] = defaultdict(list)
    for record in records:
        found[record.step.action, record.step.subject].append(record)
    return found


@frozen
class _Day:
    """The plan in the making."""

    facts: AgencyFacts
    ruling: Ruling
    past: Mapping[tuple[str, str], list[StepRecord]]
    steps: list[Step] = field(factory=list[Step])
    waiting: list[Waiting] = field(factory=list[Waiting])
    exceptions: list[ExceptionItem] = field(factory=list[ExceptionItem])
    withdrawals: list[Withdrawal] = field(factory=list[Withdrawal])
    asked: set[tuple[str, str]] = field(factory=set[tuple[str, str]])

    def take(self, found: Finding) -> None:
        """One row of the comparison."""
        orders = tuple(_orders(found, self.ruling, self.facts.ils_at))
        for action, order in orders:
            self._order(found, action, order)
        by_hand = tuple(_by_hand(found))
        if Kind.IN_FLIGHT in (found.kind, *found.also) and found.side is not Side.HAND:
            self._under_way(found)
        elif not (orders or by_hand or MEANINGS[found.kind].explained):
            by_hand = (found.kind,)  # no rule settles it, so nobody may think that it is settled
        for kind in by_hand:
            subject = _described(found, self.ruling.key, self.facts.names)
            self.exceptions.append(ExceptionItem(AREA, kind.value.lower(), subject, says(found), todo(found, kind)))

    def _order(self, found: Finding, action: str, order: Order) -> None:
        key = (action, order.case)
        if key in self.asked:
            self._twice(found)
            return
        self.asked.add(key)
        mine = self.past.get(key, [])
        done = [r for r in mine if r.state is StepState.APPLIED and r.step.cause.partition(_AFTER)[0] == order.what]
        open_ = next((record for record in mine if record.state in UNRESOLVED), None)
        shown_at = self.facts.other_at if action == TELL else self.facts.ils_at
        unseen = [record for record in done if record.updated_at >= shown_at]
        if unseen:
            # Done, and the file is older than that: the next one shows it.
            self.waiting.append(_waiting(unseen[-1], "agency-list" if action == TELL else "ils-snapshot"))
            self._not_asked(open_)
            return
        step = self._step(found, action, order, len(done))
        if open_ is None:
            self.steps.append(step)
        elif open_.step.id == step.id or open_.state not in _HELD_BY_PEOPLE:
            self.waiting.append(_waiting(open_))
        else:
            self._not_asked(open_)
            self.steps.append(step)

    def _twice(self, found: Finding) -> None:
        """Two rows under one number: the first is asked for, and which of them is right a person finds out."""
        subject = _described(found, self.ruling.key, self.facts.names)
        what = "another row under the same number asks for the same; only that one is on the lists"
        self.exceptions.append(ExceptionItem(AREA, "one_number_twice", subject, what, "Find out which row is right."))

    def _not_asked(self, record: StepRecord | None) -> None:
        """A step that nothing asks for any more: a person's is taken back, a system's is shown until it ends."""
        if record is None or record.state not in UNRESOLVED:
            return
        if record.state in _HELD_BY_PEOPLE:
            self.withdrawals.append(Withdrawal(record.step.id, "the files no longer ask for this", record.step.label))
        else:
            self.waiting.append(_waiting(record))

    def _step(self, found: Finding, action: str, order: Order, done: int) -> Step:
        return Step(
            action=action,
            subject=order.case,
            cause=f"{order.what}{_AFTER}{done}",
            area=AREA,
            business_day=self.ruling.day,
            payload=codecs.dump(order),
            label=order.case,
            reasons=(*_reasons(found, self.ruling), *_ask_reasons(order)),
            evidence=tuple(self._evidence(found)),
            risk=_risk(found, order),
        )

    def _evidence(self, found: Finding) -> Iterator[Evidence]:
        at = dict(zip(self.facts.names, (self.facts.ils_at, self.facts.other_at), strict=False))
        for name, line in _lines(found, self.facts.names):
            yield Evidence(name, f"line {line}", at.get(name, self.facts.other_at))

    def _under_way(self, found: Finding) -> None:
        case = case_of(found, self.ruling.key)
        since = self.facts.other_at
        self.waiting.append(
            Waiting(step_id(_WAIT, case, ""), AREA, _WAIT, case, case, since, "agency-list", says(found))
        )

    def withdraw(self) -> None:
        """Everything still open that no row of today asks for."""
        for key, records in sorted(self.past.items()):
            for record in records if key not in self.asked else ():
                self._not_asked(record)


def _waiting(record: StepRecord, on: str = "") -> Waiting:
    return waiting_of(record, on or ("ils" if record.state is StepState.WAITING_SYSTEM else ""))


def _by_hand(found: Finding) -> Iterator[Kind]:
    """The kinds of a row that a person has to settle; a row in doubt is told once, with the doubt."""
    if found.side is Side.HAND:
        yield found.kind
    yield from (k for k in found.also if MEANINGS[k].side is Side.HAND and k not in (Kind.MALFORMED, found.kind))


def _lines(found: Finding, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """File and line of every row that a finding rests on; other evidence may hold numbers and stays out."""
    for text in found.evidence:
        name, _, line = text.rpartition(":")
        if name in names and line.isdigit():
            yield name, line


def _described(found: Finding, key: bytes, names: tuple[str, ...]) -> str:
    lines = ", ".join(f"{name} line {line}" for name, line in _lines(found, names))
    return f"{case_of(found, key)} ({lines})" if lines else case_of(found, key)


def _reasons(found: Finding, ruling: Ruling) -> Iterator[Reason]:
    there = found.agency if found.agency is not None else found.sent
    params = (("ils", _shown(found.ils)), ("agency", _shown(there)))
    for kind in (found.kind, *found.also):
        yield Reason(kind.value.lower(), params, "agency", ruling.version)


def _shown(amount: Money | None) -> str:
    return "nothing" if amount is None else str(amount)


def _ask_reasons(order: Order) -> Iterator[Reason]:
    for ask in order.asks:
        yield Reason(ask.do.value, () if ask.amount is None else (("amount", str(ask.amount)),))


def _risk(found: Finding, order: Order) -> Risk:
    """Risky is what is to the patron's disadvantage: who is told of, or owes, more than before."""
    there = found.agency if found.agency is not None else found.sent
    worse = any(
        ask.do in (Do.SEND_AGAIN, Do.CHARGE_FEE, Do.SET_FLAG)
        or (ask.do is Do.UPDATE and ask.amount is not None and (there is None or ask.amount > there))
        for ask in order.asks
    )
    return Risk.RISKY if worse else Risk.ROUTINE


def _unusable(facts: AgencyFacts) -> Iterator[ExceptionItem]:
    mend = "Mend this row in its file, or make a new export; its patron or account is left alone until then."
    for source in facts.sources:
        for row in source.quarantined:
            if not row.reason.startswith(REPEATS):
                yield ExceptionItem(AREA, "file_row", f"{row.source}:{row.line}", row.reason, mend)


def _not_made(facts: AgencyFacts) -> Iterator[ExceptionItem]:
    """The checks whose input is absent, one line for each cause."""
    causes: dict[str, Counter[str]] = defaultdict(Counter)
    for name, why in facts.summary.not_made:
        causes[why][name] += 1
    for why, names in sorted(causes.items()):
        yield ExceptionItem(
            AREA, "not_made", ", ".join(names), f"not checked: {why}", "Judge it by hand, or give what is missing."
        )
