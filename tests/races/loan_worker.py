"""A loans desk in a process of its own."""

from datetime import timedelta

from served import Served, open_store

from scld_adapters.sql._sqlalchemy import sa
from scld_adapters.sql.fees import EmbeddedFees
from scld_adapters.sql.loans import EmbeddedLoans
from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_adapters.sql.tables import ils_loans, instant_text
from scld_core.circulation.actions import AREA
from scld_core.circulation.model import CheckOutRequest
from scld_core.circulation.office import LoansOffice, Ruling
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.time import FixedClock
from scld_core.runs.engine import Engine
from scld_core.runs.one_step import Writer
from scld_core.services.claims import LoansDesk, loans_area
from support.lending import CALENDAR, NOW, POLICY


class LoanWorker(Served):
    """One person's desk, a self-check beside it, and a program that looks at nothing."""

    store = None

    def open(self, address, actor):
        """At the store there."""
        self.store = store = open_store(address)
        clock = FixedClock(NOW)
        self.loans = EmbeddedLoans(store, clock, backend="main")
        patrons = EmbeddedPatrons(store, clock, backend="main")
        office = LoansOffice(
            ils="main",
            loans=self.loans,
            store=store,
            clock=clock,
            actor=Actor(actor),
            ruling=lambda: Ruling(POLICY, "test", CALENDAR, NOW),
            patron=patrons.get,
            owed=lambda who: EmbeddedFees(store, clock, backend="main").account(who).balance,
        )
        area = loans_area(office, None)
        actions = {action.name: action for action in area.actions}
        engine = Engine(store, actions, clock, office.actor, lambda seconds: None, progress=self._stage)
        self.desk = LoansDesk(office, Writer(engine, AREA, NOW.date, lambda: b"key"))

    def close(self):
        """Close it."""
        if self.store is not None:
            self.store.close()

    def lend(self, item, patron):
        """At the desk."""
        return told(self.desk.check_out(PatronId("main", patron), ItemId("main", item)))

    def back(self, item):
        """At the desk."""
        return told(self.desk.check_in(ItemId("main", item), LocationId("cheney")))

    def take(self, item, patron):
        """At a self-check, which asks the ILS alone."""
        request = CheckOutRequest(patron=PatronId("main", patron), item=ItemId("main", item))
        self.loans.check_out(request, key=f"self-{patron}-{item}")
        return {"done": True}

    def force(self, item, patron):
        """Past every look: a program that inserts a second open loan."""
        with self.store.transaction() as unit:
            row = {"id": f"forced-{patron}", "item": item, "patron": patron}
            times = {"out_at": instant_text(NOW), "due_at": instant_text(NOW + timedelta(days=9))}
            unit.connection.execute(sa.insert(ils_loans).values(**row, **times))
        return {"done": True}


def told(outcome):
    """What came of it, in words."""
    codes = [reason.code for reason in outcome.decision.reasons]
    return {"done": outcome.done, "codes": codes, "result": outcome.receipt.result if outcome.receipt else ""}
