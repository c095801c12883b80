"""What the loans desk works with: the ILS, what its neighbours know, and what holds today."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from attrs import field, frozen

from scld_core.calendars import Calendar
from scld_core.circulation.policy import CirculationPolicy
from scld_core.circulation.ports import Loans
from scld_core.kernel.actor import Actor
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.time import Clock
from scld_core.kernel.validate import instance, instant, nonempty
from scld_core.patrons.person import Patron
from scld_core.runs.ports import Store

__all__ = ["ItemFacts", "LoansOffice", "Ruling"]


@frozen
class Ruling:
    """What holds at an instant: the policy with its version, and the calendar."""

    policy: CirculationPolicy = field(validator=instance(CirculationPolicy))
    version: str
    calendar: Calendar = field(validator=instance(Calendar))
    now: datetime = field(validator=instant)

    @property
    def today(self) -> date:
        """The business day."""
        return self.calendar.business_date(self.now)


@frozen
class ItemFacts:
    """What the catalogue says of an item: its kind in the ILS's own word, whether it is lent, and its home."""

    kind: str = ""
    loanable: bool = True
    home: LocationId | None = None


def _nothing_known(item: ItemId) -> ItemFacts:
    del item
    return ItemFacts()


def _nobody_waits(item: ItemId) -> int | None:
    del item
    return 0


def _no_debt_told(patron: PatronId) -> Money | None:
    del patron
    return None


def _no_record(patron: PatronId) -> Patron | None:
    del patron
    return None


def _not_for_another(item: ItemId, patron: PatronId) -> bool:
    del item, patron
    return False


def _no_barcodes(barcode: Barcode) -> None:
    del barcode


def _any_card(category: str) -> bool:
    del category
    return True


def _as_the_ils_counts(library: LocationId) -> None:
    del library


def _any_library(library: LocationId) -> bool:
    del library
    return True


@frozen
class LoansOffice:
    """One ILS's loans, and what the other desks know of whom and what they are about.

    `entitled` says whether cards of one of the ILS's categories are good for loans. `waiting_holds` counts those
    who wait for an item, None where that cannot be told; an ILS that tells of no holds minds them itself.
    `for_other` says whether an item is set aside for somebody else. `owed` is None where it is not known.
    `shelf_until` is the last day on the hold shelf of a library for what comes in there today, None where the ILS
    counts these days itself.
    `ruling` gives what holds now, and raises PolicyMissing for what the district has to set. `manager` says
    whether the actor decides what others refer.
    """

    ils: str = field(validator=nonempty)
    loans: Loans = field(repr=False)
    store: Store = field(repr=False)
    clock: Clock = field(repr=False)
    actor: Actor
    ruling: Callable[[], Ruling] = field(repr=False)
    patron: Callable[[PatronId], Patron | None] = field(default=_no_record, repr=False)
    find_patron: Callable[[Barcode], Patron | None] = field(default=_no_barcodes, repr=False)
    entitled: Callable[[str], bool] = field(default=_any_card, repr=False)
    item: Callable[[ItemId], ItemFacts] = field(default=_nothing_known, repr=False)
    find_item: Callable[[Barcode], ItemId | None] = field(default=_no_barcodes, repr=False)
    is_library: Callable[[LocationId], bool] = field(default=_any_library, repr=False)
    waiting_holds: Callable[[ItemId], int | None] = field(default=_nobody_waits, repr=False)
    for_other: Callable[[ItemId, PatronId], bool] = field(default=_not_for_another, repr=False)
    shelf_until: Callable[[LocationId], date | None] = field(default=_as_the_ils_counts, repr=False)
    owed: Callable[[PatronId], Money | None] = field(default=_no_debt_told, repr=False)
    manager: bool = False
