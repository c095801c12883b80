"""Killed between file, delivery, receipt, fee, flag and block: one fee, and only for a file that arrived."""

from collections import Counter

import pytest
from laws_referrals import check_effects, check_end, check_zero

NEW, UPDATE = "ums-new-submissions-2026-03-10.csv", "ums-updates-2026-03-11.csv"


def test_killed_between_the_steps_of_a_referral_there_is_one_fee_and_it_follows_a_receipt(play):
    """Nothing is done to the patron without the file at the agency, and all of it is done in the end."""
    played = play("ReferralBetweenScene")
    kinds = Counter(name for name in played.names if name.startswith(("stage", "channel link")))
    assert kinds["stage sent"] == kinds["stage settled"] == 4
    assert len(played.cases) == 2 * 4 + 2
    for case in played.cases:
        check_effects(case)
        check_end(case, (NEW,))
    # Made, arrived, charged, flagged, blocked: it was killed between each two of them.
    assert {reached(case["then"]) for case in played.cases} == {1, 2, 3, 4, 5}


def reached(then):
    """How much had been done."""
    return len(then["files"]) + len(then["sent"]) + then["fees"][0][1] + (1 in then["flags"]) + (1 in then["blocks"])


def test_killed_while_a_zero_is_told_it_is_told_once_and_the_flag_goes_last(play):
    """The block goes when the debt is paid, the flag when the agency knows; nobody is told twice or not at all."""
    played = play("ZeroBetweenScene")
    assert len(played.cases) == 2 * 3 + 2
    for case in played.cases:
        check_effects(case)
        check_zero(case, (NEW, UPDATE))


def test_a_fee_under_a_new_key_each_time_is_charged_twice(play):
    """The harness sees it: killed after the ILS had the fee, the run that takes it up charges another."""
    cases = play("ManyKeysScene").cases
    assert max(fees for case in cases for _, fees in case["now"]["fees"]) == 2
    with pytest.raises(AssertionError):
        for case in cases:
            check_end(case, (NEW,))


def test_a_channel_that_swallows_its_failure_fails_the_law_of_receipts(play):
    """Its done is no receipt: the patron is charged for a referral that nobody has."""
    cases = play("SwallowedScene").cases
    with pytest.raises(AssertionError):
        for case in cases:
            check_effects(case)
