"""The sample's hotspots: forty devices times the scale, messy on purpose. Every value is synthetic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from attrs import frozen

from scld_core.calendars import Calendar
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.holds.model import Copy
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.devices import Iccid, Imei
from scld_core.kernel.ids import ItemId, LoanId, PatronId, TitleId
from scld_core.patrons.model import Household
from scld_core.plugins.seed import Seed

__all__ = ["LIBRARIES", "SampleHotspots", "make_hotspots"]

LIBRARIES = (
    "airway-heights",
    "argonne",
    "cheney",
    "deer-park",
    "fairfield",
    "medical-lake",
    "moran-prairie",
    "north-spokane",
    "otis-orchards",
    "spokane-valley",
)
INVENTORY_HEADER = ("item", "barcode", "imei", "iccid", "msisdn", "carrier", "home", "model")
PER_SCALE = 40


@frozen
class SampleHotspots:
    """The inventory's rows (some damaged, as a spreadsheet leaves them) and what the systems hold."""

    inventory: tuple[tuple[str, ...], ...]
    seed: Seed


@frozen
class _Numbers:
    item: str
    barcode: str
    imei: str
    iccid: str
    msisdn: str
    home: str


def _numbers(index: int) -> _Numbers:
    body = f"35{index:012d}"
    sim = f"8914800000{index:08d}"
    bar = f"3999900{index:06d}"  # 9999: no institution's number
    return _Numbers(
        f"i{1000 + index}",
        bar + luhn_digit(bar),
        body + luhn_digit(body),
        sim + luhn_digit(sim),
        f"509555{index % 10000:04d}",
        LIBRARIES[index % len(LIBRARIES)],
    )


@frozen
class _World:
    """The sample's present, and how its records are made."""

    ils: str
    now: datetime
    calendar: Calendar

    def due(self, days_ago: int) -> datetime:
        day = self.calendar.business_date(self.now) - timedelta(days=days_ago)
        return self.calendar.end_of_business_day(day)

    def loan(self, n: _Numbers, days_ago: int, *, returned: bool = False, patron: str = "") -> Loan:
        local = patron or f"p{n.item[1:]}"
        due = self.due(days_ago)
        return Loan(
            LoanId(self.ils, f"l{n.item[1:]}"),
            ItemId(self.ils, n.item),
            due,
            due - timedelta(days=14),
            self.now - timedelta(hours=15) if returned else None,
            PatronId(self.ils, local),
            Household(f"h{local[1:]}"),
        )

    def out(self, n: _Numbers, days_ago: int, *, patron: str = "") -> Circulation:
        return Circulation(
            ItemId(self.ils, n.item), ItemState.ON_LOAN, self.now, self.loan(n, days_ago, patron=patron), None, "Out"
        )

    def inside(self, n: _Numbers, state: ItemState, days: float = 0.625, word: str = "") -> Circulation:
        kept = state in (ItemState.LOST, ItemState.LOST_PAID, ItemState.CLAIMS_RETURNED)
        return Circulation(
            ItemId(self.ils, n.item),
            state,
            self.now,
            self.loan(n, 60) if kept else None,
            self.now - timedelta(days=days),
            word or state.value,
        )


_Case = tuple[Callable[[_World, _Numbers], Circulation | None], ServiceState, str]
_ON, _OFF = ServiceState.ACTIVE, ServiceState.SUSPENDED

MESSY: tuple[_Case, ...] = (
    (lambda w, n: w.out(n, 5), _ON, "overdue and still in service"),
    (lambda w, n: w.out(n, 12), _OFF, "overdue and suspended: in order"),
    (lambda w, n: w.inside(n, ItemState.CHECKED_IN), _OFF, "returned and still suspended"),
    (lambda w, n: w.inside(n, ItemState.IN_TRANSIT), _OFF, "returned, in transit, still suspended"),
    (lambda w, n: w.out(n, 1), _ON, "in grace"),
    (lambda w, n: w.out(n, -6), ServiceState.UNKNOWN_WORD, "a carrier word nobody knows"),
    (lambda w, n: w.out(n, -3), _ON, "lost SIM: the carrier has another one in this device"),
    (lambda w, n: w.out(n, -2), _ON, "IMEI lost its leading digits in a spreadsheet"),
    (lambda w, n: w.out(n, -9), _ON, "SIM number in scientific notation"),
    (lambda w, n: w.inside(n, ItemState.CHECKED_IN), _ON, "shares a SIM with the next row"),
    (lambda w, n: w.inside(n, ItemState.CHECKED_IN), _ON, "shares a SIM with the row before"),
    (lambda w, n: w.inside(n, ItemState.CLAIMS_RETURNED, 4), _ON, "claimed returned"),
    (lambda w, n: w.inside(n, ItemState.LOST, 9), _ON, "lost, not paid"),
    (lambda w, n: w.inside(n, ItemState.LOST, 120), _OFF, "lost for long: its line should end"),
    (lambda w, n: w.inside(n, ItemState.LOST_PAID, 20), _OFF, "lost and paid: its line should end"),
    (lambda w, n: w.inside(n, ItemState.WITHDRAWN, 3), _ON, "withdrawn"),
    (lambda w, n: w.inside(n, ItemState.ON_HOLD_SHELF), _OFF, "on the hold shelf, still suspended"),
    (lambda w, n: w.out(n, 7, patron="p9001"), _ON, "overdue on a card that was merged"),
    (lambda w, n: w.inside(n, ItemState.MISSING, 2), _ON, "missing"),
    (lambda _w, _n: None, _ON, "the ILS does not know it"),
    (lambda w, n: w.out(n, -13), _OFF, "renewed while suspended"),
    (lambda w, n: w.inside(n, ItemState.UNKNOWN_WORD, 1, "Display case"), _ON, "an ILS word nobody knows"),
)


def _plain(rng: Random) -> _Case:
    """A hotspot of which nothing much is to be said."""
    if rng.random() < 0.6:
        days = rng.randint(-14, -1)
        return (lambda w, n: w.out(n, days), _ON, "on loan")
    return (lambda w, n: w.inside(n, ItemState.CHECKED_IN, 2), _ON, "checked in")


def _line(n: _Numbers, case: _Case, world: _World) -> LineView:
    _, state, story = case
    sim = Iccid(n.iccid)
    if story.startswith("lost SIM"):
        body = f"8914800009{int(n.item[1:]):08d}"
        sim = Iccid(body + luhn_digit(body))
    word = "HOTLINED" if state is ServiceState.UNKNOWN_WORD else state.value
    return LineView(Imei(n.imei), sim, state, world.now, word)


def _row(n: _Numbers, story: str, before: _Numbers | None) -> tuple[str, ...]:
    imei, iccid = n.imei, n.iccid
    if story.startswith("IMEI lost"):
        imei = n.imei[2:]
    elif story.startswith("SIM number"):
        iccid = f"{float(n.iccid):.5E}"
    elif story.endswith("row before") and before is not None:
        iccid = before.iccid
    return (n.item, n.barcode, imei, iccid, n.msisdn, "carrier", n.home, "Synthetic M1")


def make_hotspots(*, ils: str, now: datetime, calendar: Calendar, scale: int, seed: int) -> SampleHotspots:
    """Forty times `scale` hotspots; the same arguments always give the same records."""
    rng = Random(seed)  # noqa: S311 - a sample, no secret
    world = _World(ils, now, calendar)
    rows: list[tuple[str, ...]] = []
    items: list[Circulation] = []
    lines: list[LineView] = []
    numbers = [_numbers(index) for index in range(PER_SCALE * scale)]
    for index, n in enumerate(numbers):
        case = MESSY[index] if index < len(MESSY) else _plain(rng)
        found = case[0](world, n)
        items.extend(() if found is None else (found,))
        lines.append(_line(n, case, world))
        rows.append(_row(n, case[2], numbers[index - 1] if index else None))
    stranger = _numbers(PER_SCALE * scale + 7)
    lines.append(LineView(Imei(stranger.imei), Iccid(stranger.iccid), _ON, now, "active"))
    known = {item.item.local for item in items}
    return SampleHotspots(
        tuple(rows),
        Seed(
            tuple(items),
            tuple(lines),
            {n.item: n.barcode for n in numbers if n.item in known},
            {n.item: n.home for n in numbers if n.item in known},
            {f"p{tail}": Household(f"h{tail}") for tail in (*(n.item[1:] for n in numbers), "9001", "9002")},
            {"p9001": "p9002"},
            copies={n.item: Copy(TitleId(ils, "hotspot"), "HOTSPOT") for n in numbers if n.item in known},
        ),
    )
