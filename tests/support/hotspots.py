"""Synthetic hotspots, policies and facts. No number here belongs to anybody."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from scld_core.calendars import Calendar, WeeklyHours
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.hotspots.model import Device, LineView, ServiceState
from scld_core.hotspots.plan import HotspotFacts, Ruling
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.kernel.barcode import Barcode
from scld_core.kernel.checksum import luhn_digit
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.ids import ItemId, LoanId, LocationId, PatronId
from scld_core.patrons.model import Household

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)  # 08:00 in Spokane, two days after the clocks changed
OPEN = ((time(10), time(20)),)
CALENDAR = Calendar(
    "America/Los_Angeles",
    (WeeklyHours(monday=OPEN, tuesday=OPEN, wednesday=OPEN, thursday=OPEN, friday=OPEN, saturday=OPEN),),
)
POLICY = HotspotPolicy(
    grace_days=2,
    max_fact_age_minutes=240,
    lost_terminate_after_days=60,
    pending_limit_hours=48,
    max_batch_count=1000,
    max_batch_fraction=1.0,
    max_missing_fraction=0.2,
    per_household=1,
    cooling_off_hours=24,
    max_actions_per_day=5,
    max_consecutive_suspended_days=90,
    max_suspended_days_per_year=180,
    resume_notice_days=7,
)


def ruling(now: datetime = NOW, policy: HotspotPolicy = POLICY) -> Ruling:
    """The policy above, at `now`."""
    return Ruling(policy, "synthetic@1", CALENDAR, now)


def line(number: int) -> Line:
    """A line with right check digits."""
    imei, sim = f"35{number:012d}", f"8914800000{number:08d}"
    return Line(Imei(imei + luhn_digit(imei)), Iccid(sim + luhn_digit(sim)))


def item_id(number: int) -> ItemId:
    """The item of device `number`."""
    return ItemId("main", f"i{number}")


def device(number: int, carrier: str = "carrier") -> Device:
    """Device `number`."""
    bar = f"3999900{number:06d}"
    return Device(
        item_id(number), Barcode(bar + luhn_digit(bar)), line(number), carrier, LocationId("cheney"), "Synthetic M1"
    )


def due(days_ago: int, now: datetime = NOW) -> datetime:
    """The end of the local business day so many days before `now`'s."""
    return CALENDAR.end_of_business_day(CALENDAR.business_date(now) - timedelta(days=days_ago))


def loan(number: int, due_at: datetime, *, household: str = "h1", returned_at: datetime | None = None) -> Loan:
    """The loan of device `number`, to a synthetic patron."""
    return Loan(
        LoanId("main", f"l{number}"),
        item_id(number),
        due_at,
        due_at - timedelta(days=14),
        returned_at,
        PatronId("main", f"canary-patron-{number}"),
        Household(household),
    )


def out(number: int, days_ago: int, now: datetime = NOW) -> Circulation:
    """Device `number` on loan, due so many days ago."""
    return Circulation(item_id(number), ItemState.ON_LOAN, now, loan(number, due(days_ago, now)))


def inside(number: int, state: ItemState, *, days: float | None = 1, now: datetime = NOW) -> Circulation:
    """Device `number` in any state but on loan, since so many days."""
    since = None if days is None else now - timedelta(days=days)
    return Circulation(item_id(number), state, now, None, since, state.value)


def view(number: int, state: ServiceState, now: datetime = NOW) -> LineView:
    """What the carrier shows of device `number`."""
    return LineView(line(number).imei, line(number).iccid, state, now, state.value)


def facts(*cases: tuple[Circulation, ServiceState]) -> HotspotFacts:
    """Devices 0, 1, ... with these circulations and line states."""
    return HotspotFacts(
        tuple(device(n) for n in range(len(cases))),
        {found.item: found for found, _ in cases},
        {"carrier": tuple(view(n, state) for n, (_, state) in enumerate(cases))},
    )


STATES = st.sampled_from([s for s in ItemState if s is not ItemState.ON_LOAN])


@st.composite
def circulations(draw: st.DrawFn, number: int) -> Circulation:
    """Any circulation of device `number`."""
    if draw(st.booleans()):
        return out(number, draw(st.integers(-20, 60)))
    return inside(number, draw(STATES), days=draw(st.none() | st.integers(0, 200)))


@st.composite
def districts(draw: st.DrawFn, most: int = 8) -> HotspotFacts:
    """The facts of a district of up to `most` devices."""
    count = draw(st.integers(0, most))
    return facts(*((draw(circulations(n)), draw(st.sampled_from(ServiceState))) for n in range(count)))


def day(text: str) -> date:
    """A date out of its ISO text."""
    return date.fromisoformat(text)
