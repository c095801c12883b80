"""A desk of holds in a process of its own: ``python hold_worker.py ADDRESS ACTOR``, told what to do line by line.

It says when a step is prepared, which is after everything was decided, and waits until it is told to go on.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from attrs import evolve

from scld_adapters.sql.holds import EmbeddedHolds
from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_adapters.sql.store import open_postgres, open_sqlite
from scld_core.calendars import Calendar, WeeklyHours
from scld_core.errors import Conflict
from scld_core.holds.actions import holds_area
from scld_core.holds.desk import HoldDesk
from scld_core.holds.facts import HoldRuling, HoldSystems
from scld_core.holds.model import HoldRequest
from scld_core.holds.policy import HoldPolicy
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import LocationId, PatronId, TitleId
from scld_core.kernel.time import FixedClock
from scld_core.runs.engine import Engine
from scld_core.runs.one_step import Writer
from support.hotspots import OPEN

NOW = datetime(2026, 3, 10, 16, tzinfo=UTC)
POLICY = HoldPolicy(max_holds=2, before_activation=1, shelf_days=7)
CALENDAR = Calendar("America/Los_Angeles", (WeeklyHours(tuesday=OPEN),))


def open_store(address):
    """The store at a path or URL."""
    return open_postgres(address) if address.startswith("postgresql:") else open_sqlite(Path(address))


class Careless(EmbeddedHolds):
    """A control: an ILS that leaves the limit to the desk."""

    def place(self, request, *, key, answers=None):
        return super().place(evolve(request, at_most=None), key=key, answers=answers)


def say(answer):
    """One line for the test to read."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def stage(now):
    """Wait where a step is ready to be sent."""
    if now.what == "prepared":
        say("prepared")
        sys.stdin.readline()


def desk(store, actor, careless):
    """The desk of one person."""
    clock = FixedClock(NOW)
    holds = (Careless if careless else EmbeddedHolds)(store, clock, backend="main")
    patrons = EmbeddedPatrons(store, clock, backend="main")
    ruling = HoldRuling(POLICY, "test", CALENDAR, NOW)
    systems = HoldSystems(holds=holds, person=patrons.get, ruling=lambda: ruling)
    actions = {action.name: action for action in holds_area(systems).actions}
    engine = Engine(store, actions, clock, Actor(actor), lambda seconds: None, progress=stage)
    return HoldDesk(systems, Writer(engine, "holds", lambda: date(2026, 3, 10), lambda: b"key"))


def main():
    """Place what each line names, and say what came of it."""
    store = open_store(sys.argv[1])
    say("ready")
    for line in sys.stdin:
        title, careless = json.loads(line)
        request = HoldRequest(patron=PatronId("main", "p1"), title=TitleId("main", title), pickup=LocationId("cheney"))
        try:
            outcome = desk(store, sys.argv[2], careless).place(request)
        except Conflict:
            say({"conflict": True})
            continue
        codes = [reason.code for reason in outcome.decision.reasons]
        say({"done": outcome.done, "codes": codes, "result": outcome.receipt.result if outcome.receipt else ""})
    store.close()


class Remote:
    """The test's end of a worker; leaving it ends the process."""

    def __init__(self, address, actor):
        self._process = subprocess.Popen(
            [sys.executable, __file__, address, actor],
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

    def place(self, title, *, careless=False):
        """Ask for a hold; gives what the worker says first."""
        self.tell([title, careless])
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
