"""The moments at which a process may die: counted in one run, then taken one by one.

Everything here changes the process it runs in, and is therefore called in a forked child only.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from scld_adapters.sql._sqlalchemy import event, sa
from scld_adapters.sql.store import SqlStore
from scld_core.runs.action import Stage
from support.forks import die

STAGES = ("rechecked", "prepared", "sent", "settled")
_WRITES = ("suspend", "restore", "terminate")


class Points:
    """Names the moments as they pass, and dies at the one with number `deadly`, from 1; 0 for never."""

    def __init__(self, deadly: int = 0) -> None:
        self.deadly = deadly
        self.names: list[str] = []

    def reach(self, name: str) -> None:
        """One moment."""
        self.names.append(name)
        if len(self.names) == self.deadly:
            die()

    def stage(self, stage: Stage) -> None:
        """A progress callback: every stage of a step's way is a moment."""
        if stage.what in STAGES:
            self.reach(f"stage {stage.what}")

    def watch_store(self) -> None:
        """Before and after the end of each transaction that wrote, and between two of its writes."""
        real = SqlStore.transaction
        writes: list[str] = []

        @contextmanager
        def transaction(store) -> Iterator[object]:
            writes.clear()
            with real(store) as unit:
                yield unit
                self._reach_if(writes, "store before commit")
            self._reach_if(writes, "store after commit")

        def before(connection, cursor, statement, *_) -> None:
            if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
                self._reach_if(writes, "store half written")
                writes.append(statement)

        SqlStore.transaction = transaction
        event.listen(sa.Engine, "before_cursor_execute", before)

    def _reach_if(self, condition: object, name: str) -> None:
        if condition:
            self.reach(name)

    def watch_carrier(self, desk) -> None:
        """Before and after each request that is sent to a carrier."""
        carriers = desk.hotspots.systems.carriers
        for name, port in list(carriers.items()):
            carriers[name] = _Watched(port, self)

    def watch_sockets(self) -> None:
        """Before each call that this process makes on a socket.

        An answer may arrive in one piece or in two: only the first call that waits for it counts.
        """
        for name in ("connect", "send", "sendall", "recv", "recv_into"):
            setattr(socket.socket, name, self._before(f"socket {name}", getattr(socket.socket, name)))

    def _before(self, name, call):
        def watched(*args, **kwargs):
            if not (name.startswith("socket recv") and self.names[-1] == name):
                self.reach(name)
            return call(*args, **kwargs)

        return watched

    def around(self, name, call):
        """`call`, with a moment before and after it."""

        def watched(*args, **kwargs):
            self.reach(f"{name} before")
            answer = call(*args, **kwargs)
            self.reach(f"{name} after")
            return answer

        return watched


class _Watched:
    """A carrier's port, with a moment before and after each write."""

    def __init__(self, port, points: Points) -> None:
        self._port = port
        self._points = points

    def __getattr__(self, name: str):
        found = getattr(self._port, name)
        return self._points.around(f"carrier {name}", found) if name in _WRITES else found
