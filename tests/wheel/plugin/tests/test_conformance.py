"""Acme keeps the contract."""

from __future__ import annotations

import pytest
from acme_bench import make
from acme_carrier.plugin import ACME

from scld_core.testing.harness import CarrierBench, Harness
from scld_core.testing.suite import CarrierSuite


class TestAcme(CarrierSuite):
    """Every check of the port."""

    @pytest.fixture
    def backend(self) -> Harness[CarrierBench]:
        """The adapter over its fake, which keeps keys."""
        return Harness.of(ACME, "lines", make, remembers_keys=True)
