"""Who gets a card: laws over every fact, and each kind's end."""

from datetime import date

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.cards.model import Application, BarcodeRange, CardKind, Proof, Service
from scld_core.cards.policy import CardPolicy
from scld_core.cards.rules import (
    REASONS,
    CardFacts,
    Known,
    RenewFacts,
    ends_on,
    entitlement,
    kind_of,
    may_have,
    may_renew,
    may_replace,
)
from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.decision import Verdict
from scld_core.kernel.money import Money
from scld_core.patrons import Belonging, Likeness, Minority
from support.cards_desk import POLICY, TODAY, application, codes

TEN = BarcodeRange("2000000000000", "2000000000009")

STRENGTH = {Verdict.PERMIT: 0, Verdict.REFER: 1, Verdict.DENY: 2}

blocks = st.lists(st.sampled_from(("lost-card", "address-check", "x")), max_size=3).map(tuple)
known = st.lists(
    st.builds(
        Known, st.sampled_from((Likeness.SAME, Likeness.POSSIBLY)), st.none() | st.dates(date(2019, 1, 1), TODAY)
    ),
    max_size=2,
).map(tuple)
facts = st.builds(
    CardFacts,
    kind=st.sampled_from(CardKind),
    today=st.just(TODAY),
    proofs=st.frozensets(st.sampled_from(Proof)),
    belonging=st.none() | st.sampled_from(Belonging),
    minority=st.sampled_from(Minority),
    signed=st.booleans(),
    months=st.none() | st.integers(1, 13),
    known=known,
    blocks=blocks,
    owed=st.none() | st.integers(-100, 5000).map(Money),
)
renewals = st.builds(
    RenewFacts,
    kind=st.none() | st.sampled_from(CardKind),
    today=st.just(TODAY),
    months=st.none() | st.integers(1, 13),
    belonging=st.none() | st.sampled_from(Belonging),
    blocks=blocks,
    owed=st.none() | st.integers(-100, 5000).map(Money),
)


@given(facts, st.sampled_from(("lost-card", "new")), known)
def test_a_block_or_a_record_more_never_opens_anything(told, reason, more):
    """Adding a block, a known record or a debt, or taking a proof away, never makes the answer milder."""
    before = STRENGTH[may_have(told, POLICY).verdict]
    for worse in (
        evolve(told, blocks=(*told.blocks, reason)),
        evolve(told, known=(*told.known, *more)),
        evolve(told, owed=Money(100_000)),
        evolve(told, proofs=frozenset()),
    ):
        assert STRENGTH[may_have(worse, POLICY).verdict] >= before


@given(renewals, st.sampled_from(("lost-card", "new")))
def test_a_block_never_opens_a_renewal(told, reason):
    """The same of renewals."""
    before = STRENGTH[may_renew(told, POLICY).verdict]
    for worse in (evolve(told, blocks=(*told.blocks, reason)), evolve(told, owed=Money(100_000))):
        assert STRENGTH[may_renew(worse, POLICY).verdict] >= before


@given(facts, renewals)
def test_a_decision_is_total_explained_and_replayed(told, renewal):
    """Every decision has reasons with section and version and a sentence, and the same facts give it again."""
    for decide, one in ((may_have, told), (may_renew, renewal)):
        decision = decide(one, POLICY, version="v1")
        assert decision == decide(one, POLICY, version="v1")
        assert decision.reasons
        for reason in decision.reasons:
            assert reason.section
            assert reason.version == "v1"
            assert "(" not in reason.text({}) or reason.fits(REASONS)
            assert reason.fits(REASONS), reason


@given(st.sampled_from(CardKind), st.none() | st.integers(1, 24), st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_a_card_ends_after_the_day_it_is_given(kind, months, today):
    """An end, where there is one, lies in the future."""
    end = ends_on(kind, POLICY, today=today, months=months)
    assert end is None or end > today


@pytest.mark.parametrize(
    ("kind", "today", "months", "end"),
    [
        (CardKind.RESIDENT, date(2024, 2, 29), None, date(2027, 2, 28)),
        (CardKind.ONLINE, date(2026, 3, 10), None, date(2026, 3, 24)),
        (CardKind.EDUCATOR, date(2026, 7, 31), None, date(2026, 8, 1)),
        (CardKind.EDUCATOR, date(2026, 8, 1), None, date(2027, 8, 1)),
        (CardKind.NON_RESIDENT, date(2026, 11, 30), 3, date(2027, 2, 28)),
        (CardKind.NON_RESIDENT, date(2026, 1, 31), 12, date(2027, 1, 31)),
        (CardKind.STUDENT, date(2026, 1, 31), 12, None),
    ],
)
def test_when_a_card_ends(kind, today, months, end):
    """Months are whole, the last day of a shorter month counts, and a fixed day is the next one."""
    assert ends_on(kind, POLICY, today=today, months=months) == end


def test_each_kind_is_good_for_what_the_policy_leaves():
    """A reciprocal card is for no databases, a student's for databases alone, and a guest's here for nothing."""
    assert entitlement(CardKind.STUDENT, POLICY).services == (Service.DATABASES,)
    assert set(Service) - set(entitlement(CardKind.RECIPROCAL, POLICY).services) == {
        Service.DATABASES,
        Service.INTERLIBRARY_LOAN,
    }
    assert entitlement(CardKind.GUEST, POLICY).services == ()
    assert codes(may_have(CardFacts(kind=CardKind.GUEST, today=TODAY), POLICY)) == ["kind_not_issued"]
    assert entitlement(CardKind.ONLINE, POLICY, holds=3).holds == 3
    assert entitlement(CardKind.RESIDENT, POLICY, holds=3).holds is None
    renewed = RenewFacts(kind=CardKind.GUEST, today=TODAY)
    assert codes(may_renew(renewed, POLICY)) == ["kind_not_issued"]
    unset = CardFacts(kind=CardKind.STUDENT, today=TODAY, minority=Minority.ADULT)
    assert codes(may_have(unset, POLICY)) == ["proofs_not_set"]


def test_a_renewal_never_ends_a_card_earlier():
    """Where the kind's months fall short of the present end, that is the reason; from there on it is renewed."""
    long = RenewFacts(kind=CardKind.RESIDENT, today=TODAY, expires=date(TODAY.year + 9, 1, 1))
    assert codes(may_renew(long, POLICY)) == ["ends_earlier"]
    assert may_renew(evolve(long, expires=TODAY), POLICY).permitted


def test_whose_birth_date_is_not_known():
    """A person decides who signs, unless somebody has, or nobody has to."""
    told = CardFacts(kind=CardKind.RESIDENT, today=TODAY, proofs=frozenset(Proof), belonging=Belonging.DISTRICT)
    assert codes(may_have(told, POLICY)) == ["unknown_age"]
    assert may_have(evolve(told, signed=True), POLICY).permitted
    assert may_have(told, evolve(POLICY, signature_below=0)).permitted


def test_a_household_in_the_district_pays_nothing():
    """What RCW 27.12 does not permit is refused whatever the policy sells."""
    told = CardFacts(
        kind=CardKind.NON_RESIDENT,
        today=TODAY,
        proofs=frozenset(Proof),
        belonging=Belonging.DISTRICT,
        months=12,
        minority=Minority.ADULT,
    )
    free = evolve(POLICY, belongings={})
    assert codes(may_have(told, free)) == ["resident_pays_nothing"]
    none = evolve(POLICY, belongings={}, paid_cents={})
    assert codes(may_have(evolve(told, belonging=None, months=None), none)) == ["months_not_sold"]


def test_the_ils_has_its_own_words_for_kinds():
    """A category is read back as the kind it was written for."""
    own = evolve(POLICY, categories={CardKind.RESIDENT: "PTYPE-1"})
    assert (kind_of("PTYPE-1", own), kind_of("resident", own), kind_of("online", own)) == (
        CardKind.RESIDENT,
        None,
        CardKind.ONLINE,
    )


def test_other_schemes_where_the_policy_takes_them():
    """A number with letters is a card where the district says so."""
    number = Barcode("SPL0042")
    refused = may_replace(number, POLICY, identified=True, taken=False)
    assert codes(refused) == ["number_scheme"]
    assert may_replace(number, evolve(POLICY, other_schemes=True), identified=True, taken=False).permitted


@pytest.mark.parametrize(
    "wrong",
    [
        {
            "ranges": {
                "a": (BarcodeRange("2000000000001", "2000000000009"),),
                "b": (BarcodeRange("2000000000009", "2000000000011"),),
            }
        },
        {"ranges": {"a": ("2000000000001-2000000000002",)}},
        {"ranges": ()},
        {"categories": {CardKind.RESIDENT: "x", CardKind.GUEST: "x"}},
        {"categories": {CardKind.RESIDENT: " "}},
        {"ends_on": {CardKind.EDUCATOR: "02-30"}},
        {"paid_cents": {"0": 1}},
        {"paid_cents": 5},
        {"valid_days": {CardKind.ONLINE: 0}},
        {"excludes": {"resident": ()}},
        {"excludes": None},
        {"signature_below": -1},
    ],
)
def test_what_is_no_policy(wrong):
    """A range that gives a number twice and every other mistake is refused when the policy is made."""
    with pytest.raises(InvalidValue):
        evolve(POLICY, **wrong)
    assert isinstance(POLICY, CardPolicy)


@pytest.mark.parametrize("text", ["", "2908200010000", "3908200010000-3908200010001", "2908200010001-2908200010000"])
def test_what_is_no_range(text):
    """Item numbers, one number alone and a range that runs backwards are none."""
    with pytest.raises(InvalidValue):
        BarcodeRange.parse(text)


def test_a_range_is_written_as_it_is_read():
    """Its text is read back, and it has as many numbers as it says, each with its check digit."""
    one = BarcodeRange.parse(" 2908200010000 - 2908200010003 ")
    assert (BarcodeRange.parse(str(one)), len(one)) == (one, 4)
    assert [str(number)[:13] for number in one.numbers(2)] == ["2908200010002", "2908200010003"]
    with pytest.raises(InvalidValue):
        evolve(application(), birth_date="1980")
    assert isinstance(application(), Application)
