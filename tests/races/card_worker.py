"""A cards desk in a process of its own: ``python card_worker.py ADDRESS ACTOR``, told what to do line by line.

It says when a step is prepared, which is after everything was decided, and waits until it is told to go on.
"""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from attrs import evolve

from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_adapters.sql.store import open_postgres, open_sqlite
from scld_core.cards.actions import cards_area
from scld_core.cards.desk import CardDesk
from scld_core.cards.office import CardOffice, CardRuling
from scld_core.errors import Conflict
from scld_core.kernel.actor import Actor
from scld_core.kernel.time import FixedClock
from scld_core.patrons.files import Drafts
from scld_core.patrons.systems import PatronRuling, PatronSystems, Places
from scld_core.runs.engine import Engine
from scld_core.runs.one_step import Writer
from support.cards_desk import AREAS, ARGONNE, JURISDICTION, NOW, PEOPLE, POLICY, TODAY, application, person
from support.hotspots import CALENDAR


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


def desk(store, actor, waits=True):
    """The desk of one person."""
    clock = FixedClock(NOW)
    people = PatronSystems(
        patrons=EmbeddedPatrons(store, clock, backend="main"),
        store=store,
        clock=clock,
        actor=Actor(actor),
        ruling=lambda: PatronRuling(PEOPLE, "test", TODAY),
        places=lambda: Places(AREAS, JURISDICTION, "test", TODAY),
        audit=lambda line: None,
        drafts=Drafts(store),
    )
    office = CardOffice(people=people, ruling=lambda: CardRuling(POLICY, "test", CALENDAR, NOW))
    actions = {action.name: action for action in cards_area(office).actions}
    engine = Engine(store, actions, clock, Actor(actor), lambda seconds: None)
    engine = evolve(engine, progress=stage) if waits else engine
    return CardDesk(office, Writer(engine, "cards", lambda: date(2026, 3, 10), lambda: b"k" * 16))


def main():
    """Give a card to whom each line names, and say what came of it."""
    store = open_store(sys.argv[1])
    say("ready")
    for line in sys.stdin:
        name, phone, number = json.loads(line)
        asked = application(contact=person(name, family=f"Made-up {name}", phone=phone), library=ARGONNE)
        try:
            outcome = desk(store, sys.argv[2]).issue(asked, number=number)
        except Conflict:
            say({"conflict": True})
            continue
        codes = [reason.code for reason in outcome.decision.reasons]
        card = str(outcome.value.card) if outcome.value else ""
        say({"done": outcome.done, "codes": codes, "card": card})
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

    def issue(self, name, phone, number=""):
        """Ask for a card; gives what the worker says first."""
        self.tell([name, phone, number])
        return self.answer()

    def go(self):
        """Let it send, and give what came of it."""
        self.tell("go")
        return self.answer()

    def tell(self, what):
        """One line."""
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def answer(self):
        """What it says next."""
        return json.loads(self._process.stdout.readline())


if __name__ == "__main__":
    main()
