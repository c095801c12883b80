"""The runs desk: applying a confirmed plan, approving, confirming, undoing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

from attrs import frozen

from scld_core import codecs
from scld_core.errors import BadInput
from scld_core.runs.engine import Engine, receipt_of
from scld_core.runs.guards import check_blast
from scld_core.runs.model import JournalEntry, Plan, Receipt, Step, StepRecord, Withdrawal
from scld_core.runs.people import ApprovalRule, Confirmation, Confirmed, approve, confirm
from scld_core.runs.undo import Undo, inverse_steps
from scld_core.services.day.run import RunRecord, begin_run

__all__ = ["RunsDesk", "Undone"]


@frozen
class Undone:
    """What undoing a run did, which of its effects nothing takes back, and which steps still wait."""

    run: str
    receipts: tuple[Receipt, ...]
    irreversible: tuple[StepRecord, ...]
    unsettled: tuple[StepRecord, ...] = ()


@frozen
class RunsDesk:
    """Runs of one district, for one actor."""

    engine: Engine
    rule: ApprovalRule
    business_day: date
    district: str = ""

    def apply(
        self, plan: Plan, *, only: Collection[str] = (), confirm_blast_radius: int | None = None
    ) -> tuple[Receipt, ...]:
        """Execute a plan that a person looked at, or only the steps named; each is rechecked first."""
        steps = _chosen(plan, only)
        self._check(plan)
        with self.engine.store.exclusive("run"):
            self.engine.resume()
            if not only:
                check_blast(plan, confirmed=confirm_blast_radius)
            return self.engine.apply(steps, begin_run(self.engine, "apply", self.business_day))

    def _check(self, plan: Plan) -> None:
        """A plan file is only paper: it must be of this district and of actions that we know."""
        if self.district and plan.district != self.district:
            raise BadInput("plan", f"was made for {plan.district}, not for {self.district}")
        for step in plan.steps:
            if step.action not in self.engine.actions or step.undoes:
                raise BadInput(step.id, f"{step.action} is nothing that a plan of this district may hold")

    def approve(self, steps: Iterable[str], *, reason: str) -> tuple[StepRecord, ...]:
        """Approve steps as they stand; the next run carries them out."""
        if not reason.strip():
            raise BadInput("reason", "an approval needs a reason")
        return approve(
            self.engine.store, steps, actor=self.engine.actor, rule=self.rule, reason=reason, clock=self.engine.clock
        )

    def confirm(self, rows: Iterable[Confirmation], *, source: str) -> Confirmed:
        """Turn the ticked rows of a worklist into receipts."""
        with self.engine.store.exclusive("run"):
            return confirm(self.engine.store, rows, source=source, actor=self.engine.actor, clock=self.engine.clock)

    def read_back(self, reference: str) -> tuple[Receipt, ...]:
        """Ask the system what became of the request it calls `reference`.

        This is all that news from outside, such as a carrier's callback, may bring about: it proves
        nothing by itself. Unknown references give nothing.
        """
        with self.engine.store.exclusive("run"):
            return tuple(receipt_of(r, self.engine.clock.now()) for r in self.engine.resume(reference))

    def undo(self, run: str) -> Undone:
        """Apply the inverse of everything `run` did."""
        with self.engine.store.exclusive("run"):
            self.engine.resume()
            undo: Undo = inverse_steps(
                self.engine.store, run, actions=self.engine.actions, business_day=self.business_day
            )
            gone = self._clear(run, {step.subject for step in undo.steps})
            receipts = self.engine.apply(undo.steps, begin_run(self.engine, "undo", self.business_day))
        unsettled = tuple(record for record in undo.unsettled if record.step.id not in gone)
        return Undone(run, receipts, undo.irreversible, unsettled)

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
        with self.engine.store.transaction() as unit:
            found = [codecs.load(RunRecord, body) for _, body in unit.records("runs").items()]
        return tuple(sorted(found, key=lambda run: (run.started_at, run.business_day, run.number)))

    def journal(self, run: str | None = None) -> tuple[JournalEntry, ...]:
        """The audit trail, whole or of one run."""
        with self.engine.store.transaction() as unit:
            return unit.journal.entries(run)


def _chosen(plan: Plan, only: Collection[str]) -> tuple[Step, ...]:
    unknown = set(only) - {step.id for step in plan.steps}
    if unknown:
        raise BadInput("--only", f"the plan has no step {', '.join(sorted(unknown))}")
    return tuple(step for step in plan.steps if not only or step.id in only)
