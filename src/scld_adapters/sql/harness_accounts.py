"""The embedded ledger and patrons with the levers of the conformance kit: what staff do at their tables."""

from __future__ import annotations

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.fees import FeeDesk
from scld_adapters.sql.harness_store import opened_embedded
from scld_adapters.sql.patrons import PatronDesk
from scld_adapters.sql.tables import (
    ils_blocks,
    ils_cards,
    ils_charges,
    ils_entries,
    ils_flags,
    ils_parts,
    ils_persons,
)
from scld_core.errors import AdapterBug
from scld_core.fees.ledger import Account
from scld_core.patrons.person import Patron
from scld_core.testing.harness import FeesBench, PatronsBench, World

__all__ = ["fees_bench", "patrons_bench"]


def fees_bench(world: World) -> FeesBench:
    """The port `fees` in a new store."""
    ils = opened_embedded(world)
    store, context, fees = ils.store, ils.context, ils.opened.fees
    if fees is None:
        raise AdapterBug(context.instance, "open", "opened no port fees")

    def show(account: Account) -> None:
        with store.transaction() as unit:
            mine = sa.select(ils_entries.c.id).where(ils_entries.c.patron == account.patron.local)
            for table in (ils_parts, ils_charges):
                unit.connection.execute(sa.delete(table).where(table.c.entry.in_(mine)))
            unit.connection.execute(sa.delete(ils_entries).where(ils_entries.c.patron == account.patron.local))
            FeeDesk(unit.connection, context.instance, context.clock.now()).file(account)

    return FeesBench(
        fees=fees, close=ils.opened.close, dispose=store.close, show=show, lose=store.lose, outage=store.fall
    )


def patrons_bench(world: World) -> PatronsBench:
    """The port `patrons` in a new store."""
    ils = opened_embedded(world)
    store, context, patrons = ils.store, ils.context, ils.opened.patrons
    if patrons is None:
        raise AdapterBug(context.instance, "open", "opened no port patrons")

    def show(patron: Patron) -> None:
        with store.transaction() as unit:
            for table in (ils_persons, ils_cards, ils_flags, ils_blocks):
                unit.connection.execute(sa.delete(table).where(table.c.patron == patron.id.local))
            PatronDesk(unit.connection, context.instance).register(patron)

    return PatronsBench(
        patrons=patrons, close=ils.opened.close, dispose=store.close, show=show, lose=store.lose, outage=store.fall
    )
