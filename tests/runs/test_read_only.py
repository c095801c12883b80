"""A store that may be looked at only: all of it can be read, and whatever would change it is stopped."""

import pytest
from attrs import evolve
from test_engine import step

from scld_core.errors import BadInput
from scld_core.kernel.time import EPOCH
from scld_core.memory.store import MemoryStore
from scld_core.runs.model import JournalEntry, StepRecord, StepState
from scld_core.runs.read_only import ReadOnlyStore
from support.hotspots import NOW

RECORD = StepRecord(step(), "run-1", StepState.WAITING_SYSTEM, NOW)
ENTRY = JournalEntry(NOW, "anne", "step.prepare", "sum.add s", "run-1")


def stop():
    """What such a desk says."""
    raise BadInput("--date", "stops the clock")


@pytest.fixture
def inner():
    """A store that holds something of each kind."""
    store = MemoryStore()
    with store.transaction() as unit:
        unit.steps.put(RECORD)
        unit.journal.append(ENTRY)
        unit.records("runs").put("a", "body")
    return store


def everything(store):
    """All that can be read of a store."""
    with store.transaction() as unit:
        return (
            unit.steps.get(RECORD.step.id),
            unit.steps.unresolved(),
            unit.steps.unresolved("another"),
            unit.steps.of_run("run-1"),
            unit.steps.history(RECORD.step.area, EPOCH),
            unit.journal.entries(),
            unit.journal.entries("run-2"),
            unit.records("runs").get("a"),
            list(unit.records("runs").items()),
        )


def test_everything_is_read_as_it_is(inner):
    """Reading through it gives what the store itself gives."""
    assert everything(ReadOnlyStore(inner, stop)) == everything(inner)


@pytest.mark.parametrize(
    "write",
    [
        lambda unit: unit.steps.put(evolve(RECORD, state=StepState.APPLIED)),
        lambda unit: unit.journal.append(ENTRY),
        lambda unit: unit.records("runs").put("a", "other"),
        lambda unit: unit.records("runs").delete("a"),
    ],
)
def test_no_write_passes(inner, write):
    """Each write is stopped with the reason, and the store is as it was."""
    before = everything(inner)
    shut = ReadOnlyStore(inner, stop)
    with pytest.raises(BadInput, match="stops the clock"), shut.transaction() as unit:
        write(unit)
    assert everything(inner) == before


def test_nobody_holds_it_for_a_run_and_closing_closes(inner):
    """A run is stopped before it begins; the store itself is free, and closed with it."""
    shut = ReadOnlyStore(inner, stop)
    with pytest.raises(BadInput, match="stops the clock"):
        shut.exclusive("run")
    with inner.exclusive("run"):
        pass
    shut.close()
    with pytest.raises(BadInput, match="is closed"):
        everything(inner)
