"""The referral run of a district: its policy, layouts, channel, ILS and notices, joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from attrs import evolve

from scld_core.agency.desk import case_key
from scld_core.agency.dialect import Dialect, Direction
from scld_core.agency.encode import file_name
from scld_core.agency.mapping import find_dialect, load_dialect
from scld_core.agency.outgoing import Outgoing
from scld_core.agency.policy import AgencyPolicy
from scld_core.agency.referrals.office import Office, Terms
from scld_core.agency.referrals.sources import Debtors, Noticed, People, noticed_in_file, noticed_in_ils
from scld_core.agency.steps import case_name
from scld_core.circulation.records import claimed_items
from scld_core.errors import BadInput, SettingsError
from scld_core.kernel.actor import Actor
from scld_core.kernel.capability import Convention
from scld_core.policies import resolve
from scld_core.runs.ports import Store
from scld_core.wiring.agency import agency_limits, notices_port

if TYPE_CHECKING:
    from scld_core.plugins import OpenBackend
    from scld_core.settings import AgencySettings, ReferralSettings
    from scld_core.wiring.opening import Opening

__all__ = ["referral_office", "referral_terms"]


def referral_terms(opening: Opening) -> Terms:
    """What holds now; PolicyMissing names every value the district must set."""
    settings, now = opening.settings, opening.clock.now()
    day = settings.opening_hours().business_date(now)
    policy = resolve(AgencyPolicy, "agency", profile=opening.profile, overrides=settings.policy, on=day)
    limits = agency_limits(settings, opening.profile, now)
    return Terms(day, now, policy.value, limits.value, policy.version)


def _terms(opening: Opening) -> Callable[[], Terms]:
    """The same, with the policy of a day read once: every step of a run is rechecked by it."""
    calendar, clock = opening.settings.opening_hours(), opening.clock
    kept: dict[date, Terms] = {}

    def terms() -> Terms:
        now = clock.now()
        day = calendar.business_date(now)
        if day not in kept:
            kept[day] = referral_terms(opening)
        return evolve(kept[day], now=now)

    return terms


def referral_office(
    opening: Opening, backends: Mapping[str, OpenBackend], *, store: Store, actor: Actor
) -> Office | None:
    """What the referral run works with; None where district.toml has no ``[agency.referrals]``.

    SettingsError names what it lacks: a channel that brings files, an ILS that tells of patrons and
    accounts, the notices, a layout with a name for its files.
    """
    table = opening.settings.agency
    if table is None or table.referrals is None:
        return None
    ils, channel = backends[table.ils], backends[table.channel]
    if ils.patrons is None or ils.fees is None:
        raise SettingsError("agency.ils", f"{table.ils} does not tell of patrons and accounts", "Name an ILS that does")
    if channel.channel is None:
        raise SettingsError("agency.channel", f"{table.channel} brings no files to an agency", "Name one that does")
    settings = opening.settings
    debtors = Debtors(settings.folder, table.snapshot, table.ils)
    new, update = _layouts(opening, table.referrals)
    terms = _terms(opening)
    return Office(
        agency=table.referrals.name,
        ils=table.ils,
        store=store,
        clock=opening.clock,
        actor=actor,
        zone=ZoneInfo(settings.district.timezone),
        patrons=ils.patrons,
        fees=ils.fees,
        channel=channel.channel,
        terms=terms,
        candidates=lambda: debtors.candidates(terms()),
        notices=_notices(opening, table, backends),
        new=new,
        update=update,
        code=table.referrals.code,
        by_hand=_by_hand(opening, table.channel),
        receipt_settles=table.referrals.receipt_settles,
        send_empty=table.referrals.send_empty,
        claimed=partial(claimed_items, store),
        describe=_carded(
            debtors, _describe(settings.folder, table.referrals.people, ZoneInfo(settings.district.timezone))
        ),
        case=_case(store, debtors, sample=settings.district.sample),
    )


def _layouts(opening: Opening, table: ReferralSettings) -> tuple[Dialect, Dialect]:
    """Both layouts; their files of one day need two names, whatever their numbers."""
    new = _layout(opening, "new", table.new, table.code)
    update = _layout(opening, "update", table.update, table.code)
    today = date(2000, 1, 1)
    names = {file_name(one, today, sequence=at, code=table.code) for at, one in enumerate((new, update), 1)}
    if len(names) == 1:
        remedy = "Give one of them another file_name, or put {sequence} into it"
        raise SettingsError("agency.referrals.update", "names its files as new does", remedy)
    return new, update


def _layout(opening: Opening, key: str, name: str, code: str) -> Dialect:
    where = f"agency.referrals.{key}"
    try:
        if name.endswith(".toml"):
            found = load_dialect(opening.settings.folder / Path(name))
        else:
            found = find_dialect(opening.registry.declarations(Dialect), name)
        if found.direction is not Direction.OUTBOUND:
            raise SettingsError(where, f"{found.name} is for files that come from the agency", "Name an outbound one")
        file_name(found, date(2000, 1, 1), sequence=1, code=code)
    except BadInput as problem:
        raise SettingsError(where, f"{problem.where}: {problem.problem}", problem.remedy) from None
    return found


def _notices(opening: Opening, table: AgencySettings, backends: Mapping[str, OpenBackend]) -> Noticed:
    """The record of the backend that is named for it, else the ILS's own where it tells, else the file."""
    zone = ZoneInfo(opening.settings.district.timezone)
    port, ils = notices_port(table, backends), backends[table.ils]
    if port is not None:
        return noticed_in_ils(port, table.notices_from, zone)
    if ils.notices is not None:
        return noticed_in_ils(ils.notices, table.ils, zone)
    if not table.notices:
        problem = "is not set, and nobody may be referred without the notice that the law demands (RCW 19.16.500(2))"
        raise SettingsError(
            "agency.notices", problem, "Name the file of notices that were sent, or as notices_from what tells of them"
        )
    return noticed_in_file(opening.settings.folder, table.notices, table.ils, zone)


def _by_hand(opening: Opening, name: str) -> bool:
    """Whether the channel declares that a person carries the file."""
    settings = opening.settings.backends[name]
    spec = opening.spec(settings.use, f"backends.{name}")
    capabilities = spec.capabilities
    if spec.negotiate is not None:
        capabilities = spec.negotiate(opening.config(spec, settings, f"backends.{name}"))
    return isinstance(capabilities.get("channel.deliver"), Convention)


def _carded(debtors: Debtors, describe: Callable[[Outgoing, str], Outgoing]) -> Callable[[Outgoing, str], Outgoing]:
    return lambda row, debtor: describe(debtors.carded(row), debtor)


def _describe(folder: Path, pattern: str, zone: ZoneInfo) -> Callable[[Outgoing, str], Outgoing]:
    return People(folder, pattern, zone).describe if pattern else _numbers_alone


def _numbers_alone(row: Outgoing, debtor: str) -> Outgoing:
    del debtor
    return row


def _case(store: Store, debtors: Debtors, *, sample: bool) -> Callable[[str], str]:
    """The name under which pages speak of a patron: the comparison's own, and where to look the patron up."""
    key = cache(partial(case_key, store, sample=sample))

    def case(local: str) -> str:
        name, where = case_name(f"patron {local}", key()), debtors.where(local)
        return f"{name} ({where})" if where else name

    return case
