"""What a person finds in the sample: people with cards and names, and a desk that says what it has."""

import shutil
from datetime import date

import pytest

from scld_core import open_desk
from scld_core.cards import Application, CardKind
from scld_core.cards.model import Service
from scld_core.errors import BadInput, InvalidValue
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.privacy import Purpose
from scld_core.patrons import Address, Channel, Claim, Contact, Fact, PersonName


@pytest.fixture(params=["in memory", "in a folder"])
def desk(request, run_sample, tmp_path):
    """The sample over the reference backends, or over the embedded ILS."""
    if request.param == "in memory":
        opened = open_desk(sample=True, actor="jdoe")
    else:
        opened = open_desk(shutil.copytree(run_sample, tmp_path / "sample"), actor="jdoe")
    with opened:
        yield opened


def test_everybody_of_the_accounts_can_be_found_and_is_masked(desk):
    """By card, by name, by id; nothing of it shows before it is revealed."""
    (found,) = desk.patrons.search("sample", email="patron3@example.org")
    assert desk.patrons.get(str(found.id)) == desk.patrons.get(str(found.card)) == found
    assert "Sample" not in repr(found)
    assert "Nowhere" not in repr(found.contact)
    name = desk.patrons.reveal(found, "contact", Purpose.PATRON_REQUEST).name
    assert (name.family, name.given) == ("Sample", "Patron 3")


def test_two_live_at_each_address(desk):
    """A household by address, under a name that says nothing of it."""
    one, two, other = (desk.patrons.household(f"main:{number}").by_address for number in (70003, 70004, 70005))
    assert one == two != other
    assert "Nowhere" not in str(one)


def test_a_card_and_an_item_are_scanned(desk):
    """The whole of the desk's most common act, and a library that there is not."""
    card = str(desk.patrons.get("main:70030").card)
    assert desk.loans.check_out(card, "39999010000022", at="cheney").done
    assert [loan.item for loan in desk.loans.loans_of(card)] == [desk.catalog.item("39999010000022").id]
    assert desk.holds.place(card, title="main:t1002", pickup="cheney").done
    assert desk.holds.of_patron(card)[0].pickup == LocationId("cheney")
    with pytest.raises(BadInput, match="is no library of the ILS"):
        desk.loans.check_in("39999010000022", "atlantis")
    assert desk.loans.check_in("39999010000022", "cheney").done


def test_cards_and_files_take_a_scanned_card(desk):
    """Every question of the patron desk and the cards desk does."""
    patron = desk.patrons.get("main:70030")
    card = str(patron.card)
    assert desk.patrons.file(card) == desk.patrons.file(patron.id)
    assert desk.cards.may_renew(card) == desk.cards.may_renew(PatronId("main", "70030"))
    assert desk.patrons.block(card, "returned-mail").done
    assert desk.patrons.unblock(card, "returned-mail").done
    gone = desk.patrons.unblock(card, "returned-mail")
    assert [reason.code for reason in gone.decision.reasons] == ["no_such_block"]
    with pytest.raises(InvalidValue, match="no room for a person's data"):
        desk.patrons.unblock(card, "Ada Madeup 509-555-0142")


def test_a_card_is_replaced_once_though_the_form_is_sent_again(desk):
    """With the card that was scanned the first time; the old one lends nothing from then on."""
    old = str(desk.patrons.get("main:70030").card)
    first = desk.cards.replace(old, library="cheney", identified=True, cause="form 31")
    again = desk.cards.replace(old, library="cheney", identified=True, cause="form 31")
    assert first.done
    assert again.value.card == first.value.card != old
    with pytest.raises(BadInput, match="the card: was replaced"):
        desk.loans.check_out(old, "39999010000022")


def test_what_is_scanned_is_the_card_that_was_meant(desk):
    """A scanner's letters are no wrong answer, and no repr shows the number."""
    patron = desk.patrons.get("main:70030")
    born = Claim(Fact.BIRTH_DATE, desk.patrons.reveal(patron, "birth_date", Purpose.PATRON_REQUEST).isoformat())
    said = Claim(Fact.CARD_NUMBER, f"A{patron.card}B")
    assert desk.patrons.verify(patron.id, Channel.PHONE, said, born).permitted
    assert str(patron.card) not in repr(patron.card) + repr(desk.patrons.look(str(patron.card)))


def test_a_change_that_gives_nothing_back_changes_nothing(desk):
    """A patron's file is never replaced by what is none."""
    before = desk.patrons.file("main:70030")
    with pytest.raises(InvalidValue, match="must give back a PatronFile"):
        desk.patrons.write_down("main:70030", lambda file: None)
    assert desk.patrons.file("main:70030") == before


def test_what_a_kind_of_card_leaves_out_is_not_to_be_had(desk):
    """Who registered from home places holds within the limit and borrows nothing until the card is another one."""
    contact = Contact(name=PersonName("Madeup", "Ada"), address=Address(lines=("7 Elsewhere Ave",), city="Nowhere"))
    asked = Application(
        kind=CardKind.ONLINE, library=LocationId("cheney"), contact=contact, birth_date=date(1980, 5, 17)
    )
    made = desk.cards.issue(asked, cause="web 7").value
    assert Service.LOANS not in desk.cards.entitlement(made.id).services
    lent = desk.loans.check_out(made.id, "39999010000022")
    assert (lent.done, [reason.code for reason in lent.decision.reasons]) == (False, ["card_not_for_loans"])
    assert desk.holds.place(made.id, title="main:t1002", pickup="cheney").done


def test_the_samples_cards_are_of_a_kind(desk):
    """A renewal is a question of dates and debts, not of an unknown word."""
    found = desk.cards.may_renew("main:70030")
    assert [reason.code for reason in found.reasons] != ["kind_unknown"]


def test_a_desk_says_what_it_has_in_one_line(desk):
    """And nothing of anybody."""
    assert repr(desk).startswith("<Desk of Sample Library District (synthetic) for jdoe: hotspots, ")
    assert len(repr(desk)) < 160
