"""Processes that work on one district and are told what to do, line by line; ``python racer.py FD`` is their parent.

The parent does everything once and then forks a worker for each socket that it is sent, of the kind that it
is sent with it.
"""

import array
import gc
import os
import socket
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, fields
from card_worker import CardWorker
from hold_worker import HoldWorker
from loan_worker import LoanWorker
from served import Served

import scld_adapters.sql.postgres
from scld_adapters.carriers.portal_csv.plugin import PORTAL_CSV
from scld_core import Options, codecs
from scld_core.kernel.time import EPOCH
from scld_core.runs.action import Stage
from scld_core.runs.engine import Engine
from scld_core.runs.model import StepEvent, StepRecord, StepState, step_states
from scld_core.runs.people import Confirmation, confirm
from support import districts
from support.hotspots import NOW
from support.places import ROOM

_LOADED = (scld_adapters.sql.postgres, PORTAL_CSV, Options)  # so that every worker finds them loaded


class Careless(Engine):
    """A control: it looks whether a step was sent, and writes that it will be, in two transactions."""

    def _prepare(self, step, run):
        before = StepRecord(step, run, StepState.AWAITING_APPROVAL, NOW)
        state = step_states.after(before.state, StepEvent.PREPARE)
        record = evolve(before, state=state, actor=self.actor.id, attempts=(NOW,))
        with self.store.transaction() as unit:
            unit.steps.put(record)
        return record


class Worker(Served):
    """The commands on a district."""

    def __init__(self, wire: socket.socket) -> None:
        super().__init__(wire)
        self._desk = None
        self._planned = {}

    def know(self, name: str, secret: str) -> None:
        """Learn a secret."""
        os.environ[name] = secret

    def found(self, folder: str, more: dict[str, object]) -> None:
        """Make a district."""
        districts.found(Path(folder), **more)

    def open(self, folder: str, hours: float, actor: str) -> None:
        """Open it, so many hours after the start."""
        self.close()
        now = NOW + timedelta(hours=hours)
        self._desk = districts.at(Path(folder), now, actor, progress=self._stage, sleep=lambda seconds: None)

    def close(self) -> None:
        """Close it."""
        if self._desk is not None:
            self._desk.close()
        self._desk = None

    def day(self) -> dict[str, object]:
        """The morning run."""
        desk = self._desk
        result = desk.day.run()
        return {"results": [receipt.result for receipt in result.receipts], **districts.told(desk, result)}

    def everything(self) -> list[object]:
        """All that the store holds."""
        with self._desk.store.transaction() as unit:
            steps = [codecs.dump(record) for record in unit.steps.history("hotspots", EPOCH)]
            journal = [codecs.dump(entry) for entry in unit.journal.entries()]
            return [steps, journal, list(unit.records("runs").items())]

    def journal(self) -> list[list[str]]:
        """The kind and the step of each line of the journal."""
        with self._desk.store.transaction() as unit:
            return [[entry.kind, entry.step] for entry in unit.journal.entries()]

    def plan(self) -> dict[str, str]:
        """Make a plan and remember it; gives the step of each subject and action."""
        self._planned = {step.id: step for step in self._desk.day.plan().steps}
        return {f"{step.action} {step.subject}": step.id for step in self._planned.values()}

    def execute(self, step: str, careless: bool = False) -> str:
        """Carry out a step of the remembered plan without holding the district; gives the receipt's word."""
        engine = self._desk.day.engine
        if careless:
            engine = Careless(**{one.name: getattr(engine, one.name) for one in fields(Engine)})
        return engine.execute(self._planned[step], "race").result

    def approve(self, step: str) -> int:
        """Approve a step; gives how many were."""
        return len(self._desk.runs.approve([step], reason="seen"))

    def confirm(self, held: bool) -> list[list[object]]:
        """Confirm all that waits for a person, holding the district or not; gives the receipts."""
        with self._desk.store.transaction() as unit:
            waiting = unit.steps.history("hotspots", EPOCH)
        rows = [Confirmation(r.step.id, done=True, rechecked=True) for r in waiting if r.attempts]
        self._stage(Stage("rows", 0, len(rows)))
        if held:
            confirmed = self._desk.runs.confirm(rows, source="worklist.csv")
        else:
            engine = self._desk.day.engine
            confirmed = confirm(engine.store, rows, source="worklist.csv", actor=engine.actor, clock=engine.clock)
        return [[receipt.step, receipt.result] for receipt in confirmed.receipts]


KINDS = {"district": Worker, "cards": CardWorker, "holds": HoldWorker, "loans": LoanWorker}


def warm() -> None:
    """Do everything once, so that every worker finds it imported and compiled; nothing stays open."""
    with TemporaryDirectory(dir=ROOM) as name:
        folder = districts.found(Path(name))
        with districts.at(folder, NOW) as desk:
            desk.day.run()


def main() -> None:
    """Fork a worker for every socket; reap those that the other end names."""
    control = socket.socket(fileno=int(sys.argv[1]))
    warm()
    gc.collect()
    gc.freeze()
    while True:
        size = array.array("i").itemsize
        text, descriptors, _, _ = socket.recv_fds(control, 64, 1, size)
        if not text:
            control.close()
            return
        if descriptors:
            pid = os.fork()
            if pid == 0:
                _work(KINDS[text.decode()], descriptors[0])
            os.close(descriptors[0])
        else:
            os.waitpid(int(text), 0)
            control.send(b"gone")


def _work(kind: type[Served], descriptor: int) -> None:
    status = 1
    try:
        kind(socket.socket(fileno=descriptor)).serve()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not run on as a copy of its parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
