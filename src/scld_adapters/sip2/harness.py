"""How the conformance kit grades this adapter: over the fake library, on a line in memory. All data is synthetic.

The kit's records have ids of their own, and SIP2 has none: a bench translates them, so that everything
below it is the adapter as it is. In what SIP2's conventions depart from the port is said check by check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast
from zoneinfo import ZoneInfo

import attrs
from attrs import define, evolve, field

from scld_adapters.sip2.acs import Acs, AcsSettings
from scld_adapters.sip2.dates import format_date
from scld_adapters.sip2.errors import NotConnected
from scld_adapters.sip2.fake import FakeItem, FakeLibrary, FakePatron
from scld_adapters.sip2.faulty import MemoryLink
from scld_adapters.sip2.plugin import SIP2, capabilities_of
from scld_adapters.sip2.settings import Dialect, Sip2Settings
from scld_adapters.sip2.transport import Link
from scld_core.circulation.model import Circulation, ItemState
from scld_core.fees.ledger import Account
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId, RecordId
from scld_core.kernel.money import Money
from scld_core.kernel.page import Page
from scld_core.patrons.person import Patron
from scld_core.plugins import OpenBackend, SecretRef, open_backend
from scld_core.testing.harness import CatalogBench, FeesBench, Harness, HoldsBench, LoansBench, PatronsBench, World

__all__ = ["DEPARTURES", "harnesses"]

_OPEN = "SIP2 tells of no loan that has ended, and has no word for what was withdrawn or is lost and paid"
_DATES = "the system gives the due date: a terminal on line cannot ask for one"
_BORROWER = "SIP2 renews for a card and tells nobody's: what this process has not seen lent or listed is refused"
_RECORD = "a 64 tells one card, flags for blocks, and no guardian, former card, merged record or collection flag"
_BLOCK = "SIP2 has one block, without a reason or a date"
_HOLDS = "SIP2 names no holds: one on an item that was placed here is known, and no other"
_OWED = "a 64 tells what is owed now: not since when, what for, or what became of it"

DEPARTURES: Mapping[str, Mapping[str, str]] = {
    "loans": {
        "loans.as-told": _OPEN,
        "loans.unknown-word": "an 18 has thirteen numbers for an item's state and no words",
        "loans.ends-the-loan": _OPEN,
        "loans.due-as-asked": _DATES,
        "loans.does-it": f"{_DATES}; {_BORROWER}",
        "loans.same-key": f"{_DATES}; {_BORROWER}",
        "loans.lost-answer": f"{_DATES}; {_BORROWER}",
        "loans.own-date": _BORROWER,
        "loans.counted": _DATES,
        "loans.declared": _BORROWER,
        "loans.not-lent": _OPEN,
        "loans.never-earlier": _OPEN,
        "loans.nobody": _OPEN,
        "loans.machine": f"{_OPEN}; {_DATES}",
    },
    "patrons": {
        "patrons.as-told": _RECORD,
        "patrons.by-any-card": _RECORD,
        "patrons.merged-record": _RECORD,
        "patrons.sees-changes": _RECORD,
        "patrons.does-it": _BLOCK,
        "patrons.one-block-of-several": _BLOCK,
        "patrons.nobody": _BLOCK,
        "patrons.like-the-reference": f"{_RECORD}; {_BLOCK}",
        "patrons.machine": f"{_RECORD}; {_BLOCK}",
    },
    "holds": {
        "holds.declared": _HOLDS,
        "holds.never-an-old-id": _HOLDS,
        "holds.moved-to-where-it-is": _HOLDS,
        "holds.machine": _HOLDS,
    },
    "fees": {
        "fees.as-told": _OWED,
        "fees.sees-changes": _OWED,
        "fees.large-account": _OWED,
        "fees.like-the-reference": _OWED,
        "fees.machine": _OWED,
    },
}
"""In what each port's conventions depart from the kit, by the ids of its checks."""


def harnesses(settings: Sip2Settings | None = None) -> tuple[Harness[Any], ...]:
    """The ports that can be read; of `settings` only the dialect is used, never the address."""
    dialect = Dialect(item_lines="barcode", fine_lines="koha") if settings is None else settings.dialect
    made = capabilities_of(Sip2Settings("kit", dialect=dialect))

    def harness(port: str, bench: Callable[[_Kit], Any]) -> Harness[Any]:
        return Harness.of(
            SIP2, port, lambda world: bench(_Kit(world, dialect)), capabilities=made, departs=DEPARTURES.get(port)
        )

    return (
        harness("loans", _loans),
        harness("patrons", _patrons),
        evolve(harness("holds", _holds), evidence="none"),  # no recorded exchange is mapped to a hold
        harness("catalog", _catalog),
        harness("fees", _fees),
    )


def _loans(kit: _Kit) -> LoansBench:
    port = kit.named(kit.opened.loans)
    return LoansBench(
        loans=port,
        counts_shelf=True,
        show=kit.show_item,
        ask=kit.charge,
        hold=kit.hold,
        lose=kit.line.lose,
        **kit.levers,
    )


def _patrons(kit: _Kit) -> PatronsBench:
    port = kit.named(kit.opened.patrons)
    return PatronsBench(patrons=port, tells=(), show=kit.show_patron, lose=kit.line.lose, **kit.levers)


def _catalog(kit: _Kit) -> CatalogBench:
    return CatalogBench(catalog=kit.named(kit.opened.catalog), tells=("item.title", "item.home"), **kit.levers)


def _holds(kit: _Kit) -> HoldsBench:
    return HoldsBench(holds=kit.named(kit.opened.holds), tells=("item", "pickup"), lose=kit.line.lose, **kit.levers)


def _fees(kit: _Kit) -> FeesBench:
    return FeesBench(fees=kit.named(kit.opened.fees), show=kit.show_account, **kit.levers)


@define
class _Line:
    """The connection: what was sent over it, whether it is down, and whether the next write loses its answer."""

    sent: list[str] = field(factory=list[str])
    down: bool = False
    losing: bool = False

    def lose(self) -> None:
        """The next write is carried out, and its answer lost."""
        self.losing = True

    def fall(self) -> None:
        """Nobody answers any more."""
        self.down = True


@define
class _Losing:
    """A conversation over the line."""

    inner: Acs
    line: _Line
    broken: bool = False

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self.broken or self.line.down or self.inner.closed

    @property
    def admitted(self) -> bool:
        """Whether it needs no login any more."""
        return self.inner.admitted

    def receive(self, data: bytes) -> bytes:
        """Hand over, or lose the answer."""
        self.line.sent.append(data.decode("cp850"))
        answer = self.inner.receive(data)
        if self.line.losing and data[:2] in (b"01", b"09", b"11", b"15", b"29"):
            self.line.losing, self.broken = False, True
            return b""
        return answer


class _Kit:
    """A fake library with the seed's records, and the adapter opened over it."""

    def __init__(self, world: World, dialect: Dialect) -> None:
        self.line, context = _Line(), world.context
        self.library = FakeLibrary(world.clock, login=("terminal", world.secret), zone=ZoneInfo(context.timezone))
        self._names: dict[RecordId, RecordId] = {}
        self._survivors = {gone: told.id for told in world.seed.patrons for gone in told.merged_from}
        self._fill(world)
        handlers, said = self.library.handlers(), AcsSettings("KIT", dialect=dialect)

        def dial() -> Link:
            if self.line.down:
                raise NotConnected("the line is down")
            return MemoryLink(_Losing(Acs(handlers, said, world.clock), self.line))

        settings = Sip2Settings(
            "kit",
            user="terminal",
            password=SecretRef("env:KIT"),
            institution="KIT",
            dialect=dialect,
            block_reason="collection",
        )
        self.opened: OpenBackend = open_backend(SIP2, settings, evolve(context, transport=dial))
        self.levers: Mapping[str, Any] = {
            "close": self.opened.close,
            "outage": self.line.fall,
            "texts": lambda: tuple(self.line.sent),
        }

    # --- the seed ---

    def _fill(self, world: World) -> None:
        seed, instance = world.seed, world.context.instance
        for told in seed.patrons:
            self.show_patron(told)
        for local in seed.households:
            self._patron(PatronId(instance, local), local)
        for row in seed.items:
            barcode = seed.barcodes.get(row.item.local, row.item.local)
            self._name(row.item, ItemId(instance, barcode))
            copy = seed.copies.get(row.item.local)
            home = seed.homes.get(row.item.local, "")
            title = copy.title.local if copy is not None else "untitled"
            self.library.items[barcode] = FakeItem(barcode, title, home=home)
            self.show_item(row)
        for account in seed.accounts:
            self.show_account(account)

    def _name(self, theirs: RecordId, ours: RecordId) -> None:
        self._names[theirs] = ours

    def _patron(self, patron: PatronId, card: str) -> FakePatron:
        self._name(patron, PatronId(patron.backend, card))
        return self.library.patrons.setdefault(card, FakePatron(card, "Synthetic"))

    def _at(self, patron: PatronId) -> FakePatron:
        known = self._names.get(patron, patron)
        return self._patron(patron, known.local)

    # --- what staff do ---

    def show_patron(self, told: Patron) -> None:
        """Make the library have a patron as told, as far as SIP2 tells it."""
        card = str(told.card) if told.card is not None else told.id.local
        shown = self._patron(told.id, card)
        shown.born = "" if told.birth_date is None else f"{told.birth_date:%Y%m%d}"
        shown.category = told.category
        shown.blocked = told.blocked_for("collection") is not None

    def show_item(self, told: Circulation) -> None:
        """Make an item stand as told."""
        known = self._names.get(told.item, told.item)
        item = self.library.items.setdefault(known.local, FakeItem(known.local, "untitled"))
        for patron in self.library.patrons.values():
            patron.loans = [barcode for barcode in patron.loans if barcode != item.barcode]
        lent = told.open_loan
        item.due = "" if lent is None else format_date(lent.due_at, self.library.zone)
        item.status = "" if told.state is ItemState.ON_LOAN else _STATUS[told.state]
        if lent is not None:
            self._name(lent.id, LoanId(lent.id.backend, item.barcode))
            if lent.patron is not None:
                # what a merged record had is the survivor's: SIP2 knows of no merging
                self._at(self._survivors.get(lent.patron, lent.patron)).loans.append(item.barcode)

    def charge(self, item: ItemId) -> None:
        """Make lending or renewing an item cost a fee, which the system has to be told is accepted."""
        self.library.items[self._names[item].local].fee = Money(50)

    def hold(self, item: ItemId, patron: PatronId, pickup: LocationId) -> None:
        """Let somebody wait for an item; SIP2 names no holds."""
        self.library.items[self._names[item].local].waits = (self._at(patron).card, str(pickup))

    def show_account(self, told: Account) -> None:
        """Make a patron owe what is left of each charge."""
        patron = self._at(told.patron)
        left = (standing.outstanding for standing in told.standings)
        patron.fees = [("Synthetic", owed) for owed in left if owed.cents > 0]

    # --- the kit's ids ---

    def named(self, port: object) -> Any:
        """A port that is called with the kit's ids, and answers with them."""
        return _Named(port, self._names)


_STATUS = {
    ItemState.CHECKED_IN: "03",
    ItemState.ON_HOLD_SHELF: "08",
    ItemState.IN_TRANSIT: "10",
    ItemState.CLAIMS_RETURNED: "11",
    ItemState.LOST: "12",
    ItemState.LOST_PAID: "12",
    ItemState.MISSING: "13",
    ItemState.WITHDRAWN: "01",
    ItemState.UNKNOWN_WORD: "01",
}


class _Named:
    """Translates every id in what a port takes and gives."""

    def __init__(self, port: object, names: Mapping[RecordId, RecordId]) -> None:
        self._port, self._names = port, names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._calling(found) if callable(found) else found

    def _calling(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            given = [_renamed(value, self._names) for value in args]
            answer = call(*given, **{key: _renamed(value, self._names) for key, value in kwargs.items()})
            if isinstance(answer, Iterator):
                pages = cast("Iterator[Page[Any]]", answer)
                return (_renamed(page, self._back) for page in pages)
            return _renamed(answer, self._back)

        return run

    @property
    def _back(self) -> Mapping[RecordId, RecordId]:
        return {ours: theirs for theirs, ours in self._names.items()}

    def __repr__(self) -> str:
        return f"<{self._port!r}, by the kit's ids>"


def _renamed(value: Any, names: Mapping[RecordId, RecordId]) -> Any:
    """A value with other ids in it, however deep."""
    if isinstance(value, RecordId):
        return names.get(value, value)
    kind: type[Any] = value.__class__
    if kind in (tuple, list, frozenset, set):
        rows = (_renamed(row, names) for row in cast("Iterable[Any]", value))
        return cast("Any", kind)(rows)
    if not attrs.has(kind):
        return value
    fields = [one.name for one in attrs.fields(kind) if one.init]
    return evolve(value, **{name.lstrip("_"): _renamed(getattr(value, name), names) for name in fields})
