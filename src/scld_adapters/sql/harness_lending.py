"""The embedded loans and holds with the levers of the conformance kit: what staff do at their tables."""

from __future__ import annotations

from attrs import evolve

from scld_adapters.sql import holds_items
from scld_adapters.sql import ils as desk
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.harness_store import opened_embedded
from scld_adapters.sql.holds_rows import HoldRows
from scld_adapters.sql.tables import ils_items, ils_loans, instant_text, optional_text
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.errors import AdapterBug
from scld_core.holds.model import Copy, Hold
from scld_core.holds.states import HoldState
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.plugins.seed import Seed
from scld_core.testing.harness import Excused, HoldsBench, LoansBench, World, nothing

__all__ = ["holds_bench", "loans_bench"]


def loans_bench(world: World) -> LoansBench:
    """The port `loans` in a new store."""
    ils = opened_embedded(world)
    store, loans = ils.store, ils.opened.loans
    if loans is None:
        raise AdapterBug(ils.context.instance, "open", "opened no port loans")

    def show(seen: Circulation) -> None:
        with store.transaction() as unit:
            _show(unit.connection, seen, instant_text(world.clock.now()))

    def hold(subject: ItemId, patron: PatronId, pickup: LocationId) -> HoldId:
        now, instance = world.clock.now(), ils.context.instance
        title, number = TitleId(instance, f"of-{subject.local}"), HoldId(instance, f"of-{subject.local}")
        placed = Hold(
            id=number, patron=patron, title=title, pickup=pickup, state=HoldState.WAITING, placed_at=now, as_of=now
        )
        with store.transaction() as unit:
            seed = Seed(copies={subject.local: Copy(title)}, holds=(placed,))
            holds_items.file_holds(unit.connection, seed, backend=instance)
        return number

    return LoansBench(
        loans=loans,
        close=ils.opened.close,
        dispose=store.close,
        show=show,
        ask=_asks_nothing,
        hold=hold,
        lose=store.lose,
        outage=store.fall,
    )


def _show(connection: sa.Connection, seen: Circulation, now: str) -> None:
    local, loan = seen.item.local, seen.loan
    if connection.execute(sa.select(ils_items.c.id).where(ils_items.c.id == local)).first() is None:
        lent = None if loan is None else evolve(loan, patron=None)
        desk.fill(connection, Seed(items=(evolve(seen, loan=lent),)))
        return
    since = seen.since
    values = {"state": seen.state.value, "word": seen.word, "since": optional_text(since)}
    connection.execute(sa.update(ils_items).where(ils_items.c.id == local).values(**values))
    still_out = sa.update(ils_loans).where(ils_loans.c.item == local, ils_loans.c.returned_at.is_(None))
    connection.execute(still_out.values(returned_at=now))
    if loan is not None:
        _show_loan(connection, local, loan)


def _show_loan(connection: sa.Connection, item: str, loan: Loan) -> None:
    times = {"due_at": instant_text(loan.due_at), "returned_at": optional_text(loan.returned_at)}
    same = sa.update(ils_loans).where(ils_loans.c.item == item, ils_loans.c.id == loan.id.local)
    if not connection.execute(same.values(**times)).rowcount:
        row = {"id": loan.id.local, "item": item, "out_at": optional_text(loan.out_at), **times}
        connection.execute(sa.insert(ils_loans).values(**row))


def _asks_nothing(subject: ItemId | TitleId) -> None:
    del subject
    raise Excused("the embedded ILS does a thing or refuses it; it asks nothing")


def holds_bench(world: World) -> HoldsBench:
    """The port `holds` in a new store; what the night would do, the days do at each reading."""
    ils = opened_embedded(world)
    store, context, holds = ils.store, ils.context, ils.opened.holds
    if holds is None:
        raise AdapterBug(context.instance, "open", "opened no port holds")

    def show(hold: Hold) -> None:
        with store.transaction() as unit:
            HoldRows(unit.connection, context.instance, hold.as_of, hold.as_of.date()).insert(hold)

    def come_in(item: ItemId, at: LocationId) -> Hold | None:
        now = context.clock.now()
        with store.transaction() as unit:
            hold = holds_items.trap_for(
                unit.connection, item.local, at, backend=context.instance, now=now, today=now.date()
            )
            state = ItemState.CHECKED_IN if hold is None else ItemState.ON_HOLD_SHELF
            change = sa.update(ils_items).where(ils_items.c.id == item.local)
            unit.connection.execute(change.values(state=state.value, location=str(at)))
        return hold

    return HoldsBench(
        holds=holds,
        close=ils.opened.close,
        dispose=store.close,
        show=show,
        come_in=come_in,
        night=nothing,
        ask=_asks_nothing,
        lose=store.lose,
        outage=store.fall,
    )
