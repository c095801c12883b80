"""Planning over areas: fresh observations in, one plan out; nothing is written."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from scld_core.kernel.time import EPOCH, Clock
from scld_core.runs.action import Area, Progress, Stage, silent
from scld_core.runs.model import AreaPlan, Plan
from scld_core.runs.ports import Store

__all__ = ["plan_areas"]


def plan_areas(
    store: Store,
    areas: Collection[Area],
    clock: Clock,
    *,
    district: str,
    day: date,
    progress: Progress = silent,
) -> Plan:
    """Let each area compare its systems, knowing everything that was done or is under way."""
    found: list[AreaPlan] = []
    for number, area in enumerate(areas):
        progress(Stage("plan", number, len(areas), area.name))
        with store.transaction() as unit:
            records = unit.steps.history(area.name, EPOCH)
        found.append(area.plan_day(records))
    return Plan(district, day, clock.now(), tuple(found))
