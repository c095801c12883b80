"""What must hold of referrals: when the process has just died, and in the end."""

from collections import Counter

PATRON = 1
"""Whom the scenes refer; the others were referred by hand, long ago."""

_EFFECTS = ("referrals.charge_fee", "referrals.set_flag", "referrals.set_block")


def _fees(facts) -> int:
    return dict(facts["fees"])[PATRON]


def check_effects(case):
    """Nothing was done to the patron before the file was there whole and its receipt was kept."""
    assert case["killed"], case["name"]
    then = case["then"]
    arrived = [number for number, name, sha, kept in then["files"] if kept and then["sent"].get(name, [""])[0] == sha]
    touched = _fees(then) or PATRON in then["flags"] or PATRON in then["blocks"]
    assert arrived or not touched, case["name"]
    assert set(then["sent"]) <= {name for _, name, _, _ in then["files"]}, case["name"]


def check_end(case, names):
    """One fee, the flag and the block; each file once, with the bytes that were kept at first; nothing left to do."""
    _check_done(case, names)
    now = case["now"]
    assert _fees(now) == 1, case["name"]
    assert PATRON in now["flags"], case["name"]
    assert PATRON in now["blocks"], case["name"]
    done = Counter(record["action"] for record in now["records"] if record["state"] == "applied")
    assert done == Counter(("referrals.send", *_EFFECTS)), case["name"]


def check_zero(case, names):
    """The referral is over: neither flag nor block, its one fee paid, its zero with the agency."""
    _check_done(case, names)
    now = case["now"]
    assert now["episodes"] == [["70001", "closed", True]], case["name"]
    assert _fees(now) == 1, case["name"]
    assert PATRON not in now["flags"], case["name"]
    assert PATRON not in now["blocks"], case["name"]
    assert now["sent"][names[-1]][1] == ["70001,SAMPLE-1,Patron,29999000000018,0.00"], case["name"]
    then = case["then"]
    assert PATRON in then["flags"] or names[-1] in then["sent"], case["name"]


def _check_done(case, names):
    now = case["now"]
    assert (case["plan"], case["residual"], case["damage"]) == ([], 0, []), case["name"]
    assert [name for _, name, _, _ in now["files"]] == list(names), case["name"]
    for _, name, sha, kept in now["files"]:
        assert kept, case["name"]
        assert now["sent"][name][0] == sha, case["name"]
    assert set(now["sent"]) == set(names), case["name"]
    for number, name, sha, _ in case["then"]["files"]:
        assert [number, name, sha, True] in now["files"], case["name"]  # kept before the kill, and never made anew
    mine = {record["id"] for record in now["records"] if record["state"] == "applied"}
    lines = Counter(step for kind, step in case["journal"] if kind in ("step.applied", "step.confirmed"))
    assert {step: count for step, count in lines.items() if step in mine} == dict.fromkeys(mine, 1), case["name"]
