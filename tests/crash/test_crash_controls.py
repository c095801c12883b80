"""Controls: the harness sees a doubled effect where there is nothing that prevents it."""

from collections import Counter

import pytest
from laws import check_account, verb

from support.districts import FEW_WISHED


@pytest.mark.parametrize(
    ("scene", "doubles"),
    [
        ("ReplayScene", False),
        ("NoKeysScene", False),
        ("NoOutboxScene", False),
        ("NoKeysNoOutboxScene", True),
        ("DatedKeysNoOutboxScene", True),
    ],
)
def test_a_plan_that_is_applied_again_doubles_only_without_key_and_outbox(play, scene, doubles):
    """Either the carrier's keys or our outbox is enough, across midnight too; a key with a date in it is no key."""
    cases = play(scene).cases
    assert len(cases) == len(FEW_WISHED)
    for case in cases:
        assert case["killed"]
        counts = Counter(map(tuple, case["effects"]))
        assert set(counts) == {(verb(action), number) for action, number in FEW_WISHED}
        assert (max(counts.values()) > 1) is doubles


def test_a_district_that_forgets_what_it_sent_fails_the_law_on_the_wire(play):
    """Without its outbox, a carrier without keys is asked twice for what it has not yet done, and the law says so."""
    cases = play("ForgetfulScene").cases
    assert len(cases) == len(FEW_WISHED)
    for case in cases:
        with pytest.raises(AssertionError):
            check_account(case, FEW_WISHED)
        assert max(Counter(map(tuple, case["took"])).values()) == 2
