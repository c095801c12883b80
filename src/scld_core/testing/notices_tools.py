"""What the checks of a record of notices share: how each list is asked for, and what is compared."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any

from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.notices.model import Notice
from scld_core.testing.case import Case
from scld_core.testing.harness import NoticesBench
from scld_core.testing.synthetic import NOW

__all__ = ["LONG_AGO", "OPERATIONS", "Record", "asked", "facts", "wanted"]

Record = Case[NoticesBench]

OPERATIONS = ("iter_notices", "iter_sent")

LONG_AGO = NOW - timedelta(days=4000)
"""Before every notice of a seed."""


def asked(bench: NoticesBench, operation: str, subject: PatronId, since: datetime = LONG_AGO) -> Iterator[Page[Notice]]:
    """The notices to a patron, or those sent since an instant."""
    if operation == "iter_notices":
        return bench.notices.iter_notices(subject)
    return bench.notices.iter_sent(since)


def wanted(
    operation: str, told: Collection[Notice], subject: PatronId, since: datetime = LONG_AGO
) -> tuple[Notice, ...]:
    """Of what was sent, that which the list must have."""
    if operation == "iter_notices":
        return tuple(one for one in told if one.patron == subject)
    return tuple(one for one in told if one.sent_at >= since)


def facts(notice: Notice, tells: Collection[str]) -> tuple[Any, ...]:
    """To whom and when a notice was sent, and the facts that its record keeps."""
    return (str(notice.patron), notice.sent_at, *(str(getattr(notice, name)) for name in sorted(tells)))
