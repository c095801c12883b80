"""Killed at the calls on a socket: carriers without keys take every request once all the same."""

import pytest
from laws import check, check_account

from support.districts import FEW_WISHED


def test_killed_at_every_socket_call_kajeet_takes_each_request_once(play):
    """Before each connection, each part of a request and each answer."""
    played = play("KajeetScene")
    assert len(played.cases) > 25
    for case in played.cases:
        check(case, FEW_WISHED)
        check_account(case, FEW_WISHED)


@pytest.mark.parametrize("scene", ["KajeetLaterScene", "ThingSpaceScene", "ThingSpaceSilentScene"])
def test_killed_at_a_socket_call_a_request_that_takes_time_is_not_sent_again(play, scene):
    """The change shows later, or is not even announced: whoever took the request carries it out, once."""
    played = play(scene, stride=3)
    assert len(played.cases) >= 8
    for case in played.cases:
        check(case, FEW_WISHED)
        check_account(case, FEW_WISHED)
