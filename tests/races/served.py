"""Both ends of a worker: what a forked process serves, and what the test holds of it.

Every command is answered with a line of JSON. A command may name a stage: the worker says that it has come
there, and waits until it is told to go on. Nothing waits for time to pass.
"""

import json
import os
import socket
from pathlib import Path
from signal import SIGKILL

from scld_adapters.sql.store import open_postgres, open_sqlite
from scld_core.errors import ScldError


def open_store(address):
    """The store at a path or URL."""
    return open_postgres(address) if address.startswith("postgresql:") else open_sqlite(Path(address))


class Served:
    """Commands are the methods of a kind of worker."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire.makefile("rw", encoding="utf-8", newline="\n")
        self._pause = ""

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

    def close(self) -> None:
        """Let go of what is open."""

    def _say(self, answer: object) -> None:
        self._wire.write(json.dumps(answer) + "\n")
        self._wire.flush()

    def _stage(self, stage) -> None:
        if stage.what == self._pause:
            self._pause = ""
            self._say({"at": stage.what})
            self._wire.readline()


class Remote:
    """The test's end of a worker; leaving it kills the process if it still runs, and waits until it is gone."""

    def __init__(self, control: socket.socket, kind: str = "district") -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(control, [kind.encode()], [theirs.fileno()])
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
