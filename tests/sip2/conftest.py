"""A district whose desks answer self-checks, and a library behind a SIP2 port. All data is synthetic."""

import pytest
from sip2_district import SECRET, Ils, copied, make_district

from scld_core.sample.files import sample_now


@pytest.fixture(scope="session")
def made_district(made_sample, tmp_path_factory):
    """One district, to be copied."""
    return make_district(made_sample, tmp_path_factory.mktemp("self-checks") / "district")


@pytest.fixture
def district(made_district, tmp_path, monkeypatch):
    """A district of this test's own, and where its passwords lie."""
    monkeypatch.setenv("SCLD_TEST_SELF_CHECK", SECRET)
    monkeypatch.setenv("SCLD_TEST_ILS", "secret")
    return copied(made_district, tmp_path / "district")


@pytest.fixture
def ils():
    """A library behind a SIP2 port."""
    made = Ils(sample_now("America/Los_Angeles"))
    yield made
    made.server.close()
