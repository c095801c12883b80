"""The morning run: read back, plan, guard, apply, verify."""

from __future__ import annotations

from datetime import date, datetime

from attrs import evolve, field, frozen

from scld_core import codecs
from scld_core.errors import BadInput, GuardStopped
from scld_core.kernel.validate import instant, nonempty
from scld_core.runs.action import Area
from scld_core.runs.engine import Engine
from scld_core.runs.guards import check_blast
from scld_core.runs.model import Plan, Receipt, StepRecord
from scld_core.runs.planning import plan_areas
from scld_core.runs.verify import Verification, verify

__all__ = ["Day", "DayResult", "RunRecord", "begin_run"]

_RUNS = "runs"


@frozen
class RunRecord:
    """One line of the district's run book."""

    id: str = field(validator=nonempty)
    kind: str
    business_day: date
    started_at: datetime = field(validator=instant)
    actor: str = ""

    @property
    def number(self) -> int:
        """Which run of its business day it was, from 1."""
        return int(self.id.rpartition("-")[2])


@frozen
class DayResult:
    """What the morning run planned, did and found afterwards.

    `plan` holds what was planned and withdrawn, with the waiting rows, exceptions and facts as they stand after
    the run. `held` are the ids of steps in areas that wait for `scld apply`. `run` is blank for a
    dry run. `unverified` says why the systems could not be read again after something was done.
    """

    run: str
    plan: Plan
    receipts: tuple[Receipt, ...] = ()
    verification: Verification | None = None
    held: tuple[str, ...] = ()
    settled: tuple[StepRecord, ...] = ()
    unverified: str = ""

    @property
    def residual(self) -> int:
        """Unexplained differences; for a run that applied nothing, every planned step is one."""
        return len(self.plan.steps) if self.verification is None else self.verification.residual

    @property
    def trouble(self) -> bool:
        """Whether a step failed or is unknown, a system could not be reached, or nothing could be verified."""
        return (
            bool(self.unverified)
            or any(r.result in ("failed", "unknown", "vetoed") for r in self.receipts)
            or any(e.code == "carrier_down" for e in self.plan.exceptions)
        )


def begin_run(engine: Engine, kind: str, day: date) -> str:
    """Enter a run into the run book; ids are ``2026-11-20-1`` and so on."""
    now = engine.clock.now()
    with engine.store.transaction() as unit:
        book = unit.records(_RUNS)
        numbers = [int(key.rpartition("-")[2]) for key, _ in book.items() if key.startswith(day.isoformat())]
        run = RunRecord(f"{day.isoformat()}-{max(numbers, default=0) + 1}", kind, day, now, engine.actor.id)
        book.put(run.id, codecs.dump(run))
    return run.id


@frozen
class Day:
    """The day of one district: its areas, the engine that acts, the areas that apply by themselves."""

    district: str
    business_day: date
    areas: tuple[Area, ...]
    engine: Engine
    auto_apply: tuple[str, ...]

    def plan(self) -> Plan:
        """What should change, and why; nothing is written."""
        engine = self.engine
        return plan_areas(
            engine.store,
            self.areas,
            engine.clock,
            district=self.district,
            day=self.business_day,
            progress=engine.progress,
        )

    def run(self, *, dry_run: bool = False, confirm_blast_radius: int | None = None) -> DayResult:
        """Plan, and unless `dry_run` apply what may be applied, then look again.

        Raises GuardStopped before anything is changed: facts too old, lists not whole, too many
        risky steps, another run under way.
        """
        if dry_run:
            return DayResult("", self.plan())
        with self.engine.store.exclusive("run"):
            run = begin_run(self.engine, "day", self.business_day)
            settled = self.engine.resume()
            plan = self.plan()
            check_blast(plan, confirmed=confirm_blast_radius)
            for area in plan.areas:
                for withdrawal in area.withdrawals:
                    self.engine.withdraw(withdrawal)
            auto = [step for step in plan.steps if step.area in self.auto_apply]
            held = tuple(step.id for step in plan.steps if step.area not in self.auto_apply)
            receipts = self.engine.apply(auto, run)
            return self._verified(DayResult(run, plan, receipts, None, held, settled))

    def _verified(self, result: DayResult) -> DayResult:
        """Look again. What stops this look says so; by now it cannot say that nothing was changed."""
        try:
            after = self.plan()
        except (BadInput, GuardStopped) as stopped:
            text = str(stopped).removesuffix("; nothing was changed")
            return evolve(result, unverified=f"what was done could not be verified: {text}")
        shown = tuple(
            evolve(now, steps=then.steps, withdrawals=then.withdrawals)
            for then, now in zip(result.plan.areas, after.areas, strict=True)
        )
        return evolve(
            result,
            plan=evolve(result.plan, areas=shown),
            verification=verify(after, waiting=result.held),
        )
