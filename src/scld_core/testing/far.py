"""The line between a bench and its system in memory, which can lose an answer or be down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from scld_core.errors import OutcomeUnknown, Unavailable
from scld_core.kernel.capability import Effect, operations
from scld_core.plugins.guard import PORTS

__all__ = ["Far"]

P = TypeVar("P")


class Far:
    """The line to a port: it loses the next write's answer when `losing`, and nothing arrives while `down`."""

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self.losing = False
        self.down = False

    def lose(self) -> None:
        """Lose the answer of the next write."""
        self.losing = True

    def fall(self) -> None:
        """Be down from now on."""
        self.down = True

    def to(self, port: P, port_name: str) -> P:
        """The port at the other end."""
        declared = operations(PORTS[port_name][0])

        class Reached:
            def __getattr__(_self, name: str) -> Any:  # noqa: N805 - beside the line's own self
                found = getattr(port, name)
                return self._carried(name, declared[name].effect, found) if name in declared else found

        return cast("P", Reached())

    def _carried(self, name: str, effect: Effect, call: Callable[..., Any]) -> Callable[..., Any]:
        def carried(*args: Any, **kwargs: Any) -> Any:
            if self.down:
                raise Unavailable(self._backend, name, "the synthetic ILS is down")
            answer = call(*args, **kwargs)
            if effect is Effect.WRITE and self.losing:
                self.losing = False
                raise OutcomeUnknown(self._backend, name, "the answer was lost", kwargs["key"])
            return answer

        return carried
