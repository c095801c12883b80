"""The comparison of every wish with every observed state."""

from hypothesis import given
from hypothesis import strategies as st

from scld_core.hotspots.model import ServiceState, Wish
from scld_core.hotspots.sweep import Sweep, sweep

KEYS = st.integers(0, 12)


@given(st.dictionaries(KEYS, st.tuples(st.sampled_from(Wish), st.sampled_from(ServiceState))))
def test_the_sweep_agrees_with_looking_at_each_key_by_itself(both):
    """Each key is in order or differing, and one of these only; in the order of the wishes."""
    wishes = {key: wish for key, (wish, _) in both.items()}
    states = {key: state for key, (_, state) in both.items()}
    differing = tuple(key for key in wishes if states[key].value != wishes[key].value)
    assert sweep(wishes, states) == Sweep(differing, len(both) - len(differing))
