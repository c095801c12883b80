"""Which household a patron belongs to, by the ILS or by the address, and that a key discloses nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from patron_desk import ADDRESS_TEXTS, LINES, POLICY, VERSION, where

from scld_core.errors import InvalidValue
from scld_core.patrons import Address, Household, Sharing, address_key, household_of, same_household
from scld_core.patrons.household import REASONS

SECRET, OTHER = b"a secret of the district", b"another, of another one"
KNOWN = st.none() | st.sampled_from(["h1", "h2"]).map(Household)
PLACES = st.none() | ADDRESS_TEXTS.map(lambda text: Address(lines=tuple(map(str.strip, text.split("\n"))), city="Fair"))


def living(address, known=None, secret=SECRET):
    """The household of somebody."""
    return household_of(known, address, POLICY, secret=secret, version=VERSION)


@given(KNOWN, PLACES, KNOWN, PLACES)
def test_sharing_is_symmetric_explained_and_as_the_addresses_say(known, place, other_known, other_place):
    """The ILS's word goes first; else equal keys of addresses are one household; and the reason says which."""
    one, other = living(place, known), living(other_place, other_known)
    found = same_household(one, other, version=VERSION)
    assert found == same_household(other, one, version=VERSION)
    assert found.reason.text(REASONS)
    assert all(reason.text(REASONS) and reason.version == VERSION for reason in (*one.reasons, *other.reasons))
    if known and other_known:
        assert (found.answer is Sharing.SAME) is (known == other_known)
    elif one.by_address and other.by_address:
        same = address_key(place) == address_key(other_place)
        assert found.answer is (Sharing.SAME if same else Sharing.DIFFERENT)
    else:
        assert found.answer is Sharing.UNKNOWN
    assert one.household == (known or one.by_address)


@given(st.integers(1, 9999), LINES)
def test_a_key_by_address_needs_the_secret_and_shows_nothing(number, word):
    """Another secret gives another key; a key has no digit and no word of the address."""
    address = where(f"{number} Kanarienvogel {word} St")
    key = living(address).by_address
    assert key == living(address).by_address
    assert key != living(address, secret=OTHER).by_address
    assert key is None or ("kanarienvogel" not in key.key and not any(map(str.isdigit, key.key)))


@pytest.mark.parametrize(
    ("address", "known", "codes", "has"),
    [
        (where("1 Oak St"), None, ["by_address"], True),
        (where("1 Oak St"), Household("h1"), ["by_ils"], True),
        (where("PO Box 1"), None, ["kind_shares_none"], False),
        (where("PO Box 1"), Household("h1"), ["by_ils", "kind_shares_none"], False),
        (where("1 Oak St", city="", postcode=""), None, ["no_zone"], False),
        (None, None, ["kind_shares_none"], False),
    ],
)
def test_each_answer_is_explained(address, known, codes, has):
    """A box makes no household where the policy does not say so, nor does a street in no place."""
    found = living(address, known)
    assert [reason.code for reason in found.reasons] == codes
    assert (found.by_address is not None) is has


def test_a_short_secret_is_refused():
    """Sixteen bytes at least."""
    with pytest.raises(InvalidValue, match="at least 16 bytes"):
        household_of(None, None, POLICY, secret=b"short")
