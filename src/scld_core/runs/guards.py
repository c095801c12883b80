"""The guards that stop a run before it changes anything."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import Generic, TypeVar

from attrs import evolve, frozen

from scld_core import codecs
from scld_core.errors import BlastRadius, SnapshotRefused, StaleFacts
from scld_core.kernel.actor import Actor
from scld_core.kernel.page import Page, Quarantined
from scld_core.kernel.time import Clock
from scld_core.runs.model import BlastLimit, Facts, JournalEntry, Plan, Risk
from scld_core.runs.ports import Store, Unit

__all__ = ["Snapshot", "check_age", "check_blast", "check_population", "check_present", "take_snapshot"]

T = TypeVar("T")

_POPULATION = "runs.population"


@frozen
class Snapshot(Generic[T]):
    """A whole list as read: its rows, the oldest instant any of them is true of, what was unusable."""

    source: str
    rows: tuple[T, ...]
    as_of: datetime
    live: bool
    quarantined: tuple[Quarantined, ...] = ()

    @property
    def facts(self) -> Facts:
        """What the report says of this source."""
        return Facts(self.source, self.as_of, len(self.rows), self.live, self.quarantined)


def take_snapshot(source: str, pages: Iterable[Page[T]], key: Callable[[T], Hashable], *, live: bool) -> Snapshot[T]:
    """Read all pages; raises SnapshotRefused unless the source says, and the count agrees, that it is whole.

    `key` identifies a row: the same one twice means that paging slipped, and something else is missing.
    """
    rows: list[T] = []
    quarantined: list[Quarantined] = []
    seen: set[Hashable] = set()
    last: Page[T] | None = None
    oldest: datetime | None = None
    for page in pages:
        for row in page.rows:
            if key(row) in seen:
                raise SnapshotRefused(
                    f"{source} listed one record twice, so others may be missing; nothing was changed"
                )
            seen.add(key(row))
        rows.extend(page.rows)
        quarantined.extend(page.quarantined)
        oldest = page.as_of if oldest is None else min(oldest, page.as_of)
        last = page
    if last is None or oldest is None:
        raise SnapshotRefused(f"{source} gave no answer at all; nothing was changed")
    if not last.last:
        raise SnapshotRefused(f"{source} stopped in the middle of its list; nothing was changed")
    if last.total is not None and last.total != len(rows) + len(quarantined):
        raise SnapshotRefused(
            f"{source} announced {last.total} records and gave {len(rows) + len(quarantined)}; nothing was changed"
        )
    return Snapshot(source, tuple(rows), oldest, live, tuple(quarantined))


def check_present(
    source: str, what: str, *, expected: int, present: int, max_missing: float, unusable: tuple[Quarantined, ...] = ()
) -> None:
    """Refuse a list in which more than the fraction `max_missing` of what we expect is absent."""
    if expected and (present == 0 or expected - present > max_missing * expected):
        rows = f" ({len(unusable)} of its rows cannot be used, the first of them: {unusable[0]})" if unusable else ""
        raise SnapshotRefused(
            f"{source} knows {present} of {expected} {what}{rows}; a list that lacks so much is more likely "
            "an outage or a wrong filter than the truth; nothing was changed"
        )


def check_age(facts: Facts, now: datetime, max_age: timedelta) -> None:
    """Refuse facts older than `max_age`, or from the future."""
    age = now - facts.as_of
    if age > max_age:
        raise StaleFacts(
            f"{facts.source} is {_hours(age)} old and the limit is {_hours(max_age)}; "
            "make a new extract or export and run again; nothing was changed"
        )
    if age < -timedelta(minutes=10):
        raise StaleFacts(
            f"{facts.source} says it was made {_hours(-age)} from now; check its time and zone; nothing was changed"
        )


def check_blast(plan: Plan, *, confirmed: int | None) -> None:
    """Refuse more risky steps than an area's policy allows, unless a person confirmed exactly that number.

    Of several areas over their limits, all are named and the number is their sum. Steps that need an
    approval do not count: each of them is confirmed by itself.
    """
    over = tuple(_over(plan))
    total = sum(risky for risky, _ in over)
    if over and total != confirmed:
        raise BlastRadius(
            f"{'; '.join(words for _, words in over)}. Look at it with --dry-run; if it is right, run again with "
            f"--confirm-blast-radius {total}; nothing was changed",
            total,
        )


def _over(plan: Plan) -> Iterator[tuple[int, str]]:
    for area in plan.areas:
        if area.limit is None:
            continue
        risky = sum(step.risk is not Risk.ROUTINE and not step.needs_approval for step in area.steps)
        most = min(area.limit.max_count, ceil(area.limit.max_fraction * area.limit.population))
        if risky > most:
            words = f"{area.area}: the plan has {risky} risky steps for {area.limit.population} subjects"
            yield risky, f"{words} and the limit is {most}"


def check_population(store: Store, plan: Plan, *, confirmed: int | None, actor: Actor, clock: Clock) -> None:
    """Refuse a plan made for far fewer subjects than the last run's, unless a person confirmed how many are gone.

    A list that was cut between two rows looks whole: only the number before tells. The number that
    is accepted is kept in `store`; that a person accepted it is a line of the journal.
    """
    for area in plan.areas:
        if area.limit is not None:
            with store.transaction() as unit:
                entry = JournalEntry(clock.now(), actor.id, "runs.population.accepted", area.area)
                _check_population(unit, area.area, area.limit, confirmed=confirmed, entry=entry)


def _check_population(unit: Unit, area: str, limit: BlastLimit, *, confirmed: int | None, entry: JournalEntry) -> None:
    kept = unit.records(_POPULATION)
    body, now = kept.get(area), limit.population
    before = now if body is None else codecs.load(int, body)
    gone = before - now
    if gone > limit.max_missing_fraction * before:
        if gone != confirmed:
            raise SnapshotRefused(
                f"{area}: there are {now} {limit.counted}, and at the last run there were {before}; that so many "
                "are gone is more likely a damaged list than the truth. Look at the list; if they are really gone, "
                f"run again with --confirm-blast-radius {gone}; nothing was changed"
            )
        unit.journal.append(evolve(entry, detail=f"{now} {limit.counted}, before {before}"))
    if body is None or gone:
        kept.put(area, codecs.dump(now))


def _hours(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"
