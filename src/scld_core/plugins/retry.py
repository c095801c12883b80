"""When a read may be tried again: a pure schedule that the guard follows; writes are never repeated."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from attrs import field, frozen

from scld_core.kernel.validate import at_least

__all__ = ["RetrySchedule", "retry_after_seconds"]


@frozen
class RetrySchedule:
    """How often and how patiently: `attempts` in all, waits of `first`, doubled up to `cap` seconds.

    `cap` also bounds a wait that the other system asks for: a longer one is given up, so that a run
    does not stand still for an hour.
    """

    attempts: int = field(default=3, validator=at_least(1))
    first: float = field(default=0.5, validator=at_least(0))
    cap: float = field(default=30.0, validator=at_least(0))

    def wait(self, attempt: int, *, remaining: float, asked: float | None = None) -> float | None:
        """Seconds to wait after the failed attempt number `attempt` (1 is the first), or None to give up.

        `asked` is what the system said in Retry-After, `remaining` what is left of the deadline; a
        wait that would use it up is not worth beginning.
        """
        if attempt >= self.attempts:
            return None
        backoff = min(self.first * 2.0 ** min(attempt - 1, 60), self.cap)
        wait = backoff if asked is None else max(asked, 0.0)
        return wait if wait <= self.cap and wait < remaining else None


def retry_after_seconds(text: str | None, now: datetime) -> float | None:
    """What a Retry-After header asks for, in seconds from `now` (RFC 9110, section 10.2.3).

    It is a number of seconds or an HTTP date, which may lie in the past (0.0 then). None when absent
    or neither: a header that cannot be read is no reason to fail, nor to hurry.
    """
    bare = (text or "").strip()
    if bare.isascii() and bare.isdigit():
        return float(bare[:9])  # a year has eight digits of seconds; longer ones exceed every cap alike
    try:
        moment = parsedate_to_datetime(bare)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return max((aware - now).total_seconds(), 0.0)
