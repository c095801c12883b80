"""The sample district in memory: for notebooks, examples and tests; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve

from scld_core import codecs
from scld_core.catalog.model import Item
from scld_core.circulation.model import Circulation, ItemState
from scld_core.hotspots.account import AccountLine
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.ids import LocationId, PatronId
from scld_core.kernel.time import Clock
from scld_core.memory.carrier import MemoryCarrier
from scld_core.memory.catalog import MemoryCatalog
from scld_core.memory.fees import MemoryFees
from scld_core.memory.holds import MemoryHolds
from scld_core.memory.loans import MemoryLoans
from scld_core.memory.patrons import MemoryPatrons
from scld_core.memory.store import MemoryStore
from scld_core.patrons.person import Patron
from scld_core.plugins import OpenBackend, Registry
from scld_core.plugins.seed import Seed
from scld_core.sample.accounts import make_accounts
from scld_core.sample.catalog import with_catalog
from scld_core.sample.files import SAMPLE_DAY, SEED, inventory_text, sample_now
from scld_core.sample.hotspots import SampleHotspots, make_hotspots
from scld_core.sample.template import district_toml
from scld_core.settings import read_settings
from scld_core.wiring.desk import Desk, Options
from scld_core.wiring.opening import Opening, desk_of, district_clock

__all__ = ["open_sample"]

_ILS = "main"


def open_sample(actor: str, options: Options) -> Desk:
    """The sample over the reference backends, at 08:00 of its own day."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="scld-sample-")))
        toml = district_toml("Sample Library District (synthetic)", sample_day=SAMPLE_DAY)
        settings = read_settings(codecs.parse_toml(toml, where="sample"), folder=folder)
        clock = district_clock(settings, options)
        now = sample_now(settings.district.timezone)
        made = make_hotspots(ils=_ILS, now=now, calendar=settings.opening_hours(), scale=1, seed=SEED)
        (folder / "hotspots.csv").write_text(inventory_text(made.inventory), encoding="utf-8")
        opening = Opening(settings, options, clock, options.registry or Registry.isolated())
        opening.check_policy()
        backends = {_ILS: _ils(_whole(made, now), clock), "carrier": OpenBackend(lines=_carrier(made, clock))}
        return desk_of(opening, MemoryStore(), backends, actor, stack.pop_all())


def _whole(made: SampleHotspots, now: datetime) -> Seed:
    owing = make_accounts(ils=_ILS, now=now)
    seed = with_catalog(made.seed, ils=_ILS, now=now)
    return evolve(seed, patrons=owing.patrons, accounts=owing.accounts)


def _carrier(made: SampleHotspots, clock: Clock) -> MemoryCarrier:
    lines = MemoryCarrier(clock)
    for line in made.seed.lines:
        lines.put(AccountLine(line.imei, line.iccid, line.state, line.observed_at, None, line.word, line.resumes_at))
    return lines


def _ils(seed: Seed, clock: Clock) -> OpenBackend:
    """An ILS in memory that holds the seed."""
    patrons, catalog = MemoryPatrons(clock), MemoryCatalog(clock)
    for patron in (*_bare(seed, clock.now()), *seed.patrons):
        patrons.put(patron)
    fees, holds = MemoryFees(clock, patrons), MemoryHolds(clock, patrons)
    loans = MemoryLoans(clock, patrons=patrons, holds=holds)
    for account in seed.accounts:
        fees.put(account)
    for title in seed.titles:
        catalog.put_title(title)
    for library in seed.libraries:
        catalog.put_library(library)
    for seen in seed.items:
        item = _item(seed, seen)
        loans.put(seen)
        catalog.put_item(item)
        if seen.state is ItemState.WITHDRAWN:
            catalog.withdraw(item.id)
        else:
            holds.add(item.id, seed.copies[item.id.local].title, item.at, call_number=item.call_number)
    return OpenBackend(loans=loans, patrons=patrons, fees=fees, holds=holds, catalog=catalog)


def _bare(seed: Seed, now: datetime) -> Iterator[Patron]:
    """The patrons of whom nothing is told but that they are there, and which records were merged into them."""
    for local in sorted(seed.households.keys() - seed.merged.keys()):
        gone = tuple(PatronId(_ILS, old) for old, into in sorted(seed.merged.items()) if into == local)
        yield Patron(id=PatronId(_ILS, local), as_of=now, merged_from=gone)


def _item(seed: Seed, seen: Circulation) -> Item:
    local = seen.item.local
    home, copy = LocationId(seed.homes[local]), seed.copies[local]
    return Item(
        seen.item,
        Barcode(seed.barcodes[local]),
        seen.word or seen.state.value,
        title=copy.title,
        call_number=copy.call_number,
        kind=seed.kinds.get(local, "hotspot"),
        home=home,
        at=home if seen.state is ItemState.CHECKED_IN else None,
    )
