"""One key for the many ways in which people write one address."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from patron_desk import ADDRESS_TEXTS, LINES, where

from scld_core.kernel.fold import fold, words
from scld_core.patrons import Address, AddressKind, address_key, street_key
from scld_core.patrons.address import line_key


def lined(text):
    """An address of the lines of a text, with nothing else known."""
    return Address(lines=tuple(line.strip() for line in text.split("\n")))


@given(ADDRESS_TEXTS)
@example("12 trwy, pmb tenth vista")
@example("general bsmt box # squ dept.twelfth po")
@example("general delivery")
def test_the_key_of_a_key_is_itself(text):
    """Normalising twice changes nothing, for addresses in senseless order."""
    key = address_key(lined(text))
    assert address_key(lined(key.text)) == key
    assert line_key(line_key(text)) == line_key(text)
    assert street_key(street_key(text)) == street_key(text)


@given(st.text(max_size=40))
@example("\ud800")
def test_any_text_has_a_key(text):
    """Folding, words and keys are total and settle at once, for any text of any script."""
    assert fold(fold(text)) == fold(text)
    assert words(" ".join(words(text))) == words(text)
    assert street_key(street_key(text)) == street_key(text)
    assert line_key(line_key(text)) == line_key(text)


@given(st.lists(LINES, max_size=3), LINES, LINES)
def test_the_key_does_not_depend_on_case_and_outer_punctuation(lines, city, postcode):
    """An address in capitals, with full stops after it, is the same address."""
    plain = Address(lines=tuple(lines), city=city, postcode=postcode)
    loud = Address(lines=tuple(line.casefold() for line in lines), city=f"{city.casefold()}.", postcode=postcode)
    assert address_key(plain) == address_key(loud)


@pytest.mark.parametrize(
    "spelling",
    [
        "4322 N. Argonne Road, Apt. #3-B",
        "4322 North Argonne Rd Unit 3B",
        "N 4322 Argonne Rd Apt 3 b",
        "#3b, 4322 N Argonne Rd",
        "Apt 3B 4322 N Argonne Rd",
        "c/o Jo Example, 4322 N ARGONNE ROAD, SUITE 3B",
        "4322 n argonne rd apt3b, Millbrook, WA 99999",
        "4322 N Argonne Rd, Apt 3B, Millbrook WA",
        "4322 N Argonne Rd 3B",
        "P.O. Box 9, 4322 N Argonne Rd, Apartment 3B",
    ],
)
def test_two_spellings_of_one_household_match(spelling):
    """Suffixes, directions, units, order, case, signs and a repeated last line do not matter."""
    assert address_key(where(spelling)) == address_key(where("4322 N Argonne Rd", "Apt 3B", postcode="99999-0001"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1 Main St Apt 3", "1 Main St Apt 4"),
        ("1 Main St Apt 3", "1 Main St"),
        ("1 Main St Bldg 3", "1 Main St Apt 3"),
        ("1 Main St Bsmt", "1 Main St Rear"),
        ("1 Main St Upper", "1 Main St Lower"),
        ("1 N Main St", "1 S Main St"),
        ("1 Main St", "1 Main Ave"),
        ("1 Main St", "1 1/2 Main St"),
        ("1 Main St", "1a Main St"),
        ("1 Main St", "PO Box 1"),
        ("PO Box 1", "PO Box 11"),
        ("RR 1 Box 2", "RR 2 Box 2"),
        ("12 Highway 2", "12 Highway 3"),
        ("12 County Road 5", "12 County Road Apt 5"),
        ("12 N Road 5", "12 N Road Apt 5"),
        ("1 Oak Ln, Cottage", "1 Oak Ln"),
    ],
)
def test_two_places_do_not_match(one, other):
    """Units, buildings, directions, suffixes, fractions and boxes tell places apart."""
    assert address_key(where(one)) != address_key(where(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("123½ Twenty-First Avenue", "123 1/2 21st Ave"),
        ("5 First Street", "5 1st St"),
        ("5 Fortieth St", "5 40th St"),
        ("5 Saint Charles St", "5 St. Charles Street"),
        ("5 N.E. O'Brien Blvd", "5 Northeast OBrien Boulevard"),
        ("5 N E Main St", "5 NE Main St"),
        ("5 Main St N E", "5 Main St NE"),
        ("5 SR 27", "5 State Route 27"),
        ("5 US 2", "5 US Highway 2"),
        ("5 Über Straße", "5 UBER STRASSE"),
        ("5 Żelazna Łódź St", "5 Zelazna Lodz St"),
        ("P O Box 7", "POB 7"),
        ("Post Office Box #7", "Box 7"),
        ("Rural Route 2 Box 15", "RR #2, Box 15".replace(",", "")),
        ("HC 4 Box 1", "Star Route 4 Box 1"),
        ("5 Oak & Elm St", "5 Oak and Elm St"),
        ("5 Oak St Space 9", "5 Oak St Lot 9"),
        ("5 Oak St Apt #9", "5 Oak St Apt 9"),
    ],
)
def test_what_is_written_in_two_ways(one, other):
    """Ordinals, saints, initials, highways, accents, boxes and unit words have one form."""
    assert address_key(where(one)) == address_key(where(other))


@pytest.mark.parametrize(
    ("text", "kind", "number", "street"),
    [
        ("4322 N Argonne Rd", AddressKind.STREET, 4322, "n argonne rd"),
        ("4322B N Argonne Rd", AddressKind.STREET, 4322, "n argonne rd"),
        ("4322 1/2 N Argonne Rd", AddressKind.STREET, 4322, "n argonne rd"),
        ("112-10 Bronx Rd", AddressKind.STREET, None, "bronx rd"),
        ("123 Front St", AddressKind.STREET, 123, "front st"),
        ("456 Old Upper River Rd", AddressKind.STREET, 456, "old upper riv rd"),
        ("123 N E St", AddressKind.STREET, 123, "n e st"),
        ("9 Oak St PMB 12", AddressKind.PRIVATE_BOX, None, ""),
        ("PO Box 4", AddressKind.PO_BOX, None, ""),
        ("General Delivery", AddressKind.GENERAL_DELIVERY, None, ""),
        ("RR 1 Box 2", AddressKind.RURAL_ROUTE, None, ""),
        ("東京都千代田区1-1", AddressKind.OTHER, None, ""),
        ("Apt 4", AddressKind.OTHER, None, ""),
        ("c/o Jo Example", AddressKind.NONE, None, ""),
        ("", AddressKind.NONE, None, ""),
    ],
)
def test_what_an_address_is(text, kind, number, street):
    """The kind, the house number and the street by which it is looked up."""
    key = address_key(where(text))
    assert (key.kind, key.number, key.street) == (kind, number, street)


def test_the_postcode_goes_before_the_city():
    """Neighbours write another city's name with the same postcode; without one the city has to be equal."""
    assert address_key(where("1 Oak St", city="A")) == address_key(where("1 Oak St", city="B"))
    bare = [address_key(where("1 Oak St", city=city, postcode="")) for city in ("Deer Park", "DEER PARK.", "Cheney")]
    assert bare[0] == bare[1] != bare[2]
    assert address_key(where("1 Oak St", postcode="SW1A 1AA")).zone == "sw1a 1aa"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zoë", "ZOE"),
        ("Søren", "soren"),
        ("İpek", "ipek"),
        ("Łukasz", "LUKASZ"),
        ("שָׁלוֹם", "שלום"),
        ("\uff21\uff22\uff11", "ab1"),
    ],
)
def test_marks_that_only_colour_are_dropped(one, other):
    """Accents, points, width and case make no other word."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("कि", "का"), ("ปา", "ปี"), ("Иван", "Иванка")])
def test_marks_that_make_another_letter_stay(one, other):
    """Voicing marks and vowel signs tell words apart."""
    assert words(one) != words(other)
