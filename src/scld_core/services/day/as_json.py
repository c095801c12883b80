"""The one JSON object that ``scld day --json`` prints."""

from __future__ import annotations

from typing import Any

from scld_core.kernel.decision import Reason
from scld_core.runs.model import AreaPlan, ExceptionItem, Plan, Receipt, Step, Waiting, Withdrawal
from scld_core.services.day.run import DayResult
from scld_core.services.day.words import REASONS

__all__ = ["day_object", "plan_object", "receipt_object"]


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "code": reason.code,
        "params": dict(reason.params),
        "text": reason.text(REASONS),
        "section": reason.section,
        "policy": reason.version,
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "area": step.area,
        "action": step.action,
        "subject": step.subject,
        "label": step.label,
        "reasons": [_reason(reason) for reason in step.reasons],
        "evidence": [{"source": e.source, "fact": e.fact, "as_of": e.as_of.isoformat()} for e in step.evidence],
        "risk": step.risk.value,
        "needs_approval": step.needs_approval,
    }


def _waiting(row: Waiting) -> dict[str, Any]:
    why = (*(reason.text(REASONS) for reason in row.reasons), *filter(None, (row.reason,)))
    return {
        "id": row.step,
        "area": row.area,
        "action": row.action,
        "subject": row.subject,
        "label": row.label,
        "since": row.since.isoformat(),
        "on": row.on,
        "reason": " ".join(why),
    }


def _stopped(area: AreaPlan) -> dict[str, Any]:
    stopped = area.stopped
    return {"area": area.area, "by": stopped.kind.value if stopped else "", "text": stopped.text if stopped else ""}


def _exception(row: ExceptionItem) -> dict[str, Any]:
    return {"area": row.area, "code": row.code, "subject": row.subject, "detail": row.detail, "todo": row.todo}


def _withdrawal(row: Withdrawal) -> dict[str, Any]:
    return {"id": row.step, "label": row.label, "reason": row.reason}


def plan_object(plan: Plan) -> dict[str, Any]:
    """Steps, what waits, the exception list, and waiting steps that nobody should carry out any more."""
    return {
        "business_day": plan.business_day.isoformat(),
        "steps": [_step(step) for step in plan.steps],
        "waiting": [_waiting(row) for row in plan.waiting],
        "exceptions": [_exception(row) for row in plan.exceptions],
        "withdrawn": [_withdrawal(row) for area in plan.areas for row in area.withdrawals],
        "stopped": [_stopped(area) for area in plan.stopped],
    }


def receipt_object(receipt: Receipt) -> dict[str, Any]:
    """One receipt: the step, what became of it, and the detail."""
    return {
        "step": receipt.step,
        "subject": receipt.subject,
        "action": receipt.action,
        "result": receipt.result,
        "detail": receipt.detail,
    }


def day_object(result: DayResult) -> dict[str, Any]:
    """Plan, receipts and what verification found; steps that somebody has to apply are among what waits."""
    return {
        "run": result.run,
        "plan": {**plan_object(result.plan), "waiting": [_waiting(row) for row in result.waiting]},
        "receipts": [receipt_object(receipt) for receipt in result.receipts],
        "verify": {"residual": result.residual},
        "unverified": result.unverified,
    }
