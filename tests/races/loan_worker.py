"""A loans desk in a process of its own: ``python loan_worker.py ACTOR``, told what to do line by line.

It says when a step is prepared, which is after everything was decided, and waits until it is told to go on.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from scld_adapters.sql._sqlalchemy import DBAPIError, sa
from scld_adapters.sql.fees import EmbeddedFees
from scld_adapters.sql.loans import EmbeddedLoans
from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_adapters.sql.store import open_postgres, open_sqlite
from scld_adapters.sql.tables import ils_loans, instant_text
from scld_core.circulation.actions import AREA
from scld_core.circulation.model import CheckOutRequest
from scld_core.circulation.office import LoansOffice, Ruling
from scld_core.errors import ScldError
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.time import FixedClock
from scld_core.runs.engine import Engine
from scld_core.runs.one_step import Writer
from scld_core.services.claims import LoansDesk, loans_area
from support.lending import CALENDAR, NOW, POLICY


def open_store(address):
    """The store at a path or URL."""
    return open_postgres(address) if address.startswith("postgresql:") else open_sqlite(Path(address))


def say(answer):
    """One line for the test to read."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def stage(now):
    """Wait where a step is ready to be sent."""
    if now.what == "prepared":
        say("prepared")
        sys.stdin.readline()


class Desk:
    """One person's desk, a self-check beside it, and a program that looks at nothing."""

    def __init__(self, store, actor):
        self.store = store
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
        engine = Engine(store, actions, clock, office.actor, lambda seconds: None, progress=stage)
        self.desk = LoansDesk(office, Writer(engine, AREA, NOW.date, lambda: b"key"))

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


def main():
    """Do what each line names, and say what came of it."""
    desk = None
    say("ready")
    for line in sys.stdin:
        name, *given = json.loads(line)
        if name == "open":
            if desk is not None:
                desk.store.close()
            desk = Desk(open_store(*given), sys.argv[1]) if given else None
            say("opened")
            continue
        try:
            say(getattr(desk, name)(*given))
        except (ScldError, DBAPIError) as refusal:
            say({"done": False, "error": type(refusal).__name__})


class Remote:
    """The test's end of a worker; leaving it ends the process."""

    def __init__(self, actor):
        self._process = subprocess.Popen(
            [sys.executable, __file__, actor],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
        )
        assert self.answer() == "ready"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def do(self, *what):
        """Tell it what to do; gives what the worker says first."""
        self.tell(list(what))
        return self.answer()

    def go(self):
        """Let it send."""
        self.tell("go")

    def tell(self, what):
        """One line."""
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def answer(self):
        """What it says next."""
        return json.loads(self._process.stdout.readline())


if __name__ == "__main__":
    main()
