"""A carrier or a way to the agency that could not be opened: it is asked like the others, and says why each time."""

from __future__ import annotations

from typing import NoReturn

from attrs import frozen

from scld_core.agency.ports import Parcel
from scld_core.errors import Unavailable
from scld_core.kernel.devices import Line

__all__ = ["DownChannel", "DownLines"]


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


@frozen
class DownChannel:
    """AgencyChannel of which every operation raises Unavailable: no file leaves, and `why` is said.

    What was made for the agency is kept, and is told again until a channel has taken it.
    """

    name: str
    why: str

    def deliver(self, parcel: Parcel, *, key: str) -> NoReturn:
        """Raises Unavailable."""
        del parcel, key
        self._stop("deliver")

    def delivered(self, parcel: Parcel) -> NoReturn:
        """Raises Unavailable."""
        del parcel
        self._stop("delivered")

    def _stop(self, operation: str) -> NoReturn:
        raise Unavailable(self.name, operation, f"could not be opened: {self.why}")
