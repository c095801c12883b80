"""Values with dates: never two at once, and each day finds its own."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.policies import Dated, Effective, in_force

days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
bounds = st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 12))
versions = st.builds(Dated, st.integers(), st.just("page"), st.just("board"), bounds, bounds)


@given(st.lists(days, min_size=1, max_size=6, unique=True), st.randoms(use_true_random=False), days)
def test_adjacent_versions_find_the_one_of_the_day_in_any_order(cuts, shuffle, on):
    """Versions that follow one another answer every day exactly once, however they are listed."""
    edges = [None, *sorted(cuts), None]
    made = [Dated(k, "s", "b", start, end) for k, (start, end) in enumerate(pairwise(edges))]
    shuffle.shuffle(made)
    found = Effective(tuple(made)).at(on)
    assert found is not None
    assert [v for v in made if in_force(v, on)] == [found]


@given(st.lists(versions, max_size=3))
def test_versions_are_refused_exactly_when_two_hold_on_one_day_or_one_on_none(made):
    """A brute-force look at each day decides whether the versions may stand together."""
    span = [date(2019, 12, 30) + timedelta(days=k) for k in range(20)]
    twice = any(sum(in_force(v, day) for v in made) > 1 for day in span)
    never = any(not any(in_force(v, day) for day in span) for v in made)
    if twice or never:
        with pytest.raises(InvalidValue, match=r"hold on the same days|is never in force"):
            Effective(tuple(made))
    else:
        assert Effective(tuple(made)).versions == tuple(made)


def test_an_overlap_names_both_versions():
    """The refusal says which two entries hold at once and from when to when."""
    first = Dated(1, valid_from=date(2020, 1, 1))
    second = Dated(2, valid_from=date(2021, 1, 1))
    words = r"\[1\] \(2020-01-01 to ever\) and \[0\] \(2021-01-01 to ever\) hold on the same days"
    with pytest.raises(InvalidValue, match=words):
        Effective((second, first))


def test_a_gap_is_a_day_without_a_value():
    """Before the first version and between two of them nothing is set."""
    value = Effective((Dated(1, valid_from=date(2020, 1, 1), valid_to=date(2020, 2, 1)),))
    assert value.at(date(2019, 12, 31)) is None
    assert value.at(date(2020, 1, 31)).value == 1
    assert value.at(date(2020, 2, 1)) is None
