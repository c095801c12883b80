"""State machines of the ports that are only read: what staff change in between shows, and nothing else does."""

from __future__ import annotations

from typing import Any, ClassVar

from scld_core.testing._hypothesis import RuleBasedStateMachine, rule, st
from scld_core.testing.duel import Call, agree
from scld_core.testing.duel_calendars import CalendarsDuel
from scld_core.testing.duel_catalog import CatalogDuel
from scld_core.testing.duel_notices import NoticesDuel
from scld_core.testing.harness import Harness
from scld_core.testing.references_agency import MEMORY_NOTICES
from scld_core.testing.references_calendars import MEMORY_CALENDARS
from scld_core.testing.references_catalog import MEMORY_CATALOG
from scld_core.testing.synthetic_catalog import QUERIES

__all__ = ["CalendarsMachine", "CatalogMachine", "NoticesMachine"]

_choices = st.integers(0, 1)


class NoticesMachine(RuleBasedStateMachine):
    """The life of a record of notices: more are sent, and it is read by patron and by time."""

    harness: ClassVar[Harness[Any]] = MEMORY_NOTICES

    def __init__(self) -> None:
        super().__init__()
        self.duel = NoticesDuel(MEMORY_NOTICES, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(patron=st.integers(0, 4), choice=_choices)
    def send(self, patron: int, choice: int) -> None:
        """The ILS sends one more notice."""
        self._do(Call("send", patron, choice))

    @rule(patron=st.sampled_from((0, 1, 2, 3, 4, 999)))
    def of_patron(self, patron: int) -> None:
        """List the notices to a patron, or to nobody."""
        self._do(Call("iter_notices", patron))

    @rule(days=st.sampled_from((-365, -40, -19, 0, 1)))
    def sent(self, days: int) -> None:
        """List what was sent since some day."""
        self._do(Call("iter_sent", days))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class CatalogMachine(RuleBasedStateMachine):
    """The life of a catalogue: titles are corrected, items withdrawn, and both are looked for."""

    harness: ClassVar[Harness[Any]] = MEMORY_CATALOG

    def __init__(self) -> None:
        super().__init__()
        self.duel = CatalogDuel(MEMORY_CATALOG, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(title=st.integers(0, 5), name=st.integers(0, 2))
    def show(self, title: int, name: int) -> None:
        """Staff correct the name of a title."""
        self._do(Call("show", title, name))

    @rule(item=st.sampled_from((0, 3, 7)))
    def withdraw(self, item: int) -> None:
        """Staff take an item out of the collection."""
        self._do(Call("withdraw", item))

    @rule(query=st.integers(0, len(QUERIES) - 1))
    def search(self, query: int) -> None:
        """Look for titles."""
        self._do(Call("search", query))

    @rule(number=st.sampled_from((0, 1, 2, 3, 4, 5, 999)))
    def of_title(self, number: int) -> None:
        """Look at a title and its items."""
        self._do(Call("title", number))
        self._do(Call("items_of", number))

    @rule(number=st.sampled_from((0, 1, 2, 7, 999)))
    def one_item(self, number: int) -> None:
        """Look at an item, by its id and by its barcode."""
        self._do(Call("item", number))
        self._do(Call("find_item", number))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()


class CalendarsMachine(RuleBasedStateMachine):
    """The life of a calendar: closures are entered and taken out, and days are asked about."""

    harness: ClassVar[Harness[Any]] = MEMORY_CALENDARS

    def __init__(self) -> None:
        super().__init__()
        self.duel = CalendarsDuel(MEMORY_CALENDARS, self.harness)

    def _do(self, call: Call) -> None:
        if call in self.duel.calls:
            agree(call, self.duel.do(call))

    @rule(number=st.integers(0, 2))
    def show(self, number: int) -> None:
        """Staff enter a closure."""
        self._do(Call("show", number))

    @rule(number=st.integers(0, 2))
    def take_out(self, number: int) -> None:
        """Staff take one out again."""
        self._do(Call("take_out", number))

    @rule(since=st.integers(0, 3), days=st.integers(0, 3))
    def closures(self, since: int, days: int) -> None:
        """Ask about some days."""
        self._do(Call("closures", since, days))

    def teardown(self) -> None:
        """Release both."""
        self.duel.release()
