"""A small library in memory behind SIP2 handlers, for tests and training: synthetic people, real state.

It keeps patrons, items, loans, holds and payments, counts what was really applied, and can be told to
behave as systems in use do. It is made of the same messages and codec as the client.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import RLock
from zoneinfo import ZoneInfo

import attrs
from attrs import define, field

from scld_adapters.sip2.acs import Handlers, refusal
from scld_adapters.sip2.dates import format_date, parse_date
from scld_adapters.sip2.errors import BadValue
from scld_adapters.sip2.fields import amount
from scld_adapters.sip2.messages import Message, Values, make
from scld_core.kernel.money import Money
from scld_core.kernel.time import Clock

__all__ = ["FakeItem", "FakeLibrary", "FakePatron"]

_LOAN = timedelta(days=21)


@define
class FakePatron:
    """A synthetic patron and what the library knows of them."""

    card: str
    name: str
    pin: str = "1234"
    blocked: bool = False
    born: str = ""
    category: str = ""
    fees: list[tuple[str, Money]] = field(factory=list[tuple[str, Money]])
    holds: list[str] = field(factory=list[str])
    loans: list[str] = field(factory=list[str])

    @property
    def owed(self) -> Money:
        """The sum of the fees."""
        return sum((money for _, money in self.fees), Money(0))


@define
class FakeItem:
    """A synthetic item; `status` is its circulation status unless it is simply in or out, `fee` what lending costs.

    `waits` are the card of somebody who waits for it and the library where it is picked up.
    """

    barcode: str
    title: str
    home: str = "MAIN"
    due: str = ""
    status: str = ""
    medium: str = ""
    fee: Money | None = None
    waits: tuple[str, str] | None = None

    @property
    def shown(self) -> str:
        """Its circulation status now."""
        return self.status or ("04" if self.due else "03")


@define
class FakeLibrary:
    """The library; `handlers` are what a server runs. `applied` counts effects by message code and id.

    `forgets_blocks` makes it answer 01 and store nothing, as a system in use does.
    """

    clock: Clock
    patrons: dict[str, FakePatron] = field(factory=dict[str, FakePatron])
    items: dict[str, FakeItem] = field(factory=dict[str, FakeItem])
    login: tuple[str, str] = ("terminal", "secret")
    institution: str = "MAIN"
    zone: ZoneInfo = ZoneInfo("America/Los_Angeles")
    applied: Counter[tuple[str, str]] = field(factory=Counter[tuple[str, str]])
    forgets_blocks: bool = False
    _lock: RLock = field(factory=RLock, repr=False)

    @classmethod
    def sample(cls, clock: Clock) -> FakeLibrary:
        """Three synthetic patrons and three items."""
        people = (
            FakePatron("29999000000015", "Fake Testpatron015"),
            FakePatron("29999000000008", "Fake Testpatron008"),
        )
        people[1].fees.append(("Synthetic fee", Money(1000)))
        blocked = FakePatron("29999000000010", "Fake Testpatron010", blocked=True)
        items = (FakeItem(f"3999900000{n}", f"Synthetic title {n}") for n in (4001, 4101, 4201))
        return cls(clock, {p.card: p for p in (*people, blocked)}, {i.barcode: i for i in items})

    def handlers(self) -> Handlers:
        """What answers each request."""
        table: dict[str, Callable[[Message], Message]] = {
            "93": self._log_in,
            "23": self._patron_status,
            "63": self._patron_information,
            "01": self._block,
            "17": self._item_information,
            "11": self._check_out,
            "09": self._check_in,
            "29": self._renew,
            "15": self._hold,
            "37": self._pay,
            "35": self._end,
        }
        return {code: self._locked(handler) for code, handler in table.items()}

    def _locked(self, handler: Callable[[Message], Message]) -> Callable[[Message], Message]:
        def run(request: Message) -> Message:
            with self._lock:
                return handler(request)

        return run

    def _now(self) -> str:
        return format_date(self.clock.now(), self.zone)

    def _count(self, request: Message) -> None:
        self.applied[(request.code, request.text("BK") or request.text("AB") or request.text("AA"))] += 1

    def _log_in(self, request: Message) -> Message:
        return make("94", ok="1" if (request.text("CN"), request.text("CO")) == self.login else "0")

    # --- patrons ---

    def _standing(self, patron: FakePatron, request: Message) -> Values:
        pin = request.value("AD")
        return {
            "patron_status": "YYYY" + " " * 10 if patron.blocked else " " * 14,
            "language": "000",
            "transaction_date": self._now(),
            "institution_id": self.institution,
            "patron_identifier": patron.card,
            "personal_name": patron.name,
            "valid_patron": "Y",
            # without a PIN there is nothing to validate
            "valid_patron_password": (("Y" if pin == patron.pin else "N") if pin else ""),
            "fee_amount": str(patron.owed),
            "screen_message": ("Blocked",) if patron.blocked else (),
        }

    def _nobody(self, request: Message) -> Message:
        answer = refusal(request, now=self._now(), text="Invalid cardnumber")
        return attrs.evolve(answer, fields=(*answer.fields, ("BL", "N"))) if "BL" in answer.spec.tags else answer

    def _patron(self, request: Message) -> FakePatron | None:
        return self.patrons.get(request.text("AA"))

    def _patron_status(self, request: Message) -> Message:
        patron = self._patron(request)
        return make("24", self._standing(patron, request)) if patron is not None else self._nobody(request)

    def _patron_information(self, request: Message) -> Message:
        patron = self._patron(request)
        if patron is None:
            return self._nobody(request)
        wanted = request.text("summary").find("Y")
        lists = {
            "charged_items": tuple(patron.loans) if wanted == 2 else (),
            "fine_items": tuple(f"{what} {money}" for what, money in patron.fees) if wanted == 3 else (),
            "unavailable_hold_items": tuple(patron.holds) if wanted == 5 else (),
        }
        counts = {
            "hold_items_count": "0000",
            "overdue_items_count": "0000",
            "charged_items_count": f"{len(patron.loans):04}",
            "fine_items_count": f"{len(patron.fees):04}",
            "recall_items_count": "    ",
            "unavailable_holds_count": f"{len(patron.holds):04}",
        }
        told = [(tag, text) for tag, text in (("PB", patron.born), ("PC", patron.category)) if text]
        return make("64", {**self._standing(patron, request), **counts, **lists}, extra=told)

    def _block(self, request: Message) -> Message:
        patron = self._patron(request)
        if patron is None:
            return self._nobody(request)
        shown = attrs.evolve(patron, blocked=True)
        patron.blocked = patron.blocked or not self.forgets_blocks
        self._count(request)
        return make("24", self._standing(shown, request))

    def _end(self, request: Message) -> Message:
        card = request.text("AA")
        return make(
            "36", end_session="Y", transaction_date=self._now(), institution_id=self.institution, patron_identifier=card
        )

    # --- items ---

    def _item_information(self, request: Message) -> Message:
        item = self.items.get(request.text("AB"))
        if item is None:
            return refusal(request, now=self._now(), text="Invalid Item")
        return make(
            "18",
            circulation_status=item.shown,
            security_marker="02",
            fee_type="01",
            transaction_date=self._now(),
            due_date=item.due or None,
            item_identifier=item.barcode,
            title_identifier=item.title,
            permanent_location=item.home,
            media_type=item.medium or None,
        )

    def _check_out(self, request: Message) -> Message:
        patron, item = self._patron(request), self.items.get(request.text("AB"))
        if patron is None or item is None or patron.blocked or item.due:
            return refusal(request, now=self._now(), text="Not lent")
        if item.waits is not None and item.status and item.waits[0] != patron.card:
            return refusal(request, now=self._now(), text="On hold for another patron")
        if item.fee is not None and request.text("BO") != "Y":
            return self._asked(request, item.fee)
        item.due, item.status = format_date(self.clock.now() + _LOAN, self.zone), ""
        item.waits = None
        patron.loans.append(item.barcode)
        return self._lent(request, "12", patron, item)

    def _renew(self, request: Message) -> Message:
        patron, item = self._patron(request), self.items.get(request.text("AB"))
        if patron is None or item is None or item.barcode not in patron.loans or item.status:
            return refusal(request, now=self._now(), text="Item not checked out to this patron")
        if item.fee is not None and request.text("BO") != "Y":
            return self._asked(request, item.fee)
        later = max(self.clock.now(), parse_date(item.due, self.zone) or self.clock.now())
        item.due = format_date(later + _LOAN, self.zone)
        return self._lent(request, "30", patron, item)

    def _asked(self, request: Message, fee: Money) -> Message:
        """A refusal with the fee that the patron has to accept first."""
        asked = refusal(request, now=self._now())
        return attrs.evolve(asked, fields=(*asked.fields, ("BT", "06"), ("BV", str(fee))))

    def _lent(self, request: Message, code: str, patron: FakePatron, item: FakeItem) -> Message:
        self._count(request)
        return make(
            code,
            ok="1",
            renewal_ok="N" if code == "12" else "Y",
            magnetic_media="N",
            desensitize="Y",
            transaction_date=self._now(),
            institution_id=self.institution,
            patron_identifier=patron.card,
            item_identifier=item.barcode,
            title_identifier=item.title,
            due_date=item.due,
        )

    def _check_in(self, request: Message) -> Message:
        item = self.items.get(request.text("AB"))
        if item is None:
            return refusal(request, now=self._now(), text="Invalid Item")
        for patron in self.patrons.values():
            if item.barcode in patron.loans:
                patron.loans.remove(item.barcode)
        item.due = item.status = ""
        self._count(request)
        goes_to = item.waits[1] if item.waits is not None else ""
        here = bool(goes_to) and goes_to == request.text("AP")
        if goes_to:
            item.status = "08" if here else "10"
        answer = make(
            "10",
            ok="1",
            resensitize="Y",
            magnetic_media="N",
            alert="Y" if goes_to else "N",
            transaction_date=self._now(),
            institution_id=self.institution,
            item_identifier=item.barcode,
            permanent_location=item.home,
        )
        told = [("CV", "01")] if here else [("CT", goes_to), ("CV", "02")] if goes_to else []
        return attrs.evolve(answer, fields=(*answer.fields, *told))

    # --- holds and money ---

    def _hold(self, request: Message) -> Message:
        patron, item = self._patron(request), self.items.get(request.text("AB"))
        if patron is None or item is None or not self._change_holds(patron, item, request.text("hold_mode")):
            return refusal(request, now=self._now(), text="No such hold")
        self._count(request)
        return make(
            "16",
            ok="1",
            available="N",
            transaction_date=self._now(),
            queue_position=str(len(patron.holds)),
            pickup_location=request.value("BS"),
            institution_id=self.institution,
            patron_identifier=patron.card,
            item_identifier=item.barcode,
        )

    def _change_holds(self, patron: FakePatron, item: FakeItem, mode: str) -> bool:
        held = item.barcode in patron.holds
        if mode == "+" and not held:
            patron.holds.append(item.barcode)
            return True
        if mode == "-" and held:
            patron.holds.remove(item.barcode)
            return True
        return mode == "*" and held

    def _pay(self, request: Message) -> Message:
        patron = self._patron(request)
        try:
            paid = amount(request.text("BV"))
        except BadValue:
            paid = Money(0)
        if patron is None or paid <= Money(0):
            return refusal(request, now=self._now(), text="Not paid")
        # as systems in use do: the same reference twice is paid twice, and too much becomes a credit
        patron.fees.append(("Payment", -paid))
        self._count(request)
        return make(
            "38",
            payment_accepted="Y",
            transaction_date=self._now(),
            institution_id=self.institution,
            patron_identifier=patron.card,
            transaction_id=request.value("BK"),
        )
