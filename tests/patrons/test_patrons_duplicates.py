"""Records that may be one patron: symmetric, explained, found without comparing all with all."""

from datetime import date

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from patron_desk import PLACEHOLDER, POLICY, VERSION, record, where, with_policy

from scld_core.errors import InvalidValue
from scld_core.patrons import Likeness, Signal, compare, find_duplicates
from scld_core.patrons.duplicates import REASONS

NAMES = ["Example, Ana", "EXAMPLE, ána", "Example, A", "Example, Ana Maria", "Muster, Max", "例, 花子", "Example", ""]
BORN = [None, PLACEHOLDER, date(1980, 5, 7), date(1980, 7, 5), date(1981, 5, 7), date(1850, 1, 1)]
HOMES = [None, where("1 Oak St"), where("1 Oak Street Apt 2"), where("2 Elm St"), where("PO Box 3")]

RECORDS = st.builds(
    lambda number, name, born, address, phones, emails, cards: record(
        number, name, born=born, address=address, phones=phones, emails=emails, cards=cards
    ),
    st.integers(1, 12),
    st.sampled_from(NAMES),
    st.sampled_from(BORN),
    st.sampled_from(HOMES),
    st.lists(st.sampled_from(["509-555-0123", "1 509 555 0123", "509-555-0199"]), max_size=2),
    st.lists(st.sampled_from(["a@example.org", "A@example.org", "b@example.org"]), max_size=2),
    st.lists(st.sampled_from(["111", "112", "113"]), max_size=2, unique=True),
)
MANY = st.lists(RECORDS, max_size=10, unique_by=lambda one: one.patron.id)


def signals(one, other):
    """The signals between two records, with their points."""
    return [reason.code for reason in compare(one, other, POLICY).reasons]


@given(RECORDS, RECORDS)
def test_a_comparison_is_symmetric_and_explained(one, other):
    """Either way round it is the same, its points are those of its signals, and it names no person."""
    if one.patron.id == other.patron.id:
        with pytest.raises(InvalidValue, match="must be another record"):
            compare(one, other, POLICY)
        return
    found = compare(one, other, POLICY, version=VERSION)
    assert found == compare(other, one, POLICY, version=VERSION)
    assert found.points == sum(int(dict(reason.params)["points"]) for reason in found.reasons)
    assert all(reason.text(REASONS) and reason.version == VERSION for reason in found.reasons)
    assert found.likeness is (
        Likeness.SAME if found.points >= 80 else Likeness.POSSIBLY if found.points >= 40 else Likeness.DIFFERENT
    )


@given(MANY, st.randoms(use_true_random=False))
def test_the_pairs_need_no_order_and_are_those_that_compare_so(records, random):
    """Order does not matter; each pair is what comparing it says; a shared trait of weight is never missed."""
    found = find_duplicates(records, POLICY)
    assert found == find_duplicates(random.sample(records, len(records)), POLICY)
    by_id = {one.patron.id: one for one in records}
    for pair in found.pairs:
        assert pair == compare(*(by_id[number] for number in pair.ids), POLICY)
        assert pair.likeness is not Likeness.DIFFERENT
    named = {frozenset(pair.ids) for pair in found.pairs}
    for one in records:
        for other in records:
            if one.patron.id < other.patron.id and _traceable(one, other):
                like = compare(one, other, POLICY).likeness is not Likeness.DIFFERENT
                assert (frozenset((one.patron.id, other.patron.id)) in named) is like


def _traceable(one, other):
    """Whether they share what records are grouped by: a brute force over the traits."""
    shared = set(signals(one, other)) & {"same_card", "same_phone", "same_email", "same_name"}
    word = {name for name in one.traits.name if name in other.traits.name}
    return bool(shared) or bool(word and {"same_address", "same_birth_date"} & set(signals(one, other)))


@given(RECORDS)
def test_an_unknown_birth_date_is_never_equal(one):
    """Two unknown ones, and two placeholders, are no signal."""
    for born in (None, PLACEHOLDER):
        blank = [evolve(one, patron=record(number, born=born).patron) for number in (1, 2)]
        assert not [code for code in signals(*blank) if "birth" in code]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (record(1, "Example, Ana"), record(2, "Ána EXAMPLE"), ["same_name"]),
        (record(1, "Example, A"), record(2, "Example, Ana"), ["near_name"]),
        (record(1, "Example, A B"), record(2, "Example, Ana Bea"), ["near_name"]),
        (record(1, "Example, Ana Bea"), record(2, "Example, Ana"), ["near_name"]),
        (record(1, "Example, Ana"), record(2, "Example, Jo"), ["other_name"]),
        (record(1, "Example, J"), record(2, "Muster, E"), ["other_name"]),
        (record(1, "A, B"), record(2, "Ana, Bea"), ["other_name"]),
        (record(1, "例, 花子"), record(2, "花子, 例"), ["same_name"]),
        (record(1, "Example"), record(2), []),
        (record(1, born=date(1980, 5, 7)), record(2, born=date(1980, 5, 7)), ["same_birth_date"]),
        (record(1, born=date(1980, 5, 7)), record(2, born=date(1980, 7, 5)), ["near_birth_date"]),
        (record(1, born=date(1980, 5, 7)), record(2, born=date(1881, 5, 7)), ["other_birth_date"]),
        (record(1, address=HOMES[1]), record(2, address=HOMES[1]), ["same_address"]),
        (record(1, address=HOMES[1]), record(2, address=HOMES[2]), ["same_building"]),
        (record(1, address=HOMES[1]), record(2, address=HOMES[3]), ["other_address"]),
        (record(1, address=where("")), record(2, address=where("")), []),
        (record(1, phones=["509 555 0123"]), record(2, phones=["5095550123", "5095550124"]), ["same_phone"]),
        (record(1, phones=["509 555 0123"]), record(2, phones=["5095550124"]), ["other_phone"]),
        (record(1, emails=["a@b.org"]), record(2, emails=["c@b.org"]), ["other_email"]),
        (record(1, cards=["111"]), record(2, cards=["111"]), ["same_card"]),
        (record(1, cards=["111"]), record(2, cards=["112"]), []),
    ],
)
def test_each_signal_stands_for_itself(one, other, expected):
    """Names in any order and script, exchanged days, units of one building, shared and differing numbers."""
    assert signals(one, other) == expected


def test_twins_are_two_and_a_second_registration_is_one():
    """One address, one birth date and one family name are not enough; the same name besides is."""
    home, born = where("1 Oak St"), date(2010, 1, 2)
    ana, jo = record(1, "Example, Ana", born=born, address=home), record(2, "Example, Jo", born=born, address=home)
    again = record(3, "example, ANA", born=born, address=where("1 OAK STREET"))
    (pair,) = find_duplicates([ana, jo, again], POLICY).pairs
    assert (pair.ids, pair.likeness) == ((ana.patron.id, again.patron.id), Likeness.SAME)


def test_a_group_too_large_is_named_and_not_compared():
    """Sixty records with the telephone of one school are one line, and no pair rests on it."""
    school = [record(number, f"Person{number}", phones=["509-555-0100"]) for number in range(60)]
    found = find_duplicates(school, with_policy(duplicate_weights={Signal.SAME_PHONE: 90}))
    assert (found.pairs, found.too_large) == ((), (("phone", 60),))


def test_of_two_records_with_one_id_the_first_counts():
    """A list that has a record twice finds no duplicate of itself."""
    one = record(1, "Example, Ana", cards=["111"])
    assert find_duplicates([one, one], POLICY).pairs == ()


def test_the_work_grows_with_the_records_and_not_with_their_square(monkeypatch):
    """Three thousand people of different names and birth dates need next to no comparison."""
    import scld_core.patrons.duplicates as room

    count = 0

    def counted(*args, **more):
        nonlocal count
        count += 1
        return compare(*args, **more)

    monkeypatch.setattr(room, "compare", counted)
    people = [
        record(
            number,
            f"F{number % 700}x, G{number % 401}y",
            born=date.fromordinal(700_000 + 7 * number),
            phones=[f"509{number:07d}"],
        )
        for number in range(3000)
    ]
    assert find_duplicates(people, POLICY).pairs == ()
    assert count < 3000
