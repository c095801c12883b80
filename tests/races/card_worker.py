"""A cards desk in a process of its own."""

from datetime import date

from served import Served, open_store

from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_core.cards.actions import cards_area
from scld_core.cards.desk import CardDesk
from scld_core.cards.office import CardOffice, CardRuling
from scld_core.kernel.actor import Actor
from scld_core.kernel.time import FixedClock
from scld_core.patrons.files import Drafts
from scld_core.patrons.systems import PatronRuling, PatronSystems, Places
from scld_core.runs.engine import Engine
from scld_core.runs.one_step import Writer
from support.cards_desk import AREAS, ARGONNE, JURISDICTION, NOW, PEOPLE, POLICY, TODAY, application, person
from support.hotspots import CALENDAR


class CardWorker(Served):
    """The desk of one person."""

    _store = None

    def open(self, address: str, actor: str) -> None:
        """At the store there."""
        self._store = open_store(address)
        self._actor = Actor(actor)

    def close(self) -> None:
        """Close it."""
        if self._store is not None:
            self._store.close()

    def issue(self, name: str, phone: str, number: str = "") -> dict[str, object]:
        """Give a card, and say what came of it."""
        asked = application(contact=person(name, family=f"Made-up {name}", phone=phone), library=ARGONNE)
        outcome = self._desk().issue(asked, number=number)
        codes = [reason.code for reason in outcome.decision.reasons]
        return {"done": outcome.done, "codes": codes, "card": str(outcome.value.card) if outcome.value else ""}

    def _desk(self) -> CardDesk:
        clock, store = FixedClock(NOW), self._store
        people = PatronSystems(
            patrons=EmbeddedPatrons(store, clock, backend="main"),
            store=store,
            clock=clock,
            actor=self._actor,
            ruling=lambda: PatronRuling(PEOPLE, "test", TODAY),
            places=lambda: Places(AREAS, JURISDICTION, "test", TODAY),
            audit=lambda line: None,
            drafts=Drafts(store),
        )
        office = CardOffice(people=people, ruling=lambda: CardRuling(POLICY, "test", CALENDAR, NOW))
        actions = {action.name: action for action in cards_area(office).actions}
        engine = Engine(store, actions, clock, self._actor, lambda seconds: None, progress=self._stage)
        return CardDesk(office, Writer(engine, "cards", lambda: date(2026, 3, 10), lambda: b"k" * 16))
