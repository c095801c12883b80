"""How the conformance kit grades this adapter: over a Koha that holds state, on the loopback. All data is synthetic."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

from attrs import evolve, frozen

from scld_adapters._shared.fakebench import fall, sent_texts
from scld_adapters._shared.fakehttp import FakeServer, Fault
from scld_adapters._shared.http import Request
from scld_adapters.koha.fake import FakeKoha
from scld_adapters.koha.fake_numbers import Numbers, numbered
from scld_adapters.koha.mapping import from_contact
from scld_adapters.koha.plugin import KOHA
from scld_adapters.koha.settings import KohaSettings
from scld_core.catalog import Title
from scld_core.circulation.model import Circulation, ItemState
from scld_core.errors import ConfigurationError
from scld_core.fees.ledger import Account
from scld_core.fees.model import ChargeKind
from scld_core.holds.model import Hold
from scld_core.holds.states import OPEN, HoldState
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.patrons.person import Patron
from scld_core.plugins import OpenBackend, SecretRef, open_backend
from scld_core.testing.harness import (
    CATALOG_FACTS,
    Bench,
    CatalogBench,
    Excused,
    FeesBench,
    Harness,
    HoldsBench,
    LoansBench,
    PatronsBench,
    World,
)

__all__ = ["DEPARTURES", "harnesses", "system_of"]

_RECORD = (
    "Koha's REST interface has one card, three sorts of restriction without reason or date, and no guardian, "
    "former card, merged record or collection flag"
)
_DATES = "Koha renews from the old due date by its own rules, and no date can be asked for"
_CLAIMS = "Koha's REST interface records claims of items returned and shows none"
_LOST = "Koha's lost statuses are numbers; staff's settings say whether a lost item's loan ends"
_LINES = "Koha's lines tell how much is left of a charge and not what became of the rest; it keeps no legal class"

DEPARTURES: Mapping[str, Mapping[str, str]] = {
    "loans": {
        "loans.as-told": _CLAIMS,
        "loans.unknown-word": _LOST,
        "loans.does-it": f"{_DATES}; {_CLAIMS}; {_LOST}",
        "loans.everywhere-the-same": _DATES,
        "loans.due-as-asked": _DATES,
        "loans.never-earlier": _DATES,
        "loans.keeps-the-loan": _LOST,
        "loans.same-key": f"{_DATES}; {_CLAIMS}; {_LOST}",
        "loans.nobody": f"{_CLAIMS}; {_LOST}",
        "loans.lost-answer": f"{_DATES}; {_CLAIMS}",
        "loans.like-the-reference": f"{_DATES}; {_CLAIMS}; {_LOST}",
        "loans.machine": f"{_DATES}; {_CLAIMS}; {_LOST}",
    },
    "patrons": dict.fromkeys(
        (
            *("patrons.as-told", "patrons.by-any-card", "patrons.merged-record", "patrons.sees-changes"),
            *("patrons.searched", "patrons.registered", "patrons.changes-what-is-named", "patrons.keeps-aliases"),
            *("patrons.somebodys-number", "patrons.of-nobody", "patrons.answer-lost", "patrons.like-the-reference"),
            "patrons.machine",
        ),
        _RECORD,
    ),
    "fees": {"fees.as-told": _LINES},
}
"""In what the conventions of `capabilities` depart from what a check asks for, by port."""

B = TypeVar("B", bound=Bench)

_STATUSES = {"1": "lost", "3": "lost_paid", "4": "missing"}
_CODES = {ItemState.UNKNOWN_WORD: 2, ItemState.LOST: 1, ItemState.LOST_PAID: 3, ItemState.MISSING: 4}
_DEBITS = {kind.value.upper(): kind.value for kind in ChargeKind}
_STATUS = {HoldState.READY: "W", HoldState.IN_TRANSIT: "T", HoldState.TRAPPED: "P"}


def harnesses(settings: KohaSettings | None = None) -> tuple[Harness[Any], ...]:
    """Every port; of `settings` the page size and the like are used, never the address."""
    makers = {"loans": _loans, "patrons": _patrons, "holds": _holds, "fees": _fees, "catalog": _catalog}
    negotiated = KOHA.negotiate
    assert negotiated is not None  # noqa: S101 - SIP2 and claims depend on the configuration
    offered = negotiated(settings or _settings("http://127.0.0.1:1", 2))
    return tuple(
        Harness.of(KOHA, port, _Maker(make, settings), capabilities=offered, departs=DEPARTURES.get(port))
        for port, make in makers.items()
    )


def _settings(url: str, page_size: int) -> KohaSettings:
    password = SecretRef("env:KOHA")
    return KohaSettings(
        url, user="synthetic-staff", password=password, page_size=page_size, lost=_STATUSES, staff=1, debits=_DEBITS
    )


@frozen
class _System:
    """A Koha under test: its tables, its server, and under which numbers the kit's records are there."""

    fake: FakeKoha
    server: FakeServer
    numbers: Numbers
    opened: OpenBackend

    @property
    def common(self) -> dict[str, Any]:
        """What every bench has."""
        return {
            "close": self.opened.close,
            "dispose": self.server.close,
            "texts": sent_texts(self.server),
            "outage": fall(self.server),
        }

    def lose(self) -> None:
        """Let the next change happen and its answer be lost."""
        self.server.script(Fault.DROP_AFTER, only=_changes)

    def cut(self, pages: int) -> None:
        """Let every list break off after so many pages."""
        self.server.script(*[Fault.NONE] * pages, *[Fault.DROP] * 50)


def _changes(request: Request) -> bool:
    return request.method != "GET" and not request.url.endswith(("/oauth/token", "/validation"))


@frozen
class _Maker:
    make: Any
    settings: KohaSettings | None

    def __call__(self, world: World) -> Any:
        return self.make(world, system_of(world, self.settings))


def system_of(world: World, given: KohaSettings | None = None) -> _System:
    """A Koha that holds a world's records, and the backend opened over it."""
    fake = FakeKoha(world.clock, zone=world.context.timezone, secret=world.secret)
    numbers = Numbers(world.context.instance)
    _Filler(world, fake, numbers).fill()
    server = FakeServer(fake, expire=fake.expire)
    server.__enter__()
    settings = _settings(server.url, world.page_size)
    if given is not None:
        settings = evolve(given, url=server.url, page_size=world.page_size, user="synthetic-staff")
    return _System(fake, server, numbers, open_backend(KOHA, settings, world.context))


@frozen
class _Filler:
    """Puts the kit's records into a Koha."""

    world: World
    fake: FakeKoha
    numbers: Numbers

    def fill(self) -> None:
        """All of them, people first."""
        seed, tables = self.world.seed, self.fake.tables
        if seed.titles:
            for library in seed.libraries:
                tables.add_library(str(library.id), library.name, pickup=library.pickup)
        else:
            homes = {*seed.homes.values(), *(str(one.home) for one in seed.patrons if one.home)}
            homes |= {str(hold.pickup) for hold in seed.holds}
            for code in sorted({"main", "cheney", "north-spokane", *homes} - {""}):
                tables.add_library(code, code.replace("-", " ").title())
        lent = {seen.loan.patron for seen in seed.items if seen.loan is not None and seen.loan.patron is not None}
        named = [patron.id for patron in seed.patrons]
        for patron in seed.patrons:
            self.patron(patron)
        for owner in sorted(lent - {*named}):
            self.patron(Patron(id=owner, as_of=self.world.clock.now()))
        for title in seed.titles:
            self.title(title)
        for seen in seed.items:
            self.item(seen)
        for hold in seed.holds:
            self.hold(hold)
        for account in seed.accounts:
            self.account(account)

    def owner(self, patron: PatronId) -> int:
        """The number of a patron after all merges: Koha hands over what a merged record had, and forgets it."""
        for one in self.world.seed.patrons:
            if patron in one.merged_from:
                return self.numbers.give(one.id)
        return self.numbers.give(patron)

    def patron(self, patron: Patron) -> None:
        """A patron in place of what is there under that number."""
        number = self.numbers.give(patron.id)
        contact = {} if patron.contact is None else dict(from_contact(patron.contact))
        told = {name: value or None for name, value in contact.items()}
        reasons = {block.reason for block in patron.blocks}
        card = patron.card
        self.fake.tables.add_patron(
            number,
            **told,
            cardnumber=None if card is None else str(card),
            userid=f"user{number}",
            category_id=patron.category or "none",
            library_id=str(patron.home or "main"),
            date_of_birth=None if patron.birth_date is None else patron.birth_date.isoformat(),
            expiry_date=None if patron.expires_on is None else patron.expires_on.isoformat(),
            restricted="restricted" in reasons,
            patron_card_lost="card_lost" in reasons,
            incorrect_address="incorrect_address" in reasons,
        )

    def title(self, title: Title) -> None:
        """A title in place of what is there under that number."""
        self.fake.tables.add_biblio(
            self.numbers.give(title.id),
            title=title.title,
            author=title.author or None,
            isbn=" | ".join(title.isbns) or None,
            copyright_date=title.year,
            item_type=title.kind or None,
        )

    def item(self, seen: Circulation) -> None:
        """An item with its loan."""
        seed, tables, local = self.world.seed, self.fake.tables, seen.item.local
        copy = seed.copies.get(local)
        biblio = self.numbers.give(TitleId(self.world.context.instance, "none") if copy is None else copy.title)
        if biblio not in tables.biblios:
            tables.add_biblio(biblio, title="")
        number, home = self.numbers.give(seen.item), seed.homes.get(local) or None
        tables.add_item(
            number,
            biblio_id=biblio,
            external_id=seed.barcodes.get(local),
            home_library_id=home,
            holding_library_id=home,
            item_type_id=seed.kinds.get(local) or None,
            callnumber=(copy.call_number if copy else "") or None,
            effective_not_for_loan_status=1 if copy is not None and copy.holdable is False else 0,
        )
        self.stand(seen)

    def stand(self, seen: Circulation) -> None:
        """What became of an item, in place of what was so before."""
        tables, number = self.fake.tables, self.numbers.give(seen.item)
        row = tables.items[number]
        row["withdrawn"] = int(seen.state is ItemState.WITHDRAWN)
        row["lost_status"] = _CODES.get(seen.state, 0)
        self._set_aside(seen.state, number, row["biblio_id"])
        for checkout in [one for one in tables.checkouts.values() if one["item_id"] == number]:
            del tables.checkouts[checkout["checkout_id"]]
        loan = seen.loan
        if loan is not None:
            self.numbers.give(loan.id)
        if loan is not None and loan.returned_at is not None:
            owner = None if loan.patron is None else self.owner(loan.patron)
            ended = tables.add_checkout(
                owner,
                number,
                loan.due_at,
                checkout_id=self.numbers.give(loan.id),
                checkin_date=tables.local(loan.returned_at),
            )
            tables.old_checkouts[ended["checkout_id"]] = tables.checkouts.pop(ended["checkout_id"])
        elif loan is not None:
            owner = None if loan.patron is None else self.owner(loan.patron)
            tables.add_checkout(
                owner,
                number,
                loan.due_at,
                checkout_id=self.numbers.give(loan.id),
                checkout_date=None if loan.out_at is None else tables.local(loan.out_at),
                renewals_count=loan.renewals or 0,
            )

    def _set_aside(self, state: ItemState, item: int, biblio: int) -> None:
        """A hold for which an item lies on the hold shelf, or is on its way there: nothing else says so in Koha."""
        tables = self.fake.tables
        for hold in [row for row in tables.holds.values() if row["item_id"] == str(item) and row["status"]]:
            tables.end_hold(hold["hold_id"])
        status = {ItemState.ON_HOLD_SHELF: "W", ItemState.IN_TRANSIT: "T"}.get(state)
        if status is not None and not self.world.seed.holds:
            told = {"status": status, "item_id": str(item), "item_level": True, "priority": 0}
            tables.add_hold(next(iter(tables.patrons), 1), biblio, "main", **told)

    def hold(self, hold: Hold) -> None:
        """A hold that is open; others Koha does not show."""
        if hold.state not in OPEN:
            self.numbers.give(hold.id)
            return
        tables, status = self.fake.tables, _STATUS.get(hold.state)
        item = hold.trapped or hold.item
        biblio = self.numbers.give(hold.title)
        if biblio not in tables.biblios:
            tables.add_biblio(biblio, title="")
        until = hold.suspended_until
        ends = hold.shelf_until if status == "W" else hold.not_needed_after
        tables.add_hold(
            self.owner(hold.patron),
            biblio,
            str(hold.pickup),
            hold_id=self.numbers.give(hold.id),
            hold_date=hold.placed_at.astimezone(tables.zone).date().isoformat(),
            status=status,
            item_id=None if item is None else str(self.numbers.give(item)),
            item_level=hold.item is not None,
            suspended=hold.state is HoldState.SUSPENDED,
            suspended_until=None if until is None else f"{until.isoformat()}T00:00:00+00:00",
            expiration_date=None if ends is None else ends.isoformat(),
        )
        if status is not None:
            tables.holds[self.numbers.give(hold.id)]["priority"] = 0
        tables.close_up(biblio)

    def account(self, account: Account) -> None:
        """What is charged to a patron, and what is left of it."""
        owner = self.numbers.give(account.patron)
        for standing in account.standings:
            charge = standing.charge
            self.fake.tables.add_debit(
                owner,
                charge.amount.cents,
                account_line_id=self.numbers.give(charge.id),
                amount_outstanding=standing.outstanding.cents / 100,
                date=self.fake.tables.local(charge.assessed_at),
                item_id=None if charge.item is None else self.numbers.give(charge.item),
                library_id=None if charge.branch is None else str(charge.branch),
                type=charge.kind.value.upper(),
            )


def _port(system: _System, name: str) -> Any:
    found = getattr(system.opened, name)
    if found is None:
        raise ConfigurationError("koha", "open", f"opened no port {name}")
    return numbered(found, system.numbers)


def _loans(world: World, system: _System) -> LoansBench:
    filler = _Filler(world, system.fake, system.numbers)

    def show(seen: Circulation) -> None:
        if system.numbers.give(seen.item) not in system.fake.tables.items:
            filler.item(seen)
        filler.stand(seen)

    return LoansBench(
        loans=_port(system, "loans"),
        show=show,
        ask=_asks_nothing,
        cut=system.cut,
        lose=system.lose,
        **system.common,
    )


def _asks_nothing(subject: ItemId | TitleId) -> None:
    del subject
    raise Excused("Koha does a thing or refuses it; what its SIP2 asks is graded with the backend sip2")


def _patrons(world: World, system: _System) -> PatronsBench:
    filler = _Filler(world, system.fake, system.numbers)
    return PatronsBench(patrons=_port(system, "patrons"), show=filler.patron, lose=system.lose, **system.common)


def _fees(world: World, system: _System) -> FeesBench:
    filler = _Filler(world, system.fake, system.numbers)

    def show(account: Account) -> None:
        owner = system.numbers.give(account.patron)
        for line in [row for row in system.fake.tables.debits.values() if row["patron_id"] == owner]:
            del system.fake.tables.debits[line["account_line_id"]]
        filler.account(account)

    return FeesBench(fees=_port(system, "fees"), show=show, **system.common)


def _holds(world: World, system: _System) -> HoldsBench:
    filler = _Filler(world, system.fake, system.numbers)

    def come_in(item: ItemId, at: LocationId) -> None:
        _trap(system.fake, system.numbers.give(item), str(at))

    return HoldsBench(
        holds=_port(system, "holds"),
        tells=("item", "pickup", "suspended_until", "shelf_until"),
        show=filler.hold,
        come_in=come_in,
        night=lambda: _night(system.fake),
        ask=_asks_nothing,
        cut=system.cut,
        lose=system.lose,
        **system.common,
    )


def _trap(fake: FakeKoha, item: int, at: str) -> None:
    """Check an item in, as staff do: it goes to the first hold that it can fill."""
    tables = fake.tables
    biblio = tables.items[item]["biblio_id"]
    held = [row for row in tables.holds.values() if row["item_id"] == str(item) and row["status"] is not None]
    if held and held[0]["status"] == "W":
        return
    waiting = [row for row in tables.holds.values() if row["biblio_id"] == biblio and row["status"] is None]
    waiting = [row for row in waiting if not row["suspended"] and row["item_id"] in (None, str(item))]
    chosen = held[0] if held else min(waiting, key=lambda row: row["priority"], default=None)
    if chosen is None:
        return
    arrived = chosen["pickup_library_id"] == at
    chosen.update(status="W" if arrived else "P", item_id=str(item), priority=0)
    chosen["expiration_date"] = None if arrived else chosen["expiration_date"]
    tables.close_up(biblio)


def _night(fake: FakeKoha) -> None:
    """End the suspensions whose day has come, and the holds that nobody needs or fetches any more."""
    tables, today = fake.tables, fake.tables.today()
    for row in list(tables.holds.values()):
        until = row["suspended_until"]
        if until is not None and date.fromisoformat(until[:10]) <= today:
            row.update(suspended=False, suspended_until=None)
        ends = row["expiration_date"]
        if ends is not None and date.fromisoformat(ends) < today:
            tables.end_hold(row["hold_id"])


def _catalog(world: World, system: _System) -> CatalogBench:
    filler = _Filler(world, system.fake, system.numbers)

    def withdraw(item: ItemId) -> None:
        system.fake.tables.items[system.numbers.give(item)]["withdrawn"] = 1

    keeps = {*CATALOG_FACTS} - {"item.word", "item.at", "title.call_number", "item.holdable"}
    return CatalogBench(
        catalog=_port(system, "catalog"),
        tells=keeps,
        show=filler.title,
        withdraw=withdraw,
        cut=system.cut,
        **system.common,
    )
