"""What the tests of the kit share: one real HTTP client for the adapters that need one."""

import pytest

from scld_adapters._shared._httpx import HttpxSend


@pytest.fixture(scope="session")
def send():
    """The real client, with a short deadline; making one is the slow part."""
    with HttpxSend(deadline=5.0) as client:
        yield client
