"""A clock that tests move by hand."""

from datetime import datetime, timedelta


class Ticking:
    """Stands still until told to move."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The present."""
        return self.at

    def tick(self, **by: float) -> datetime:
        """Move on, in `timedelta`'s words."""
        self.at += timedelta(**by)
        return self.at
