"""A carrier that could not be opened: it is asked like the others, and says why each time."""

from __future__ import annotations

from typing import NoReturn

from attrs import frozen

from scld_core.errors import Unavailable
from scld_core.kernel.devices import Line

__all__ = ["DownLines"]


@frozen
class DownLines:
    """CarrierLines of which every operation raises Unavailable: nothing is sent, and `why` is said."""

    name: str
    why: str
    live: bool = True
    asynchronous: bool = False

    def iter_lines(self) -> NoReturn:
        """Raises Unavailable."""
        self._stop("iter_lines")

    def get(self, line: Line) -> NoReturn:
        """Raises Unavailable."""
        del line
        self._stop("get")

    def suspend(self, line: Line, *, key: str) -> NoReturn:
        """Raises Unavailable."""
        del line, key
        self._stop("suspend")

    def restore(self, line: Line, *, key: str) -> NoReturn:
        """Raises Unavailable."""
        del line, key
        self._stop("restore")

    def terminate(self, line: Line, *, key: str) -> NoReturn:
        """Raises Unavailable."""
        del line, key
        self._stop("terminate")

    def request_state(self, reference: str) -> NoReturn:
        """Raises Unavailable."""
        del reference
        self._stop("request_state")

    def _stop(self, operation: str) -> NoReturn:
        raise Unavailable(self.name, operation, f"could not be opened: {self.why}")
