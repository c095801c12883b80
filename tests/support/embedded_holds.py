"""The embedded ILS's holds, graded by the kit."""

from scld_adapters.sql import holds_items
from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.holds_rows import HoldRows
from scld_adapters.sql.plugin import EMBEDDED
from scld_adapters.sql.tables import ils_items
from scld_core.circulation.model import ItemState
from scld_core.testing.harness import Harness, HoldsBench
from support.accounts import _embedded


def come_in(store, context, item, at):
    """Check an item in at a library, as circulation does: its state and its hold in one transaction."""
    now = context.clock.now()
    with store.transaction() as unit:
        hold = holds_items.trap_for(
            unit.connection, item.local, at, backend=context.instance, now=now, today=now.date()
        )
        state = ItemState.CHECKED_IN if hold is None else ItemState.ON_HOLD_SHELF
        change = sa.update(ils_items).where(ils_items.c.id == item.local)
        unit.connection.execute(change.values(state=state.value, location=str(at)))
    return hold


def holds_bench(world):
    """The embedded ILS's holds in a new store."""
    store, opened, context = _embedded(world)

    def show(hold):
        with store.transaction() as unit:
            HoldRows(unit.connection, context.instance, hold.as_of, hold.as_of.date()).insert(hold)

    return HoldsBench(
        holds=opened.holds,
        close=opened.close,
        dispose=store.close,
        show=show,
        come_in=lambda item, at: come_in(store, context, item, at),
        night=lambda: None,  # the days do their work at each reading
        lose=store.lose,
        outage=store.fall,
    )


EMBEDDED_HOLDS = Harness.of(EMBEDDED, "holds", holds_bench, remembers_keys=True)
