"""Killed at every moment of a run: what was wished for happens once, whoever dies when."""

from collections import Counter

from support.districts import WISHED, applied, subject

WORDS = {action: action.partition(".")[2] for action, _ in WISHED}


def check(case, wished):
    """None lost, none doubled; nothing left to do; every effect has one line in the journal."""
    done = Counter((record["action"], record["subject"]) for record in applied(case))
    assert done == Counter((action, subject(number)) for action, number in wished)
    assert (case["plan"], case["residual"], case["damage"]) == ([], 0, [])
    lines = Counter(step for kind, step in case["journal"] if kind in ("step.applied", "step.confirmed"))
    assert lines == Counter(record["id"] for record in applied(case))
    sent = Counter(step for kind, step in case["journal"] if kind == "step.prepare")
    assert sent == Counter({record["id"]: record["attempts"] for record in case["records"] if record["attempts"]})


def check_ledger(case, wished):
    """The simulated carrier's own ledger says the same, and each of its keys is the key of a step."""
    assert Counter(map(tuple, case["effects"])) == Counter((WORDS[action], number) for action, number in wished)
    assert sorted(case["keys"]) == sorted(record["key"] for record in applied(case))


def test_killed_at_every_moment_of_a_day_each_effect_happens_once(play):
    """Stages, statements, commits and carrier calls: after the next run nothing is lost, doubled or left."""
    played = play("DayScene")
    assert len(played.cases) == len(played.names) > 100
    for case in played.cases:
        assert case["killed"], case["name"]
        check(case, WISHED)
        check_ledger(case, WISHED)


def test_killed_before_midnight_nothing_doubles_after_it(play):
    """The run that is taken up on the next date finds the steps of the day before."""
    played = play("MidnightScene")
    assert len(played.cases) == 4 * len(WISHED)
    for case in played.cases:
        assert case["killed"]
        check(case, WISHED)
        check_ledger(case, WISHED)
