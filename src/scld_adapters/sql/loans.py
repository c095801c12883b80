"""The embedded ILS's loans: `circulation.ports.Loans` on the store's own database.

Whatever is decided about an item is decided in the transaction that writes it, and transactions write
one after the other; that an item has one open loan at most is a unique index besides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

from scld_adapters.sql import ils
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.holds_items import pick_up, send, trap_for
from scld_adapters.sql.holds_rows import HoldRows
from scld_adapters.sql.owners import own, records_of, survivor, writing
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import ils_items, ils_loans, ils_patrons, instant_text, read_instant
from scld_adapters.sql.tables_loans import ils_loan_writes, ils_renewals
from scld_core import codecs
from scld_core.circulation.model import CheckIn, CheckOutRequest, Circulation, ItemState, Loan
from scld_core.circulation.ports import DECLARED, KEEPS_LOAN
from scld_core.errors import Conflict, NotFound, ProtocolViolation, Rejected
from scld_core.holds.states import HoldState
from scld_core.kernel.decision import Answers, Unanswered
from scld_core.kernel.ids import HoldId, ItemId, LoanId, LocationId, PatronId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.patrons.model import Household

__all__ = ["EmbeddedLoans", "LoanDesk"]

T = TypeVar("T")

_BATCH = 500  # ids in one IN list: SQLite takes 32,766 parameters at most, and older ones 999

_LOANS = sa.select(ils_loans, ils_renewals.c.times.label("renewals")).outerjoin(
    ils_renewals, ils_renewals.c.loan == ils_loans.c.id
)

# An item's open loan; where it has none, the one it came back from last.
_RANKED = _LOANS.add_columns(
    sa.func.row_number()
    .over(
        partition_by=ils_loans.c.item,
        order_by=(ils_loans.c.returned_at.is_not(None), ils_loans.c.returned_at.desc(), ils_loans.c.seq.desc()),
    )
    .label("rank"),
)

_OWN_TERM = timedelta(days=21)  # what this ILS lends for when it is left to it
_GONE = (ItemState.LOST, ItemState.LOST_PAID, ItemState.CLAIMS_RETURNED)


@frozen
class _Survivor:
    patron: str
    household: str | None


class LoanDesk:
    """What can be read of loans and done to them within one transaction of the store.

    `connection` is `SqlUnit.connection`, so that several acts, or an act and its audit line, commit
    together. `today` is the day that holds go by, the one in UTC where it is left out. A loan on a merged
    card is the surviving patron's, and counts for that patron's household.
    """

    def __init__(self, connection: sa.Connection, backend: str, now: datetime, today: date | None = None) -> None:
        self._connection = connection
        self._backend = backend
        self._now = now
        self._today = today or now.date()

    def get(self, item: ItemId, operation: str = "get") -> Circulation:
        """The item's circulation now; NotFound for an item that is not catalogued."""
        for found in self.seen([item]):
            return found
        raise NotFound(self._backend, operation, f"no item {item}")

    def due_by(self, at: datetime) -> list[Loan]:
        """Open loans due at or before `at`, the longest overdue first."""
        return self._listed(ils_loans.c.due_at <= instant_text(at))

    def of_patron(self, patron: PatronId) -> list[Loan]:
        """The patron's open loans, the first due first."""
        known = patron.backend == self._backend
        if not known or survivor(self._connection, patron.local, self._backend, "of_patron") != patron.local:
            problem = "this record is not known here, or was merged into another one"
            raise NotFound(self._backend, "of_patron", problem)
        return self._listed(ils_loans.c.patron.in_(records_of(self._connection, patron.local)))

    def check_out(self, request: CheckOutRequest, key: str) -> Loan:
        """Lend an item, for three weeks where no date is asked for."""
        if (again := self._again(key, "check_out", request)) is not None:
            return self._of(again.loan)
        known = self.get(request.item, "check_out")
        due = request.due_at or self._now + _OWN_TERM
        records = own(self._connection, request.patron, self._backend, "check_out")
        problem = self._against(request, known, due) or self._over(request, records)
        if problem:
            raise Rejected(self._backend, "check_out", problem)
        local, number = request.item.local, self._free()
        pick_up(self._connection, local, request.patron.local, **self._holds())
        ils.check_out(self._connection, local, request.patron.local, at=self._now, due_at=due, loan=number)
        self._done(key, request.item, _asked("check_out", request), loan=number)
        return self._of(number)

    def check_in(self, item: ItemId, at: LocationId, key: str, shelf_until: date | None = None) -> CheckIn:
        """Take an item back at a library."""
        asked = (str(item), str(at), "" if shelf_until is None else shelf_until.isoformat())
        if (again := self._again(key, "check_in", asked)) is None:
            known = self.get(item, "check_in")
            if known.state is ItemState.WITHDRAWN:
                raise Rejected(self._backend, "check_in", "the item was withdrawn")
            again = self._taken_back(known, at, shelf_until, key, asked)
        return CheckIn(
            self.get(item),
            None if again.loan is None else self._of(again.loan),
            None if again.hold is None else HoldId(self._backend, again.hold),
            None if again.route_to is None else LocationId(again.route_to),
            self._shelf_until(again.hold),
        )

    def renew(self, item: ItemId, due_at: datetime | None, key: str) -> Loan:
        """Move the due instant, by three weeks where no date is asked for."""
        asked = (str(item), "" if due_at is None else instant_text(due_at))
        if (again := self._again(key, "renew", asked)) is not None:
            return self._of(again.loan)
        known = self.get(item, "renew")
        lent = known.open_loan
        if lent is None or known.state in _GONE:
            raise Rejected(self._backend, "renew", f"{item} is not on loan, or nobody has it at hand")
        due = due_at or max(lent.due_at, self._now) + _OWN_TERM
        if due <= lent.due_at:
            raise Rejected(self._backend, "renew", "the due date would not be later than it is")
        ils.renew(self._connection, item.local, due)
        self._done(key, item, _asked("renew", asked), loan=lent.id.local)
        return self._of(lent.id.local)

    def claim_returned(self, item: ItemId, key: str) -> Circulation:
        """Show that the patron says to have brought the item back."""
        if self._again(key, "claim_returned", (str(item),)) is None:
            known = self.get(item, "claim_returned")
            if known.open_loan is None:
                raise Rejected(self._backend, "claim_returned", f"{item} is not on loan")
            self._show(known, ItemState.CLAIMS_RETURNED)
            self._done(key, item, _asked("claim_returned", (str(item),)))
        return self.get(item)

    def declare(self, item: ItemId, state: ItemState, key: str) -> Circulation:
        """Say what became of an item."""
        asked = (str(item), state.value)
        if self._again(key, "declare", asked) is None:
            known = self.get(item, "declare")
            if state not in DECLARED or (state in KEEPS_LOAN and known.open_loan is None):
                raise Rejected(self._backend, "declare", f"{item} cannot be declared {state.value}")
            if state not in KEEPS_LOAN and known.state is not state:
                ils.check_in(self._connection, item.local, at=self._now)
            self._show(known, state)
            self._done(key, item, _asked("declare", asked))
        return self.get(item)

    def _show(self, known: Circulation, state: ItemState) -> None:
        if known.state is not state:
            ils.declare(self._connection, known.item.local, state, at=self._now)

    def _against(self, request: CheckOutRequest, known: Circulation, due: datetime) -> str:
        """What the item has against being lent so; blank for nothing."""
        if known.open_loan is not None:
            return f"{request.item} has an open loan"
        if known.state is ItemState.WITHDRAWN:
            return f"{request.item} was withdrawn"
        return "" if due > self._now else "the due date is not to come"

    def _over(self, request: CheckOutRequest, records: Sequence[str]) -> str:
        """Whether the patron has as many items as are permitted, in words; blank when not."""
        if request.at_most is None:
            return ""
        open_ = sa.select(sa.func.count()).select_from(ils_loans)
        count = self._connection.execute(
            open_.where(ils_loans.c.patron.in_(records), ils_loans.c.returned_at.is_(None))
        ).scalar_one()
        return f"the patron has {count} items; {request.at_most} are permitted" if count >= request.at_most else ""

    def _shelf_until(self, hold: str | None) -> date | None:
        """The last day on which the item of a hold may be picked up."""
        if hold is None:
            return None
        rows = HoldRows(self._connection, self._backend, self._now, self._today)
        return rows.known(HoldId(self._backend, hold), "check_in").shelf_until

    def _taken_back(
        self, known: Circulation, at: LocationId, shelf_until: date | None, key: str, asked: tuple[str, ...]
    ) -> sa.Row[*tuple[Any, ...]]:
        item, lent = known.item, known.open_loan
        hold = trap_for(self._connection, item.local, at, shelf_until=shelf_until, **self._holds())
        goes_to = (self._home(item) or at) if hold is None else hold.pickup
        if goes_to == at:
            state = ItemState.CHECKED_IN if hold is None else ItemState.ON_HOLD_SHELF
        else:
            state = ItemState.IN_TRANSIT
        if hold is not None and hold.state is HoldState.TRAPPED:
            send(self._connection, item.local, **self._holds())
        ils.check_in(self._connection, item.local, state, at=self._now)
        return self._done(
            key,
            item,
            _asked("check_in", asked),
            loan=None if lent is None else lent.id.local,
            hold=None if hold is None else hold.id.local,
            route_to=None if goes_to == at else str(goes_to),
        )

    def _holds(self) -> dict[str, Any]:
        """What the embedded holds are told besides the item."""
        return {"backend": self._backend, "now": self._now, "today": self._today}

    def _home(self, item: ItemId) -> LocationId | None:
        wanted = sa.select(ils_items.c.location).where(ils_items.c.id == item.local)
        found = self._connection.execute(wanted).scalar_one()
        return LocationId(found) if found else None

    def _listed(self, *which: sa.ColumnElement[bool]) -> list[Loan]:
        wanted = _LOANS.where(ils_loans.c.returned_at.is_(None), *which)
        rows = self._connection.execute(wanted.order_by(ils_loans.c.due_at, ils_loans.c.item)).all()
        owners = self._survivors(self._connection, rows)
        return [self._loan(row, owners) for row in rows]

    def _of(self, number: str) -> Loan:
        """A loan as it is now, open or ended."""
        row = self._connection.execute(_LOANS.where(ils_loans.c.id == number)).one()
        return self._loan(row, self._survivors(self._connection, [row]))

    def _free(self) -> str:
        """A loan id that is not taken."""
        number = self._connection.execute(sa.select(sa.func.count()).select_from(ils_loans)).scalar_one() + 1
        while self._connection.execute(sa.select(ils_loans.c.seq).where(ils_loans.c.id == f"loan-{number}")).first():
            number += 1
        return f"loan-{number}"

    def _again(self, key: str, verb: str, asked: CheckOutRequest | tuple[str, ...]) -> sa.Row[*tuple[Any, ...]] | None:
        """What was done with the key already; Conflict when it was something else."""
        rows = sa.select(ils_loan_writes).where(ils_loan_writes.c.key == key)
        known = self._connection.execute(rows).one_or_none()
        if known is not None and known.asked != _asked(verb, asked):
            raise Conflict(self._backend, verb, "the key was used for something else")
        return known

    def _done(self, key: str, item: ItemId, asked: str, **found: str | None) -> sa.Row[*tuple[Any, ...]]:
        made = sa.insert(ils_loan_writes).values(key=key, item=item.local, asked=asked, **found)
        self._connection.execute(made)
        return self._connection.execute(sa.select(ils_loan_writes).where(ils_loan_writes.c.key == key)).one()

    def seen(self, items: Sequence[ItemId]) -> list[Circulation]:
        """The circulation of each known item of `items`, in the order of their ids."""
        ids = [item.local for item in items if item.backend == self._backend]
        connection = self._connection
        found = _batched(connection, ids, lambda part: sa.select(ils_items).where(ils_items.c.id.in_(part)))
        ranked = _RANKED.subquery()
        best = sa.select(ranked).where(ranked.c.rank == 1)
        loans = {row.item: row for row in _batched(connection, ids, lambda part: best.where(ranked.c.item.in_(part)))}
        owners = self._survivors(connection, loans.values())
        return [
            Circulation(
                ItemId(self._backend, row.id),
                ItemState(row.state),
                self._now,
                self._loan(loans[row.id], owners) if row.id in loans else None,
                _instant(row.since),
                row.word,
            )
            for row in sorted(found, key=lambda row: row.id)
        ]

    def _loan(self, row: sa.Row[*tuple[Any, ...]], owners: Mapping[str, _Survivor]) -> Loan:
        owner = None if row.patron is None else owners[row.patron]
        return Loan(
            LoanId(self._backend, row.id),
            ItemId(self._backend, row.item),
            read_instant(row.due_at),
            _instant(row.out_at),
            _instant(row.returned_at),
            None if owner is None else PatronId(self._backend, owner.patron),
            None if owner is None or owner.household is None else Household(owner.household),
            row.renewals,
        )

    def _survivors(self, connection: sa.Connection, loans: Iterable[sa.Row[*tuple[Any, ...]]]) -> dict[str, _Survivor]:
        """The surviving patron of every card on `loans`, found generation by generation."""
        cards = sorted({row.patron for row in loans if row.patron is not None})
        seen: dict[str, tuple[str | None, str | None]] = {}
        wanted = cards
        while wanted:
            rows = _batched(connection, wanted, lambda part: sa.select(ils_patrons).where(ils_patrons.c.id.in_(part)))
            seen.update({row.id: (row.merged_into, row.household) for row in rows})
            wanted = sorted({row.merged_into for row in rows if row.merged_into is not None} - seen.keys())
        return {card: self._end(card, seen) for card in cards}

    def _end(self, card: str, seen: Mapping[str, tuple[str | None, str | None]]) -> _Survivor:
        passed = {card}
        while (into := seen[card][0]) is not None:
            if into in passed:
                raise ProtocolViolation(self._backend, "loans", "cards were merged in a circle; none of them survives")
            passed.add(into)
            card = into
        return _Survivor(card, seen[card][1])


class EmbeddedLoans:
    """Live answers, each list out of one consistent state of the database; each write in a transaction of its own.

    It asks nothing before a write. `zone` says which day it is.
    """

    live = True

    def __init__(self, store: SqlStore, clock: Clock, *, backend: str, page_size: int = 500, zone: str = "UTC") -> None:
        self._store = store
        self._clock = clock
        self._backend = backend
        self._page_size = page_size
        self._zone = ZoneInfo(zone)

    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now; raises NotFound for an item the ILS does not know."""
        with self._store.reading() as connection:
            return self._desk(connection).get(item)

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """The circulation of each known item of `items`, in the order of their ids."""
        now = self._clock.now()
        with self._store.reading() as connection:
            rows = self._desk(connection, now).seen(sorted(set(items)))
        return self._pages(rows, now)

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Open loans due at or before `at`, the longest overdue first."""
        now = self._clock.now()
        with self._store.reading() as connection:
            rows = self._desk(connection, now).due_by(at)
        return self._pages(rows, now)

    def of_patron(self, patron: PatronId) -> Iterator[Page[Loan]]:
        """The patron's open loans, the first due first."""
        now = self._clock.now()
        with self._store.reading() as connection:
            rows = self._desk(connection, now).of_patron(patron)
        return self._pages(rows, now)

    def check_out(self, request: CheckOutRequest, *, key: str, answers: Answers | None = None) -> Loan | Unanswered:
        """Lend an item."""
        del answers
        with writing(self._store, self._backend, "check_out", key) as connection:
            return self._desk(connection).check_out(request, key)

    def check_in(self, item: ItemId, at: LocationId, *, key: str, shelf_until: date | None = None) -> CheckIn:
        """Take an item back at a library."""
        with writing(self._store, self._backend, "check_in", key) as connection:
            return self._desk(connection).check_in(item, at, key, shelf_until)

    def renew(
        self, item: ItemId, due_at: datetime | None, *, key: str, answers: Answers | None = None
    ) -> Loan | Unanswered:
        """Move the due instant of the open loan."""
        del answers
        with writing(self._store, self._backend, "renew", key) as connection:
            return self._desk(connection).renew(item, due_at, key)

    def claim_returned(self, item: ItemId, *, key: str) -> Circulation:
        """Show that the patron says to have brought the item back."""
        with writing(self._store, self._backend, "claim_returned", key) as connection:
            return self._desk(connection).claim_returned(item, key)

    def declare(self, item: ItemId, state: ItemState, *, key: str) -> Circulation:
        """Say what became of an item."""
        with writing(self._store, self._backend, "declare", key) as connection:
            return self._desk(connection).declare(item, state, key)

    def _desk(self, connection: sa.Connection, now: datetime | None = None) -> LoanDesk:
        moment = now or self._clock.now()
        return LoanDesk(connection, self._backend, moment, moment.astimezone(self._zone).date())

    def _pages(self, rows: Sequence[T], now: datetime) -> Iterator[Page[T]]:
        size = self._page_size
        for start in range(0, max(len(rows), 1), size):  # an empty list is one empty page, not none
            yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else read_instant(text)


def _batched(
    connection: sa.Connection, ids: Sequence[str], statement: Callable[[Sequence[str]], sa.Select[Any]]
) -> list[sa.Row[*tuple[Any, ...]]]:
    rows: list[sa.Row[*tuple[Any, ...]]] = []
    for start in range(0, len(ids), _BATCH):
        rows.extend(connection.execute(statement(ids[start : start + _BATCH])))
    return rows


def _asked(verb: str, asked: CheckOutRequest | tuple[str, ...]) -> str:
    """What was asked for, as it is stored beside its key."""
    return f"{verb} {codecs.dump(asked)}"
