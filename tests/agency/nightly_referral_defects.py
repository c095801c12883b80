"""The planted bugs are found without being told where; collected only when it is named."""

import pytest
from hypothesis import Phase
from test_referral_machine import DEFECTS as OF_THE_LIFE
from test_referral_run_machine import DEFECTS as OF_THE_RUN

from scld_core.errors import InvalidValue
from support.collection_office import run_office
from support.referral_machine import run_months

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("rules", "story"), OF_THE_LIFE)
def test_a_defect_of_the_life_cycle_is_found(rules, story):
    """Any life may show it: the first that does is enough."""
    with pytest.raises((AssertionError, InvalidValue)):
        run_office(rules, examples=4000, phases=(Phase.generate,))


@pytest.mark.parametrize(("spoil", "story"), OF_THE_RUN)
def test_a_defect_of_the_run_is_found(spoil, story):
    """Any months may show it."""
    with pytest.raises(AssertionError):
        run_months(spoil, examples=40, phases=(Phase.generate,))
