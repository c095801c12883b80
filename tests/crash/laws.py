"""What must hold at the end of every case."""

from collections import Counter

from scld_core.hotspots.history import RESTORE, SUSPEND
from support.districts import applied, subject

INVERSE = {SUSPEND: RESTORE, RESTORE: SUSPEND}


def verb(action: str) -> str:
    """The carrier's word for an action."""
    return action.partition(".")[2]


def check(case, wished):
    """It was killed; none lost, none doubled; nothing left to do; every effect has one line in the journal."""
    assert case["killed"], case["name"]
    done = Counter((record["action"], record["subject"]) for record in applied(case))
    assert done == Counter((action, subject(number)) for action, number in wished), case["name"]
    assert (case["plan"], case["residual"], case["damage"]) == ([], 0, []), case["name"]
    assert {on for _, _, on in case["waiting"]} <= {"approval"}, case["name"]
    lines = Counter(step for kind, step in case["journal"] if kind in ("step.applied", "step.confirmed"))
    assert lines == Counter(record["id"] for record in applied(case)), case["name"]
    sent = Counter(step for kind, step in case["journal"] if kind == "step.prepare")
    assert sent == Counter({record["id"]: len(record["attempts"]) for record in case["records"]}), case["name"]


def check_ledger(case, wished):
    """The simulated carrier's own ledger says the same, and each of its keys is the key of one step."""
    assert Counter(map(tuple, case["effects"])) == Counter((verb(action), n) for action, n in wished), case["name"]
    assert sorted(case["keys"]) == sorted(record["key"] for record in applied(case)), case["name"]


def check_account(case, wished):
    """A carrier on the wire took each request once, and each changed its line once."""
    expected = Counter((verb(action), number) for action, number in wished)
    assert Counter(map(tuple, case["took"])) == expected, case["name"]
    assert Counter(map(tuple, case["effects"])) == expected, case["name"]
