"""Whether the journal alone tells what became of every step."""

from scld_core.kernel.time import EPOCH
from scld_core.runs.model import StepEvent, StepState, step_states

_SENT = (StepState.PREPARED, StepState.WAITING_SYSTEM, StepState.WAITING_OPERATOR, StepState.UNKNOWN)


def _after(state: StepState | None, kind: str) -> StepState | None:
    """The state that an entry leads to; raises where the entry cannot follow."""
    if kind in ("needs_approval", "approval_void"):
        return StepState.AWAITING_APPROVAL
    if kind == "approved":
        assert state is StepState.AWAITING_APPROVAL
        return state
    if kind == "skipped":
        return None if state is None else step_states.after(state, StepEvent.WITHDRAW)
    if kind == "confirmed":
        before = StepState.PREPARED if state is StepState.WITHDRAWN else state
        return step_states.after(before, StepEvent.APPLIED)
    if kind == "vetoed" or (kind == "failed" and state not in _SENT):  # stopped before it was sent
        return state
    return step_states.after(state or StepState.AWAITING_APPROVAL, StepEvent(kind))


def check_story(town) -> None:
    """Replay the journal: it must end, step by step, where the outbox stands, and name who and when."""
    with town.unit() as unit:
        records = {record.step.id: record for record in unit.steps.history("hotspots", EPOCH)}
        entries = [e for e in unit.journal.entries() if e.kind.startswith("step.")]
        runs = {run for run, _ in unit.records("runs").items()}
    assert [e.at for e in entries] == sorted(e.at for e in entries)
    states: dict[str, StepState | None] = {}
    for entry in entries:
        assert entry.actor
        assert entry.run in runs
        states[entry.step] = _after(states.get(entry.step), entry.kind.removeprefix("step."))
    assert {step: state for step, state in states.items() if state is not None} == {
        step: record.state for step, record in records.items()
    }


def told(town, step: str) -> list[str]:
    """The kinds of a step's entries, in order."""
    return [e.kind.removeprefix("step.") for e in town.journal() if e.step == step]
