"""The runs desk: applying a confirmed plan, approving, confirming, undoing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from attrs import evolve, field, frozen

from scld_core.errors import BadInput, BlastRadius
from scld_core.kernel.time import EPOCH
from scld_core.runs.action import Area
from scld_core.runs.engine import Engine, receipt_of
from scld_core.runs.guards import check_blast
from scld_core.runs.model import (
    AreaPlan,
    BlastLimit,
    ExceptionItem,
    JournalEntry,
    Plan,
    Receipt,
    Step,
    StepRecord,
    Withdrawal,
)
from scld_core.runs.people import ApprovalRule, Confirmation, Confirmed, approve, check_role, confirm
from scld_core.runs.planning import plan_areas
from scld_core.runs.undo import Undo, inverse_steps
from scld_core.services.day.run import went_wrong
from scld_core.services.run_book import RunRecord, in_run, run_book

__all__ = ["RunsDesk", "Undone"]


@frozen
class Undone:
    """What undoing a run did, which of its effects nothing takes back, and which steps still wait.

    `refused` are the inverse steps that a limit of their area forbids today.
    """

    run: str
    receipts: tuple[Receipt, ...]
    irreversible: tuple[StepRecord, ...]
    unsettled: tuple[StepRecord, ...] = ()
    refused: tuple[ExceptionItem, ...] = ()


@frozen
class RunsDesk:
    """Runs of one district, for one actor."""

    engine: Engine = field(repr=False)
    rule: ApprovalRule
    business_day: date
    areas: tuple[Area, ...] = field(repr=False)
    district: str = ""

    def apply(
        self, plan: Plan, *, only: Collection[str] = (), confirm_blast_radius: int | None = None
    ) -> tuple[Receipt, ...]:
        """Execute a plan that a person looked at, or only the steps named; each is rechecked first.

        The limits are those in force now, whatever the plan says. Raises StaleFacts and what else
        stops planning in an area of the steps: they would be rechecked on facts that nobody may act on.
        """
        steps = _chosen(plan, only)
        self._check(plan)
        with self.engine.exclusive():
            self.engine.resume()
            limits = self._limits({step.area for step in steps})
            if not only:
                check_blast(_limited(plan, limits), confirmed=confirm_blast_radius)
            return self._applied("apply", steps)

    def _limits(self, names: Collection[str]) -> Mapping[str, BlastLimit | None]:
        """The limits of these areas, from a look at their systems as they are now."""
        engine, found = self.engine, dict[str, BlastLimit | None]()
        for area in self.areas:
            if area.name in names:
                now = plan_areas(engine.store, (area,), engine.clock, district=self.district, day=self.business_day)
                found[area.name] = now.areas[0].limit if now.areas else None
        return found

    def _applied(self, kind: str, steps: Iterable[Step]) -> tuple[Receipt, ...]:
        return in_run(
            self.engine, kind, self.business_day, lambda run: self.engine.apply(steps, run), failed=went_wrong
        )

    def _check(self, plan: Plan) -> None:
        """A plan file is only paper: it must be of this district and of actions that we know."""
        if self.district and plan.district != self.district:
            raise BadInput("plan", f"was made for {plan.district}, not for {self.district}")
        seen: set[str] = set()
        for step in plan.steps:
            if step.action not in self.engine.actions or step.undoes:
                raise BadInput(step.id, f"{step.action} is nothing that a plan of this district may hold")
            if step.id in seen:
                raise BadInput(step.id, "stands in the plan twice", "Make a new plan with: scld day DIR --dry-run")
            seen.add(step.id)

    def approve(self, steps: Iterable[str], *, reason: str) -> tuple[StepRecord, ...]:
        """Approve steps as they stand; the next run carries them out."""
        if not reason.strip():
            raise BadInput("reason", "an approval needs a reason")
        return approve(
            self.engine.store,
            steps,
            actor=self.engine.actor,
            rule=self.rule,
            reason=reason,
            clock=self.engine.clock,
            redact=self.engine.hooks.redact,
        )

    def confirm(self, rows: Iterable[Confirmation], *, source: str) -> Confirmed:
        """Turn the ticked rows of a worklist into receipts."""
        if self.rule.confirm:
            check_role(self.engine.actor, "confirm", self.rule.confirm)
        with self.engine.exclusive():
            return confirm(
                self.engine.store,
                rows,
                source=source,
                actor=self.engine.actor,
                clock=self.engine.clock,
                redact=self.engine.hooks.redact,
            )

    def read_back(self, reference: str) -> tuple[Receipt, ...]:
        """Ask the system what became of the request it calls `reference`.

        This is all that news from outside, such as a carrier's callback, may bring about: it proves
        nothing by itself. Unknown references give nothing. Raises RunInProgress while a run is under
        way for longer than a few seconds.
        """
        with self.engine.exclusive():
            return tuple(receipt_of(r, self.engine.clock.now()) for r in self.engine.resume(reference))

    def undo(self, run: str, *, confirm_blast_radius: int | None = None) -> Undone:
        """Apply the inverse of everything `run` did, within the limits that hold for every run.

        An inverse step that takes a person's service is rechecked like any other: it is skipped
        when the facts do not ask for it. Raises BlastRadius for too many of them.
        """
        if self.rule.undo:
            check_role(self.engine.actor, "undo", self.rule.undo)
        with self.engine.exclusive():
            self.engine.resume()
            undo: Undo = inverse_steps(
                self.engine.store, run, actions=self.engine.actions, business_day=self.business_day
            )
            plan = self._bounded(run, undo.steps, confirm_blast_radius)
            allowed = {step.id for step in plan.steps}
            steps = [step for step in undo.steps if step.id in allowed]
            gone = self._clear(run, {step.subject for step in steps})
            receipts = self._applied("undo", steps)
        unsettled = tuple(record for record in undo.unsettled if record.step.id not in gone)
        return Undone(run, receipts, undo.irreversible, unsettled, plan.exceptions)

    def _bounded(self, run: str, steps: tuple[Step, ...], confirmed: int | None) -> Plan:
        """The inverse plan, within each area's limits and the blast radius."""
        found = (self._area_plan(area, tuple(s for s in steps if s.area == area.name)) for area in self.areas)
        plan = Plan(self.district, self.business_day, self.engine.clock.now(), tuple(found))
        try:
            check_blast(plan, confirmed=confirmed)
        except BlastRadius as stopped:
            raise BlastRadius(
                f"undoing {run} would take {stopped.count} risky steps, more than one run may. If that is right, "
                f"run it again with --confirm-blast-radius {stopped.count}; nothing was changed",
                stopped.count,
            ) from None
        return plan

    def _area_plan(self, area: Area, steps: tuple[Step, ...]) -> AreaPlan:
        if area.bound is None or not steps:
            return AreaPlan(area.name, steps)
        with self.engine.store.transaction() as unit:
            records = unit.steps.history(area.name, EPOCH)
        return area.bound(steps, records)

    def _clear(self, run: str, subjects: Collection[str]) -> frozenset[str]:
        """Nobody is to do one thing and its opposite: what else waits for a person on these subjects is withdrawn."""
        with self.engine.store.transaction() as unit:
            open_ = unit.steps.unresolved()
        return frozenset(
            record.step.id
            for record in open_
            if record.step.subject in subjects
            and self.engine.withdraw(Withdrawal(record.step.id, f"run {run} was undone"))
        )

    def history(self) -> tuple[RunRecord, ...]:
        """The run book, oldest first."""
        return run_book(self.engine.store)

    def journal(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        """The audit trail, whole or of one run."""
        with self.engine.store.transaction() as unit:
            return unit.journal.entries(run)


def _limited(plan: Plan, limits: Mapping[str, BlastLimit | None]) -> Plan:
    return evolve(plan, areas=tuple(evolve(area, limit=limits.get(area.area)) for area in plan.areas))


def _chosen(plan: Plan, only: Collection[str]) -> tuple[Step, ...]:
    unknown = set(only) - {step.id for step in plan.steps}
    if unknown:
        raise BadInput("--only", f"the plan has no step {', '.join(sorted(unknown))}")
    return tuple(step for step in plan.steps if not only or step.id in only)
