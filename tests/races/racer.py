"""Processes that work on one district and are told what to do, line by line; ``python racer.py FD`` is their parent.

The parent imports everything once and then forks a worker for each socket that it is sent. Every
command is answered with a line of JSON. A command may name a stage: the worker says that it has come
there, and waits until it is told to go on. Nothing waits for time to pass.
"""

import array
import gc
import json
import os
import socket
import sys
import traceback
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL

from attrs import evolve, fields

import scld_adapters.sql.postgres
from scld_adapters.carriers.portal_csv.plugin import PORTAL_CSV
from scld_core import Options, codecs
from scld_core.errors import ScldError
from scld_core.kernel.time import EPOCH
from scld_core.runs.action import Stage
from scld_core.runs.engine import Engine
from scld_core.runs.model import StepEvent, StepRecord, StepState, step_states
from scld_core.runs.people import Confirmation, confirm
from support import districts
from support.hotspots import NOW

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


class Worker:
    """The commands."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire.makefile("rw", encoding="utf-8", newline="\n")
        self._desk = None
        self._pause = ""
        self._planned = {}

    def serve(self) -> None:
        """Answer until the other end closes."""
        self._say(os.getpid())
        for line in self._wire:
            name, self._pause, arguments = json.loads(line)
            try:
                answer = getattr(self, name)(*arguments)
            except ScldError as refusal:
                answer = {"error": type(refusal).__name__}
            self._say(answer)
        self.close()

    def _say(self, answer: object) -> None:
        self._wire.write(json.dumps(answer) + "\n")
        self._wire.flush()

    def _stage(self, stage) -> None:
        if stage.what == self._pause:
            self._pause = ""
            self._say({"at": stage.what})
            self._wire.readline()

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


def main() -> None:
    """Fork a worker for every socket; reap those that the other end names."""
    control = socket.socket(fileno=int(sys.argv[1]))
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
                _work(descriptors[0])
            os.close(descriptors[0])
        else:
            os.waitpid(int(text), 0)
            control.send(b"gone")


def _work(descriptor: int) -> None:
    status = 1
    try:
        Worker(socket.socket(fileno=descriptor)).serve()
        status = 0
    except BaseException:  # noqa: BLE001 - a child must not run on as a copy of its parent
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


class Remote:
    """The test's end of a worker; leaving it kills the process if it still runs, and waits until it is gone."""

    def __init__(self, control: socket.socket) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(control, [b"fork"], [theirs.fileno()])
        self._control = control
        self._socket = ours
        self._wire = ours.makefile("rw", encoding="utf-8", newline="\n")
        self._pid = self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.kill()

    def send(self, name: str, *arguments: object, until: str = "") -> None:
        """Give a command and do not wait; it stops at the stage `until`."""
        self._wire.write(json.dumps([name, until, arguments]) + "\n")
        self._wire.flush()

    def answer(self):
        """The next thing the worker says."""
        return json.loads(self._wire.readline())

    def do(self, name: str, *arguments: object, until: str = ""):
        """Give a command and wait for what it says: its answer, or that it has come to the stage."""
        self.send(name, *arguments, until=until)
        return self.answer()

    def go(self) -> None:
        """Let it go on."""
        self._wire.write("go\n")
        self._wire.flush()

    def kill(self) -> None:
        """SIGKILL, as if the power failed; nothing of the process is left afterwards."""
        if self._pid:
            os.kill(self._pid, SIGKILL)
            self._control.send(str(self._pid).encode())
            assert self._control.recv(8) == b"gone"
        self._pid = 0
        self._wire.close()
        self._socket.close()


if __name__ == "__main__":
    main()
