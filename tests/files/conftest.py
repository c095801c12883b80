"""A district's folder with extracts in it, all synthetic."""

from datetime import UTC, datetime

import pytest

from scld_core.kernel.time import FixedClock
from scld_core.plugins.spec import BackendContext

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # 08:00 in Spokane, two days after the clocks changed


def no_secret(ref):
    """There is none."""
    raise AssertionError(ref)


@pytest.fixture
def context(tmp_path):
    """What the backend is given; the folder is empty."""
    return BackendContext("main", FixedClock(NOW), tmp_path, no_secret, timezone="America/Los_Angeles")
