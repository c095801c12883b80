"""The tables of a Koha that holds state, as its REST interface shows them. Every value is synthetic."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from attrs import define, field

from scld_adapters._shared.jsonwire import Table
from scld_core.kernel.time import Clock

__all__ = ["FakeTables"]

_PATRON = (
    *("surname", "firstname", "address", "address2", "city", "state", "postal_code", "email", "secondary_email"),
    *("phone", "mobile", "secondary_phone", "date_of_birth", "expiry_date", "cardnumber", "userid"),
)
CARD_KEPT = 32


@define
class FakeTables:
    """Patrons, titles, items, libraries, holds, loans, claims and charges by their numbers.

    `restricted` are the patrons whom staff have restricted, which REST shows and cannot set.
    """

    clock: Clock
    zone: ZoneInfo
    patrons: dict[int, Table] = field(factory=dict[int, Table])
    biblios: dict[int, Table] = field(factory=dict[int, Table])
    items: dict[int, Table] = field(factory=dict[int, Table])
    libraries: dict[str, Table] = field(factory=dict[str, Table])
    holds: dict[int, Table] = field(factory=dict[int, Table])
    checkouts: dict[int, Table] = field(factory=dict[int, Table])
    old_checkouts: dict[int, Table] = field(factory=dict[int, Table])
    claims: dict[int, Table] = field(factory=dict[int, Table])
    debits: dict[int, Table] = field(factory=dict[int, Table])
    passwords: dict[int, str] = field(factory=dict[int, str])
    last: dict[str, int] = field(factory=dict[str, int])

    def number(self, table: str) -> int:
        """The next number of a table: one is never given twice."""
        self.last[table] = self.last.get(table, 0) + 1
        return self.last[table]

    def now(self) -> str:
        """The present as Koha writes it, with the local offset."""
        return self.clock.now().astimezone(self.zone).isoformat(timespec="seconds")

    def today(self) -> date:
        """The local day."""
        return self.clock.now().astimezone(self.zone).date()

    def local(self, moment: datetime) -> str:
        """An instant as Koha writes it."""
        return moment.astimezone(self.zone).isoformat()

    def add_patron(self, number: int | None = None, **told: Any) -> Table:
        """Register a patron; what is not told is null."""
        own = number or self.number("patrons")
        self.last["patrons"] = max(own, self.last.get("patrons", 0))
        row: Table = {
            "patron_id": own,
            **dict.fromkeys(_PATRON),
            "library_id": "cheney",
            "category_id": "adult",
            "restricted": False,
            "patron_card_lost": False,
            "incorrect_address": False,
            **told,
        }
        if row["cardnumber"] is not None:
            row["cardnumber"] = str(row["cardnumber"])[:CARD_KEPT]
        self.patrons[own] = row
        return row

    def add_biblio(self, number: int, **told: Any) -> Table:
        """Catalogue a title."""
        row: Table = {
            "biblio_id": number,
            **dict.fromkeys(("title", "subtitle", "author", "isbn", "publication_year", "copyright_date", "item_type")),
            **told,
        }
        self.biblios[number] = row
        return row

    def add_item(self, number: int, **told: Any) -> Table:
        """Catalogue an item."""
        row: Table = {
            "item_id": number,
            "biblio_id": 1,
            **dict.fromkeys(("external_id", "home_library_id", "holding_library_id", "item_type_id", "callnumber")),
            "effective_item_type_id": told.get("item_type_id"),
            "effective_not_for_loan_status": 0,
            "lost_status": 0,
            "withdrawn": 0,
            "timestamp": self.now(),
            **told,
        }
        self.items[number] = row
        return row

    def add_library(self, code: str, name: str, *, pickup: bool = True) -> Table:
        """Open a library."""
        self.libraries[code] = {"library_id": code, "name": name, "pickup_location": pickup}
        return self.libraries[code]

    def add_hold(self, patron: int, biblio: int, pickup: str, **told: Any) -> Table:
        """Place a hold behind those of the title, whatever anybody's rules say."""
        number = told.pop("hold_id", None) or self.number("holds")
        self.last["holds"] = max(number, self.last.get("holds", 0))
        row: Table = {
            "hold_id": number,
            "patron_id": patron,
            "biblio_id": biblio,
            "pickup_library_id": pickup,
            "hold_date": self.today().isoformat(),
            "expiration_date": None,
            "item_id": None,
            "item_level": False,
            "priority": 1 + sum(one["biblio_id"] == biblio and one["status"] is None for one in self.holds.values()),
            "status": None,
            "suspended": False,
            "suspended_until": None,
            "timestamp": self.now(),
            **told,
        }
        self.holds[number] = row
        return row

    def end_hold(self, number: int) -> None:
        """Take a hold out; those behind it move up."""
        gone = self.holds.pop(number)
        self.close_up(gone["biblio_id"])

    def close_up(self, biblio: int) -> None:
        """Number the holds of a title that wait from 1, in their order."""
        waiting = [row for row in self.holds.values() if row["biblio_id"] == biblio and row["status"] is None]
        for place, row in enumerate(sorted(waiting, key=lambda row: (row["priority"], row["hold_id"])), 1):
            row["priority"] = place

    def add_checkout(self, patron: int | None, item: int, due: datetime, **told: Any) -> Table:
        """Lend an item."""
        number = told.pop("checkout_id", None) or self.number("checkouts")
        self.last["checkouts"] = max(number, self.last.get("checkouts", 0))
        row: Table = {
            "checkout_id": number,
            "patron_id": patron,
            "item_id": item,
            "due_date": self.local(due),
            "checkout_date": self.now(),
            "checkin_date": None,
            "renewals_count": 0,
            **told,
        }
        self.checkouts[number] = row
        return row

    def add_debit(self, patron: int, cents: int, **told: Any) -> Table:
        """Charge a patron."""
        number = told.pop("account_line_id", None) or self.number("lines")
        row: Table = {
            "account_line_id": number,
            "patron_id": patron,
            "type": "LOST",
            "amount": cents / 100,
            "amount_outstanding": cents / 100,
            "date": self.now(),
            "library_id": None,
            "item_id": None,
            "description": "",
            **told,
        }
        self.debits[number] = row
        return row
