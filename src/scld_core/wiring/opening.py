"""How a district is opened, step by step: settings, clock, plugins, store, backends, areas, desk."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, time
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from attrs import Factory, field, frozen

from scld_core import codecs
from scld_core.agency.desk import AgencyDesk, case_key
from scld_core.agency.limits import AgencyLimits
from scld_core.agency.policy import AgencyPolicy
from scld_core.agency.referrals.desk import ReferralDesk
from scld_core.cards.actions import AREA as CARDS
from scld_core.cards.desk import CardDesk
from scld_core.cards.policy import CardPolicy
from scld_core.circulation.actions import AREA as LOANS
from scld_core.circulation.policy import CirculationPolicy
from scld_core.circulation.ports import Loans
from scld_core.errors import AdapterBug, BackendError, BadInput, SettingsError
from scld_core.holds.actions import AREA as HOLDS
from scld_core.holds.desk import HoldDesk
from scld_core.holds.policy import HoldPolicy
from scld_core.hotspots.desk import HotspotDesk, hotspot_area, stored_tests
from scld_core.hotspots.gather import Systems
from scld_core.hotspots.inventory import Inventory, read_inventory
from scld_core.hotspots.plan import Ruling
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.hotspots.ports import CarrierLines
from scld_core.kernel.actor import Actor
from scld_core.kernel.decision import Reason
from scld_core.kernel.time import Clock, FixedClock, SystemClock, local_instant
from scld_core.patrons import JurisdictionPolicy, PatronPolicy
from scld_core.patrons.actions import AREA as PATRONS
from scld_core.patrons.desk import PatronDesk
from scld_core.plugins import (
    BackendContext,
    BackendSpec,
    LoadState,
    OpenBackend,
    OperationEvent,
    Registry,
    WriteNotice,
    open_backend,
)
from scld_core.policies import Profile, check_overrides, load_profile, resolve
from scld_core.runs.action import silent
from scld_core.runs.engine import Engine, Hooks
from scld_core.runs.model import Receipt, Step
from scld_core.runs.one_step import Writer
from scld_core.runs.people import ApprovalRule
from scld_core.runs.ports import Store
from scld_core.runs.read_only import ReadOnlyStore
from scld_core.services.claims import LoansDesk
from scld_core.services.day.run import Day
from scld_core.services.day.words import REASONS
from scld_core.services.runs_desk import RunsDesk
from scld_core.settings import BackendSettings, Settings, load_settings
from scld_core.wiring.agency import agency_limits
from scld_core.wiring.calendars import with_closures
from scld_core.wiring.catalog import catalog_desk
from scld_core.wiring.desk import MORNING, Desk, Options
from scld_core.wiring.down import DownChannel, DownLines
from scld_core.wiring.referrals import referral_terms
from scld_core.wiring.rooms import Rooms

__all__ = ["Opening", "desk_of", "district_clock", "open_district"]

POLICIES: Mapping[str, type[Any]] = {
    "hotspots": HotspotPolicy,
    "agency": AgencyPolicy,
    "agency_day": AgencyLimits,
    "circulation": CirculationPolicy,
    "holds": HoldPolicy,
    "patrons": PatronPolicy,
    "cards": CardPolicy,
    "jurisdiction": JurisdictionPolicy,
}
"""The policy class of each table under ``[policy]``."""

_AREAS = ("hotspots", "agency", "referrals")


def district_clock(settings: Settings, options: Options) -> Clock:
    """The clock of the desk: the caller's, 08:00 of the day asked for or fixed in settings, or the machine's."""
    if options.clock is not None:
        return options.clock
    day = options.day or settings.district.today
    if day is None:
        return SystemClock()
    return FixedClock(local_instant(day, time(MORNING), ZoneInfo(settings.district.timezone)))


def _check_allowed(registry: Registry) -> None:
    # A plugin the district asked for by name may hold a veto: working without it would ignore that veto.
    lines = [str(line) for line in registry.report.lines if line.state in (LoadState.ABSENT, LoadState.FAILED)]
    if lines:
        raise SettingsError(
            "plugins.allow", f"cannot be used: {'; '.join(lines)}", "Mend the plugin, or take its name out"
        )


@frozen
class Opening:
    """A district whose settings are read and whose plugins are loaded; its parts are opened one by one."""

    settings: Settings
    options: Options
    clock: Clock
    registry: Registry
    profile: Profile = field(
        init=False, default=Factory(lambda self: load_profile(self.settings.profile), takes_self=True)
    )

    @classmethod
    def of(cls, district: Path, options: Options) -> Opening:
        """Read the settings and load the plugins they allow; SettingsError when one they name is not there."""
        settings = load_settings(district)
        plugins = settings.plugins
        registry = options.registry or Registry.load(plugins.allow, plugins.deny)
        if plugins.allow is not None:
            _check_allowed(registry)
        return cls(settings, options, district_clock(settings, options), registry)

    def context(self, instance: str, store: Store | None = None) -> BackendContext:
        """What the backend `instance` is given at open."""
        folder = self.settings.folder
        return BackendContext(
            instance,
            self.clock,
            folder,
            lambda ref: self.registry.resolve_secret(ref, folder),
            timezone=self.settings.district.timezone,
            transport=self.options.transports.get(instance),
            sleep=self.options.sleep,
            store=store,
            redact=self.registry.redact,
        )

    def spec(self, use: str, where: str) -> BackendSpec[Any]:
        """The backend that `use` names, of whatever kind but store; SettingsError names the nearest."""
        found = [spec for spec in self.registry.backends() if spec.name == use and spec.kind != "store"]
        if found:
            return found[0]
        kind = "carrier" if where.endswith("carrier") else "ils"
        return self.registry.backend(kind, use)

    def config(self, spec: BackendSpec[Any], settings: BackendSettings, where: str) -> Any:
        """The backend's own table as its config class; SettingsError at the path."""
        return codecs.structure(spec.config, settings.table, where=where)

    def store(self, stack: ExitStack) -> Store:
        """The district's store."""
        spec = self.registry.backend("store", self.settings.store.use)
        opened = spec.open(self.config(spec, self.settings.store, "store"), self.context("store"))
        stack.callback(opened.close)
        if opened.store is None:
            raise AdapterBug("store", "open", f"{spec.name} opened no store")
        return opened.store

    def backend(self, name: str, store: Store | None, stack: ExitStack) -> OpenBackend:
        """One backend of ``[backends]``, guarded."""
        return self._opened(*self._prepared(name, store), stack)

    def backend_or_down(self, name: str, store: Store, stack: ExitStack) -> OpenBackend:
        """The same; a carrier or channel that cannot be opened, for want of its secret perhaps, says so when asked."""
        spec, config, context = self._prepared(name, store)
        try:
            return self._opened(spec, config, context, stack)
        except (BackendError, SettingsError) as fault:
            why = fault.problem if isinstance(fault, BackendError) else str(fault)
            if spec.kind == "carrier":
                return OpenBackend(lines=DownLines(name, why))
            if spec.kind == "agency":
                return OpenBackend(channel=DownChannel(name, why))
            raise

    def _prepared(self, name: str, store: Store | None) -> tuple[BackendSpec[Any], Any, BackendContext]:
        settings = self.settings.backends.get(name)
        if settings is None:
            raise SettingsError(
                f"backends.{name}", "is not set", f"There are: {', '.join(self.settings.backends) or 'none'}"
            )
        spec = self.spec(settings.use, f"backends.{name}")
        context = self.context(name, store)
        extract = self.options.extract
        if extract is not None and spec.kind == "ils":
            spec = self.registry.backend("ils", "files")
            own: Mapping[str, Any] = settings.table if settings.use == "files" else {}  # its words still hold
            settings = BackendSettings("files", {**own, "path": str(extract.resolve())})
        return spec, self.config(spec, settings, f"backends.{name}"), context

    def _opened(self, spec: BackendSpec[Any], config: Any, context: BackendContext, stack: ExitStack) -> OpenBackend:
        opened = open_backend(spec, config, context)
        stack.callback(opened.close)
        return opened

    def ruling(self, now: datetime) -> Ruling:
        """The hotspot policy in force at `now`; PolicyMissing names every value the district must set."""
        calendar = self.settings.opening_hours()
        found = resolve(
            HotspotPolicy,
            "hotspots",
            profile=self.profile,
            overrides=self.settings.policy,
            on=calendar.business_date(now),
        )
        return Ruling(found.value, found.version, calendar, now)

    def check_policy(self) -> None:
        """Every key under ``[policy]``, before anything is opened."""
        for area in self.settings.auto_apply:
            if area not in _AREAS:
                known = ", ".join(_AREAS)
                raise SettingsError("auto_apply", f"'{area}' is no area", f"Did you mean one of: {known}?")
        check_overrides(self.settings.policy, profile=self.profile, kinds=POLICIES)
        self.ruling(self.clock.now())
        if self.settings.agency is not None:
            agency_limits(self.settings, self.profile, self.clock.now())
            if self.settings.agency.referrals is not None:
                referral_terms(self)


def _only_ils(backends: Mapping[str, OpenBackend]) -> tuple[str, Loans]:
    found = [(name, opened.loans) for name, opened in backends.items() if opened.loans is not None]
    if len(found) != 1:
        raise SettingsError("backends", f"needs exactly one ILS and has {len(found)}", "Enter one under [backends]")
    return found[0]


def _inventory(opening: Opening, ils: str, carriers: Mapping[str, CarrierLines]) -> Inventory:
    hotspots = opening.settings.hotspots
    if hotspots is None:
        raise SettingsError("hotspots.inventory", "is not set", "Name the file that lists your hotspots")
    return read_inventory(
        opening.settings.folder / hotspots.inventory,
        backend=ils,
        carriers=tuple(carriers),
        default_carrier=hotspots.carrier or None,
        mapping=hotspots.columns,
    )


def _hooks(registry: Registry, actor: Actor) -> Hooks:
    def vetoes(step: Step, run: str) -> tuple[str, ...]:
        notice = WriteNotice(step.area, step.action, step.subject, actor, run, step.id)
        return tuple(f"{veto.reason} ({veto.plugin})" for veto in registry.before_write(notice))

    def done(step: Step, receipt: Receipt, run: str) -> None:
        registry.operation_done(
            OperationEvent(step.area, step.action, step.subject, receipt.result, receipt.at, actor, run, step.id)
        )

    def words(reason: Reason) -> str:
        return reason.text(REASONS)

    return Hooks(vetoes, done, registry.redact, words)


def _rule(settings: Settings) -> ApprovalRule:
    given = settings.approval
    return ApprovalRule(given.roles, given.other_actor, given.confirm, given.undo)


def open_district(district: Path, actor: str, options: Options) -> Desk:
    """Open a district's folder; whatever fails, nothing stays open."""
    opening = Opening.of(district, options)
    opening.check_policy()
    with ExitStack() as stack:
        store = opening.store(stack)
        backends = {name: opening.backend_or_down(name, store, stack) for name in opening.settings.backends}
        opening = with_closures(opening, backends)
        return desk_of(opening, store, backends, actor, stack.pop_all())


def _for_acting(store: Store, opening: Opening) -> Store:
    """The store as a desk may use it: only to look, where a clock that stands still would make facts look young."""
    settings, options = opening.settings, opening.options
    if settings.district.sample or not isinstance(opening.clock, FixedClock):
        return store
    fixed = "--date" if options.day else "district.today"
    where = fixed if options.clock is None else "clock"

    def stop() -> NoReturn:
        raise BadInput(
            where,
            "stops the clock, and a district that is no sample is acted on only in the present",
            "Leave it out; another day can be looked at with --dry-run",
        )

    return ReadOnlyStore(store, stop)


def desk_of(opening: Opening, store: Store, backends: Mapping[str, OpenBackend], actor: str, stack: ExitStack) -> Desk:
    """The desk over opened parts; it closes `stack`, and so does a failure here."""
    try:
        return _desk(opening, _for_acting(store, opening), backends, actor, stack)
    except BaseException:
        stack.close()
        raise


def _desk(opening: Opening, store: Store, backends: Mapping[str, OpenBackend], actor: str, stack: ExitStack) -> Desk:
    settings, clock, registry = opening.settings, opening.clock, opening.registry
    systems = _hotspot_systems(opening, store, backends)
    person = Actor(actor, settings.roles.get(actor, ()))
    rooms = Rooms.of(opening, backends, ils=systems.ils, store=store, actor=person)
    progress = opening.options.progress or silent
    areas = (hotspot_area(systems, clock, progress), *rooms.areas())
    actions = {action.name: action for area in areas for action in area.actions}
    engine = Engine(store, actions, clock, person, opening.options.sleep, _hooks(registry, person), progress)
    calendar = settings.opening_hours()
    today, name = calendar.business_date(clock.now()), settings.district.name

    def writer(area: str) -> Writer:
        key = partial(case_key, store, sample=settings.district.sample)
        return Writer(engine, area, lambda: calendar.business_date(clock.now()), key)

    return Desk(
        settings=settings,
        folder=settings.folder,
        actor=person,
        clock=clock,
        registry=registry,
        store=store,
        backends=backends,
        hotspots=HotspotDesk(store, systems, clock, person, name, registry.redact),
        agency=AgencyDesk(store, rooms.agency, clock, name) if rooms.agency else None,
        referrals=ReferralDesk(rooms.referrals, name) if rooms.referrals else None,
        catalog=catalog_desk(settings, rooms.ils),
        holds=HoldDesk(rooms.holds, writer(HOLDS)) if rooms.holds else None,
        loans=LoansDesk(rooms.loans, writer(LOANS), rooms.ils.fees) if rooms.loans else None,
        patrons=PatronDesk(rooms.patrons, writer(PATRONS)) if rooms.patrons else None,
        cards=CardDesk(rooms.cards, writer(CARDS)) if rooms.cards else None,
        runs=RunsDesk(engine, _rule(settings), today, areas, name),
        day=Day(name, today, areas, engine, settings.auto_apply),
        stack=stack,
    )


def _hotspot_systems(opening: Opening, store: Store, backends: Mapping[str, OpenBackend]) -> Systems:
    ils, loans = _only_ils(backends)
    carriers = {name: opened.lines for name, opened in backends.items() if opened.lines is not None}
    inventory = partial(_inventory, opening, ils, carriers)
    return Systems(ils, loans, carriers, inventory, partial(stored_tests, store), opening.ruling)
