"""Charges and entries: what they may be made of, and that they say nothing of a person."""

import pytest
from attrs import evolve
from hypothesis import given

from scld_core import codecs
from scld_core.errors import InvalidValue
from scld_core.fees import (
    Account,
    Charge,
    ChargeId,
    ChargeKind,
    ChargeTerms,
    Entry,
    EntryId,
    EntryKind,
    LegalClass,
    Part,
)
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import MASK, masked
from scld_core.policies.law import COLLECTION_COST
from scld_core.testing import strategies
from support.accounts import FEE, PATRON, START, Book, terms

ONE = ChargeId("main", "c1")
PARTS = (Part(ONE, Money(500)),)


def entry(**more):
    """A payment of one charge."""
    given = {
        "id": EntryId("main", "e1"),
        "kind": EntryKind.PAYMENT,
        "at": START,
        "by": "desk",
        "amount": Money(500),
        "parts": PARTS,
    }
    return Entry(**(given | more))


@given(strategies.accounts)
def test_an_account_survives_the_codec(account):
    """Round trip through JSON, with every kind of entry."""
    assert codecs.load(Account, codecs.dump(account)) == account


@given(strategies.charge_terms)
def test_a_charge_is_its_terms_with_an_id_and_a_patron(given_terms):
    """What an ILS makes of the terms has the same terms."""
    made = Charge.of(given_terms, ONE, PATRON)
    assert made.terms == given_terms
    assert (made.id, made.patron) == (ONE, PATRON)
    assert type(made.terms) is ChargeTerms


@pytest.mark.parametrize("kind", ChargeKind)
@pytest.mark.parametrize("legal_class", LegalClass)
def test_a_referrals_fee_has_the_class_of_the_law_and_nothing_else_has_it(kind, legal_class):
    """RCW 19.16.500(1)(b): both directions."""
    lawful = (kind is ChargeKind.AGENCY_FEE) is (legal_class.value == COLLECTION_COST)
    if lawful:
        assert terms(100, kind, legal_class).legal_class is legal_class
    else:
        with pytest.raises(InvalidValue, match=r"ChargeTerms\.legal_class: must be collection_cost for an agency fee"):
            terms(100, kind, legal_class)


def test_an_amount_is_above_zero():
    """Nothing and less than nothing is no charge; a credit is an entry of its own."""
    for cents in (0, -1):
        with pytest.raises(InvalidValue, match=r"ChargeTerms\.amount: must be above zero"):
            terms(cents)
        with pytest.raises(InvalidValue, match=r"Part\.amount: must be above zero"):
            Part(ONE, Money(cents))


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"parts": ()}, r"parts: must add up"),
        ({"amount": Money(501)}, r"parts: must add up"),
        ({"parts": PARTS * 2, "amount": Money(1000)}, r"parts: must name each charge once"),
        ({"kind": EntryKind.REVERSAL}, r"reverses: is for a reversal, which needs it"),
        ({"reverses": EntryId("main", "e0")}, r"reverses: is for a reversal"),
        ({"kind": EntryKind.CHARGE}, r"charge: is for the entry that makes a charge, which needs it"),
        ({"charge": Charge.of(terms(500), ONE, PATRON)}, r"charge: is for the entry that makes"),
        (
            {"kind": EntryKind.CHARGE, "charge": Charge.of(terms(499), ONE, PATRON)},
            r"parts: must be the whole of the charge",
        ),
        ({"reason": "Called 509-555-0123"}, r"reason: must be a code"),
        ({"by": " "}, r"by: must be text"),
    ],
)
def test_what_is_no_entry(more, problem):
    """Parts and amount agree, and only what belongs to the kind is there."""
    with pytest.raises(InvalidValue, match=problem):
        entry(**more)


def test_a_reason_is_a_code():
    """Codes have room for no person's data; a blank one is none."""
    assert entry(reason="referral-rejected").reason == "referral-rejected"
    assert entry().reason == ""


def test_a_note_is_text_that_every_store_can_keep():
    """NUL is refused where it is made, not where it is stored."""
    with pytest.raises(InvalidValue, match="without NUL"):
        evolve(FEE, note="a\0b")


def test_who_owes_and_what_was_borrowed_are_masked():
    """Patron, item and note show in no repr, nor in what is masked for an export."""
    given_terms = evolve(FEE, item=ItemId("main", "canary-item"), note="canary-note")
    made = Charge.of(given_terms, ONE, PatronId("main", "canary-patron"))
    book = Book(PatronId("main", "canary-patron"))
    book.charge(given_terms)
    for shown in (repr(made), repr(book.account), str(masked(book.account)), repr(entry(charge=None))):
        assert "canary" not in shown
    assert masked(made)["patron"] == MASK
    assert "canary" not in str(masked(made))
