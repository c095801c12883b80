"""The read-only self-test of a backend."""

import pytest

from scld_core.catalog import Library
from scld_core.circulation.model import ItemState
from scld_core.errors import NotFound, UnsupportedOperation
from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import ServiceState
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.time import FixedClock
from scld_core.memory.calendars import MemoryCalendars
from scld_core.memory.catalog import MemoryCatalog
from scld_core.memory.holds import MemoryHolds
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons.person import Card, Patron
from scld_core.plugins.spec import OpenBackend
from scld_core.services.probe import probe
from support.hotspots import NOW, item_id, line
from support.world import World


class ReadOnly:
    """A port of which nothing but reads may be called."""

    def __init__(self, port) -> None:
        self._port = port
        self.called: set[str] = set()

    def __getattr__(self, name):
        assert name not in ("suspend", "restore", "terminate"), f"probe called {name}"
        self.called.add(name)
        return getattr(self._port, name)


class Without:
    """A port that does not offer one of its operations."""

    def __init__(self, port, operation) -> None:
        self._port = port
        self._operation = operation

    def __getattr__(self, name):
        return self._refuse if name == self._operation else getattr(self._port, name)

    def _refuse(self, *_):
        raise UnsupportedOperation("main", self._operation, "no such report")


@pytest.fixture
def world():
    """Three devices, one of them overdue."""
    world = World(3)
    world.loans.lend(item_id(0), due_at=world.due(-5))
    return world


def steps(world, loans=None, lines=None):
    """Name, verdict and detail of each step, with the district's own items and lines to read."""
    numbers = range(3)
    backend = OpenBackend(loans=loans, lines=lines)
    found = probe(backend, now=NOW, items=tuple(map(item_id, numbers)), lines=tuple(map(line, numbers)))
    return {step.name: (step.ok, step.detail) for step in found}


def test_each_read_of_an_ils_is_tried(world):
    """Overdue list, item list, one item: with counts, and nothing of a patron."""
    port = ReadOnly(world.loans)
    assert steps(world, loans=port) == {
        "overdue list": (True, "1 rows, 0 unusable, the list is whole"),
        "item list": (True, "3 rows, 0 unusable, the list is whole"),
        "one item": (True, "on_loan"),
    }
    assert port.called == {"iter_overdue", "iter_items", "get"}


def test_each_read_of_a_carrier_is_tried(world):
    """The list of lines and one line; no write is called and nothing changes."""
    port = ReadOnly(world.carrier)
    assert steps(world, lines=port) == {
        "line list": (True, "3 rows, 0 unusable, the list is whole"),
        "one line": (True, "active"),
    }
    assert port.called == {"iter_lines", "get"}
    assert world.carrier.effects == ()


def test_without_records_of_our_own_only_the_lists_are_tried(world):
    """A new district has no item and no line to ask for; a backend without ports offers nothing to try."""
    found = probe(OpenBackend(loans=world.loans, lines=world.carrier), now=NOW)
    assert [step.name for step in found] == ["overdue list", "item list", "line list"]
    assert list(probe(OpenBackend(), now=NOW)) == []


def test_a_list_that_breaks_off_fails_its_step(world):
    """A list that is not whole is one that the day would refuse; the other steps are still tried."""
    world.loans.cut_after = world.carrier.cut_after = 0
    told = steps(world, loans=world.loans, lines=world.carrier)
    for name in ("overdue list", "item list", "line list"):
        assert told[name] == (False, "0 rows, 0 unusable, the list is not whole: the day's run would refuse it")
    assert told["one item"][0] is True
    assert told["one line"][0] is True


@pytest.mark.parametrize(
    ("operation", "name"), [("iter_overdue", "overdue list"), ("iter_items", "item list"), ("get", "one item")]
)
def test_what_a_backend_does_not_offer_is_neither_right_nor_wrong(world, operation, name):
    """An unsupported operation is said to be so, with its reason, and the others are tried."""
    told = steps(world, loans=Without(world.loans, operation))
    assert told.pop(name) == (None, "no such report")
    assert [ok for ok, _ in told.values()] == [True, True]


def test_a_system_that_fails_fails_each_step_and_stops_none(world):
    """An unreachable carrier: both steps fail with the fault's own sentence."""
    world.carrier.fates = lambda operation: Fate.LOST_BEFORE
    told = steps(world, lines=world.carrier)
    assert [ok for ok, _ in told.values()] == [False, False]
    assert all(detail.startswith("carrier.") for _, detail in told.values())


def test_a_record_that_is_not_there_fails_its_step(world):
    """The inventory names an item that the ILS does not know."""
    world.loans.get = lambda item: (_ for _ in ()).throw(NotFound("main", "get", f"no item {item}"))
    assert steps(world, loans=world.loans)["one item"] == (False, "main.get: no item main:i0")


def test_words_without_a_translation_are_listed_once(world):
    """Each unknown word of the carrier is named, once and in order, so that it can be entered in district.toml."""
    for number, word in enumerate(("HOTLINED", "Barred", "HOTLINED")):
        world.carrier.add(line(number), ServiceState.UNKNOWN_WORD, word=word)
    world.loans.say(item_id(0), ItemState.MISSING)
    told = steps(world, lines=world.carrier)
    assert told["state words"] == (False, "no translation for 'Barred', 'HOTLINED'")


def test_the_other_ports_are_tried_and_nobodys_record_is_read():
    """Libraries, the pick list of the first, a card that nobody has, closures; what is not offered is said."""
    clock = FixedClock(NOW)
    patrons, catalog, calendars = MemoryPatrons(clock), MemoryCatalog(clock), MemoryCalendars(clock)
    holds = MemoryHolds(clock, patrons)
    catalog.put_library(Library(LocationId("cheney"), "Cheney"))
    backend = OpenBackend(patrons=patrons, catalog=catalog, holds=holds, calendars=calendars)
    found = {step.name: (step.ok, step.detail) for step in probe(backend, now=NOW)}
    assert found == {
        "libraries": (True, "1 rows, 0 unusable, the list is whole"),
        "pick list": (True, "0 rows, 0 unusable, the list is whole"),
        "a card that nobody has": (True, "is nobody's"),
        "closures": (True, "0 rows, 0 unusable, the list is whole"),
    }
    catalog.cut_after = 0
    found = {step.name: step.ok for step in probe(OpenBackend(catalog=catalog, holds=holds), now=NOW)}
    assert found == {"libraries": False}
    somebody = Patron(id=PatronId("main", "p1"), as_of=NOW, cards=(Card(number=Barcode("00000000000000")),))
    patrons.put(somebody)
    (step,) = probe(OpenBackend(patrons=patrons), now=NOW)
    assert step.detail == "somebody has it"
    (step,) = probe(OpenBackend(patrons=Without(patrons, "find")), now=NOW)
    assert step.ok is None
