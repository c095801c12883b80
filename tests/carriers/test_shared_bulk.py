"""Long walks: every answer once and in order, never more at once than is permitted, and an end at the first fault."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters._shared.bulk import walk


class Counted:
    """Answers with ten times the question, and counts who asks at the same time."""

    def __init__(self, bad=()):
        self.bad, self.now, self.most, self.asked = set(bad), 0, 0, []
        self.lock = threading.Lock()

    def __call__(self, number):
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.asked.append(number)
        try:
            if number in self.bad:
                raise ValueError(number)
            return number * 10
        finally:
            with self.lock:
                self.now -= 1


@given(st.lists(st.integers(0, 99), max_size=12), st.integers(1, 5))
def test_the_answers_are_those_of_asking_one_by_one(asked, at_once):
    """In order, each once, with no more questions under way than permitted."""
    ask, heard = Counted(), []
    assert list(walk(asked, ask, at_once=at_once, progress=heard.append)) == [number * 10 for number in asked]
    assert ask.most <= at_once
    assert sorted(ask.asked) == sorted(asked)
    assert heard == list(range(1, len(asked) + 1))


@given(st.integers(0, 9), st.integers(1, 4))
def test_a_fault_stands_where_its_answer_would(place, at_once):
    """What comes before it is given; not much that comes after it was asked for."""
    ask, given_ = Counted(bad=[place]), []
    with pytest.raises(ValueError, match=str(place)):
        given_.extend(walk(range(100), ask, at_once=at_once))
    found = []
    walked = walk(range(100), Counted(bad=[place]), at_once=at_once)
    with pytest.raises(ValueError, match=str(place)):
        while True:
            found.append(next(walked))
    assert found == [number * 10 for number in range(place)]
    assert max(ask.asked) < place + at_once + 1


def test_who_stops_taking_asks_no_more():
    """A walk that is closed early has asked a few ahead at most."""
    ask = Counted()
    walked = walk(range(1000), ask, at_once=3)
    assert [next(walked), next(walked)] == [0, 10]
    walked.close()
    assert len(ask.asked) <= 5
    assert threading.active_count() < 20
