"""The morning run: read back, plan, guard, apply, verify."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from attrs import evolve, field, frozen

from scld_core.errors import BadInput, GuardStopped
from scld_core.runs.action import Area
from scld_core.runs.engine import Engine
from scld_core.runs.guards import check_blast, check_population
from scld_core.runs.model import AreaPlan, Plan, Receipt, StepRecord, Waiting
from scld_core.runs.planning import plan_areas
from scld_core.runs.verify import Verification, verify
from scld_core.services.run_book import in_run

__all__ = ["Day", "DayResult", "went_wrong"]


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
    def waiting(self) -> tuple[Waiting, ...]:
        """All that somebody or something has to finish; a held step waits for ``apply``."""
        at = self.plan.made_at
        listed = {row.step for row in self.plan.waiting}
        held = (step for step in self.plan.steps if step.id in self.held and step.id not in listed)
        return (
            *self.plan.waiting,
            *(
                Waiting(s.id, s.area, s.action, s.subject, s.label or s.subject, at, "apply", reasons=s.reasons)
                for s in held
            ),
        )

    @property
    def stopped(self) -> tuple[AreaPlan, ...]:
        """The areas that were not compared, and in which nothing was done."""
        return self.plan.stopped

    @property
    def trouble(self) -> bool:
        """Whether a step failed or is unknown, a system could not be reached, or nothing could be verified."""
        return (
            bool(self.unverified)
            or went_wrong(self.receipts)
            or any(e.code == "carrier_down" for e in self.plan.exceptions)
        )


def went_wrong(receipts: Iterable[Receipt]) -> bool:
    """Whether a step failed, was vetoed, or got no sure answer."""
    return any(receipt.result in ("failed", "unknown", "vetoed") for receipt in receipts)


@frozen
class Day:
    """The day of one district: its areas, the engine that acts, the areas that apply by themselves."""

    district: str
    business_day: date
    areas: tuple[Area, ...] = field(repr=False)
    engine: Engine = field(repr=False)
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
        risky steps, another run under way. What stops one area of several leaves the others at work,
        and is told by `DayResult.stopped`.
        """
        if dry_run:
            return DayResult("", self.plan())
        with self.engine.exclusive():
            return in_run(
                self.engine,
                "day",
                self.business_day,
                lambda run: self._run(run, confirm_blast_radius),
                failed=lambda result: result.trouble or bool(result.stopped),
            )

    def _run(self, run: str, confirm_blast_radius: int | None) -> DayResult:
        settled = self.engine.resume()
        plan = self.plan()
        engine = self.engine
        check_population(engine.store, plan, confirmed=confirm_blast_radius, actor=engine.actor, clock=engine.clock)
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
        found = {area.area: area for area in after.areas}  # a desk's area is there while something of it waits
        pairs = tuple((then, found.get(then.area, evolve(then, waiting=()))) for then in result.plan.areas)
        shown = tuple(
            evolve(now, steps=then.steps, withdrawals=then.withdrawals) if then.stopped is None else then
            for then, now in pairs
        )
        lost = [now.stopped.text for then, now in pairs if now.stopped is not None and then.stopped is None]
        compared = tuple(now for then, now in pairs if then.stopped is None)
        return evolve(
            result,
            plan=evolve(result.plan, areas=shown),
            verification=None if lost else verify(evolve(after, areas=compared), waiting=result.held),
            unverified=f"what was done could not be verified: {'; '.join(lost)}" if lost else "",
        )
