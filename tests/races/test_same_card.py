"""Two desks, each in a process of its own, give a card at the same moment."""

import pytest
from card_worker import NOW
from served import open_store

from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.time import FixedClock

PREPARED = {"at": "prepared"}
PHONES = ("509-555-0141", "509-555-0142")


@pytest.fixture
def two(two_of, empty_address):
    """Two desks."""
    return two_of("cards", empty_address)


def sent(desk):
    """Let it send, and give what came of it."""
    desk.go()
    return desk.answer()


def owner(address, number):
    """What the ILS says of a card."""
    store = open_store(address)
    found = EmbeddedPatrons(store, FixedClock(NOW), backend="main").find(Barcode(number))
    store.close()
    return found


def test_of_two_who_give_the_same_card_one_does_and_one_is_refused_by_name(two, empty_address):
    """Both scan one number for two people: the second is told that it is taken, or under way, and nothing is lost."""
    number = next(n for n in (f"2908200050000{d}" for d in range(10)) if Barcode(n).check.value == "valid")
    assert two[0].do("issue", "Ada", PHONES[0], number, until="prepared") == PREPARED
    second = two[1].do("issue", "Bea", PHONES[1], number, until="prepared")
    won = sent(two[0])
    lost = sent(two[1]) if second == PREPARED else second
    assert (won["done"], won["card"]) == (True, number)
    assert lost["done"] is False
    assert lost["codes"] in (["number_taken"], ["under_way"])
    assert owner(empty_address, number).contact.name.given == "Ada"
    later = two[1].do("issue", "Bea", PHONES[1], number)
    assert (later["done"], later["codes"]) == (False, ["number_taken"])


def test_two_who_take_the_next_number_take_two(two, empty_address):
    """The range gives each desk a number of its own, and both cards are made."""
    for desk, name, phone in zip(two, ("Ada", "Bea"), PHONES, strict=True):
        assert desk.do("issue", name, phone, until="prepared") == PREPARED
    cards = [sent(desk) for desk in two]
    assert [card["done"] for card in cards] == [True, True]
    assert len({card["card"] for card in cards}) == 2
    names = [owner(empty_address, card["card"]).contact.name.given for card in cards]
    assert names == ["Ada", "Bea"]
