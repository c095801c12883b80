"""Reading a record of notices: whole, in order, that patron's and no other's, with what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from attrs import evolve

from scld_core.errors import BackendError, BadInput, GuardStopped
from scld_core.kernel.ids import PatronId
from scld_core.kernel.page import Page
from scld_core.notices.model import Channel, Notice, NoticeKind, NoticeResult
from scld_core.testing.case import Check, Excused, check, refused, require
from scld_core.testing.harness import NoticesBench
from scld_core.testing.lists import SIZES, rows_of, same, whole
from scld_core.testing.notices_tools import LONG_AGO, OPERATIONS, Record, asked, facts, wanted
from scld_core.testing.synthetic import INSTANCE
from scld_core.testing.synthetic_accounts import COUNT, patron
from scld_core.testing.synthetic_agency import notices, record, sent

__all__ = ["CHECKS"]

_SECOND = timedelta(seconds=1)


def _many(size: int) -> tuple[Notice, ...]:
    """So many notices to patron number 1, one a day."""
    return tuple(
        sent(1, days + 1, (NoticeKind.OVERDUE, Channel.EMAIL, NoticeResult.SENT), amount=100 + days)
        for days in range(size)
    )


def _same(bench: NoticesBench, rows: Sequence[Notice], told: Sequence[Notice], what: str) -> None:
    same([facts(row, bench.tells) for row in rows], [facts(one, bench.tells) for one in told], what)


def _listed(
    case: Record, bench: NoticesBench, subject: PatronId, told: Sequence[Notice], since: datetime = LONG_AGO
) -> None:
    """Find the record at fault unless a list has what it must, by whom and when."""
    rows = rows_of(asked(bench, case.operation, subject, since))
    one = case.operation == "iter_notices"
    what = "the notices to one patron" if one else "the notices since an instant"
    should = wanted(case.operation, told, subject, since)
    same([(row.patron, row.sent_at) for row in rows], [(row.patron, row.sent_at) for row in should], what)


def whole_list(case: Record) -> None:
    """Everything is listed once, at every length around the size of a page, dated, and the end is marked."""
    for size in SIZES:
        bench = case.open(notices(rows=_many(size)))
        try:
            rows = whole(asked(bench, case.operation, patron(1)), case.clock, live=False)
        except (BadInput, GuardStopped):
            require(size == 0, f"a list of {size} rows is refused")
            continue
        _same(bench, rows, _many(size), f"a list of {size} notices")


def cut_list(case: Record) -> None:
    """A list that breaks off is not passed off as whole: it raises, or its final page is not marked as last."""
    bench = case.open(notices(rows=_many(7)))
    case.lever(bench.cut, "cut")(1)
    pages: list[Page[Any]] = []
    try:
        pages.extend(asked(bench, case.operation, patron(1)))
    except BackendError:
        return
    require(not pages or not pages[-1].last, "a list that broke off is marked as whole")
    require(len([row for page in pages for row in page.rows]) < 7, "the harness did not cut the list")


def as_told(case: Record) -> None:
    """Each notice is answered with the kind, channel, result and the rest that the ILS has recorded of it."""
    bench = case.open(notices())
    rows = [
        row
        for number in (range(COUNT) if case.operation == "iter_notices" else (0,))
        for row in rows_of(asked(bench, case.operation, patron(number)))
    ]
    told = {(one.patron, one.sent_at): one for one in record()}
    require(
        {(row.patron, row.sent_at) for row in rows} == told.keys(),
        "a notice is missing, or to another or of another time",
    )
    for row in rows:
        true = told[row.patron, row.sent_at]
        for name in sorted(bench.tells):
            right = getattr(row, name) == getattr(true, name)
            require(right, f"the {name} of a notice that is {true.result.value} by {true.channel.value} is another")


def oldest_first(case: Record) -> None:
    """A list begins with the oldest notice and never goes back, from one page to the next neither."""
    bench = case.open(notices())
    times = [row.sent_at for row in rows_of(asked(bench, case.operation, patron(0)))]
    require(len(times) > 2, "notices are missing")  # so many that they stand on two pages
    require(times == sorted(times), "a list is not in the order of sending")


def only_that_patron(case: Record) -> None:
    """The notices to a patron are that patron's, all of them, and nobody else's."""
    bench = case.open(notices())
    for number in range(COUNT):
        _listed(case, bench, patron(number), record())


def unknown_patron(case: Record) -> None:
    """A patron whom the record does not know has no notices, though the id resembles somebody's."""
    bench = case.open(notices())
    for local in ("p999", "p00", "p0020", "P002", "%"):
        rows = whole(bench.notices.iter_notices(evolve(patron(2), local=local)), case.clock, live=False)
        require(not rows, "an unknown patron is given somebody's notices")


def foreign_patron(case: Record) -> None:
    """A patron of another instance has no notices here or is refused; the prefix is never stripped."""
    bench = case.open(notices())
    try:
        rows = rows_of(bench.notices.iter_notices(patron(2, "another")))
    except BackendError:
        return
    require(not rows, "a patron of another instance is given somebody's notices")


def since_is_included(case: Record) -> None:
    """What was sent at the very instant is listed, what was sent a second before is not."""
    bench = case.open(notices())
    moments = sorted({one.sent_at for one in record()})
    for moment in moments:
        for since in (moment - _SECOND, moment, moment + _SECOND):
            _listed(case, bench, patron(0), record(), since)


def own_ids(case: Record) -> None:
    """Every id in a notice names the instance it comes from."""
    bench = case.open(notices())
    for row in rows_of(asked(bench, case.operation, patron(0))):
        ids = (row.patron, row.item or row.patron)
        require({one.backend for one in ids} == {INSTANCE}, "an id names another instance, or none of ours")


def again_the_same(case: Record) -> None:
    """Reading twice with nothing in between gives the same notices in the same order."""
    bench = case.open(notices())
    first, second = (rows_of(asked(bench, case.operation, patron(0))) for _ in range(2))
    require(first == second, "two answers about one record differ")


def sees_changes(case: Record) -> None:
    """A notice that goes out shows in the next answer, or the answer is dated before it."""
    bench = case.open(notices())
    show = case.lever(bench.show, "show")
    list(asked(bench, case.operation, patron(1)))
    began = case.clock.tick(seconds=5)
    new = evolve(sent(1, 0, (NoticeKind.BILL, Channel.MAIL, NoticeResult.SENT), amount=2599), sent_at=began)
    show(new)
    case.clock.tick(seconds=5)
    pages = list(asked(bench, case.operation, patron(1)))
    if min(page.as_of for page in pages) < began:
        raise Excused("the record is of an earlier time, and says so")
    seen = [row for page in pages for row in page.rows]
    _same(bench, seen, wanted(case.operation, (*record(), new), patron(1)), "a list after a new notice")


def unreachable(case: Record) -> None:
    """While the record cannot be reached, a list raises a fault of the tree and is never answered as empty."""
    bench = case.open(notices())
    case.lever(bench.outage, "outage")()
    refused(lambda: list(asked(bench, case.operation, patron(2))), case.operation)


CHECKS: tuple[Check[Any], ...] = (
    check("notices", *OPERATIONS)(whole_list),
    check("notices", *OPERATIONS)(cut_list),
    check("notices", *OPERATIONS)(as_told),
    check("notices", *OPERATIONS)(oldest_first),
    check("notices", "iter_notices")(only_that_patron),
    check("notices", "iter_notices")(unknown_patron),
    check("notices", "iter_notices")(foreign_patron),
    check("notices", "iter_sent")(since_is_included),
    check("notices", *OPERATIONS)(own_ids),
    check("notices", *OPERATIONS)(again_the_same),
    check("notices", *OPERATIONS)(sees_changes),
    check("notices", *OPERATIONS)(unreachable),
)
"""In the order of the report."""
