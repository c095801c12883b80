"""Households are opaque keys and are masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.catalog import Item
from scld_core.circulation.model import Loan
from scld_core.errors import BadInput, InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId, LoanId
from scld_core.kernel.time import EPOCH
from scld_core.patrons import Household, PatronId


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,12}", fullmatch=True))
def test_a_key_is_read_back_and_never_shown(text):
    """Round trip of its text form; the repr holds the mask."""
    household = Household.parse(f" {text} ")
    assert str(household) == household.key == text
    assert repr(household) == "Household(key=•••)"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SYNTHETIC, A",
        "1 Synthetic St",
        "a@example.org",
        "x" * 65,
        "29082000000000",
        "33082000000000",
        "2-9082-00012-3450",
        "509-555-0123",
    ],
)
@pytest.mark.parametrize("make", [Household, Household.parse])
def test_what_may_name_a_person_is_no_key(text, make):
    """Names, addresses, mailboxes, cards and telephones are refused without being repeated, however it is made."""
    with pytest.raises(InvalidValue, match=r"Household\.key") as refusal:
        make(text)
    assert not text or text not in str(refusal.value)


def test_a_loan_keeps_a_household_and_no_text_in_its_place():
    """The key went through its own check; with it the loan is read back from its JSON, and shows nothing."""
    item = ItemId("main", "i1")
    loan = Loan(LoanId("main", "l1"), item, EPOCH, household=Household("h-77"))
    assert codecs.load(Loan, codecs.dump(loan)) == loan
    assert "h-77" not in repr(loan)
    with pytest.raises(InvalidValue, match=r"Loan\.household: must be Household"):
        Loan(LoanId("main", "l1"), item, EPOCH, household="h-77")
    with pytest.raises(BadInput, match=r"Loan\.household: does not have the form") as refusal:
        codecs.load(Loan, codecs.dump(loan).replace("h-77", "Ada Synthetic"))
    assert "Ada" not in str(refusal.value)


def test_an_item_holds_the_word_of_its_ils():
    """Its barcode and word may be unknown; ids are of one kind only."""
    item = ItemId("main", "1")
    assert (Item(item).barcode, Item(item).word) == (None, "")
    assert Item(item, Barcode("3"), "On the 4th shelf").word == "On the 4th shelf"
    with pytest.raises(InvalidValue):
        Item(PatronId("main", "1"))
