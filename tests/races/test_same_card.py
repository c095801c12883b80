"""Two desks, each in a process of its own, give a card at the same moment."""

from contextlib import ExitStack

import pytest
from card_worker import NOW, Remote, open_store

from scld_adapters.sql.patrons import EmbeddedPatrons
from scld_adapters.sql.store import open_postgres, open_sqlite
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.time import FixedClock


@pytest.fixture(params=["sqlite", "postgres"])
def address(request, tmp_path):
    """An empty store."""
    if request.param == "postgres":
        found = request.getfixturevalue("postgres").database()
        open_postgres(found, create=True).close()
        return found
    open_sqlite(tmp_path / "district.sqlite", create=True).close()
    return str(tmp_path / "district.sqlite")


@pytest.fixture
def two(address):
    """Two desks."""
    with ExitStack() as stack:
        yield [stack.enter_context(Remote(address, actor)) for actor in ("anne", "bert")]


def owner(address, number):
    """What the ILS says of a card."""
    store = open_store(address)
    found = EmbeddedPatrons(store, FixedClock(NOW), backend="main").find(Barcode(number))
    store.close()
    return found


def test_of_two_who_give_the_same_card_one_does_and_one_is_refused_by_name(two, address):
    """Both scan one number for two people: the second is told that it is taken, or under way, and nothing is lost."""
    number = next(n for n in (f"2908200050000{d}" for d in range(10)) if Barcode(n).check.value == "valid")
    assert two[0].issue("Ada", "509-555-0141", number) == "prepared"
    second = two[1].issue("Bea", "509-555-0142", number)
    won = two[0].go()
    lost = two[1].go() if second == "prepared" else second
    assert (won["done"], won["card"]) == (True, number)
    assert lost["done"] is False
    assert lost["codes"] in (["number_taken"], ["under_way"])
    assert owner(address, number).contact.name.given == "Ada"
    later = two[1].issue("Bea", "509-555-0142", number)
    assert (later["done"], later["codes"]) == (False, ["number_taken"])


def test_two_who_take_the_next_number_take_two(two, address):
    """The range gives each desk a number of its own, and both cards are made."""
    assert [desk.issue(name, phone) for desk, name, phone in zip(two, ("Ada", "Bea"), PHONES, strict=True)] == [
        "prepared",
        "prepared",
    ]
    cards = [desk.go() for desk in two]
    assert [card["done"] for card in cards] == [True, True]
    assert len({card["card"] for card in cards}) == 2
    names = [owner(address, card["card"]).contact.name.given for card in cards]
    assert names == ["Ada", "Bea"]


PHONES = ("509-555-0141", "509-555-0142")
