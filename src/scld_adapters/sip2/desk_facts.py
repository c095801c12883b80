"""What a self-check may read at a desk: whose card it is, what may be done with it, and what an item is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from attrs import frozen

from scld_adapters.sip2.desk_protocol import Station
from scld_adapters.sip2.fields import Validated
from scld_adapters.sip2.messages import Message, Values, make
from scld_core.catalog.model import Item
from scld_core.circulation.model import Circulation, ItemState
from scld_core.errors import NotFound, Rejected, UnsupportedOperation
from scld_core.holds.model import Hold
from scld_core.holds.states import TRAPPED, HoldState
from scld_core.kernel.ids import ItemId
from scld_core.patrons.person import Patron

__all__ = ["STATUS", "Facts"]

T = TypeVar("T")

STATUS = {
    ItemState.CHECKED_IN: "03",
    ItemState.ON_LOAN: "04",
    ItemState.ON_HOLD_SHELF: "08",
    ItemState.IN_TRANSIT: "10",
    ItemState.CLAIMS_RETURNED: "11",
    ItemState.LOST: "12",
    ItemState.LOST_PAID: "12",
    ItemState.MISSING: "13",
    ItemState.WITHDRAWN: "01",
    ItemState.UNKNOWN_WORD: "01",
}
"""The circulation status of an 18 by the state of an item."""

_ALL = "YYYY          "
_NONE = " " * 14
_UNTOLD = "    "
_COUNTS = (
    ("hold_items", "hold_items_count"),
    ("overdue_items", "overdue_items_count"),
    ("charged_items", "charged_items_count"),
    ("fine_items", "fine_items_count"),
    ("recall_items", "recall_items_count"),
    ("unavailable_hold_items", "unavailable_holds_count"),
)


@frozen
class Facts:
    """The reading handlers of one machine."""

    station: Station

    # --- patrons ---

    def patron_status(self, request: Message) -> Message:
        """23: whether the card is known, the PIN right, and the account in order."""
        found, right = self.who(request)
        return make("24", self._standing(request, found, right))

    def patron_information(self, request: Message) -> Message:
        """63: the same, with the counts and one list where the PIN permits to tell them."""
        found, right = self.who(request)
        told = found if found is not None and self.permitted(right) else None
        lists = {} if told is None else {**self._loan_lists(told), **self._hold_lists(told)}
        counts = {count: f"{min(len(lists[name]), 9999):04}" if name in lists else _UNTOLD for name, count in _COUNTS}
        asked = {0: "hold_items", 1: "overdue_items", 2: "charged_items", 5: "unavailable_hold_items"}
        name = asked.get(request.text("summary").find("Y"), "")
        shown = {name: _part(lists[name], request)} if name in lists else {}
        return make("64", {**self._standing(request, found, right), **counts, **shown, **self._owed(told)})

    def who(self, request: Message) -> tuple[Patron | None, Validated]:
        """Whose card it is, and whether the PIN is right: not validated where none was given or nobody looked."""
        station, desk = self.station, self.station.desk.patrons
        number = station.number(request, "AA")
        found = None if desk is None or number is None else desk.find(str(number))
        if found is None or desk is None:
            return None, Validated.NOT_VALIDATED
        pin = request.text("AD")
        if not pin:
            return found, Validated.NOT_VALIDATED
        try:
            right = self._right(found, pin, lambda: desk.systems.patrons.check_pin(found.id, pin))
        except (Rejected, UnsupportedOperation):
            return found, Validated.NOT_VALIDATED
        return found, Validated.YES if right else Validated.NO

    def _right(self, found: Patron, pin: str, ask: Callable[[], bool]) -> bool:
        """Whether a PIN is right; after so many wrong ones of one card nothing is right until the next day."""
        station = self.station
        memory, local = station.memory, found.id.local
        about = (station.seal.name("pin", local), station.today)
        before = memory.wrong.get(about, frozenset())
        if len(before) >= station.settings.wrong_pins:
            return False
        right = ask()
        # a machine whose answer got lost asks the same again: that is no second guess
        memory.wrong[about] = frozenset() if right else before | {station.seal.name("guess", local, pin)}
        return right

    def permitted(self, right: Validated) -> bool:
        """Whether a patron with such a PIN may act, and see what only a patron may."""
        return right is Validated.YES or (right is not Validated.NO and not self.station.settings.require_pin)

    def _standing(self, request: Message, found: Patron | None, right: Validated) -> Values:
        return {
            "patron_status": _NONE if found is not None and not self._stopped(found) else _ALL,
            "language": "000",
            "transaction_date": self.station.now,
            "institution_id": self.station.institution or request.text("AO"),
            "patron_identifier": request.text("AA"),
            # a machine stands where everybody can see it: it is told no name
            "personal_name": "",
            "valid_patron": "Y" if found is not None else "N",
            "valid_patron_password": right.value if found is not None else None,
            "screen_message": () if found is not None else (self.station.screen("The card is not known here."),),
        }

    def _stopped(self, found: Patron) -> bool:
        """Whether anything on the record stops every loan, by the loans desk's policy."""
        desk, day = self.station.desk.loans, self.station.today
        ignored = () if desk is None else desk.office.ruling().policy.ignored_blocks
        expired = found.expires_on is not None and found.expires_on < day
        return expired or any(block.reason not in ignored for block in found.blocks)

    def _owed(self, found: Patron | None) -> Values:
        """What a patron owes, where the PIN permits to tell it and the ILS does."""
        desk = self.station.desk.loans
        owed = None if desk is None or found is None else desk.office.owed(found.id)
        return {} if owed is None else {"fee_amount": str(owed), "currency_type": owed.currency}

    def _loan_lists(self, found: Patron) -> dict[str, list[str]]:
        """What the patron has, and what of it is late; nothing where the ILS does not tell, which is not none."""
        desk, now = self.station.desk.loans, self.station.desk.clock.now()
        loans = None if desk is None else _told(lambda: desk.loans_of(found.id))
        if loans is None:
            return {}
        return {
            "charged_items": [self.barcode(loan.item) for loan in loans],
            "overdue_items": [self.barcode(loan.item) for loan in loans if loan.due_at <= now],
        }

    def _hold_lists(self, found: Patron) -> dict[str, list[str]]:
        """What waits for the patron, and what the patron waits for; nothing where the ILS does not tell."""
        desk = self.station.desk.holds
        holds = None if desk is None else _told(lambda: desk.of_patron(found.id))
        if holds is None:
            return {}
        return {
            "hold_items": [self._held(hold) for hold in holds if hold.state is HoldState.READY],
            "unavailable_hold_items": [self._held(hold) for hold in holds if hold.state is not HoldState.READY],
        }

    def _held(self, hold: Hold) -> str:
        item = hold.trapped if hold.state in TRAPPED else hold.item
        return self.barcode(item) if item is not None else self.title(hold)

    # --- items ---

    def item_information(self, request: Message) -> Message:
        """17: what an item is and where it stands."""
        station, item = self.station, self.item(request)
        if item is None:
            return station.refuse(request, "The item is not known here.")
        loans = station.desk.loans
        seen = None if loans is None else _told(lambda: loans.look(item.id))
        lent = None if seen is None else seen.open_loan
        return make(
            "18",
            circulation_status=_status(seen),
            security_marker="00",
            fee_type="01",
            transaction_date=station.now,
            item_identifier=request.text("AB"),
            title_identifier=self.title(item),
            due_date=None if lent is None else station.due(lent.due_at),
            permanent_location=None if item.home is None else str(item.home),
            current_location=None if item.at is None else str(item.at),
        )

    def item(self, request: Message) -> Item | None:
        """The item whose barcode was scanned; None for none."""
        number, desk = self.station.number(request, "AB"), self.station.desk.catalog
        if number is None or desk is None:
            return None
        return _told(lambda: desk.item(str(number)))

    def barcode(self, item: ItemId) -> str:
        """The barcode of an item, or else its record's number."""
        desk = self.station.desk.catalog
        found = None if desk is None else _told(lambda: desk.item(item))
        return item.local if found is None or found.barcode is None else str(found.barcode)

    def title(self, of: Item | Hold) -> str:
        """How a record's title is called: by its id where the ILS tells of no titles, blank without one."""
        desk, known = self.station.desk.catalog, of.title
        if known is None:
            return ""
        found = None if desk is None else _told(lambda: desk.title(known))
        return self.station.screen(known.local if found is None else found.title)


def _status(seen: Circulation | None) -> str:
    return "01" if seen is None else STATUS[seen.state]


def _part(rows: Iterable[str], request: Message) -> tuple[str, ...]:
    """The lines that the request asks for by place, counted from 1; all of them where it does not say."""
    whole = tuple(rows)
    first, last = (request.text(tag).strip() for tag in ("BP", "BQ"))
    start = int(first) if first.isdigit() and first.isascii() else 1
    end = int(last) if last.isdigit() and last.isascii() else len(whole)
    return whole[max(start, 1) - 1 : end]


def _told(ask: Callable[[], T]) -> T | None:
    """What an ILS tells; None for what it does not know or does not offer."""
    try:
        return ask()
    except (NotFound, UnsupportedOperation):
        return None
