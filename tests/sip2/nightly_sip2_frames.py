"""A million mutated frames; collected only when it is named."""

import pytest
from sip2_frames import codecs, survey

from scld_adapters.sip2.errors import BadFrame


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_million_damaged_frames_give_only_the_declared_error(seed):
    """A quarter of a million mutated frames for each seed decode, or raise BadFrame: nothing else."""
    assert survey(250_000, 1000 + seed, codecs()[seed % 3], BadFrame) > 1000
