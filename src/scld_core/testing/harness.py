"""How the kit gets a backend to grade: an author gives a harness, each check asks it for a bench.

A bench is one opened backend over a system that holds exactly the seed's records, with the levers
that the author can offer. A lever that is left out costs no check its truth: what cannot be seen
without it is reported as unseen, and the grade says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from scld_core.agency.ports import AgencyChannel
from scld_core.calendars.model import Closure
from scld_core.calendars.ports import Calendars
from scld_core.catalog.model import Title
from scld_core.catalog.ports import Catalog
from scld_core.circulation.model import Circulation
from scld_core.circulation.ports import Loans
from scld_core.fees.ledger import Account
from scld_core.fees.ports import Fees
from scld_core.holds.model import Hold
from scld_core.holds.ports import Holds
from scld_core.hotspots.account import Fate
from scld_core.hotspots.model import LineView
from scld_core.hotspots.ports import CarrierLines
from scld_core.kernel.capability import Capability, Convention, Full, operations
from scld_core.kernel.devices import Line
from scld_core.kernel.ids import HoldId, ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.validate import instance, matching, nonempty
from scld_core.notices.model import Notice
from scld_core.notices.ports import Notices
from scld_core.patrons.person import Patron
from scld_core.patrons.ports import Patrons
from scld_core.plugins.guard import PORTS
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext, BackendSpec
from scld_core.runs.ports import Store
from scld_core.testing.clock import TickingClock

__all__ = [
    "BENCHES",
    "CATALOG_FACTS",
    "CLOSURE_FACTS",
    "HOLD_FACTS",
    "NOTICE_FACTS",
    "Bench",
    "CalendarsBench",
    "CarrierBench",
    "CatalogBench",
    "ChannelBench",
    "Excused",
    "FeesBench",
    "Harness",
    "HoldsBench",
    "LoansBench",
    "NoticesBench",
    "PatronsBench",
    "StoreBench",
    "World",
    "nothing",
]


class Excused(Exception):
    """The backend declares that it does not do this, or not by itself.

    A lever raises it for what its system never does, with the sentence that the report shall give.
    """


def nothing() -> None:
    """Nothing to do."""


@frozen
class World:
    """What a bench is made for: the records its system shall hold, and the context to open it with.

    `context.secret` answers `secret` for every reference, so that it is found where it leaks; let a
    fake accept it. `page_size` is to be used where the backend's can be set. `clock` is the
    context's, to be moved by the check.
    """

    seed: Seed
    context: BackendContext
    clock: TickingClock
    page_size: int
    secret: str = field(repr=False)


@frozen(kw_only=True)
class Bench:
    """What every bench has: the backend's own `close`, and `dispose` for what the harness started.

    `texts` is what left for the other system, as text, since the bench was made: whole requests with
    path, headers and body. `outage` makes the system unreachable from now on.
    """

    close: Callable[[], None] = nothing
    dispose: Callable[[], None] = nothing
    texts: Callable[[], Iterable[str]] | None = None
    outage: Callable[[], None] | None = None


@frozen(kw_only=True)
class CarrierBench(Bench):
    """An opened `CarrierLines`.

    `effects` counts the changes that the carrier really made to a line. `settle` lets it finish what
    it has accepted. `show` makes it say something else of a line, as the portal's users or the
    carrier itself do. `fates` has, for each fate the harness can play, a function that prepares it
    for the next write. `cut` makes every list break off after so many pages.
    """

    lines: CarrierLines
    effects: Callable[[Line], int] | None = None
    settle: Callable[[], object] | None = None
    show: Callable[[LineView], None] | None = None
    fates: Mapping[Fate, Callable[[], None]] = field(factory=dict[Fate, Callable[[], None]])
    cut: Callable[[int], None] | None = None


@frozen(kw_only=True)
class LoansBench(Bench):
    """An opened `Loans`.

    `show` makes the ILS say something else of an item (or something of a new one), as staff do at
    the desk. `ask` makes it ask something before it lends or renews that item. `hold` places a hold of a
    patron on an item, to be picked up at a library, and gives its id where the port can tell it. `cut` makes every
    list break off after so many pages. `lose` prepares that the next write is carried out and its answer lost.
    `counts_shelf` says that the ILS itself counts the days on the hold shelf, whatever it is told.
    """

    loans: Loans
    counts_shelf: bool = False
    show: Callable[[Circulation], None] | None = None
    ask: Callable[[ItemId], None] | None = None
    hold: Callable[[ItemId, PatronId, LocationId], HoldId | None] | None = None
    cut: Callable[[int], None] | None = None
    lose: Callable[[], None] | None = None


@frozen(kw_only=True)
class FeesBench(Bench):
    """An opened `Fees`.

    `show` makes the ILS hold an account as it is given, in place of what it holds for that patron,
    as staff at the desk do. `lose` prepares that the next write is carried out and its answer lost.
    """

    fees: Fees
    show: Callable[[Account], None] | None = None
    lose: Callable[[], None] | None = None


@frozen(kw_only=True)
class PatronsBench(Bench):
    """An opened `Patrons`.

    `show` makes the ILS hold a patron as given, in place of what it holds under that id. `lose`
    prepares that the next write is carried out and its answer lost. `tells` names what the ILS tells of how a
    patron is reached (`contact`) and of the end of the card (`expires_on`).
    """

    patrons: Patrons
    tells: Collection[str] = ("contact", "expires_on")
    show: Callable[[Patron], None] | None = None
    lose: Callable[[], None] | None = None


@frozen(kw_only=True)
class ChannelBench(Bench):
    """An opened `AgencyChannel` to an agency that has nothing yet.

    `files` lists what the agency finds there, each file with its name and its bytes; of a way that
    tells copies by a number, such as a mail's, each once. `put` lays a file there as somebody else
    does. `collect` has the agency take everything away. `watch` has its argument called wherever a
    delivery lets others look before it is over. `cut` prepares that the next delivery breaks off in
    the middle of the file, `lose` that it is carried out and its answer lost.
    """

    channel: AgencyChannel
    files: Callable[[], Iterable[tuple[str, bytes]]] | None = None
    put: Callable[[str, bytes], None] | None = None
    collect: Callable[[], None] | None = None
    watch: Callable[[Callable[[], None]], None] | None = None
    cut: Callable[[], None] | None = None
    lose: Callable[[], None] | None = None


HOLD_FACTS = (
    "item",
    "pickup",
    "placed_at",
    "suspended_until",
    "shelf_until",
    "not_needed_after",
)
"""What a hold tells besides whose it is, on what, how it stands and its item, by its field's name."""


@frozen(kw_only=True)
class HoldsBench(Bench):
    """An opened `Holds`.

    `tells` names the facts that this ILS keeps at all: the others are compared with nothing. `show`
    makes the ILS hold a hold as it is given. `come_in` checks an item in at a library, as staff do.
    `night` lets the ILS do what it does at night, after the clock was moved. `ask` makes it ask
    something before it places a hold on that title. `cut` makes every list break off after so many
    pages. `lose` prepares that the next write is carried out and its answer lost.
    """

    holds: Holds
    tells: Collection[str] = HOLD_FACTS
    show: Callable[[Hold], None] | None = None
    come_in: Callable[[ItemId, LocationId], object] | None = None
    night: Callable[[], object] | None = None
    ask: Callable[[TitleId], None] | None = None
    cut: Callable[[int], None] | None = None
    lose: Callable[[], None] | None = None


CATALOG_FACTS = (
    *("title.author", "title.isbns", "title.year", "title.kind", "title.call_number"),
    *("item.title", "item.word", "item.call_number", "item.kind", "item.home", "item.at", "item.holdable"),
    *("library.name", "library.pickup"),
)
"""What a catalogue tells besides which title, of what name, which item of it and its barcode, and which library."""


@frozen(kw_only=True)
class CatalogBench(Bench):
    """An opened `Catalog`.

    `tells` names the facts that this catalogue keeps at all: the others are compared with nothing.
    `searches` are the parts of a query that it can look for. `show` makes the ILS hold a title as it is
    given, as staff do; `withdraw` takes an item out of the collection. `cut` makes every list break off
    after so many pages.
    """

    catalog: Catalog
    tells: Collection[str] = CATALOG_FACTS
    searches: Collection[str] = ("title", "author", "isbn")
    show: Callable[[Title], None] | None = None
    withdraw: Callable[[ItemId], None] | None = None
    cut: Callable[[int], None] | None = None


NOTICE_FACTS = ("kind", "channel", "result", "item", "names_assignment", "amount", "template")
"""What a notice tells besides whom and when, by its field's name."""


@frozen(kw_only=True)
class NoticesBench(Bench):
    """An opened `Notices`.

    `tells` names the facts that this record keeps at all: the others are compared with nothing.
    `show` makes the ILS send and record one more notice. `cut` makes every list break off after so
    many pages.
    """

    notices: Notices
    tells: Collection[str] = NOTICE_FACTS
    show: Callable[[Notice], None] | None = None
    cut: Callable[[int], None] | None = None


CLOSURE_FACTS = ("reason", "locations")
"""What a calendar tells of a closure besides its days."""


@frozen(kw_only=True)
class CalendarsBench(Bench):
    """An opened `Calendars`.

    `tells` names the facts that this calendar keeps at all: the others are compared with nothing. `show`
    enters one more closure, `take_out` takes one out again, as staff do. `cut` makes every list break off
    after so many pages.
    """

    calendars: Calendars
    tells: Collection[str] = CLOSURE_FACTS
    show: Callable[[Closure], None] | None = None
    take_out: Callable[[Closure], None] | None = None
    cut: Callable[[int], None] | None = None


@frozen(kw_only=True)
class StoreBench(Bench):
    """An opened, empty `Store`; `reopen` opens what it keeps once more, as another process would."""

    store: Store
    reopen: Callable[[], Store] | None = None


BENCHES: Mapping[str, type[Bench]] = {
    "lines": CarrierBench,
    "loans": LoansBench,
    "channel": ChannelBench,
    "fees": FeesBench,
    "patrons": PatronsBench,
    "notices": NoticesBench,
    "holds": HoldsBench,
    "catalog": CatalogBench,
    "calendars": CalendarsBench,
    "store": StoreBench,
}
"""The kind of bench by port; its field of that name is the opened port."""

B = TypeVar("B", bound=Bench)
Made = TypeVar("Made", bound=Bench)

_STORE = ("transaction", "exclusive", "close")


@frozen(kw_only=True)
class Harness(Generic[B]):
    """A backend to be graded, and how to make a bench of one of its ports.

    `port` is ``lines``, ``loans``, ``channel``, ``fees``, ``patrons``, ``notices``, ``holds``, ``catalog``,
    ``calendars`` or ``store``.
    `capabilities` are those of the configuration that `make` opens. `remembers_keys` says that the
    system itself never carries out one key twice, however late the second comes. `evidence` is
    `BackendSpec.foreign_evidence`: it caps the grade. `spec`, where there is one, is checked as well.
    `departs` says of checks, by their ids, in what a declared convention departs from them and why: they
    are excused with that reason where they fail, on operations that are declared as a Convention only.
    """

    name: str = field(validator=nonempty)
    port: str = field(validator=matching(lambda v: v in (*PORTS, "store"), f"must be {', '.join(PORTS)} or store"))
    make: Callable[[World], B]
    capabilities: Mapping[str, Capability] = field(factory=dict[str, Capability])
    remembers_keys: bool = field(default=False, validator=instance(bool))
    evidence: str = "none"
    spec: BackendSpec[Any] | None = None
    departs: Mapping[str, str] = field(factory=dict[str, str])

    @staticmethod
    def of(
        spec: BackendSpec[Any],
        port: str,
        make: Callable[[World], Made],
        *,
        capabilities: Mapping[str, Capability] | None = None,
        remembers_keys: bool = False,
        departs: Mapping[str, str] | None = None,
    ) -> Harness[Made]:
        """The harness of a registered backend; `capabilities` where its configuration negotiates others."""
        return Harness[Made](
            name=spec.name,
            port=port,
            make=make,
            capabilities=spec.capabilities if capabilities is None else capabilities,
            remembers_keys=remembers_keys,
            evidence=spec.foreign_evidence,
            spec=spec,
            departs=departs or {},
        )

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations of the port, without its name."""
        if self.port == "store":
            return _STORE
        return tuple(operations(PORTS[self.port][0]))

    def capability(self, operation: str) -> Capability | None:
        """What is declared of an operation: None for nothing, Full for what is declared by being there."""
        if self.port == "store" or operation not in self.operations:
            return Full()
        return self.capabilities.get(f"{self.port}.{operation}")

    def departure(self, check: str, operation: str = "") -> str:
        """In what the operation's convention (any of the port's, where none is named) departs from a check."""
        declared = map(self.capability, (operation,) if operation else self.operations)
        return self.departs.get(check, "") if any(isinstance(one, Convention) for one in declared) else ""
