"""The referral run killed at every single moment; collected only when it is named."""

import pytest
from laws_referrals import check_effects, check_end, check_zero

NEW, UPDATE = "ums-new-submissions-2026-03-10.csv", "ums-updates-2026-03-11.csv"


@pytest.mark.slow
def test_killed_at_every_moment_of_a_referral_there_is_one_fee_and_it_follows_a_receipt(play):
    """Stages, statements, commits, and each call that makes a file durable."""
    played = play("ReferralScene")
    assert len(played.cases) == len(played.names) > 50
    for case in played.cases:
        check_effects(case)
        check_end(case, (NEW,))


@pytest.mark.slow
def test_killed_at_every_moment_of_a_zero_it_is_told_once_and_the_flag_goes_last(play):
    """The same of the update."""
    played = play("ZeroScene")
    assert len(played.cases) == len(played.names) > 40
    for case in played.cases:
        check_effects(case)
        check_zero(case, (NEW, UPDATE))
