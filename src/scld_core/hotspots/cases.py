"""What is known of each hotspot before anything is planned: its line, its item, the wish, and how sure we are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from attrs import evolve, field, frozen

from scld_core.calendars import Calendar
from scld_core.circulation.model import Circulation
from scld_core.errors import InvalidValue
from scld_core.hotspots.history import Histories, LineHistory
from scld_core.hotspots.match import Mismatch, match_lines
from scld_core.hotspots.model import Device, LineView, ServiceState, ServiceTest, Wish
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.hotspots.rules import Desired, desired
from scld_core.hotspots.text import NOUNS, TODO
from scld_core.kernel.decision import Reason
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Quarantined
from scld_core.runs.model import ExceptionItem, Facts, StepRecord

__all__ = ["AREA", "Case", "HotspotFacts", "Ruling", "exception", "judge"]

AREA = "hotspots"

_MISSING = {"not_in_ils": "ils_row", "not_at_carrier": "carrier_row"}
"""What is missing from a list, and the code of the rows of that list that could not be used."""


@frozen
class Ruling:
    """The policy in force, its version, the calendar, the instant and the business day."""

    policy: HotspotPolicy
    version: str
    calendar: Calendar
    now: datetime

    @property
    def day(self) -> date:
        """The local business day of `now`."""
        return self.calendar.business_date(self.now)

    @property
    def longest(self) -> timedelta:
        """How long the carrier lets a line be suspended without a break."""
        return timedelta(days=self.policy.max_consecutive_suspended_days)

    @property
    def patience(self) -> timedelta:
        """How long a carrier or an operator may take."""
        return timedelta(hours=self.policy.pending_limit_hours)


@frozen
class HotspotFacts:
    """Everything the plan is made from.

    `lines` has None for a carrier whose lines cannot be read: there the last confirmed effect is
    what we believe, until something was asked for after it. `quarantined` maps a code of text.TODO
    to the rows that could not be used. `inventory` is what people call the list of the devices.
    """

    devices: tuple[Device, ...]
    items: Mapping[ItemId, Circulation]
    lines: Mapping[str, tuple[LineView, ...] | None]
    records: tuple[StepRecord, ...] = ()
    tests: Mapping[ItemId, tuple[ServiceTest, ...]] = field(factory=dict[ItemId, tuple[ServiceTest, ...]])
    quarantined: Mapping[str, tuple[Quarantined, ...]] = field(factory=dict[str, tuple[Quarantined, ...]])
    sources: tuple[Facts, ...] = ()
    inventory: str = "the inventory"


@frozen
class Case:
    """One device with everything known of it.

    `doubt` says why nobody knows the line's state; `state` is then the possible one furthest from
    the wish, because only a person who looks, acts and confirms it settles the matter.
    """

    device: Device
    view: LineView
    state: ServiceState
    wanted: Desired
    wish: Wish
    item: Circulation
    past: LineHistory
    doubt: Reason | None = None

    @property
    def subject(self) -> str:
        """The item, as steps name it."""
        return str(self.device.item)

    @property
    def differs(self) -> bool:
        """Whether the line is not as wished."""
        return self.state.value != self.wish.value


def exception(code: str, subject: str, detail: str) -> ExceptionItem:
    """A row of the exception list, with what this area tells people to do about it."""
    return ExceptionItem(AREA, code, subject, detail, TODO[code])


def judge(facts: HotspotFacts, ruling: Ruling, past: Histories) -> tuple[list[Case], list[ExceptionItem]]:
    """The devices that can be judged, and an exception for everything that cannot."""
    told = {code: frozenset(q.key for q in rows if q.key) for code, rows in facts.quarantined.items()}
    exceptions = [_unusable(code, row) for code, rows in facts.quarantined.items() for row in rows]
    cases: list[Case] = []
    for carrier, views in facts.lines.items():
        devices = tuple(d for d in facts.devices if d.carrier == carrier)
        matched = None if views is None else match_lines(devices, views)
        exceptions.extend(_stranger(carrier, view) for view in (() if matched is None else matched.strangers))
        for device in devices:
            shown = None if matched is None else matched.lines[device]
            case = _case(device, shown, facts.items.get(device.item), past.of(device), ruling)
            if isinstance(case, Case):
                cases.append(case)
            elif told.get(_MISSING.get(case.code, ""), frozenset()).isdisjoint(_names(device)):
                exceptions.append(case)
    return cases, exceptions


def _unusable(code: str, row: Quarantined) -> ExceptionItem:
    subject = f"{row.source}:{row.line}" if row.line else row.source
    named = row.key and code in _MISSING.values()
    return exception(code, subject, f"{row.key}: {row.reason}" if named else row.reason)


def _names(device: Device) -> tuple[str, ...]:
    """What a row that could not be used may have called the device."""
    return str(device.item), str(device.line.iccid), str(device.line.imei)


def _stranger(carrier: str, view: LineView) -> ExceptionItem:
    detail = f"line with state {view.state.value}, in no row of the inventory"
    return exception("stranger", f"{carrier} {view.iccid or view.imei}", detail)


def _case(
    device: Device, view: LineView | Mismatch | None, item: Circulation | None, past: LineHistory, ruling: Ruling
) -> Case | ExceptionItem:
    if isinstance(view, Mismatch):
        return exception(view.code, device.label, view.detail)
    if item is None:
        return exception("not_in_ils", device.label, f"the ILS has no item {device.item}")
    try:
        wanted = desired(item, ruling.policy, ruling.calendar, ruling.now, version=ruling.version)
    except InvalidValue:  # a date such as 0001-01-01, which some systems write for none
        return exception("unreadable", device.label, "the ILS gives a date that no calendar has")
    if wanted.wish is None:
        return exception("unreadable", device.label, f"the ILS says {item.word or item.state.value!r}")
    if view is None:
        confirmed = LineView(device.line.imei, device.line.iccid, past.believed(), ruling.now, word="as confirmed")
        return _unseen(Case(device, confirmed, confirmed.state, wanted, wanted.wish, item, past), ruling)
    if view.state is ServiceState.UNKNOWN_WORD:
        return exception("unknown_word", device.label, f"{device.carrier} says {view.word!r}")
    state = past.state(view.state, view.observed_at, ruling.now)
    return Case(device, view, state, wanted, wanted.wish, item, past)


def _unseen(case: Case, ruling: Ruling) -> Case:
    """The case of a line that the carrier shows to nobody: of the possible states the one furthest from the wish."""
    possible = case.past.possible(ruling.now, ruling.longest)
    if len(possible) == 1:
        return case
    on = case.wish is not Wish.ACTIVE and ServiceState.ACTIVE in possible
    state = ServiceState.ACTIVE if on else ServiceState.SUSPENDED
    return evolve(case, state=state, doubt=_doubt(case.past, ruling))


def _doubt(past: LineHistory, ruling: Ruling) -> Reason:
    """Why the last confirmed effect may not be the truth any more."""
    if past.unconfirmed or past.overtaken:
        asked = past.unconfirmed[-1] if past.unconfirmed else past.effects[-1]
        day = ruling.calendar.business_date(asked.attempts[-1])
        params = (("asked", NOUNS[asked.step.action]), ("since", f"{day:%a %b} {day.day}, {day.year}"))
        return Reason("unconfirmed" if past.unconfirmed else "confirmed_late", params, "hotspots")
    last = past.effects[-1].updated_at
    return Reason("resumed_unseen", (("last", f"{last:%Y-%m-%d}"),), "hotspots", ruling.version)
