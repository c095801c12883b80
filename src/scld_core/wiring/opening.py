"""How a district is opened, step by step: settings, clock, plugins, store, backends, areas, desk."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from scld_core import codecs
from scld_core.calendars import Calendar
from scld_core.circulation.ports import Loans
from scld_core.errors import SettingsError
from scld_core.hotspots.desk import HotspotDesk, hotspot_area, stored_tests
from scld_core.hotspots.gather import Systems
from scld_core.hotspots.inventory import Inventory, read_inventory
from scld_core.hotspots.plan import Ruling
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.hotspots.ports import CarrierLines
from scld_core.kernel.actor import Actor
from scld_core.kernel.time import Clock, FixedClock, SystemClock, local_instant
from scld_core.plugins import OperationEvent, Registry, WriteNotice, open_backend
from scld_core.plugins.spec import BackendContext, BackendSpec, OpenBackend
from scld_core.policies import load_profile, resolve
from scld_core.runs.action import silent
from scld_core.runs.engine import Engine, Hooks
from scld_core.runs.model import Receipt, Step
from scld_core.runs.people import ApprovalRule
from scld_core.runs.ports import Store
from scld_core.services.day.run import Day
from scld_core.services.runs_desk import RunsDesk
from scld_core.settings import Settings, load_settings
from scld_core.wiring.desk import MORNING, Desk, Options

__all__ = ["Opening", "district_clock", "open_district"]


def district_clock(settings: Settings, options: Options) -> Clock:
    """The clock of the desk: the caller's, 08:00 of the day asked for or fixed in settings, or the machine's."""
    if options.clock is not None:
        return options.clock
    day = options.day or settings.district.today
    if day is None:
        return SystemClock()
    return FixedClock(local_instant(day, time(MORNING), ZoneInfo(settings.district.timezone)))
