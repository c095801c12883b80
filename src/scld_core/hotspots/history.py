"""What was already done to a line, out of the outbox: effects, attempts, suspended time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from attrs import frozen

from scld_core.calendars import Calendar
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.time import Interval
from scld_core.runs.model import UNRESOLVED, StepRecord, StepState

__all__ = ["EMPTY", "RESTORE", "SUSPEND", "TERMINATE", "LineHistory", "histories"]

SUSPEND = "hotspots.suspend"
RESTORE = "hotspots.restore"
TERMINATE = "hotspots.terminate"

_LEFT_IN = {SUSPEND: ServiceState.SUSPENDED, RESTORE: ServiceState.ACTIVE, TERMINATE: ServiceState.TERMINATED}
_YEAR = timedelta(days=365)


@frozen
class LineHistory:
    """All records of one subject, oldest first."""

    records: tuple[StepRecord, ...] = ()

    @property
    def open(self) -> tuple[StepRecord, ...]:
        """Records that somebody or something still has to finish."""
        return tuple(r for r in self.records if r.state in UNRESOLVED)

    @property
    def effects(self) -> tuple[StepRecord, ...]:
        """Confirmed effects, oldest first."""
        return tuple(r for r in self.records if r.state is StepState.APPLIED)

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

    def attempts_on(self, day: date, calendar: Calendar) -> int:
        """How many requests were sent on the local business day."""
        return sum(calendar.business_date(at) == day for r in self.records for at in r.attempts)

    def last(self, action: str) -> datetime | None:
        """When `action` last had its effect."""
        return next((r.updated_at for r in reversed(self.effects) if r.step.action == action), None)

    def undone_on(self, day: date) -> StepRecord | None:
        """The undo step of that business day, if any."""
        return next((r for r in reversed(self.records) if r.step.undoes and r.step.business_day == day), None)

    def suspensions(self, now: datetime) -> tuple[Interval, ...]:
        """The times between each confirmed suspension and the effect after it."""
        found: list[Interval] = []
        ends = [r.updated_at for r in self.effects[1:]] + [now]
        for record, end in zip(self.effects, ends, strict=False):
            if record.step.action == SUSPEND:
                found.append(Interval(record.updated_at, max(end, record.updated_at)))
        return tuple(found)

    def suspended_in_year(self, now: datetime) -> timedelta:
        """Suspended time in the 365 days before `now`, as far as our own effects tell."""
        year = Interval(now - _YEAR, now)
        return sum((year.overlap(part) for part in self.suspensions(now)), timedelta(0))


EMPTY = LineHistory()


def histories(records: Iterable[StepRecord]) -> Mapping[str, LineHistory]:
    """The records of each subject, in the order of their last change."""
    found: dict[str, list[StepRecord]] = defaultdict(list)
    for record in sorted(records, key=lambda r: r.updated_at):  # stable: the store gives equal times in order
        found[record.step.subject].append(record)
    return {subject: LineHistory(tuple(rows)) for subject, rows in found.items()}
