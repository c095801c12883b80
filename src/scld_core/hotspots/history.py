"""What was already done to a line, out of the outbox: effects, attempts, suspended time.

A line is its SIM. What was done to the SIM that a hotspot held before says nothing of the one it
holds now, and what was done to a SIM in another hotspot, or under the carrier's earlier name in
district.toml, goes with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from attrs import field, frozen

from scld_core import codecs
from scld_core.calendars import Calendar
from scld_core.hotspots.model import Device, LineOrder, ServiceState
from scld_core.kernel.devices import Iccid
from scld_core.kernel.time import Interval
from scld_core.runs.model import UNRESOLVED, Step, StepRecord, StepState

__all__ = ["IN_FLIGHT", "RESTORE", "SUSPEND", "TERMINATE", "Histories", "LineHistory", "histories", "order_of"]

SUSPEND = "hotspots.suspend"
RESTORE = "hotspots.restore"
TERMINATE = "hotspots.terminate"

IN_FLIGHT = frozenset({StepState.PREPARED, StepState.WAITING_SYSTEM, StepState.UNKNOWN})
"""States of a request that the carrier has, or may have, and nobody can take back."""

_LEFT_IN = {SUSPEND: ServiceState.SUSPENDED, RESTORE: ServiceState.ACTIVE, TERMINATE: ServiceState.TERMINATED}
_YEAR = timedelta(days=365)


def order_of(step: Step) -> LineOrder:
    """Which line of which carrier a step is about."""
    return codecs.load(LineOrder, step.payload)


@frozen
class LineHistory:
    """The records of one line, under whatever item, and those of the item that holds it; oldest first."""

    records: tuple[StepRecord, ...] = ()
    item: tuple[StepRecord, ...] = ()

    @property
    def open(self) -> tuple[StepRecord, ...]:
        """Records of the item that somebody or something still has to finish, whichever line they are about."""
        return tuple(r for r in self.item if r.state in UNRESOLVED)

    @property
    def in_flight(self) -> tuple[StepRecord, ...]:
        """Requests for the line that are under way, under whatever item they were sent."""
        return tuple(r for r in self.records if r.state in IN_FLIGHT)

    @property
    def effects(self) -> tuple[StepRecord, ...]:
        """Confirmed effects on the line, oldest first."""
        return tuple(r for r in self.records if r.state is StepState.APPLIED)

    @property
    def moved(self) -> bool:
        """Whether something was asked for this item when it held another line."""
        return any(self.elsewhere(record) for record in self.item)

    def elsewhere(self, record: StepRecord) -> bool:
        """Whether a record of the item is about another line than the present one."""
        return record.step.id not in {r.step.id for r in self.records}

    def applied(self, step: str) -> bool:
        """Whether the step of this id had its effect."""
        return any(r.step.id == step for r in self.effects)

    def state(self, observed: ServiceState, observed_at: datetime, now: datetime) -> ServiceState:
        """The line's state: an observation older than our last confirmed effect cannot contradict it.

        An effect from after `now` is a clock's mistake and contradicts nothing.
        """
        if self.effects and now >= self.effects[-1].updated_at > observed_at:
            return _LEFT_IN[self.effects[-1].step.action]
        return observed

    def believed(self) -> ServiceState:
        """The state our own confirmed effects left; a line nobody touched has service."""
        return _LEFT_IN[self.effects[-1].step.action] if self.effects else ServiceState.ACTIVE

    @property
    def unconfirmed(self) -> tuple[StepRecord, ...]:
        """Requests that may have had an effect after the last confirmed one, oldest first.

        What was sent or handed to a person is such a request until it is confirmed: withdrawn, a
        person may have done it all the same, and failed may mean only that no answer came.
        """
        last = max((n for n, r in enumerate(self.records) if r.state is StepState.APPLIED), default=-1)
        return tuple(r for n, r in enumerate(self.records) if r.attempts and (n > last or r.state in UNRESOLVED))

    @property
    def overtaken(self) -> tuple[StepRecord, ...]:
        """Effects that were confirmed while the last confirmed one was on somebody's list already.

        A tick says that a thing was done and not when: either of them may have been the last.
        """
        asked = self.effects[-1].attempts[-1:] if self.effects else ()
        return tuple(r for r in self.effects[:-1] for at in asked if r.updated_at > at)

    def possible(self, now: datetime, longest: timedelta) -> frozenset[ServiceState]:
        """The states that the line may be in for all we know, when the carrier shows it to nobody.

        A carrier ends a suspension by itself that is as old as `longest`. An ended line stays ended.
        """
        believed = self.believed()
        if believed is ServiceState.TERMINATED:
            return frozenset({believed})
        resumed = believed is ServiceState.SUSPENDED and now - self.effects[-1].updated_at >= longest
        perhaps = {_LEFT_IN[record.step.action] for record in (*self.unconfirmed, *self.overtaken)}
        return frozenset({believed, *perhaps, *([ServiceState.ACTIVE] if resumed else [])})

    def attempts_on(self, day: date, calendar: Calendar) -> int:
        """How many requests were sent on the local business day."""
        return sum(calendar.business_date(at) == day for r in self.records for at in r.attempts)

    def last(self, action: str) -> datetime | None:
        """When `action` last had its effect."""
        return next((r.updated_at for r in reversed(self.effects) if r.step.action == action), None)

    def undone_on(self, day: date) -> StepRecord | None:
        """The undo step of that business day, if any, for the item or for the line."""
        undone = (r for r in (*self.item, *self.records) if r.step.undoes and r.step.business_day == day)
        return max(undone, key=lambda r: r.updated_at, default=None)

    def suspensions(self, now: datetime, longest: timedelta) -> tuple[Interval, ...]:
        """The times between each confirmed suspension and the effect after it, none longer than the carrier lets it be.

        Without that limit, a line that came back by itself would count as suspended until our next effect.
        """
        found: list[Interval] = []
        ends = [r.updated_at for r in self.effects[1:]] + [now]
        for record, end in zip(self.effects, ends, strict=False):
            if record.step.action == SUSPEND:
                start = record.updated_at
                found.append(Interval(start, max(min(end, start + longest), start)))
        return tuple(found)

    def suspended_in_year(self, now: datetime, longest: timedelta) -> timedelta:
        """Suspended time in the 365 days before `now`, as far as our own effects tell."""
        year = Interval(now - _YEAR, now)
        return sum((year.overlap(part) for part in self.suspensions(now, longest)), timedelta(0))


_Rows = dict[str, tuple[StepRecord, ...]]
_Lines = dict[Iccid, tuple[StepRecord, ...]]


@frozen
class Histories:
    """All records of the area, by item and by line."""

    by_item: Mapping[str, tuple[StepRecord, ...]] = field(factory=_Rows)
    by_line: Mapping[Iccid, tuple[StepRecord, ...]] = field(factory=_Lines)

    def of(self, device: Device) -> LineHistory:
        """What was asked of the line that the device holds now, and of its item before."""
        return LineHistory(self.by_line.get(device.line.iccid, ()), self.by_item.get(str(device.item), ()))

    def about(self, step: Step) -> LineHistory:
        """What was asked of the line that a step is about."""
        return LineHistory(self.by_line.get(order_of(step).line.iccid, ()), self.by_item.get(step.subject, ()))


def histories(records: Iterable[StepRecord]) -> Histories:
    """The records by item and by line, in the order of their last change."""
    by_item: dict[str, list[StepRecord]] = defaultdict(list)
    by_line: dict[Iccid, list[StepRecord]] = defaultdict(list)
    for record, line in _with_line(sorted(records, key=lambda r: r.updated_at)):  # stable, as the store gives them
        by_item[record.step.subject].append(record)
        by_line[line].append(record)
    return Histories({k: tuple(v) for k, v in by_item.items()}, {k: tuple(v) for k, v in by_line.items()})


def _with_line(records: Iterable[StepRecord]) -> Iterator[tuple[StepRecord, Iccid]]:
    known: dict[str, Iccid] = {}  # a line's payload is the same in all its records, and slow to read
    for record in records:
        payload = record.step.payload
        if payload not in known:
            known[payload] = order_of(record.step).line.iccid
        yield record, known[payload]
