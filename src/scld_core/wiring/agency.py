"""The agency's part of a district: its files, dialects, ILS and policy, joined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_core.agency.actions import Systems
from scld_core.agency.desk import case_key
from scld_core.agency.dialect import Dialect
from scld_core.agency.gather import Comparer, Files, Ruling
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.mapping import find_dialect, load_dialect
from scld_core.agency.posting import Ils
from scld_core.errors import SettingsError
from scld_core.kernel.time import Clock
from scld_core.notices import Notices
from scld_core.plugins import OpenBackend, Registry
from scld_core.policies import Profile, Resolved, read_layer, resolve
from scld_core.runs.action import Progress, silent
from scld_core.runs.ports import Store
from scld_core.services.agency.sources import DEFAULT_DIALECT
from scld_core.services.agency.terms import terms_of
from scld_core.settings import AgencySettings, Settings

__all__ = ["agency_limits", "agency_systems", "notices_port"]


def agency_limits(settings: Settings, profile: Profile, now: datetime) -> Resolved[AgencyLimits]:
    """The limits in force; PolicyMissing names every value the district must set."""
    day = settings.opening_hours().business_date(now)
    return resolve(AgencyLimits, "agency_day", profile=profile, overrides=settings.policy, on=day)


def agency_systems(
    settings: Settings,
    profile: Profile,
    registry: Registry,
    backends: Mapping[str, OpenBackend],
    *,
    store: Store,
    clock: Clock,
    progress: Progress = silent,
) -> Systems | None:
    """Both sides of the comparison; None where district.toml has no ``[agency]``."""
    table = settings.agency
    if table is None:
        return None
    if table.channel and backends[table.channel].channel is None:
        raise SettingsError("agency.channel", f"{table.channel} brings no files to an agency", "Name one that does")
    own = evolve(profile, values={**profile.values, **read_layer(settings.policy, cited=False).values})
    key = cache(partial(case_key, store, sample=settings.district.sample))

    def ruling() -> Ruling:
        now = clock.now()
        limits = agency_limits(settings, profile, now)
        day = settings.opening_hours().business_date(now)
        return Ruling(limits.value, terms_of(own, day), now, day, limits.version, key())

    return Systems(Comparer(_files(settings, table, registry, backends)), _ils(table, backends), ruling, progress)


def notices_port(table: AgencySettings, backends: Mapping[str, OpenBackend]) -> Notices | None:
    """What tells of notices in place of a file; SettingsError for a backend that does not."""
    if not table.notices_from:
        return None
    found = backends[table.notices_from].notices
    if found is None:
        problem = f"{table.notices_from} does not tell of notices"
        raise SettingsError("agency.notices_from", problem, "Name one that does, or the file of them as notices")
    return found


def _files(settings: Settings, table: AgencySettings, registry: Registry, backends: Mapping[str, OpenBackend]) -> Files:
    def named(name: str) -> Dialect | None:
        if not name:
            return None
        if name.endswith(".toml"):
            return load_dialect(settings.folder / Path(name))
        return find_dialect(registry.declarations(Dialect), name)

    return Files(
        settings.folder,
        table.snapshot,
        table.inbound,
        table.sent,
        table.notices,
        lambda: named((table.dialect or DEFAULT_DIALECT) if table.inbound else ""),
        lambda: named(table.sent_dialect),
        table.notices_from or table.ils or "main",
        ZoneInfo(settings.district.timezone),
        notices_port(table, backends),
    )


def _ils(table: AgencySettings, backends: Mapping[str, OpenBackend]) -> Ils:
    if not table.ils:
        return Ils("main")
    opened = backends[table.ils]
    if opened.patrons is None and opened.fees is None:
        raise SettingsError("agency.ils", f"{table.ils} takes neither flags nor fees", "Leave it out: a person posts")
    return Ils(table.ils, opened.patrons, opened.fees)
