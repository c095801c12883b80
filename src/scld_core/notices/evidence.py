"""When a patron was told that a debt may go to a collection agency."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from scld_core.notices.model import Notice

__all__ = ["assignment_notices"]


def assignment_notices(notices: Iterable[Notice], *, zone: ZoneInfo) -> Callable[[str], Sequence[date]]:
    """A look-up from an ILS's own patron id to the local dates of its evidence, oldest first.

    Only notices that name the assignment and left (`Notice.is_evidence`) are kept, and of each only
    the date in `zone`. `notices` is read once, to its end, here.
    """
    dates: dict[str, tuple[date, ...]] = {}
    for notice in notices:
        if notice.is_evidence:
            key, day = notice.patron.local, notice.sent_at.astimezone(zone).date()
            known = dates.get(key, ())
            if day not in known:
                dates[key] = tuple(sorted((*known, day)))
    return lambda patron: dates.get(patron, ())
