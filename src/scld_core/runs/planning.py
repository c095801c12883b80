"""Planning over areas: fresh observations in, one plan out; nothing is written."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from scld_core.errors import (
    BackendError,
    BadInput,
    GuardStopped,
    PolicyMissing,
    RunInProgress,
    ScldError,
    SettingsError,
)
from scld_core.kernel.time import EPOCH, Clock
from scld_core.runs.action import Area, Progress, Stage, silent
from scld_core.runs.model import UNRESOLVED, AreaPlan, ExceptionItem, Plan, StepRecord, StopKind, Stopped
from scld_core.runs.ports import Store
from scld_core.runs.waiting import waiting_of

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
    """Let each area compare its systems, knowing everything that was done or is under way.

    An area that is stopped, by a guard, a file or a system, stops no other one: its plan says why and
    lists what waits there. What stopped the only one, or the first where all were stopped, is raised.
    """
    found: list[AreaPlan] = []
    faults: list[ScldError] = []
    for number, area in enumerate(areas):
        progress(Stage("plan", number, len(areas), area.name))
        with store.transaction() as unit:
            # what desks have finished is never planned again, and there is more of it every day
            records = unit.steps.unresolved(area.name) if area.desk else unit.steps.history(area.name, EPOCH)
        if area.desk and not records:
            continue
        try:
            found.append(area.plan_day(records))
        except _WHOLE_RUN:
            raise
        except (BadInput, GuardStopped, BackendError) as fault:
            faults.append(fault)
            found.append(_stopped(area.name, fault, records))
    if faults and len(faults) == len(found):
        raise faults[0]
    return Plan(district, day, clock.now(), tuple(found))


_WHOLE_RUN = (SettingsError, PolicyMissing, RunInProgress)  # they hold for the district, not for an area


def _stopped(area: str, fault: ScldError, records: Collection[StepRecord]) -> AreaPlan:
    text = str(fault).removesuffix("; nothing was changed")
    kind = StopKind.GUARD if isinstance(fault, GuardStopped) else StopKind.INPUT
    if isinstance(fault, BackendError):
        kind = StopKind.SYSTEM
    todo = "Mend that and run again; nothing was compared or done in this area"
    return AreaPlan(
        area,
        waiting=tuple(waiting_of(record) for record in records if record.state in UNRESOLVED),
        exceptions=(ExceptionItem(area, "area_stopped", area, text, todo),),
        stopped=Stopped(kind, text),
    )
