"""Patrons, their cards and ages: what a value may say, and what it never shows."""

from datetime import date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.errors import InvalidValue
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import PatronId
from scld_core.kernel.privacy import masked
from scld_core.patrons import Block, Card, CollectionFlag, Minority, Patron, age_on, merged, minority
from scld_core.testing import strategies
from support.accounts import START

ONE, TWO, THREE = (PatronId("main", f"p{number}") for number in (1, 2, 3))
DAYS = st.dates(date(1890, 1, 1), date(2060, 12, 31))


def person(id=ONE, **more):  # noqa: A002
    """A patron of whom little is known."""
    return Patron(id=id, as_of=START, **more)


def card(number, *, present=True, at=None):
    """One card."""
    return Card(number=Barcode(number), present=present, replaced_at=at)


@given(strategies.patrons)
def test_a_patron_survives_the_codec(patron):
    """Round trip through JSON."""
    assert codecs.load(Patron, codecs.dump(patron)) == patron


@given(strategies.patrons)
def test_the_present_card_comes_first_and_every_number_is_an_alias(patron):
    """`card` is a present one or None; all cards and merged records are known."""
    present = [one.number for one in patron.cards if one.present]
    assert patron.card == (present[0] if present else None)
    assert all(patron.has_card(one.number) for one in patron.cards)
    assert not patron.has_card(Barcode("0"))
    numbers = [str(one.number) for one in patron.cards] + [record.local for record in patron.merged_from]
    assert list(patron.known_as) == numbers
    for block in patron.blocks:
        assert patron.blocked_for(block.reason) == block
    assert patron.blocked_for("no-such-reason") is None


@given(strategies.patrons)
def test_no_patron_is_shown(patron):
    """Neither id, nor birth date, nor a card shows in a repr."""
    shown = repr(evolve(patron, id=PatronId("main", "canary-id"), birth_date=date(1971, 7, 7))) + str(masked(patron))
    assert "canary" not in shown
    assert "1971" not in shown
    assert not any(str(one.number) in shown for one in patron.cards)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: person(responsible_adult=ONE), r"Patron\.responsible_adult: must be another patron"),
        (lambda: person(merged_from=(ONE,)), r"Patron\.merged_from"),
        (lambda: person(merged_from=(TWO, TWO)), r"Patron\.merged_from"),
        (lambda: person(cards=(card("1"), card("1", present=False))), r"Patron\.cards: must each be there once"),
        (lambda: person(cards=(card("1", present=False), card("2"))), r"Patron\.cards: must have the present ones"),
        (lambda: person(blocks=(Block("lost"), Block("lost", START))), r"Patron\.blocks"),
        (lambda: person(birth_date=START), r"Patron\.birth_date: must be a date without a time"),
        (lambda: card("1", at=START), r"Card\.replaced_at"),
        (lambda: Block("Call 509-555-0123"), r"Block\.reason: must be a code"),
        (lambda: Block(""), r"Block\.reason: must be a code"),
        (lambda: CollectionFlag("a", datetime(2026, 1, 1)), r"CollectionFlag\.since"),  # noqa: DTZ001
    ],
)
def test_what_is_no_patron(make, problem):
    """Each rule is named, and no value is repeated."""
    with pytest.raises(InvalidValue, match=problem) as refusal:
        make()
    assert "509" not in str(refusal.value)


def test_what_an_ils_does_not_keep_is_left_open():
    """A flag may be no more than the fact, an older card without a date, a block without an author."""
    patron = person(flag=CollectionFlag(), cards=(card("1", present=False),), blocks=(Block("lost"),))
    assert (patron.flag.referral, patron.cards[0].replaced_at, patron.blocks[0].by) == ("", None, "")
    assert patron.card is None


@given(DAYS, DAYS)
def test_an_age_counts_birthdays(born, day):
    """As many as there were since; before birth there is none. A leap day is kept on 1 March."""
    age = age_on(born, day)
    if born > day:
        assert age is None
        return
    leap = (born.month, born.day) == (2, 29)
    birthdays = [date(year, 3, 1) if leap and year % 4 else born.replace(year=year) for year in _years(born, day)]
    assert age == sum(birthday <= day for birthday in birthdays)


def _years(born, day):
    return [year for year in range(born.year + 1, day.year + 1) if (born.month, born.day) != (2, 29) or year != 1900]


@given(st.none() | DAYS, DAYS, st.integers(1, 30))
def test_an_unknown_age_is_an_outcome_of_its_own(born, day, adult_age):
    """Never silently a minor's or an adult's; the policy's age is the bound, and adults stay adults."""
    found = minority(born, day, adult_age=adult_age)
    if born is None or born > day:
        assert found is Minority.UNKNOWN
        return
    assert found is (Minority.ADULT if age_on(born, day) >= adult_age else Minority.MINOR)
    later = minority(born, day + timedelta(days=400), adult_age=adult_age)
    assert not (found is Minority.ADULT and later is Minority.MINOR)


def test_the_day_of_coming_of_age():
    """The eighteenth birthday itself is the first day as an adult."""
    born = date(2008, 5, 17)
    assert minority(born, date(2026, 5, 16), adult_age=18) is Minority.MINOR
    assert minority(born, date(2026, 5, 17), adult_age=18) is Minority.ADULT


def apart(kept, gone):
    """Two drawn patrons of one ILS with nothing but their facts in common."""
    free = tuple(one for one in gone.cards if not kept.has_card(one.number))
    away = evolve(gone, id=PatronId(kept.id.backend, "gone"), cards=free, merged_from=(), responsible_adult=None)
    return evolve(kept, id=PatronId(kept.id.backend, "kept"), merged_from=(), responsible_adult=None), away


@given(strategies.patrons, strategies.patrons)
def test_a_merge_forgets_nothing(one, other):
    """Every number of both finds the one that is left; blocks are united, and a flag stays."""
    kept, gone = apart(one, other)
    if kept.flag is not None and gone.flag is not None:
        with pytest.raises(InvalidValue, match="one of the referrals has to end first"):
            merged(gone, kept, START)
        return
    left = merged(gone, kept, START)
    assert {*kept.known_as, *gone.known_as, gone.id.local} == set(left.known_as)
    assert {block.reason for block in left.blocks} == {block.reason for block in (*kept.blocks, *gone.blocks)}
    assert left.flag == (kept.flag or gone.flag)
    assert left.card == kept.card
    assert left.birth_date == (kept.birth_date or gone.birth_date)
    for block in kept.blocks:
        assert left.blocked_for(block.reason) == block


def test_a_merge_is_of_two_records_and_makes_nobody_their_own_adult():
    """A record is not merged into itself; a minor merged with the adult answers for nobody."""
    adult = person(TWO)
    with pytest.raises(InvalidValue, match="another record"):
        merged(adult, adult, START)
    assert merged(adult, person(ONE, responsible_adult=TWO), START).responsible_adult is None
    assert merged(person(ONE, responsible_adult=TWO), adult, START).responsible_adult is None
    assert merged(person(ONE, responsible_adult=THREE), adult, START).responsible_adult == THREE
