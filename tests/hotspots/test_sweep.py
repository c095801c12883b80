"""The comparison of every wish with every observed state."""

from hypothesis import given
from hypothesis import strategies as st

from scld_core.hotspots.model import ServiceState, Wish
from scld_core.hotspots.sweep import Sweep, sweep

KEYS = st.integers(0, 12)


@given(st.dictionaries(KEYS, st.sampled_from(Wish)), st.dictionaries(KEYS, st.sampled_from(ServiceState)))
def test_the_sweep_agrees_with_looking_at_each_key_by_itself(wishes, states):
    """Each key is in order, differing, missing or a stranger, and one of these only; in the order of the wishes."""
    differing = tuple(k for k in wishes if k in states and states[k].value != wishes[k].value)
    in_order = sum(k in states and states[k].value == wish.value for k, wish in wishes.items())
    missing, strangers = frozenset(set(wishes) - set(states)), frozenset(set(states) - set(wishes))
    assert sweep(wishes, states) == Sweep(differing, missing, strangers, in_order)
    assert len(differing) + in_order + len(missing) == len(wishes)
