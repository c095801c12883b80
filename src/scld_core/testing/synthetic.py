"""The synthetic records that every check begins with. No number, id or name in it is anybody's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.ids import ItemId, LoanId, PatronId
from scld_core.patrons.model import Household
from scld_core.plugins.seed import Seed

__all__ = [
    "CANARIES",
    "CARD",
    "FOREIGN_WORD",
    "HOUSEHOLD",
    "INSTANCE",
    "NOW",
    "PATRON",
    "SECRET",
    "account",
    "catalogue",
    "item",
    "line",
    "shelf",
    "stranger",
    "twin",
    "view",
]

NOW = datetime(2026, 11, 2, 16, 0, tzinfo=UTC)
"""When every check begins: 08:00 in Spokane, the day after daylight-saving time ended."""

INSTANCE = "kit"
"""The instance name under which a backend is graded."""

SECRET = "canary-secret-5f3a9c"  # noqa: S105 - a canary, to be found where it must not be
PATRON = "canary-patron-77120"
HOUSEHOLD = "canary-household-4471"
CARD = "canarycard3306"

CANARIES = (SECRET, PATRON, HOUSEHOLD, CARD)
"""What must never be seen outside."""

FOREIGN_WORD = "HOTLINE_2"
"""A state word that no adapter can have a translation for."""

_DAY = timedelta(days=1)


def line(number: int) -> Line:
    """The synthetic line `number`, the same every time."""
    return _numbered("990000", f"{number:08d}", "8901999")


def twin(of: Line) -> Line:
    """A line that nobody has: its numbers end as those of `of` and begin otherwise."""
    return Line(_imei("980000" + of.imei.digits[6:14]), Iccid("8901888" + of.iccid.digits[7:]))


def stranger() -> Line:
    """A line that nobody has, with numbers that resemble no other."""
    return _numbered("970000", "76543210", "8901777")


def _numbered(front: str, tail: str, sim: str) -> Line:
    return Line(_imei(front + tail), Iccid(f"{sim}0000{tail}"))


def _imei(body: str) -> Imei:
    return Imei(body + luhn_digit(body))


def view(number: int, state: ServiceState, word: str = "") -> LineView:
    """What the account says of the line `number` when a check begins."""
    shown = line(number)
    return LineView(shown.imei, shown.iccid, state, NOW, word)


def account(size: int = 5) -> Seed:
    """An account of `size` lines by number: every third, from number 1, is suspended, the others are active."""
    return Seed(
        lines=tuple(view(n, ServiceState.SUSPENDED if n % 3 == 1 else ServiceState.ACTIVE) for n in range(size))
    )


def item(number: int, instance: str = INSTANCE) -> ItemId:
    """The synthetic item `number`."""
    return ItemId(instance, f"i{number:03d}")


def _lent(number: int, instance: str, due: timedelta, *, back: bool = False) -> Loan:
    return Loan(
        LoanId(instance, f"loan-{number:03d}"),
        item(number, instance),
        NOW + due,
        out_at=NOW - 30 * _DAY,
        returned_at=NOW - 2 * _DAY if back else None,
        patron=PatronId(instance, PATRON),
        household=Household(HOUSEHOLD),
    )


def catalogue(instance: str = INSTANCE) -> Seed:
    """An ILS in which every state occurs: loans overdue, due now, due later, returned; items never lent."""
    s = ItemState
    rows: tuple[tuple[ItemState, Loan | None], ...] = (
        (s.ON_LOAN, _lent(0, instance, -3 * _DAY)),
        (s.ON_LOAN, _lent(1, instance, 4 * _DAY)),
        (s.ON_LOAN, _lent(2, instance, timedelta(0))),
        (s.CHECKED_IN, _lent(3, instance, -5 * _DAY, back=True)),
        (s.LOST, _lent(4, instance, -70 * _DAY)),
        (s.CLAIMS_RETURNED, _lent(5, instance, -9 * _DAY)),
        (s.CHECKED_IN, None),
        (s.IN_TRANSIT, None),
        (s.ON_HOLD_SHELF, None),
        (s.LOST_PAID, None),
        (s.MISSING, None),
        (s.WITHDRAWN, None),
    )
    seen = (
        Circulation(item(number, instance), state, NOW, loan, since=NOW - 10 * _DAY, word=state.value)
        for number, (state, loan) in enumerate(rows)
    )
    return _seed(tuple(seen))


def shelf(size: int, instance: str = INSTANCE) -> Seed:
    """An ILS of `size` items, all of them overdue since different days."""
    rows = (
        Circulation(item(n, instance), ItemState.ON_LOAN, NOW, _lent(n, instance, -(n + 1) * _DAY), since=NOW)
        for n in range(size)
    )
    return _seed(tuple(rows))


def _seed(rows: tuple[Circulation, ...]) -> Seed:
    lent = [row.loan.patron for row in rows if row.loan is not None and row.loan.patron is not None]
    patrons = {patron.local: Household(HOUSEHOLD) for patron in lent}
    barcodes = {row.item.local: f"3909999{place:07d}" for place, row in enumerate(rows)}
    return Seed(items=rows, barcodes=barcodes, households=patrons)
