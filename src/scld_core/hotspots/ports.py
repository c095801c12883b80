"""What the hotspots area needs of a carrier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from scld_core.hotspots.model import BulkFile, BulkRow, LineView
from scld_core.kernel.capability import reads, writes
from scld_core.kernel.devices import Line
from scld_core.kernel.page import Page
from scld_core.runs.model import Answer, ReadBack

__all__ = ["BulkDelivery", "CarrierLines"]


def _of_line(instance: str, line: Line) -> Callable[[LineView], bool]:
    # One of the two numbers is enough: a SIM that sits in another device is a finding, not a wrong answer.
    del instance
    return lambda answer: answer.imei == line.imei or answer.iccid == line.iccid


class CarrierLines(Protocol):
    """The data lines of one carrier account.

    A write answers DONE, ACCEPTED (it will happen; `reference` finds it again) or FOR_OPERATOR.
    A refusal raises Rejected, a fault before any effect Unavailable or RateLimited, and a fault
    after which the effect is uncertain OutcomeUnknown. No method is ever given a patron's data.
    """

    @property
    def live(self) -> bool:
        """Whether `get` asks the carrier at the moment of the call; false for a portal's file."""
        ...

    @property
    def asynchronous(self) -> bool:
        """Whether a request takes effect some time after it was accepted.

        Then a line that has not changed yet does not prove that a lost request was not accepted.
        """
        ...

    @reads()
    def iter_lines(self) -> Iterator[Page[LineView]]:
        """Every line of the account, in pages."""
        ...

    @reads(about=_of_line)
    def get(self, line: Line) -> LineView:
        """One line now; raises NotFound when the carrier does not know it."""
        ...

    @writes()
    def suspend(self, line: Line, *, key: str) -> Answer:
        """Stop the line's service, reversibly. A line that is suspended already answers DONE."""
        ...

    @writes()
    def restore(self, line: Line, *, key: str) -> Answer:
        """Give a suspended line its service again. A line that is active already answers DONE."""
        ...

    @writes()
    def terminate(self, line: Line, *, key: str) -> Answer:
        """End the line for good; nothing in scld calls this without a person's approval."""
        ...

    @reads()
    def request_state(self, reference: str) -> ReadBack:
        """What became of an ACCEPTED request; UNKNOWN when the carrier cannot say."""
        ...


@runtime_checkable
class BulkDelivery(Protocol):
    """A carrier whose requests leave as one file that a person uploads in the portal."""

    @reads()
    def bulk_file(self, rows: Sequence[BulkRow], now: datetime) -> BulkFile:
        """The file for `rows`, with text-safe identifiers and an expiry."""
        ...
