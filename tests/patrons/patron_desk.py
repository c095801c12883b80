"""Made-up patrons, addresses and a made-up policy for the tests of the patron desk."""

from datetime import UTC, date, datetime

from attrs import evolve
from hypothesis import strategies as st

from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.patrons import (
    Address,
    Belonging,
    Card,
    Channel,
    Contact,
    Email,
    Evidence,
    FactClass,
    Facts,
    JurisdictionPolicy,
    Patron,
    PatronPolicy,
    PersonName,
    Phone,
    Record,
    Signal,
)
from scld_core.patrons.address import AddressKind
from scld_core.patrons.address_words import DIRECTIONS, ORDINALS, SUFFIXES, TENS, UNITS

NOW = datetime(2026, 6, 1, 17, tzinfo=UTC)
TODAY = date(2026, 6, 1)
VERSION = "test@1"
PLACEHOLDER = date(1900, 1, 1)

POLICY = PatronPolicy(
    adult_age=18,
    guardian_access={
        FactClass.AMOUNT_OWED: tuple(Evidence),
        FactClass.DUE_DATES: (Evidence.CHILDS_CARD, Evidence.CHILD_PRESENT),
        FactClass.TITLES: (Evidence.CHILD_PRESENT,),
    },
    guardian_must_be_liable=True,
    verification={
        Channel.PHONE: (Facts.parse("card_number+birth_date"), Facts.parse("card_number+password")),
        Channel.IN_PERSON: (Facts.parse("photo_id"), Facts.parse("card_number+name+address")),
        Channel.WEB: (Facts.parse("card_number+password"),),
    },
    verification_failures=3,
    verification_locks=(Channel.PHONE, Channel.WEB),
    household_kinds=(AddressKind.STREET, AddressKind.RURAL_ROUTE),
    duplicate_weights={
        Signal.SAME_CARD: 60,
        Signal.SAME_NAME: 40,
        Signal.NEAR_NAME: 25,
        Signal.OTHER_NAME: -60,
        Signal.SAME_BIRTH_DATE: 40,
        Signal.NEAR_BIRTH_DATE: 20,
        Signal.OTHER_BIRTH_DATE: -60,
        Signal.SAME_ADDRESS: 15,
        Signal.SAME_BUILDING: 5,
        Signal.SAME_PHONE: 15,
        Signal.SAME_EMAIL: 25,
    },
    duplicate_same=80,
    duplicate_possible=40,
    duplicate_block=50,
    placeholder_birth_dates=(PLACEHOLDER,),
)

AREAS = JurisdictionPolicy(
    areas={
        "county": Belonging.DISTRICT,
        "millbrook": Belonging.DISTRICT,
        "big-city": Belonging.RECIPROCAL,
        "other-city": Belonging.RECIPROCAL,
        "elsewhere": Belonging.OUTSIDE,
    },
)


def pid(number):
    """The id of a made-up patron."""
    return PatronId("main", f"p{number}")


def patron(number, *cards, **more):
    """A made-up patron with cards."""
    held = tuple(Card(number=Barcode(card)) for card in cards)
    return Patron(id=pid(number), as_of=NOW, cards=held, **more)


def where(*lines, city="Millbrook", postcode="99999", region="WA"):
    """A made-up address."""
    return Address(lines=lines, city=city, region=region, postcode=postcode)


def record(number, name="", *, born=None, address=None, phones=(), emails=(), cards=()):
    """A made-up record with its contact; a name is family and given, parted by a comma."""
    family, _, given = name.partition(", ")
    contact = Contact(
        name=PersonName(family, given) if family else None,
        address=address,
        phones=tuple(map(Phone, phones)),
        emails=tuple(map(Email, emails)),
    )
    return Record(patron(number, *cards, birth_date=born), contact)


_ODD = "# 12 3b 1/2 us sr po p o box rr pmb a main 43 N.E. c/o post general delivery rural route ½ Ünïon пр 通り & २"
WORDS = st.sampled_from(
    [*sorted({*SUFFIXES, *UNITS, *DIRECTIONS, *ORDINALS, *TENS})[::5], *UNITS, *_ODD.split(), "o'brien"]
)
_SIGNS = st.sampled_from([" ", " ", " ", ", ", "-", ".", "/", "\n", ";"])
ADDRESS_TEXTS = st.lists(st.tuples(WORDS, _SIGNS), max_size=8).map(lambda parts: "".join(map("".join, parts)).strip())
"""Lines of words that addresses are made of, in senseless order."""

LINES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20).map(str.strip)
"""Any one-line text of any script."""


def with_policy(**values):
    """The made-up policy with other values."""
    return evolve(POLICY, **values)
