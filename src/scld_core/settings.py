"""district.toml as frozen values; every mistake in it is reported at its path, all at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, cast
from zoneinfo import available_timezones

import attrs
from attrs import field, frozen

from scld_core import codecs
from scld_core.calendars import Calendar, Closure, WeeklyHours, is_day_end, is_zone
from scld_core.catalog.call_number_shelving import STANDARD, Shelving
from scld_core.codecs import Problem
from scld_core.errors import BadInput, InvalidValue, SettingsError
from scld_core.kernel.validate import each, instance, matching, nonempty, optional
from scld_core.policies import never_two_at_once

__all__ = [
    "FILE_NAME",
    "AgencySettings",
    "ApprovalSettings",
    "BackendSettings",
    "CalendarSettings",
    "DistrictSettings",
    "HotspotSettings",
    "JurisdictionSettings",
    "PluginSettings",
    "ReferralSettings",
    "Settings",
    "load_settings",
    "read_settings",
]

FILE_NAME = "district.toml"

_texts = each(nonempty)


def _zone(owner: object, attribute: Any, value: Any) -> None:
    if not is_zone(value):
        near = difflib.get_close_matches(str(value), available_timezones(), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else " such as 'America/Los_Angeles'"
        raise InvalidValue(type(owner).__name__, attribute.name, f"must be a time zone{hint}")


@frozen
class DistrictSettings:
    """``[district]``: its name, its zone, the policy profile it starts from.

    `today` stands in for the clock's date, `sample` marks invented data: both belong to samples.
    """

    name: str = field(validator=nonempty)
    timezone: str = field(validator=_zone)
    profile: str = field(validator=nonempty)
    today: date | None = field(default=None, validator=optional(instance(date)))
    sample: bool = False


@frozen
class BackendSettings:
    """A backend instance: which backend it uses, and its own table, which only that backend understands."""

    use: str = field(validator=nonempty)
    table: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)


@frozen
class HotspotSettings:
    """``[hotspots]``: the inventory the library keeps.

    inventory: file name, from the district's folder.
    carrier: the backend instance of rows whose own column `carrier` is empty or absent.
    columns: our column name to the file's.
    """

    inventory: str = field(validator=nonempty)
    carrier: str = ""
    columns: Mapping[str, str] = field(factory=dict[str, str])


def _is_pattern(text: object) -> bool:
    """Whether it stays in the district's folder."""
    return isinstance(text, str) and not Path(text).is_absolute() and ".." not in Path(text).parts


_pattern = matching(_is_pattern, "must be a file name or a pattern in the district's folder")


def _is_plain(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[A-Za-z0-9-]+", text) is not None


@frozen
class ReferralSettings:
    """``[agency.referrals]``: the referral run; without it files for the agency are made elsewhere.

    new, update: the layouts of new referrals and of what changed since, by name or a TOML file.
    name: what referrals and files are numbered under; never change it in service.
    people: names and addresses, by patron_id; left out, the files have numbers and amounts alone.
    code: what tells this district's files apart where a layout's file name has a {code}.
    send_empty: whether a day without a row sends a file that says so.
    receipt_settles: whether the receipt of an update is the agency's acknowledgement; if not,
        everything is told again until somebody records its word.
    """

    new: str = field(validator=nonempty)
    update: str = field(validator=nonempty)
    name: str = field(default="agency", validator=matching(_is_plain, "must be letters, digits and -"))
    people: str = field(default="", validator=_pattern)
    code: str = field(default="", validator=instance(str))
    send_empty: bool = False
    receipt_settles: bool = True


@frozen
class AgencySettings:
    """``[agency]``: the files of the morning's comparison with the collection agency.

    Each file is a name or a pattern in the district's folder; of the files that fit, the one made
    last counts. At least one of `inbound` and `sent` must be there.

    snapshot: the ILS's `agency-snapshot` extract.
    inbound: the agency's own list.
    dialect: its layout, by name or a TOML file; `agency-export` where it is left out.
    sent, sent_dialect: the last sync file that was sent, and its layout.
    notices: the notices sent to patrons, in the canonical columns.
    notices_from: the backend instance that tells of them, in place of that file; its numbers of patrons
        are those of the snapshot.
    ils: the backend instance that flags and fees are posted to; left out, a person posts them.
    channel: the backend instance by which the referral run sends its files. What a comparison finds
        goes by its worklist, whatever this says.
    referrals: the referral run; it needs `ils`, `channel`, and the notices that the law demands.
    """

    snapshot: str = field(validator=[nonempty, _pattern])
    inbound: str = field(default="", validator=_pattern)
    dialect: str = ""
    sent: str = field(default="", validator=_pattern)
    sent_dialect: str = ""
    notices: str = field(default="", validator=_pattern)
    notices_from: str = ""
    ils: str = ""
    channel: str = ""
    referrals: ReferralSettings | None = None


@frozen
class JurisdictionSettings:
    """``[jurisdiction]``: the files that say which area an address is in; at least one of them.

    ranges: street ranges as CSV or XLSX, from the district's folder.
    outlines: outlines of areas as GeoJSON.
    columns: our column name to the file's own, of the ranges.
    """

    ranges: str = field(default="", validator=_pattern)
    outlines: str = field(default="", validator=_pattern)
    columns: Mapping[str, str] = field(factory=dict[str, str])


@frozen
class CalendarSettings:
    """``[calendar]``: ``[[calendar.hours]]``, ``[[calendar.closures]]``, and when a business day ends.

    closures_from: the backend instance that tells of closures beside these.
    """

    hours: tuple[WeeklyHours, ...] = field(default=(), validator=[each(instance(WeeklyHours)), never_two_at_once])
    closures: tuple[Closure, ...] = field(default=(), validator=each(instance(Closure)))
    day_ends: time = field(default=time(0), validator=matching(is_day_end, "must be a time before noon"))
    closures_from: str = ""


@frozen
class PluginSettings:
    """``[plugins]``: the only ones to load (None for all), and those never to load."""

    allow: tuple[str, ...] | None = field(default=None, validator=optional(_texts))
    deny: tuple[str, ...] = field(default=(), validator=_texts)


@frozen
class ApprovalSettings:
    """``[approval]``: the roles that may approve a step, and whether it must be somebody else's.

    No role is named by default, so that nobody can approve until the district says who. `confirm` and
    `undo` are the roles that may tick a worklist or take a run back; without one, anybody may.
    """

    roles: tuple[str, ...] = field(default=(), validator=_texts)
    other_actor: bool = True
    confirm: tuple[str, ...] = field(default=(), validator=_texts)
    undo: tuple[str, ...] = field(default=(), validator=_texts)


@frozen
class _Document:
    district: DistrictSettings
    store: BackendSettings = field(factory=lambda: BackendSettings("sqlite"))
    backends: Mapping[str, BackendSettings] = field(factory=dict[str, BackendSettings])
    auto_apply: tuple[str, ...] = field(default=(), validator=_texts)
    roles: Mapping[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    approval: ApprovalSettings = ApprovalSettings()
    hotspots: HotspotSettings | None = None
    agency: AgencySettings | None = None
    jurisdiction: JurisdictionSettings | None = None
    policy: Mapping[str, Mapping[str, Any]] = field(factory=dict[str, Mapping[str, Any]])
    calendar: CalendarSettings = CalendarSettings()
    shelving: Shelving = STANDARD
    plugins: PluginSettings = PluginSettings()


@frozen
class Settings(_Document):
    """A district as district.toml describes it.

    folder: where district.toml lies; relative file names start there.
    auto_apply: areas whose steps are applied without a person's confirmation.
    roles: roles by login name.
    policy: the district's own values by area, as written; `policies.resolve` reads them.
    """

    folder: Path = field(default=Path(), validator=instance(Path))

    @property
    def profile(self) -> str | Path:
        """What `policies.load_profile` takes: a name, or a file in the district's folder."""
        name = self.district.profile
        return self.folder / name if name.endswith(".toml") else name

    def opening_hours(self) -> Calendar:
        """The district's calendar in its zone."""
        table = self.calendar
        return Calendar(self.district.timezone, table.hours, table.closures, table.day_ends)


def load_settings(folder_or_toml: Path) -> Settings:
    """The settings in a district's folder or in its district.toml; raises SettingsError."""
    try:
        path = folder_or_toml / FILE_NAME if folder_or_toml.is_dir() else folder_or_toml
        found = path.exists()
    except OSError as fault:  # a name that is too long, a folder that we may not look into
        raise SettingsError(str(folder_or_toml), f"cannot be read: {fault.strerror}") from None
    if not found:
        raise SettingsError(str(path), "does not exist", "Make a district with: scld init DIR")
    try:
        data = codecs.read_toml(path)
    except BadInput as fault:
        raise SettingsError(fault.where, fault.problem, fault.remedy) from None
    return read_settings(data, folder=path.parent)


def read_settings(data: Mapping[str, Any], *, folder: Path) -> Settings:
    """The settings in the tables of a district.toml; raises SettingsError with every mistake at its path."""
    document, found = codecs.attempt(_Document, _uses(data))
    problems = [*found, *_names(data), *(_references(document) if document else ())]
    codecs.raise_all("", problems)
    return Settings(folder=folder, **{a.name: getattr(document, a.name) for a in attrs.fields(_Document)})


def _uses(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with each backend's table cut into `use`, which is ours, and the rest, which is not."""
    cut = dict(data)
    if isinstance(data.get("store"), Mapping):
        cut["store"] = _use(data["store"])
    if isinstance(data.get("backends"), Mapping):
        cut["backends"] = {name: _use(table) for name, table in data["backends"].items()}
    return cut


def _use(table: Any) -> Any:
    if not isinstance(table, Mapping):
        return table
    rest = dict(cast("Mapping[str, Any]", table))
    used = {"use": rest.pop("use")} if "use" in rest else {}
    return {**used, "table": rest}


def _names(data: Mapping[str, Any]) -> Iterator[Problem]:
    backends = data.get("backends")
    for name in cast("Mapping[str, Any]", backends) if isinstance(backends, Mapping) else ():
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
            yield Problem(("backends", name), "an instance name must be letters, digits, - or _", "Rename it")


def _references(document: _Document) -> Iterator[Problem]:
    hotspots, agency = document.hotspots, document.agency
    yield from _named(document, "calendar", "closures_from", document.calendar.closures_from)
    if hotspots:
        yield from _named(document, "hotspots", "carrier", hotspots.carrier)
    if agency:
        yield from _named(document, "agency", "ils", agency.ils)
        yield from _named(document, "agency", "channel", agency.channel)
        yield from _named(document, "agency", "notices_from", agency.notices_from)
        if agency.notices and agency.notices_from:
            yield Problem(("agency", "notices_from"), "is set beside notices", "Leave one of them out")
        if not (agency.inbound or agency.sent):
            remedy = "Name the agency's own list as inbound, or the last file sent as sent"
            yield Problem(("agency",), "has nothing to compare the snapshot with", remedy)
        if agency.sent and not agency.sent_dialect:
            yield Problem(("agency", "sent_dialect"), "is not set, and no layout is read by guess", "Name it")
        if agency.referrals:
            for key, name in (("ils", agency.ils), ("channel", agency.channel)):
                if not name:
                    yield Problem(("agency", key), "is not set, and [agency.referrals] needs it", "Name a backend")


def _named(document: _Document, table: str, key: str, name: str) -> Iterator[Problem]:
    if name and name not in document.backends:
        near = difflib.get_close_matches(name, list(document.backends), n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else "Name one of [backends]"
        yield Problem((table, key), "no backend has this name", remedy)
