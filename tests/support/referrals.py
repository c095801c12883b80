"""A referral run in miniature: an ILS in memory, an agency that keeps what reaches it, and faults in between.

Nobody here owes anything: patrons, cards and sums are made up.
"""

import csv
import io
from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

from attrs import define, evolve, field

from scld_adapters.agencies.declarations import dialects
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.posting import BLOCK
from scld_core.agency.referrals.desk import ReferralDesk, referrals_area
from scld_core.agency.referrals.facts import Reader
from scld_core.agency.referrals.office import Candidate, Office, Terms
from scld_core.errors import OutcomeUnknown, Rejected, Unavailable, UnsupportedOperation
from scld_core.fees.model import ChargeKind, ChargeTerms, EntryKind, LegalClass, Part
from scld_core.kernel.actor import Actor
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.memory.store import MemoryStore
from scld_core.patrons.person import Card, Patron
from scld_core.runs.engine import Engine
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from scld_core.services.day.run import Day
from support.clock import Ticking
from support.collection import BORN, NOON, POLICY, TODAY

ZONE = ZoneInfo("America/Los_Angeles")
ANNE = Actor("anne", ("lead",))
DIALECTS = {one.name: one for one in dialects()}
LIMITS = AgencyLimits(max_fact_age_minutes=60, max_missing_fraction=0.5, max_batch_count=50, max_batch_fraction=1.0)
LONG_AGO = NOON - timedelta(days=60)
NOTICED = TODAY - timedelta(days=40)


def patron_id(number):
    """The record id of patron `number`."""
    return PatronId("main", f"p{number}")


def card(number):
    """A made-up card number."""
    body = f"2900000{number:06d}"
    return Barcode.parse(body + str(luhn_digit(body)))


@define(slots=False)
class Agency:
    """The agency's side: every file that reached it, under its name, and how often each came.

    `faults` are taken one a delivery: "before" breaks off before anything arrives, "after" once all has, "lost"
    answers nothing and nothing arrived. `balances` is what it takes to be owed on its accounts. `tells` says whether
    the way can tell what is there; `keys` whether a file that comes again under a key that it knows is the same
    delivery.
    """

    faults: list = field(factory=list)
    tells: bool = True
    keys: bool = True
    by_hand: bool = False
    files: dict = field(factory=dict)
    came: Counter = field(factory=Counter)
    known: set = field(factory=set)
    balances: dict = field(factory=dict)

    def deliver(self, parcel, *, key):
        """Take the parcel, unless something happens to it."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            raise Unavailable("agency", "deliver", "no route")
        if fault == "lost":
            raise OutcomeUnknown("agency", "deliver", "the line broke", key)
        if self.by_hand:
            return Answer(AnswerKind.FOR_OPERATOR, parcel.name)
        self.take(parcel, key)
        if fault == "after":
            raise OutcomeUnknown("agency", "deliver", "the line broke", key)
        return Answer(AnswerKind.DONE, parcel.name)

    def take(self, parcel, key):
        """It is there now."""
        if parcel.name not in self.files:
            self.work(parcel.name, parcel.content)
        if self.files.setdefault(parcel.name, parcel.content) != parcel.content:
            raise Rejected("agency", "deliver", "another file of this name is there")
        if not (self.keys and key in self.known):
            self.came[parcel.name] += 1
        self.known.add(key)

    def delivered(self, parcel):
        """Whether it is there."""
        if not self.tells:
            return ReadBack.UNKNOWN
        return ReadBack.DONE if self.files.get(parcel.name) == parcel.content else ReadBack.NOT_DONE

    def rows(self, word):
        """The rows of all files with a word in their name, in the order in which they came."""
        for name, content in self.files.items():
            if word in name:
                yield from ((name, row) for row in csv.DictReader(io.StringIO(content.decode())))

    @property
    def submitted(self):
        """The record numbers that were ever submitted."""
        return Counter(row["borrowernumber"] for _, row in self.rows("new"))

    def work(self, name, content):
        """Take the rows of a file on: what is told as nothing owed is closed."""
        for row in csv.DictReader(io.StringIO(content.decode())):
            told = row.get("Total_Plus_Fee") or row.get("Due")
            if told:
                self.balances[row["borrowernumber"]] = Money.parse(told.replace(",", "")).cents
                if not self.balances[row["borrowernumber"]]:
                    del self.balances[row["borrowernumber"]]


class World:
    """A district that refers to one agency: a clock, a store, an ILS, and a way to the agency."""

    def __init__(self, *, policy=POLICY, store=None, patrons=None, fees=None, agency=None, clock=None):
        self.clock = clock or Ticking(NOON)
        self.store = store or MemoryStore()
        self.patrons = patrons or MemoryPatrons(self.clock)
        self.fees = fees or MemoryFees(self.clock, self.patrons)
        self.agency = agency or Agency()
        self.policy = policy
        self.limits = LIMITS
        self.noticed = {}
        self.exempt = set()
        self.numbers = []
        self.office = Office(
            agency="gentle",
            ils="main",
            store=self.store,
            clock=self.clock,
            actor=ANNE,
            zone=ZONE,
            patrons=self.patrons,
            fees=self.fees,
            channel=self.agency,
            terms=self.terms,
            candidates=lambda: [Candidate(patron_id(n), n in self.exempt) for n in self.numbers],
            notices=lambda: lambda local: self.noticed.get(local, ()),
            new=DIALECTS["koha-ums-new"],
            update=DIALECTS["koha-ums-update"],
            case=lambda patron: "case",
        )

    def vary(self, **more):
        """Let the office be another one in some things."""
        self.office = evolve(self.office, **more)
        return self

    @property
    def today(self):
        """The business day."""
        return self.clock.now().astimezone(ZONE).date()

    def terms(self):
        """What holds now."""
        return Terms(self.today, self.clock.now(), self.policy, self.limits, "v1")

    @property
    def desk(self):
        """The desk of the office as it is."""
        return ReferralDesk(self.office)

    def enter(self, number, cents=6000, *, notice=NOTICED, **more):
        """A patron with one charge of long ago, told of it on a day."""
        known = {"birth_date": BORN, "cards": (Card(number=card(number)),), "home": LocationId("cheney")} | more
        self.patrons.put(Patron(id=patron_id(number), as_of=self.clock.now(), category="adult", **known))
        self.numbers.append(number)
        if notice:
            self.noticed[f"p{number}"] = (notice,)
        return self.owe(number, cents)

    def owe(self, number, cents=6000, at=LONG_AGO):
        """One more charge."""
        terms = ChargeTerms(
            kind=ChargeKind.LOST_ITEM,
            legal_class=LegalClass.REPLACEMENT,
            amount=Money(cents),
            assessed_at=at,
            branch=LocationId("cheney"),
        )
        key = f"desk-{number}-{len(self.account(number).entries)}"
        return self.fees.charge(patron_id(number), terms, key=key)

    def account(self, number):
        """The account now."""
        return self.fees.account(patron_id(number))

    def settle(self, number, kind=EntryKind.PAYMENT, cents=None):
        """Pay, or waive, all that is owed, or so much of the oldest open charge."""
        for standing in self.account(number).standings:
            if standing.outstanding:
                amount = standing.outstanding if cents is None else Money(min(cents, standing.outstanding.cents))
                self.fees.settle(kind, Part(standing.charge.id, amount))
                if cents is not None:
                    return

    def reported(self, number):
        """What the agency should have as the balance, in cents."""
        seen = Reader.of(self.office, self.terms()).owned(f"p{number}")
        return seen.balance.cents

    def engine(self, area=None):
        """The one write path over this area."""
        area = area or referrals_area(self.office)
        return Engine(self.store, {one.name: one for one in area.actions}, self.clock, ANNE, lambda seconds: None)

    def day(self, area=None):
        """The day's run of this area."""
        area = area or referrals_area(self.office)
        return Day("Synthetic", self.today, (area,), self.engine(area), (area.name,))

    def morning(self):
        """Run the day."""
        return self.day().run()

    def plan(self):
        """What a run would do."""
        (area,) = self.day().plan().areas
        return area

    def next_day(self, days=1):
        """Some days later, at the same hour."""
        self.clock.tick(days=days)
        return self

    # what is shown

    def fee_counts(self):
        """How often the fee of each referral was charged, net of what was cancelled: (charged, cancelled)."""
        charged, gone = Counter(), Counter()
        for number in self.numbers:
            account = self.account(number)
            for entry in account.entries:
                if entry.charge is not None and entry.charge.kind is ChargeKind.AGENCY_FEE:
                    charged[entry.key] += 1
                if entry.kind is EntryKind.CANCELLATION:
                    gone[entry.key] += 1
        return charged, gone

    def touched(self, number):
        """What a referral left at the patron: fee, flag, block."""
        patron = self.patrons.get(patron_id(number))
        fees = [s for s in self.account(number).standings if s.charge.kind is ChargeKind.AGENCY_FEE and s.outstanding]
        return bool(fees), patron.flag is not None, patron.blocked_for(BLOCK) is not None

    def referral_of(self, number):
        """The latest referral of a patron."""
        mine = [one for one in self.desk.book().episodes.values() if one.patron == f"p{number}"]
        return max(mine, key=lambda one: one.id)


class Wrapped:
    """A port that is another one in some things."""

    def __init__(self, port):
        self._port = port

    def __getattr__(self, name):
        return getattr(self._port, name)


class Extract(Wrapped):
    """Reads from a file of some time ago; writes go through."""

    live = False

    def __init__(self, port, known):
        super().__init__(port)
        self._known = known

    def account(self, patron):
        """As the file has it."""
        return self._known.get(patron.local) or self._port.account(patron)

    def get(self, patron):
        """As the file has it."""
        return self._known.get(patron.local) or self._port.get(patron)


class Keyless(Wrapped):
    """A ledger that keeps no keys, and so knows none again."""

    def account(self, patron):
        """Without keys."""
        account = self._port.account(patron)
        return evolve(account, entries=tuple(evolve(entry, key="") for entry in account.entries))


class ReadOnly(Wrapped):
    """An ILS that a program may only read."""

    def set_flag(self, patron, flag, *, key):
        """Not here."""
        raise UnsupportedOperation("main", "set_flag", "read only")

    def set_block(self, patron, block, *, key):
        """Not here."""
        raise UnsupportedOperation("main", "set_block", "read only")


_WRITES = ("charge", "cancel", "set_flag", "clear_flag", "set_block", "clear_block")


class Shaky(Wrapped):
    """An ILS whose next writes meet `faults`: "before" does nothing, "after" loses the answer of what is done."""

    def __init__(self, port, faults):
        super().__init__(port)
        self._faults = faults

    def __getattr__(self, name):
        found = getattr(self._port, name)
        if name not in _WRITES:
            return found

        def shaky(*args, key, **more):
            fault = self._faults.pop(0) if self._faults else ""
            if fault == "before":
                raise Unavailable("main", name, "no route")
            answer = found(*args, key=key, **more)
            if fault == "after":
                raise OutcomeUnknown("main", name, "the line broke", key)
            return answer

        return shaky


def actions(plan):
    """The planned actions with their subjects."""
    return [(step.action.partition(".")[2], step.subject) for step in plan.steps]
