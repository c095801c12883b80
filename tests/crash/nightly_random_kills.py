"""Killed at random moments by somebody else, again and again; collected only when it is named."""

import pytest
from laws import check, check_account

from support.districts import FEW_WISHED


@pytest.mark.slow
def test_killed_at_random_moments_each_request_is_taken_once(play):
    """Up to three kills in a row, each at a moment that nobody enumerated."""
    cases = play("RandomScene").cases
    assert len(cases) > 1
    for case in cases:
        check(case, FEW_WISHED)
        check_account(case, FEW_WISHED)
