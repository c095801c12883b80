"""Posting to an ILS: flag, block and fee once for a key, and what the ILS shows of it afterwards."""

from datetime import UTC, datetime

import pytest

from scld_core.agency.kinds import Kind
from scld_core.agency.plan import Do
from scld_core.agency.posting import BLOCK, Ils, post, posted
from scld_core.agency.steps import Ask, Order
from scld_core.fees.model import ChargeKind, ChargeTerms, EntryKind, LegalClass, Part
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.memory.fees import MemoryFees
from scld_core.memory.patrons import MemoryPatrons
from scld_core.patrons.person import Block, CollectionFlag, Patron
from scld_core.runs.model import Answer, AnswerKind, ReadBack
from support.clock import Ticking

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
WHO = PatronId("main", "70001")
FEE = Money(1000)


@pytest.fixture
def ils():
    """One patron in a memory ILS, not flagged, with nothing owed."""
    clock = Ticking(NOW)
    patrons = MemoryPatrons(clock)
    patrons.put(Patron(id=WHO, as_of=NOW))
    return Ils("main", patrons, MemoryFees(clock, patrons))


def order(do, amount=None):
    """An order for that patron."""
    return Order("case-1", Kind.MATCH, (Ask(do, amount),), NOW, "70001")


def fee(kind=ChargeKind.AGENCY_FEE, cents=1000):
    """A charge as the ILS has it."""
    legal = LegalClass.COLLECTION_COST if kind is ChargeKind.AGENCY_FEE else LegalClass.REPLACEMENT
    return ChargeTerms(kind=kind, legal_class=legal, amount=Money(cents), assessed_at=NOW)


def owed(ils):
    """What is outstanding."""
    return sum(one.outstanding.cents for one in ils.fees.account(WHO).standings)


def test_a_flag_is_set_once(ils):
    """Set again under the same key it stays as it is, and the read-back says done."""
    setting = order(Do.SET_FLAG)
    assert posted(ils, setting, "k") is ReadBack.NOT_DONE
    for _ in range(2):
        assert post(ils, setting, "k").kind is AnswerKind.DONE
    assert ils.patrons.get(WHO).flag == CollectionFlag(referral="case-1")
    assert posted(ils, setting, "k") is ReadBack.DONE


@pytest.mark.parametrize("flagged", [True, False])
def test_clearing_takes_flag_and_block_and_nothing_else(ils, flagged):
    """The block that goes with the flag goes too, another one stays; doing it again changes nothing."""
    if flagged:
        ils.patrons.set_flag(WHO, CollectionFlag(referral="r-9"), key="a")
    for number, reason in enumerate((BLOCK, "conduct")):
        ils.patrons.set_block(WHO, Block(reason), key=f"b{number}")
    clearing = order(Do.CLEAR_FLAG)
    for _ in range(2):
        assert post(ils, clearing, "k").kind is AnswerKind.DONE
    found = ils.patrons.get(WHO)
    assert (found.flag, [block.reason for block in found.blocks]) == (None, ["conduct"])
    assert posted(ils, clearing, "k") is ReadBack.DONE


def test_a_flag_that_the_ils_only_takes_for_later_keeps_its_block(ils):
    """Where clearing is not done yet, the block is left for the next time."""

    class Later(MemoryPatrons):
        def clear_flag(self, patron, referral, *, key):
            del patron, referral, key
            return Answer(AnswerKind.ACCEPTED)

    patrons = Later(Ticking(NOW))
    patrons.put(Patron(id=WHO, as_of=NOW, flag=CollectionFlag(), blocks=(Block(BLOCK),)))
    assert post(Ils("main", patrons), order(Do.CLEAR_FLAG), "k").kind is AnswerKind.ACCEPTED
    assert patrons.get(WHO).blocked_for(BLOCK)


def test_the_fee_is_charged_once_for_a_key(ils):
    """However often it is posted, there is one fee of the class that the law names."""
    charging = order(Do.CHARGE_FEE, FEE)
    assert posted(ils, charging, "k") is ReadBack.NOT_DONE
    for _ in range(3):
        assert post(ils, charging, "k").kind is AnswerKind.DONE
    (charge,) = ils.fees.account(WHO).charges
    assert (charge.kind, charge.legal_class, charge.amount) == (
        ChargeKind.AGENCY_FEE,
        LegalClass.COLLECTION_COST,
        FEE,
    )
    assert posted(ils, charging, "k") is ReadBack.DONE


def test_a_second_fee_is_reversed_and_the_first_stays(ils):
    """The newest untouched fee goes; a lost book of the same amount is no referral fee."""
    first = ils.fees.charge(WHO, fee(), key="a")
    ils.fees.charge(WHO, fee(), key="b")
    ils.fees.charge(WHO, fee(ChargeKind.LOST_ITEM), key="c")
    reversing = order(Do.REVERSE_FEE, FEE)
    assert posted(ils, reversing, "k") is ReadBack.NOT_DONE
    for _ in range(2):
        assert post(ils, reversing, "k").kind is AnswerKind.DONE
    left = [s.charge.id for s in ils.fees.account(WHO).standings if s.outstanding]
    assert len(left) == 2
    assert first.id in left
    assert posted(ils, reversing, "k") is ReadBack.DONE


def test_a_reversal_cut_off_between_two_fees_goes_on_where_it_was(ils):
    """Two of three fees must go; one had gone before the crash."""
    charges = [ils.fees.charge(WHO, fee(), key=f"c{n}") for n in range(3)]
    ils.fees.cancel(charges[2].id, key=f"k-{charges[2].id.local}", reason="referral_fee_not_owed")
    reversing = order(Do.REVERSE_FEE, Money(2000))
    assert posted(ils, reversing, "k") is ReadBack.NOT_DONE
    assert post(ils, reversing, "k").kind is AnswerKind.DONE
    assert owed(ils) == 1000
    assert posted(ils, reversing, "k") is ReadBack.DONE


def test_a_fee_that_was_paid_is_for_a_person(ils):
    """What was touched cannot be cancelled: nothing is posted, and a person is asked."""
    charge = ils.fees.charge(WHO, fee(), key="a")
    ils.fees.settle(EntryKind.PAYMENT, Part(charge.id, Money(400)))
    answer = post(ils, order(Do.REVERSE_FEE, FEE), "k")
    assert (answer.kind, answer.detail) == (AnswerKind.FOR_OPERATOR, "no untouched referral fees come to 10.00")
    assert owed(ils) == 600


@pytest.mark.parametrize("do", [Do.SET_FLAG, Do.CLEAR_FLAG, Do.CHARGE_FEE, Do.REVERSE_FEE])
def test_an_ils_without_ports_has_a_worklist(do):
    """Nobody is asked and nothing is sent: a person does it, and only a tick tells."""
    bare, asked = Ils("main"), order(do, FEE)
    assert post(bare, asked, "k").kind is AnswerKind.FOR_OPERATOR
    assert posted(bare, asked, "k") is ReadBack.UNKNOWN
