"""The sample district in memory: for notebooks, examples and tests; nothing is kept."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from scld_core import codecs
from scld_core.hotspots.account import AccountLine
from scld_core.memory.carrier import MemoryCarrier
from scld_core.memory.loans import MemoryLoans
from scld_core.memory.store import MemoryStore
from scld_core.plugins import OpenBackend, Registry
from scld_core.sample.files import SAMPLE_DAY, SEED, inventory_text, sample_now
from scld_core.sample.hotspots import make_hotspots
from scld_core.sample.template import district_toml
from scld_core.settings import read_settings
from scld_core.wiring.desk import Desk, Options
from scld_core.wiring.opening import Opening, desk_of, district_clock

__all__ = ["open_sample"]


def open_sample(actor: str, options: Options) -> Desk:
    """The sample over the reference backends, at 08:00 of its own day."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="scld-sample-")))
        toml = district_toml("Sample Library District (synthetic)", sample_day=SAMPLE_DAY)
        settings = read_settings(codecs.parse_toml(toml, where="sample"), folder=folder)
        clock = district_clock(settings, options)
        made = make_hotspots(
            ils="main",
            now=sample_now(settings.district.timezone),
            calendar=settings.opening_hours(),
            scale=1,
            seed=SEED,
        )
        (folder / "hotspots.csv").write_text(inventory_text(made.inventory), encoding="utf-8")
        loans, lines = MemoryLoans(clock), MemoryCarrier(clock)
        for item in made.seed.items:
            loans.put(item)
        for line in made.seed.lines:
            lines.put(
                AccountLine(line.imei, line.iccid, line.state, line.observed_at, None, line.word, line.resumes_at)
            )
        opening = Opening(settings, options, clock, options.registry or Registry.isolated())
        opening.check_policy()
        backends = {"main": OpenBackend(loans=loans), "carrier": OpenBackend(lines=lines)}
        return desk_of(opening, MemoryStore(), backends, actor, stack.pop_all())
