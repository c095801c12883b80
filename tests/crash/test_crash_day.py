"""Killed at every moment of a run: what was wished for happens once, whoever dies when."""

from collections import Counter

from laws import check, check_ledger

from support.districts import WISHED

MIDNIGHT = "2026-03-11T07:00"  # in Spokane, as an instant


def test_killed_at_every_moment_of_a_day_each_effect_happens_once(play):
    """Stages, statements, commits and carrier calls: after the next run nothing is lost, doubled or left."""
    played = play("DayScene")
    kinds = Counter(name.split()[0] for name in played.names)
    assert [case["deadly"] for case in played.cases] == list(range(1, len(played.names) + 1))
    assert kinds["stage"] == 4 * len(WISHED)
    assert kinds["carrier"] == 2 * len(WISHED)
    assert played.names.count("store after commit") > 2 * len(WISHED)
    for case in played.cases:
        check(case, WISHED)
        check_ledger(case, WISHED)


def test_killed_again_while_it_is_taken_up_each_effect_happens_once(play):
    """A request of the first run is out when the second one is killed in turn; the third finds all of it."""
    played = play("TwiceScene", stride=2)
    assert len(played.cases) >= len(played.names) // 2 > 15
    for case in played.cases:
        check(case, WISHED)
        check_ledger(case, WISHED)


def test_killed_before_midnight_nothing_doubles_after_it(play):
    """A run that midnight passes in is taken up on the next date, and finds the steps of the day before."""
    played = play("MidnightScene")
    assert len(played.cases) == 3 * len(WISHED)
    for case in played.cases:
        check(case, WISHED)
        check_ledger(case, WISHED)
    killed_last = {at > MIDNIGHT for record in played.cases[-1]["records"] for at in record["attempts"]}
    assert killed_last == {False, True}
