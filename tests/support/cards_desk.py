"""A desk of patrons and cards over the reference ILS, in a made-up district. Nobody lives there."""

from datetime import UTC, date, datetime

from attrs import frozen

from scld_core.cards.actions import cards_area
from scld_core.cards.desk import CardDesk
from scld_core.cards.model import Application, BarcodeRange, CardKind, Proof, Service
from scld_core.cards.office import CardOffice, CardRuling
from scld_core.cards.policy import CardPolicy
from scld_core.kernel.actor import Actor
from scld_core.kernel.ids import LocationId
from scld_core.memory.patrons import MemoryPatrons
from scld_core.memory.store import MemoryStore
from scld_core.patrons import (
    Address,
    Areas,
    Belonging,
    Channel,
    Contact,
    Email,
    Evidence,
    FactClass,
    Facts,
    JurisdictionPolicy,
    PatronPolicy,
    PersonName,
    Phone,
    Signal,
)
from scld_core.patrons.actions import patrons_area
from scld_core.patrons.address import AddressKind
from scld_core.patrons.desk import PatronDesk
from scld_core.patrons.files import Drafts
from scld_core.patrons.jurisdiction import Source
from scld_core.patrons.streets import Parity, StreetRange, StreetRanges
from scld_core.patrons.systems import PatronRuling, PatronSystems, Places
from scld_core.runs.engine import Engine, Hooks
from scld_core.runs.one_step import Writer
from scld_core.services.privacy import journalled
from scld_core.testing.far import Far
from support.clock import Ticking
from support.hotspots import CALENDAR

NOW = datetime(2026, 3, 10, 16, tzinfo=UTC)
TODAY = date(2026, 3, 10)
CHENEY, ARGONNE = LocationId("cheney"), LocationId("argonne")

CANARY = "Canaryhurst"
PIN = "canary-pin-9917"

POLICY = CardPolicy(
    excludes={
        CardKind.RESIDENT: (),
        CardKind.PROPERTY_OWNER: (),
        CardKind.RECIPROCAL: (Service.DATABASES, Service.INTERLIBRARY_LOAN),
        CardKind.NON_RESIDENT: (),
        CardKind.STUDENT: (Service.LOANS, Service.HOLDS, Service.INTERLIBRARY_LOAN, Service.COMPUTERS),
        CardKind.EDUCATOR: (),
        CardKind.ONLINE: (Service.LOANS, Service.INTERLIBRARY_LOAN),
    },
    proofs={
        CardKind.RESIDENT: (Proof.PHOTO_ID, Proof.ADDRESS),
        CardKind.PROPERTY_OWNER: (Proof.PHOTO_ID, Proof.PROPERTY),
        CardKind.RECIPROCAL: (Proof.PHOTO_ID,),
        CardKind.NON_RESIDENT: (Proof.PAYMENT,),
        CardKind.EDUCATOR: (Proof.EMPLOYMENT,),
        CardKind.ONLINE: (),
    },
    belongings={
        CardKind.RESIDENT: (Belonging.DISTRICT,),
        CardKind.PROPERTY_OWNER: (Belonging.DISTRICT,),
        CardKind.RECIPROCAL: (Belonging.RECIPROCAL,),
        CardKind.NON_RESIDENT: (Belonging.OUTSIDE,),
    },
    signature_below=18,
    renewal_open_days=1,
    valid_months={CardKind.RESIDENT: 36, CardKind.RECIPROCAL: 12},
    valid_days={CardKind.ONLINE: 14},
    ends_on={CardKind.EDUCATOR: "08-01"},
    paid_cents={"3": 2250, "12": 9000},
    max_owed_cents=1000,
    ignored_blocks=("address-check",),
    update_within_years=3,
    ranges={
        "cheney": (BarcodeRange("2908200010000", "2908200010002"), BarcodeRange("2908200020000", "2908200020000")),
        "argonne": (BarcodeRange("2908200030000", "2908200039999"),),
    },
)

PEOPLE = PatronPolicy(
    adult_age=18,
    guardian_access={FactClass.AMOUNT_OWED: (Evidence.CHILDS_CARD,)},
    guardian_must_be_liable=True,
    verification={Channel.PHONE: (Facts.parse("card_number+birth_date"), Facts.parse("card_number+password"))},
    verification_failures=3,
    verification_locks=(Channel.PHONE,),
    household_kinds=(AddressKind.STREET,),
    duplicate_weights={
        Signal.SAME_NAME: 40,
        Signal.OTHER_NAME: -60,
        Signal.SAME_BIRTH_DATE: 40,
        Signal.OTHER_BIRTH_DATE: -60,
        Signal.SAME_ADDRESS: 15,
        Signal.SAME_PHONE: 15,
        Signal.SAME_EMAIL: 10,
    },
    duplicate_same=80,
    duplicate_possible=40,
    duplicate_block=50,
    placeholder_birth_dates=(),
)

JURISDICTION = JurisdictionPolicy(
    areas={"millbrook": Belonging.DISTRICT, "big-city": Belonging.RECIPROCAL, "elsewhere": Belonging.OUTSIDE}
)


def _range(line, street, area):
    return StreetRange(
        street=street, low=1, high=999, parity=Parity.BOTH, postcode="", area=area, line=line, name=street
    )


AREAS = Areas(
    ranges=StreetRanges(
        (_range(2, "oak st", "millbrook"), _range(3, "elm st", "big-city"), _range(4, "fir st", "elsewhere"))
    ),
    ranges_from=Source("streets.csv", NOW),
)


def home(street="12 Oak Street"):
    """Where somebody lives; by default in the district."""
    return Address(lines=(street,), city="Millbrook", region="WA", postcode="99999")


def person(given="Ada", *, family=CANARY, street="12 Oak Street", phone="509-555-0142"):
    """How somebody is called and reached."""
    return Contact(
        name=PersonName(family, given),
        address=home(street),
        emails=(Email(f"{given.lower()}@example.org"),),
        phones=(Phone(phone),),
    )


def application(kind=CardKind.RESIDENT, **more):
    """An application of an adult with every proof."""
    told = {
        "contact": person(),
        "birth_date": date(1980, 5, 17),
        "proofs": frozenset(Proof),
        "library": CHENEY,
    }
    return Application(kind=kind, **{**told, **more})


@frozen
class Town:
    """The desks, the ILS behind them, their store and their clock."""

    patrons: PatronDesk
    cards: CardDesk
    ils: MemoryPatrons
    line: Far
    store: MemoryStore
    clock: Ticking

    def journal(self):
        """The journal as text."""
        with self.store.transaction() as unit:
            return [str(entry) for entry in unit.journal.entries()]

    def records(self, kind):
        """What the store keeps of a kind."""
        with self.store.transaction() as unit:
            return dict(unit.records(kind).items())

    def steps(self):
        """What is open in the outbox."""
        with self.store.transaction() as unit:
            return unit.steps.unresolved()


def town(*, people=PEOPLE, policy=POLICY, hooks=None, calendar=CALENDAR, ils=None, **more):
    """The desks of a district under a policy of people and one of cards."""
    clock = Ticking(NOW)
    behind = ils(clock) if ils else MemoryPatrons(clock)
    line, store, actor = Far("main"), MemoryStore(), Actor("anne")
    systems = PatronSystems(
        patrons=line.to(behind, "patrons"),
        store=store,
        clock=clock,
        actor=actor,
        ruling=lambda: PatronRuling(people, "people 1", calendar.business_date(clock.now())),
        places=lambda: Places(AREAS, JURISDICTION, "places 1", calendar.business_date(clock.now())),
        audit=journalled(store, clock),
        drafts=Drafts(store),
    )
    office = CardOffice(people=systems, ruling=lambda: CardRuling(policy, "cards 1", calendar, clock.now()), **more)
    actions = {action.name: action for area in (patrons_area(systems), cards_area(office)) for action in area.actions}
    engine = Engine(store, actions, clock, actor, lambda seconds: clock.tick(seconds=seconds), hooks or Hooks())

    def writer(area):
        return Writer(engine, area, lambda: calendar.business_date(clock.now()), lambda: b"k" * 16)

    return Town(PatronDesk(systems, writer("patrons")), CardDesk(office, writer("cards")), behind, line, store, clock)


def codes(decision):
    """The codes of a decision's reasons."""
    return [reason.code for reason in decision.reasons]
