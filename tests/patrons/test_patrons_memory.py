"""The reference patrons at the desk: cards that are replaced, records that are merged."""

import pytest

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons import Block, Card, CollectionFlag, Contact, NewPatron, Patron, PatronChange
from support.accounts import START, day
from support.clock import Ticking

ONE, TWO, CHILD = (PatronId("main", f"p{number}") for number in (1, 2, 3))
FLAG = CollectionFlag("gentle", START, "r1")


@pytest.fixture
def clock():
    return Ticking(START)


@pytest.fixture
def patrons(clock):
    found = MemoryPatrons(clock)
    found.put(Patron(id=ONE, as_of=START, cards=(Card(number=Barcode("29001")),)))
    found.put(Patron(id=TWO, as_of=START, cards=(Card(number=Barcode("29002")),)))
    found.put(Patron(id=CHILD, as_of=START, responsible_adult=ONE))
    return found


def test_a_replaced_card_is_an_alias_from_then_on(patrons, clock):
    """It still finds the patron, and says since when it is not the present one."""
    clock.tick(days=2)
    left = patrons.replace_card(ONE, Barcode("29009"))
    assert left.card == Barcode("29009")
    assert left.cards[1] == Card(number=Barcode("29001"), present=False, replaced_at=day(2))
    assert patrons.find(Barcode("29001")).id == ONE
    clock.tick(days=1)
    assert patrons.replace_card(ONE, Barcode("29010")).cards[2].replaced_at == day(2)
    for used in ("29001", "29002", "29010"):
        with pytest.raises(Rejected, match="card already, or was"):
            patrons.replace_card(TWO, Barcode(used))


def test_a_merged_record_is_found_under_every_number(patrons, clock):
    """By its id, by its cards, and as the adult who answers for a child."""
    clock.tick(days=1)
    patrons.merge(ONE, TWO)
    left = patrons.get(ONE)
    assert (left.id, left.merged_from) == (TWO, (ONE,))
    assert patrons.find(Barcode("29001")) == left
    assert patrons.get(CHILD).responsible_adult == TWO
    with pytest.raises(Rejected, match="merged"):
        patrons.set_block(ONE, Block("lost"), key="k1")
    with pytest.raises(Rejected, match="merged"):
        patrons.merge(ONE, CHILD)
    patrons.merge(TWO, CHILD)
    assert patrons.get(ONE).id == CHILD
    assert patrons.get(CHILD).responsible_adult is None
    assert set(patrons.get(CHILD).merged_from) == {ONE, TWO}


def test_two_flagged_records_are_not_merged(patrons):
    """Which referral goes on is for a person to say; so is a merge of a record with itself."""
    patrons.set_flag(ONE, FLAG, key="k1")
    patrons.set_flag(TWO, CollectionFlag("other", START, "r2"), key="k2")
    with pytest.raises(Rejected, match="has to end first"):
        patrons.merge(ONE, TWO)
    with pytest.raises(Rejected, match="another record"):
        patrons.merge(ONE, ONE)
    assert patrons.get(ONE).flag == FLAG


def test_a_number_is_one_patrons_for_ever(patrons):
    """Nobody else is filed with it, and nobody unknown is written to."""
    with pytest.raises(Rejected, match="card number"):
        patrons.put(Patron(id=CHILD, as_of=START, cards=(Card(number=Barcode("29001"), present=False),)))
    with pytest.raises(NotFound):
        patrons.replace_card(PatronId("main", "p9"), Barcode("1"))
    assert patrons.find(Barcode("1")) is None


def test_a_key_is_good_for_one_thing(patrons):
    """Of four writes, and with the same arguments only."""
    acts = (
        lambda key: patrons.set_flag(ONE, FLAG, key=key),
        lambda key: patrons.clear_flag(ONE, "r1", key=key),
        lambda key: patrons.set_block(ONE, Block("lost"), key=key),
        lambda key: patrons.clear_block(ONE, "lost", key=key),
    )
    for place, act in enumerate(acts):
        assert act(f"k{place}") == act(f"k{place}")
        for other in acts[:place]:
            with pytest.raises(Conflict):
                other(f"k{place}")


def test_a_patron_is_nobodys_own_responsible_adult(patrons):
    """Neither by a change nor by a merge; and a new record never has the id of one that is there."""
    with pytest.raises(Rejected, match="own responsible adult"):
        patrons.update(ONE, PatronChange(responsible_adult=ONE), key="k1")
    patrons.put(Patron(id=PatronId("main", "patron-5"), as_of=START))
    made = patrons.register(NewPatron(number=Barcode("29050"), contact=Contact()), key="k2")
    assert made.id == PatronId("main", "patron-6")
    assert patrons.register(NewPatron(number=Barcode("29050"), contact=Contact()), key="k2") == made
