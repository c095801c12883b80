"""Households are opaque keys and are masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.catalog import Item
from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import ItemId
from scld_core.patrons import Household, PatronId


@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,12}", fullmatch=True))
def test_a_key_is_read_back_and_never_shown(text):
    """Round trip of its text form; the repr holds the mask."""
    household = Household.parse(f" {text} ")
    assert str(household) == household.key == text
    assert repr(household) == "Household(key=•••)"


@pytest.mark.parametrize("text", ["", "SYNTHETIC, A", "1 Synthetic St", "a@example.org", "x" * 65, "29082000000000"])
def test_what_may_name_a_person_is_no_key(text):
    """Names, addresses, mailboxes and card numbers are refused without being repeated."""
    with pytest.raises(InvalidValue) as refusal:
        Household.parse(text)
    assert not text or text not in str(refusal.value)


def test_an_item_holds_the_word_of_its_ils():
    """Its barcode and word may be unknown; ids are of one kind only."""
    item = ItemId("main", "1")
    assert (Item(item).barcode, Item(item).word) == (None, "")
    assert Item(item, Barcode("3"), "On the 4th shelf").word == "On the 4th shelf"
    with pytest.raises(InvalidValue):
        Item(PatronId("main", "1"))
