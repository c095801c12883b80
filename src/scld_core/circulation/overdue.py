"""What is overdue, by library and by patron, with the days that count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from scld_core.calendars import Calendar
from scld_core.circulation.claims import Claim, counts_until
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.circulation.policy import CirculationPolicy
from scld_core.circulation.rules import days_overdue, due_on
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import at_least, each, instance, instant, optional

__all__ = ["Late", "OverdueList", "Standing", "Tally", "compile_overdue"]


class Standing(Enum):
    """How an overdue loan stands; each stands in one way."""

    CLAIMED = "claimed"  # the claim is open: no bill, no day more
    LOST = "lost"  # declared lost already
    TO_DECLARE = "to_declare"  # overdue long enough to be declared lost and billed
    OVERDUE = "overdue"


@frozen(kw_only=True)
class Late:
    """One overdue loan: `days` are those that count against the patron, `open_days` the open ones among them."""

    item: ItemId = field(validator=instance(ItemId))
    loan: LoanId = field(validator=instance(LoanId))
    due_on: date = field(validator=instance(date))
    days: int = field(validator=at_least(0))
    open_days: int = field(validator=at_least(0))
    standing: Standing = field(validator=instance(Standing))
    library: LocationId | None = field(default=None, validator=optional(instance(LocationId)))
    patron: PatronId | None = personal(default=None, validator=optional(instance(PatronId)))

    @property
    def billed(self) -> bool:
        """Whether the patron answers for the item now."""
        return self.standing in (Standing.LOST, Standing.TO_DECLARE)


@frozen
class Tally:
    """Overdue loans of one library: how many, of how many patrons, the longest, and how they stand.

    `library` is None for items whose home is not known. A loan without a patron counts as one of its own.
    """

    library: LocationId | None
    items: int
    patrons: int
    longest: int
    claimed: int
    to_declare: int


@frozen
class OverdueList:
    """Everything overdue at `as_of`, by library, then the longest first."""

    as_of: datetime = field(validator=instant)
    rows: tuple[Late, ...] = field(default=(), validator=each(instance(Late)))

    def by_library(self) -> tuple[Tally, ...]:
        """One line for each library, by name; without one comes last."""
        groups: dict[LocationId | None, list[Late]] = {}
        for row in self.rows:
            groups.setdefault(row.library, []).append(row)
        return tuple(_tally(library, rows) for library, rows in groups.items())

    def of_patron(self, patron: PatronId) -> tuple[Late, ...]:
        """The overdue loans of one patron."""
        return tuple(row for row in self.rows if row.patron == patron)

    def by_patron(self) -> tuple[tuple[PatronId, tuple[Late, ...]], ...]:
        """The overdue loans of each patron who has one, by record."""
        owners = sorted({row.patron for row in self.rows if row.patron is not None})
        return tuple((owner, self.of_patron(owner)) for owner in owners)


def _tally(library: LocationId | None, rows: list[Late]) -> Tally:
    return Tally(
        library,
        len(rows),
        len({row.patron or row.loan for row in rows}),
        max(row.days for row in rows),
        sum(row.standing is Standing.CLAIMED for row in rows),
        sum(row.standing is Standing.TO_DECLARE for row in rows),
    )


def compile_overdue(
    loans: Iterable[Loan],
    now: datetime,
    calendar: Calendar,
    policy: CirculationPolicy,
    *,
    seen: Mapping[ItemId, Circulation],
    homes: Mapping[ItemId, LocationId],
    claims: Iterable[Claim] = (),
) -> OverdueList:
    """The list of open loans that were due at or before `now`; others among `loans` are left out.

    `seen` tells the items' states: one that is not in it counts as on loan. `homes` tells their libraries.
    """
    told = tuple(claims)
    until = counts_until(told)
    open_ = {claim.loan for claim in told if claim.is_open}
    rows: list[Late] = []
    for loan in loans:
        if not loan.is_open or loan.due_at > now:
            continue
        shown = seen.get(loan.item)
        state = ItemState.ON_LOAN if shown is None else shown.state
        counted = min(now, until.get(loan.id, _claimed_since(shown) or now))
        days = days_overdue(loan.due_at, counted, calendar)
        first = due_on(loan.due_at, calendar)
        claimed = loan.id in open_ or state is ItemState.CLAIMS_RETURNED
        rows.append(
            Late(
                item=loan.item,
                loan=loan.id,
                due_on=first,
                days=days,
                open_days=calendar.open_days_between(first, calendar.business_date(counted)),
                standing=_standing(state, days, policy, claimed=claimed),
                library=homes.get(loan.item),
                patron=loan.patron,
            )
        )
    return OverdueList(now, tuple(sorted(rows, key=_place)))


def _claimed_since(shown: Circulation | None) -> datetime | None:
    """Since when the ILS itself has an item as claimed, of which no claim need be kept here."""
    return None if shown is None or shown.state is not ItemState.CLAIMS_RETURNED else shown.since


def _place(row: Late) -> tuple[bool, str, int, ItemId]:
    return row.library is None, str(row.library), -row.days, row.item


def _standing(state: ItemState, days: int, policy: CirculationPolicy, *, claimed: bool) -> Standing:
    if claimed:
        return Standing.CLAIMED
    if state in (ItemState.LOST, ItemState.LOST_PAID):
        return Standing.LOST
    return Standing.TO_DECLARE if days >= policy.lost_after_days else Standing.OVERDUE
