"""The embedded ILS's desk: what staff do to patrons, items and loans, as functions on a transaction.

Each takes the connection of a store's transaction first (`SqlUnit.connection`), so that several acts,
or an act and its audit line, commit together. Ids are the ILS's own, without the instance name. An item
has one open loan at most; what staff declare of an item leaves its loan open; only a check-in ends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.tables import ils_items, ils_loans, ils_patrons, instant_text, optional_text
from scld_adapters.sql.tables_loans import ils_renewals
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import InvalidValue, NotFound, ProtocolViolation, Rejected
from scld_core.patrons.model import Household
from scld_core.plugins.seed import Seed

__all__ = [
    "ILS",
    "add_item",
    "add_patron",
    "check_in",
    "check_out",
    "declare",
    "fill",
    "merge_patron",
    "renew",
    "survivor",
]

ILS = "embedded"
"""The name these functions give the ILS in a refusal."""

_HOME = (ItemState.CHECKED_IN, ItemState.IN_TRANSIT, ItemState.ON_HOLD_SHELF)
_open_of = sa.select(ils_loans).where(ils_loans.c.item == sa.bindparam("of"), ils_loans.c.returned_at.is_(None))


def add_patron(connection: sa.Connection, patron: str, *, household: Household | None = None) -> None:
    """Register a patron; Rejected when the id is taken."""
    if _merged_into(connection, patron) is not None:
        raise Rejected(ILS, "add_patron", "a patron with this id exists already")
    connection.execute(sa.insert(ils_patrons).values(id=patron, household=_text(household), merged_into=None))


def merge_patron(connection: sa.Connection, patron: str, into: str) -> None:
    """Merge the card `patron` into another one, whose household its loans then count for.

    Rejected when `patron` was merged before, or when `into` was itself merged, however indirectly,
    into `patron`: a circle has no survivor. NotFound when either is unknown.
    """
    if _known_patron(connection, patron, "merge_patron"):
        raise Rejected(ILS, "merge_patron", "this card was merged before")
    if survivor(connection, into) == patron:
        raise Rejected(ILS, "merge_patron", "the other card was merged into this one")
    connection.execute(sa.update(ils_patrons).where(ils_patrons.c.id == patron).values(merged_into=into))


def survivor(connection: sa.Connection, patron: str) -> str:
    """The patron whom a card belongs to after all merges: itself when it was never merged."""
    passed = {patron}
    while merged := _known_patron(connection, patron, "survivor"):
        if merged in passed:
            raise ProtocolViolation(ILS, "survivor", "cards were merged in a circle; none of them survives")
        passed.add(merged)
        patron = merged
    return patron


def _merged_into(connection: sa.Connection, patron: str) -> str | None:
    """Blank for a patron who was never merged, None for one nobody knows."""
    found = connection.execute(sa.select(ils_patrons.c.merged_into).where(ils_patrons.c.id == patron)).one_or_none()
    return None if found is None else found[0] or ""


def _known_patron(connection: sa.Connection, patron: str, operation: str) -> str:
    merged = _merged_into(connection, patron)
    if merged is None:
        raise NotFound(ILS, operation, "no patron with this id")
    return merged


def add_item(
    connection: sa.Connection,
    item: str,
    *,
    at: datetime,
    barcode: str | None = None,
    location: str = "",
    kind: str = "hotspot",
) -> None:
    """Catalogue an item that is on the shelf since `at`; Rejected when id or barcode is taken."""
    same = ils_items.c.id == item
    if barcode is not None:
        same = sa.or_(same, ils_items.c.barcode == barcode)
    if connection.execute(sa.select(ils_items.c.id).where(same)).first() is not None:
        raise Rejected(ILS, "add_item", f"an item with the id {item} or its barcode exists already")
    shelf = ItemState.CHECKED_IN.value
    row = {"barcode": barcode, "location": location, "kind": kind, "state": shelf, "word": ""}
    connection.execute(sa.insert(ils_items).values(id=item, since=instant_text(at), **row))


def check_out(
    connection: sa.Connection,
    item: str,
    patron: str | None = None,
    *,
    at: datetime,
    due_at: datetime,
    loan: str | None = None,
) -> str:
    """Lend an item and give the loan's id, which is made up when left out.

    Rejected for an item with an open loan, a loan id that is taken, or a card that was merged away;
    NotFound for an unknown item or patron.
    """
    _known_item(connection, item, "check_out")
    if _open_loan(connection, item) is not None:
        raise Rejected(ILS, "check_out", f"{item} has an open loan")
    if patron is not None and _known_patron(connection, patron, "check_out"):
        raise Rejected(ILS, "check_out", "this card was merged into another one")
    number = loan or f"loan-{connection.execute(sa.select(sa.func.count()).select_from(ils_loans)).scalar_one() + 1}"
    if connection.execute(sa.select(ils_loans.c.seq).where(ils_loans.c.id == number)).first() is not None:
        raise Rejected(ILS, "check_out", f"a loan with the id {number} exists already")
    _insert_loan(connection, number, item, patron, out_at=instant_text(at), due_at=instant_text(due_at))
    _set_state(connection, item, ItemState.ON_LOAN, at)
    return number


def check_in(connection: sa.Connection, item: str, state: ItemState = ItemState.CHECKED_IN, *, at: datetime) -> None:
    """Take an item back: to the shelf, into transit or onto the hold shelf; ends its open loan."""
    if state not in _HOME:
        raise InvalidValue("check_in", "state", "must be checked_in, in_transit or on_hold_shelf")
    _known_item(connection, item, "check_in")
    lent = sa.and_(ils_loans.c.item == item, ils_loans.c.returned_at.is_(None))
    connection.execute(sa.update(ils_loans).where(lent).values(returned_at=instant_text(at)))
    _set_state(connection, item, state, at)


def renew(connection: sa.Connection, item: str, due_at: datetime) -> None:
    """Move the open loan's due instant; Rejected for an item that is not on loan."""
    _known_item(connection, item, "renew")
    lent = _open_loan(connection, item)
    if lent is None:
        raise Rejected(ILS, "renew", f"{item} is not on loan")
    change = sa.update(ils_loans).where(ils_loans.c.seq == lent.seq)
    connection.execute(change.values(due_at=instant_text(due_at)))
    once_more = sa.update(ils_renewals).where(ils_renewals.c.loan == lent.id)
    connection.execute(once_more.values(times=ils_renewals.c.times + 1))


def declare(connection: sa.Connection, item: str, state: ItemState, *, at: datetime, word: str = "") -> None:
    """Say what became of an item, from `at`; its loan stays as it is.

    `word` is the ILS's own word for it, the only one there is with UNKNOWN_WORD.
    """
    _known_item(connection, item, "declare")
    _set_state(connection, item, state, at, word)


def fill(connection: sa.Connection, seed: Seed) -> None:
    """Start an empty ILS with the records of a sample."""
    loans = [(seen.item.local, seen.loan) for seen in seed.items if seen.loan is not None]
    patrons = {*seed.households, *seed.merged, *seed.merged.values()}
    patrons |= {loan.patron.local for _, loan in loans if loan.patron is not None}
    _insert(connection, ils_patrons, [_patron_row(seed, patron) for patron in sorted(patrons)])
    for patron, into in sorted(seed.merged.items()):
        merge_patron(connection, patron, into)
    _insert(connection, ils_items, [_item_row(seed, seen) for seen in seed.items])
    _insert(connection, ils_loans, [_loan_row(item, loan) for item, loan in loans])
    told = [{"loan": loan.id.local, "times": loan.renewals} for _, loan in loans if loan.renewals is not None]
    _insert(connection, ils_renewals, told)


def _text(household: Household | None) -> str | None:
    return None if household is None else str(household)


def _patron_row(seed: Seed, patron: str) -> dict[str, Any]:
    return {"id": patron, "household": _text(seed.households.get(patron)), "merged_into": None}


def _item_row(seed: Seed, seen: Circulation) -> dict[str, Any]:
    item = seen.item.local
    return {
        "id": item,
        "barcode": seed.barcodes.get(item),
        "location": seed.homes.get(item, ""),
        "kind": seed.kinds.get(item, "hotspot"),
        "state": seen.state.value,
        "word": seen.word,
        "since": optional_text(seen.since),
    }


def _loan_row(item: str, loan: Loan) -> dict[str, Any]:
    return {
        "id": loan.id.local,
        "item": item,
        "patron": None if loan.patron is None else loan.patron.local,
        "out_at": optional_text(loan.out_at),
        "due_at": instant_text(loan.due_at),
        "returned_at": optional_text(loan.returned_at),
    }


def _insert(connection: sa.Connection, table: sa.Table, rows: Iterable[dict[str, Any]]) -> None:
    found = list(rows)
    if found:
        connection.execute(sa.insert(table), found)


def _insert_loan(connection: sa.Connection, number: str, item: str, patron: str | None, **times: str) -> None:
    row = {"id": number, "item": item, "patron": patron, "returned_at": None, **times}
    connection.execute(sa.insert(ils_loans).values(**row))
    connection.execute(sa.insert(ils_renewals).values(loan=number, times=0))


def _known_item(connection: sa.Connection, item: str, operation: str) -> None:
    if connection.execute(sa.select(ils_items.c.id).where(ils_items.c.id == item)).first() is None:
        raise NotFound(ILS, operation, f"no item {item}")


def _open_loan(connection: sa.Connection, item: str) -> sa.Row[*tuple[Any, ...]] | None:
    return connection.execute(_open_of, {"of": item}).one_or_none()


def _set_state(connection: sa.Connection, item: str, state: ItemState, at: datetime, word: str = "") -> None:
    change = sa.update(ils_items).where(ils_items.c.id == item)
    connection.execute(change.values(state=state.value, word=word, since=instant_text(at)))
