"""A clock that a test moves by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from scld_core.errors import InvalidValue
from scld_core.kernel.time import to_instant

__all__ = ["TickingClock"]


class TickingClock:
    """Stands still until it is told to move on; never goes back.

    `sleep` has the shape of ``time.sleep``, so that a backend which waits only moves the clock.
    """

    def __init__(self, at: datetime) -> None:
        self._at = to_instant(at)

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._at

    def tick(self, *, seconds: float = 1.0, days: float = 0.0) -> datetime:
        """Move on and give the new present; a negative step raises InvalidValue."""
        step = timedelta(days=days, seconds=seconds)
        if step < timedelta(0):
            raise InvalidValue("TickingClock", "seconds", "must not go back")
        self._at += step
        return self._at

    def sleep(self, seconds: float) -> None:
        """Let time pass without waiting."""
        self.tick(seconds=seconds)
