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

_SOCKET_CALLS = ("connect", "send", "sendall", "recv", "recv_into")


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
        """A progress callback: every stage of the work is a moment."""
        self.reach(f"stage {stage.what}")

    def watch_store(self) -> None:
        """Before and after each transaction's end, and after each statement that writes within one."""
        real = SqlStore.transaction

        @contextmanager
        def transaction(store) -> Iterator[object]:
            with real(store) as unit:
                yield unit
                self.reach("store before commit")
            self.reach("store after commit")

        def after(connection, cursor, statement, *_) -> None:
            if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
                self.reach(f"store {' '.join(statement.split()[:3])}")

        SqlStore.transaction = transaction
        event.listen(sa.Engine, "after_cursor_execute", after)

    def watch_carrier(self, desk) -> None:
        """Before and after each call of each carrier."""
        carriers = desk.hotspots.systems.carriers
        for name, port in list(carriers.items()):
            carriers[name] = _Watched(port, self)

    def watch_sockets(self) -> None:
        """Before and after each call that this process makes on a socket."""
        for name in _SOCKET_CALLS:
            setattr(socket.socket, name, self._around(name, getattr(socket.socket, name)))

    def _around(self, name, call):
        def watched(*args, **kwargs):
            self.reach(f"{name} before")
            answer = call(*args, **kwargs)
            self.reach(f"{name} after")
            return answer

        return watched


class _Watched:
    """A port, with a moment before and after each call."""

    def __init__(self, port, points: Points) -> None:
        self._port = port
        self._points = points

    def __getattr__(self, name: str):
        found = getattr(self._port, name)
        return self._points._around(f"carrier {name}", found) if callable(found) else found
