"""A small synthetic district at whose desk items are lent: memory parts on one hand-moved clock."""

from datetime import UTC, date, datetime, time, timedelta

from attrs import evolve

from scld_core.calendars import Calendar, Closure, WeeklyHours
from scld_core.circulation.actions import AREA
from scld_core.circulation.office import ItemFacts, LoansOffice, Ruling
from scld_core.circulation.policy import CirculationPolicy, RenewFrom
from scld_core.fees.model import ChargeKind, ChargeTerms, LegalClass
from scld_core.holds.model import HoldRequest
from scld_core.holds.states import HoldState
from scld_core.kernel.actor import Actor
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LocationId, PatronId, TitleId
from scld_core.kernel.money import Money
from scld_core.memory.fees import MemoryFees
from scld_core.memory.holds import MemoryHolds
from scld_core.memory.loans import MemoryLoans
from scld_core.memory.patrons import MemoryPatrons
from scld_core.memory.store import MemoryStore
from scld_core.patrons.person import Block, Patron
from scld_core.runs.engine import Engine
from scld_core.runs.one_step import Writer
from scld_core.services.claims import LoansDesk, loans_area
from support.clock import Ticking

NOW = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)  # 11:00 on a Tuesday in Spokane, two days after the clocks changed
OPEN = ((time(10), time(20)),)
CLOSED = Closure(date(2026, 4, 7), date(2026, 4, 8), "synthetic closure")
CALENDAR = Calendar(
    "America/Los_Angeles",
    (WeeklyHours(monday=OPEN, tuesday=OPEN, wednesday=OPEN, thursday=OPEN, friday=OPEN, saturday=OPEN),),
    (CLOSED,),
)
POLICY = CirculationPolicy(
    loan_days={"standard": 28, "dvds": 14},
    lost_after_days=28,
    max_renewals=2,
    renew_from=RenewFrom.TODAY,
    claim_search_days=(1, 7, 28),
    claims_before_manager=2,
    max_items_out=3,
    max_owed_cents=5000,
    kinds={"DVD": "dvds", "REF": "reference"},
    not_lent=("reference",),
    not_renewed=("dvds",),
)
NORTH, CHENEY = LocationId("north-spokane"), LocationId("cheney")
VERSION = "synthetic@1"


def item(number):
    """A synthetic item's id."""
    return ItemId("main", f"i{number}")


def title(number):
    """A synthetic title's id; item and title have the same number."""
    return TitleId("main", f"t{number}")


def patron(number):
    """A synthetic patron's id."""
    return PatronId("main", f"p{number}")


class World:
    """Items 1 to 6 on the shelf at North Spokane, patrons 1 to 3, and what the desk is told of them."""

    def __init__(self, policy=POLICY, calendar=CALENDAR, loans=None):
        self.clock = Ticking(NOW)
        self.policy, self.calendar = policy, calendar
        self.patrons = MemoryPatrons(self.clock)
        self.holds = MemoryHolds(self.clock, self.patrons)
        self.fees = MemoryFees(self.clock, self.patrons)
        self.loans = (loans or MemoryLoans)(self.clock, page_size=2, patrons=self.patrons, holds=self.holds)
        self.store = MemoryStore()
        self.kinds = {}
        self.slept = []
        for number in range(1, 4):
            self.patrons.put(Patron(id=patron(number), as_of=NOW))
        for number in range(1, 7):
            seen = self.loans.add(item(number))
            self.loans.put(seen, NORTH)
            self.holds.add(item(number), title(number), NORTH)

    def ruling(self):
        """What holds now."""
        return Ruling(self.policy, VERSION, self.calendar, self.clock.now())

    def waiting(self, of):
        """The holds of an item's title, as they stand."""
        pages = self.holds.of_title(title(int(of.local[1:])))
        return [hold for page in pages for hold in page.rows]

    def for_other(self, of, who):
        """Whether an item is set aside for somebody else."""
        return any(hold.trapped == of and hold.is_open and hold.patron != who for hold in self.waiting(of))

    def office(self, **more):
        """What the desk works with."""
        given = {
            "ils": "main",
            "loans": self.loans,
            "store": self.store,
            "clock": self.clock,
            "actor": Actor("jdoe", ("associate",)),
            "ruling": self.ruling,
            "patron": self.patrons.get,
            "item": lambda of: ItemFacts(self.kinds.get(of, "book"), home=NORTH),
            "find_item": lambda code: item(int(str(code)[-1])) if str(code).startswith("3999") else None,
            "waiting_holds": lambda of: sum(hold.state is HoldState.WAITING for hold in self.waiting(of)),
            "for_other": self.for_other,
            "owed": lambda who: self.fees.account(who).balance,
        }
        return LoansOffice(**{**given, **more})

    def desk(self, *, fees=True, **more):
        """The desk of one member of staff."""
        office = self.office(**more)
        port = self.fees if fees else None
        area = loans_area(office, port)
        actions = {action.name: action for action in area.actions}
        engine = Engine(self.store, actions, self.clock, office.actor, self.slept.append)
        writer = Writer(engine, AREA, lambda: self.ruling().today, lambda: b"synthetic")
        return LoansDesk(office, writer, port)

    def manager(self, **more):
        """The desk of somebody who decides what others refer."""
        return self.desk(actor=Actor("boss", ("supervisor",)), manager=True, **more)

    def lend(self, number=1, who=1, days=28):
        """Lend an item as the ILS's own staff do, due at the end of the business day so many days from now."""
        due = self.calendar.end_of_business_day(self.ruling().today + timedelta(days=days))
        return self.loans.lend(item(number), due_at=due, patron=patron(who)).loan

    def hold(self, number=1, who=2, pickup=NORTH):
        """A hold on an item's title."""
        request = HoldRequest(patron=patron(who), title=title(number), pickup=pickup)
        return self.holds.place(request, key=f"hold-{number}-{who}")

    def charge(self, cents, number=None, who=1, *, fee=False, key="", days=0):
        """Charge a patron, for an item or as the fee of a referral."""
        terms = ChargeTerms(
            kind=ChargeKind.AGENCY_FEE if fee else ChargeKind.LOST_ITEM,
            legal_class=LegalClass.COLLECTION_COST if fee else LegalClass.REPLACEMENT,
            amount=Money(cents),
            assessed_at=self.clock.now() - timedelta(days=days),
            item=None if number is None else item(number),
        )
        return self.fees.charge(patron(who), terms, key=key or f"charge-{cents}-{number}-{who}-{fee}")

    def block(self, who=1, reason="lost-card"):
        """Block a patron."""
        found = self.patrons.get(patron(who))
        self.patrons.put(evolve(found, blocks=(*found.blocks, Block(reason))))


def codes(decision):
    """The reasons' codes, in their order."""
    return [reason.code for reason in decision.reasons]


SCAN = Barcode("39990000000001")
"""The barcode of item 1."""
