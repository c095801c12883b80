"""What the simulated carrier registers, and how a district's account is made and opened."""

from __future__ import annotations

from scld_adapters.carriers.simulated.capabilities import CAPABILITIES
from scld_adapters.carriers.simulated.settings import SimulatedConfig
from scld_core.errors import ConfigurationError
from scld_core.hotspots.account import AccountLine
from scld_core.plugins.seed import Seed
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend

__all__ = ["SIMULATED", "open_simulated", "seed_simulated"]


def open_simulated(config: SimulatedConfig, context: BackendContext) -> OpenBackend:
    """Make the account ready; an account that is not there is never made up as an empty one."""
    import sqlite3  # noqa: PLC0415 - the spec alone stays light

    from scld_adapters.carriers.simulated.backend import SimulatedLines  # noqa: PLC0415
    from scld_adapters.carriers.simulated.book import FORMAT, format_of  # noqa: PLC0415

    path = context.folder / config.file
    if not path.is_file():
        problem = f"there is no account file {config.file} in the district's folder; `scld init --sample` makes one"
        raise ConfigurationError(context.instance, "open", problem)
    try:
        found = format_of(path)
    except sqlite3.Error as fault:
        raise ConfigurationError(context.instance, "open", f"{config.file}: {fault}") from None
    if found != FORMAT:
        problem = f"{config.file} is no account that this version reads (format {found}, not {FORMAT})"
        raise ConfigurationError(context.instance, "open", problem)
    lines = SimulatedLines(path, context.instance, context.clock, terms=config.terms, page_size=config.page_size)
    return OpenBackend(lines=lines)


def seed_simulated(config: SimulatedConfig, context: BackendContext, seed: Seed) -> None:
    """Make the account file of a sample district out of `seed.lines`."""
    from scld_adapters.carriers.simulated.book import create  # noqa: PLC0415

    opened = (AccountLine(v.imei, v.iccid, v.state, v.observed_at, None, v.word, v.resumes_at) for v in seed.lines)
    create(context.folder / config.file, opened)


SIMULATED = BackendSpec(
    name="simulated",
    kind="carrier",
    config=SimulatedConfig,
    open=open_simulated,
    capabilities=CAPABILITIES,
    summary="A simulated carrier in a file of the district's folder, for samples and training; no real line is changed",
    seed=seed_simulated,
    harness="scld_adapters.carriers.simulated.harness:harnesses",
    foreign_evidence="none",
)
"""The backend `simulated`."""
