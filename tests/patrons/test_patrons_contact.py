"""Names and addresses as values: what they take, what they share, and that they never show."""

import logging
import traceback

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from patron_desk import AREAS, LINES, NOW, POLICY, TODAY, VERSION, patron, pid, record, where

from scld_core import codecs
from scld_core.errors import InvalidValue
from scld_core.kernel.privacy import masked
from scld_core.patrons import (
    Address,
    Areas,
    Asked,
    Channel,
    Claim,
    Contact,
    Dossier,
    Email,
    Enquiry,
    Fact,
    GuardianLink,
    Household,
    PersonName,
    Phone,
    Place,
    address_key,
    compare,
    find_duplicates,
    household_of,
    jurisdiction_of,
    liability,
    may_be_told,
    merge_preview,
    verify,
)
from scld_core.patrons.policy import FactClass

CANARY = "Kanarienvogel"
SECRET = b"0123456789abcdef"

CONTACT = Contact(
    name=PersonName(CANARY, CANARY),
    address=where(f"1 {CANARY} St", city=CANARY, postcode=CANARY, region=CANARY),
    emails=(Email(f"{CANARY}@example.org"),),
    phones=(Phone("5095550123"),),
)


def _everything():
    """One of each value and answer, all made of canaries."""
    address = CONTACT.address
    one = record(1, f"{CANARY}, {CANARY}", born=TODAY, address=address, emails=[f"{CANARY}@example.org"])
    other = evolve(one, patron=patron(CANARY, birth_date=TODAY))
    link = GuardianLink(minor=pid(CANARY), adult=pid(CANARY + "2"), since=TODAY, agreement="form-1")
    enquiry = Enquiry(child=link.minor, adult=link.adult, birth_date=TODAY, links=(link,), on=TODAY)
    claim = Claim(Fact.NAME, CANARY)
    asked = Asked(channel=Channel.IN_PERSON, day=TODAY, said=(claim, Claim(Fact.ADDRESS, f"1 {CANARY} St")))
    yield from (CONTACT, one, other, link, enquiry, claim, asked, address_key(address))
    yield household_of(Household(CANARY), address, POLICY, secret=SECRET)
    yield household_of(None, address, POLICY, secret=SECRET)
    yield jurisdiction_of(Place(address=address), Areas(), AREAS, on=TODAY)
    yield Place(address=address)
    yield compare(one, other, POLICY)
    yield find_duplicates([one, other], POLICY)
    yield merge_preview(Dossier(patron=one.patron), Dossier(patron=other.patron), POLICY, at=NOW)
    yield liability(link.minor, TODAY, [link], POLICY, made_on=TODAY, on=TODAY)
    yield may_be_told(FactClass.TITLES, enquiry, POLICY, version=VERSION)
    yield verify(asked, [claim], [], POLICY)


@pytest.mark.parametrize("value", list(_everything()), ids=lambda value: type(value).__name__)
def test_no_canary_sings(value, caplog):
    """Neither repr, nor text, nor a log line, nor the masked form shows a name, an address or a number."""
    logging.getLogger("scld.test").warning("%s %r", value, value)
    shown = f"{value!r} {value} {masked(value)} {caplog.text}".lower()
    assert CANARY.lower() not in shown
    assert "5550123" not in shown


@pytest.mark.parametrize(
    "make",
    [
        lambda: PersonName(f"{CANARY}\n"),
        lambda: PersonName(""),
        lambda: PersonName(CANARY, f" {CANARY}"),
        lambda: Address(lines=(f"{CANARY}\x1b[2J",)),
        lambda: Address(lines=CANARY),
        lambda: Email(CANARY),
        lambda: Email(f"{CANARY}@ example"),
        lambda: Email(f"{CANARY}@" + "x" * 300),
        lambda: Phone(CANARY),
        lambda: Phone("12345"),
        lambda: Phone("1234567890123456"),
        lambda: Phone(5095550123),
        lambda: Contact(name=CANARY),
        lambda: Claim(Fact.PASSWORD, CANARY),
        lambda: Claim(Fact.NAME, ""),
    ],
)
def test_what_is_refused_is_not_repeated(make):
    """A refusal names class, field and rule, and its traceback has no value."""
    with pytest.raises(InvalidValue) as refusal:
        make()
    assert CANARY not in "".join(traceback.format_exception_only(refusal.value))


@given(LINES.filter(bool), LINES)
def test_a_name_is_of_any_script_and_survives_the_codec(family, given_name):
    """Round trip, and a key that does not depend on which part was called the family's."""
    contact = Contact(name=PersonName(family, given_name))
    assert codecs.load(Contact, codecs.dump(contact)) == contact
    if given_name:
        assert PersonName(family, given_name).key == PersonName(given_name, family).key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Phone("(509) 555-0123"), Phone("+1 509.555.0123")),
        (Phone("509 555 0123 x4"), Phone("5095550123 ext. 4")),
        (Phone("٥٠٩٥٥٥٠١٢٣"), Phone("5095550123")),
        (Email("A.B@Example.ORG"), Email("a.b@example.org")),
        (PersonName("García", "José"), PersonName("JOSE", "garcia")),
    ],
)
def test_what_is_the_same_in_two_spellings(one, other):
    """Telephones, mailboxes and names have a key of their own."""
    assert one.key == other.key


@given(st.integers(10**6, 10**15 - 1))
def test_two_telephones_that_differ_have_two_keys(number):
    """Another last digit is another telephone."""
    assert Phone(str(number)).key != Phone(str(number ^ 1)).key
