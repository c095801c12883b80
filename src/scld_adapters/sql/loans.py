"""The embedded ILS's answers: `circulation.ports.Loans` on the store's own database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from attrs import frozen

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.store import SqlStore
from scld_adapters.sql.tables import ils_items, ils_loans, ils_patrons, instant_text, read_instant
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import NotFound, ProtocolViolation
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.kernel.page import Page
from scld_core.kernel.time import Clock
from scld_core.patrons.model import Household

__all__ = ["EmbeddedLoans"]

T = TypeVar("T")

_BATCH = 500  # ids in one IN list: SQLite takes 32,766 parameters at most, and older ones 999

# An item's open loan; where it has none, the one it came back from last.
_RANKED = sa.select(
    ils_loans,
    sa.func.row_number()
    .over(
        partition_by=ils_loans.c.item,
        order_by=(ils_loans.c.returned_at.is_not(None), ils_loans.c.returned_at.desc(), ils_loans.c.seq.desc()),
    )
    .label("rank"),
)


@frozen
class _Survivor:
    patron: str
    household: str | None


class EmbeddedLoans:
    """Live answers, each list out of one consistent state of the database.

    A loan on a merged card is the surviving patron's, and counts for that patron's household.
    """

    live = True

    def __init__(self, store: SqlStore, clock: Clock, *, backend: str, page_size: int = 500) -> None:
        self._store = store
        self._clock = clock
        self._backend = backend
        self._page_size = page_size

    def get(self, item: ItemId) -> Circulation:
        """The item's circulation now; raises NotFound for an item the ILS does not know."""
        now = self._clock.now()
        for seen in self._seen([item], now):
            return seen
        raise NotFound(self._backend, "get", f"no item {item}")

    def iter_items(self, items: Collection[ItemId]) -> Iterator[Page[Circulation]]:
        """The circulation of each known item of `items`, in the order of their ids."""
        now = self._clock.now()
        return self._pages(self._seen(sorted(set(items)), now), now)

    def iter_overdue(self, at: datetime) -> Iterator[Page[Loan]]:
        """Open loans due at or before `at`, the longest overdue first."""
        now = self._clock.now()
        wanted = (
            sa.select(ils_loans)
            .where(ils_loans.c.returned_at.is_(None), ils_loans.c.due_at <= instant_text(at))
            .order_by(ils_loans.c.due_at, ils_loans.c.item)
        )
        with self._store.reading() as connection:
            rows = connection.execute(wanted).all()
            owners = self._survivors(connection, rows)
        return self._pages([self._loan(row, owners) for row in rows], now)

    def _pages(self, rows: Sequence[T], now: datetime) -> Iterator[Page[T]]:
        size = self._page_size
        for start in range(0, max(len(rows), 1), size):  # an empty list is one empty page, not none
            yield Page(tuple(rows[start : start + size]), now, last=start + size >= len(rows), total=len(rows))

    def _seen(self, items: Sequence[ItemId], now: datetime) -> list[Circulation]:
        ids = [item.local for item in items if item.backend == self._backend]
        with self._store.reading() as connection:
            found = _batched(connection, ids, lambda part: sa.select(ils_items).where(ils_items.c.id.in_(part)))
            ranked = _RANKED.subquery()
            best = sa.select(ranked).where(ranked.c.rank == 1)
            loans = {
                row.item: row for row in _batched(connection, ids, lambda part: best.where(ranked.c.item.in_(part)))
            }
            owners = self._survivors(connection, loans.values())
        return [
            Circulation(
                ItemId(self._backend, row.id),
                ItemState(row.state),
                now,
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


def _instant(text: str | None) -> datetime | None:
    return None if text is None else read_instant(text)


def _batched(
    connection: sa.Connection, ids: Sequence[str], statement: Callable[[Sequence[str]], sa.Select[Any]]
) -> list[sa.Row[*tuple[Any, ...]]]:
    rows: list[sa.Row[*tuple[Any, ...]]] = []
    for start in range(0, len(ids), _BATCH):
        rows.extend(connection.execute(statement(ids[start : start + _BATCH])))
    return rows
