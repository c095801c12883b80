"""A small synthetic ILS with holds."""

from datetime import UTC, datetime

from attrs import frozen

from scld_core.holds.model import HoldManner, HoldRequest
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.memory.holds import MemoryHolds
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons.person import Patron
from support.clock import Ticking

NORTH, CHENEY = LocationId("north-spokane"), LocationId("cheney")
START = datetime(2026, 3, 10, 16, tzinfo=UTC)


def patron(number):
    """A synthetic patron's id."""
    return PatronId("main", f"p{number}")


def title(number):
    """A synthetic title's id."""
    return TitleId("main", f"t{number}")


def item(number):
    """A synthetic item's id."""
    return ItemId("main", f"i{number}")


def request(who=1, what=1, **more):
    """A request for any item of a title."""
    return HoldRequest(patron=patron(who), title=title(what), pickup=more.pop("pickup", NORTH), **more)


@frozen
class World:
    """The clock, the patrons and the holds of one ILS."""

    clock: Ticking
    patrons: MemoryPatrons
    holds: MemoryHolds

    def listed(self, pages):
        """The rows of a list."""
        return [row for page in pages for row in page.rows]

    def queue(self, what=1):
        """The open holds of a title."""
        return self.listed(self.holds.of_title(title(what)))


def world(manner=None, *, patrons=4, titles=2, items=2, **options):
    """Some patrons, and titles with items on the shelf at North Spokane: i1 and i2 are of t1, i3 and i4 of t2."""
    clock = Ticking(START)
    people = MemoryPatrons(clock)
    holds = MemoryHolds(clock, people, manner=manner or HoldManner(), **options)
    for number in range(1, patrons + 1):
        people.put(Patron(id=patron(number), as_of=START))
    for number in range(titles * items):
        holds.add(item(number + 1), title(number // items + 1), NORTH, call_number=f"FIC {number}")
    return World(clock, people, holds)
