"""Profiles of Hypothesis, folders in memory, what is not measured; for each test process one PostgreSQL and one sample.

The profiles: dev (small and fast), ci (the same examples every time), nightly (large).
"""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.places import IN_MEMORY

settings.register_profile("dev", max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(
    "ci",
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("nightly", max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("SCLD_HYPOTHESIS", "ci" if os.environ.get("CI") else "dev"))

if IN_MEMORY is not None:  # every commit waits for the disk, and no test cuts the power
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))

UNMEASURED = frozenset(
    (
        *("agencies", "carriers", "crash", "e2e", "files", "koha", "races", "sip2", "store"),
        *("agency/test_referral_machine.py", "agency/test_referral_run_machine.py"),
        *("calendars/test_calendars_kit.py", "fees/test_fees_kit.py", "fees/test_tieout_periods.py"),
        *("holds/test_holds_kit.py", "patrons/test_patrons_kit.py"),
        *("kit/test_kit_channels.py", "kit/test_kit_differential.py", "kit/test_kit_notices.py"),
        *("kit/test_kit_references.py", "kit/test_kit_strategies.py", "kit/test_kit_suite.py"),
    )
)
"""Tests of adapters, of processes and of whole stories: what the core does in them, its own tests have measured.

Coverage takes as long again as a test; these run without it.
"""


def pytest_collection_modifyitems(config, items):
    """Let coverage rest in those tests, where it is on at all."""
    if not config.pluginmanager.hasplugin("_cov"):
        return
    here = Path(__file__).parent
    for item in items:
        parts = item.path.relative_to(here).parts if item.path.is_relative_to(here) else ("",)
        if UNMEASURED & {parts[0], "/".join(parts)}:
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def made_sample(tmp_path_factory) -> Path:
    """The sample district before its first morning, to be copied."""
    from scld_core.wiring.founding import make_sample

    folder = tmp_path_factory.mktemp("made") / "sample"
    make_sample(folder, actor="anne")
    return folder


@pytest.fixture(scope="session")
def run_sample(made_sample, tmp_path_factory) -> Path:
    """The sample district after its first morning, to be copied."""
    from scld_core import open_desk

    folder = Path(shutil.copytree(made_sample, tmp_path_factory.mktemp("run") / "sample"))
    with open_desk(folder, actor="anne") as desk:
        desk.day.run()
    return folder


@pytest.fixture(scope="session")
def postgres():
    """One server for each test process."""
    from postgres import running

    with running() as server:
        yield server


@pytest.fixture(scope="session")
def empty_database(postgres) -> str:
    """The name of a database that holds an empty store, to be copied."""
    from scld_adapters.sql.store import open_postgres

    url = postgres.database()
    open_postgres(url, create=True).close()
    return postgres.name(url)
