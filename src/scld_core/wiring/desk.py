"""open_desk: the only place that joins settings, plugins, ports, store, policies and actions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from attrs import field, frozen

if TYPE_CHECKING:
    from scld_core.agency.desk import AgencyDesk
    from scld_core.agency.referrals.desk import ReferralDesk
    from scld_core.cards.desk import CardDesk
    from scld_core.catalog.desk import CatalogDesk
    from scld_core.holds.desk import HoldDesk
    from scld_core.hotspots.desk import HotspotDesk
    from scld_core.kernel.actor import Actor
    from scld_core.kernel.time import Clock
    from scld_core.patrons.desk import PatronDesk
    from scld_core.plugins import Registry
    from scld_core.plugins.spec import OpenBackend
    from scld_core.runs.action import Progress
    from scld_core.runs.ports import Store
    from scld_core.services.claims import LoansDesk
    from scld_core.services.day.run import Day
    from scld_core.services.runs_desk import RunsDesk
    from scld_core.settings import Settings

__all__ = ["Desk", "Options", "open_desk"]

MORNING = 8  # the hour at which a district with a fixed `today` stands still


@frozen
class Options:
    """What a caller may put in place of the defaults of `open_desk`.

    `day` makes the desk stand at 08:00 of that date: a district that is no sample can then be planned
    and not acted on, since facts would look younger than they are. `extract` is read in place of the
    ILS. `transports` are network clients by backend instance, for tests and recordings.
    """

    day: date | None = None
    extract: Path | None = None
    clock: Clock | None = None
    progress: Progress | None = None
    registry: Registry | None = None
    sleep: Callable[[float], None] = time.sleep
    transports: Mapping[str, Any] = field(factory=dict[str, Any])


@frozen(repr=False)
class Desk:
    """One district, opened for one actor. Use it as a context manager; one per thread or process.

    `agency` is None where district.toml has no ``[agency]``, `referrals` where it has no ``[agency.referrals]``. A desk
    whose port the ILS lacks is None.
    Where the clock stands still and the district is no sample, `store` refuses every write with BadInput.
    """

    settings: Settings
    folder: Path
    actor: Actor
    clock: Clock
    registry: Registry
    store: Store
    backends: Mapping[str, OpenBackend]
    hotspots: HotspotDesk
    agency: AgencyDesk | None
    referrals: ReferralDesk | None
    catalog: CatalogDesk | None
    holds: HoldDesk | None
    loans: LoansDesk | None
    patrons: PatronDesk | None
    cards: CardDesk | None
    runs: RunsDesk
    day: Day
    stack: ExitStack

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        parts = ("hotspots", "agency", "referrals", "catalog", "holds", "loans", "patrons", "cards", "runs", "day")
        there = ", ".join(name for name in parts if getattr(self, name) is not None)
        return f"<Desk of {self.settings.district.name} for {self.actor.id}: {there}>"

    def close(self) -> None:
        """Close every backend and the store; may be called twice."""
        self.stack.close()


def open_desk(
    district: str | Path | None = None, *, actor: str, sample: bool = False, options: Options | None = None
) -> Desk:
    """Open a district: its folder or its district.toml; `sample` opens a synthetic one in memory.

    Raises SettingsError and PolicyMissing for what a person must set, ConfigurationError for a
    backend that cannot be opened.
    """
    from scld_core.wiring.in_memory import open_sample  # noqa: PLC0415 - keeps `import scld_core` light
    from scld_core.wiring.opening import open_district  # noqa: PLC0415

    chosen = options or Options()
    if sample:
        return open_sample(actor, chosen)
    if district is None:
        from scld_core.errors import BadInput  # noqa: PLC0415

        raise BadInput("open_desk", "needs the district's folder, or sample=True")
    return open_district(Path(district), actor, chosen)
