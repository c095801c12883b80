"""A synthetic day: a plan, its receipts and its verification, as the report and the worklist see them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from attrs import frozen
from hypothesis import strategies as st

from scld_core.hotspots.text import REASONS, VERBS
from scld_core.kernel.decision import Reason
from scld_core.kernel.page import Quarantined
from scld_core.runs.model import (
    AreaPlan,
    Evidence,
    ExceptionItem,
    Facts,
    Plan,
    Receipt,
    Risk,
    Step,
    StepRecord,
    StepState,
    Waiting,
    Withdrawal,
)
from scld_core.runs.verify import Verification
from scld_core.services.worklist import Worklist, WorklistRow
from support.hotspots import device

ZONE = ZoneInfo("America/Los_Angeles")
DAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 16, 2, tzinfo=UTC)  # 8:02 on the wall in Spokane
TEXTS: Mapping[str, str] = {
    **REASONS,
    **VERBS,
    "overdue": "Due {due}, {days} open days overdue, grace is {grace}.",
    "hotspots.suspend.done": "Suspended",
    "hotspots.restore.done": "Restored",
    "hotspots.terminate.done": "Ended the line of",
    "hotspots.subject": "hotspot",
}

OVERDUE = Reason(
    "overdue", (("due", "Tue Nov 17"), ("days", "3"), ("grace", "2")), "hotspots", "spokane-county 2026-01"
)
RETURNED = Reason("returned", (("since", "Thu Nov 19, 5:41 PM"),), "hotspots", "spokane-county 2026-01")
LOST = Reason("lost_long", (("since", "Tue Sep 15, 2026"),), "hotspots", "spokane-county 2026-01")
DRIFT = Reason("drift", (("last", "suspended on Nov 12"),), "hotspots", "spokane-county 2026-01")
_RISKS = {"suspend": Risk.RISKY, "restore": Risk.ROUTINE, "terminate": Risk.IRREVERSIBLE}


def step(number: int, verb: str, *reasons: Reason, home: str = "Cheney") -> Step:
    """A step for synthetic hotspot `number`."""
    hotspot = device(number)
    fact = {"suspend": "item is overdue", "restore": "item is checked in", "terminate": "item is lost"}[verb]
    return Step(
        f"hotspots.{verb}",
        str(hotspot.item),
        f"synthetic cause {number}",
        "hotspots",
        DAY,
        "{}",
        f"{hotspot.barcode} ({home})",
        reasons,
        (
            Evidence("main", fact, NOW - timedelta(minutes=7)),
            Evidence(
                "carrier", "line is suspended" if verb == "restore" else "line is active", NOW - timedelta(minutes=3)
            ),
        ),
        _RISKS[verb],
        needs_approval=verb == "terminate",
    )


def receipt(of: Step, result: str, detail: str = "") -> Receipt:
    """What became of `of`."""
    return Receipt(of.id, of.subject, of.action, result, NOW, detail)


@frozen
class SampleDay:
    """A whole day as `day_report` takes it."""

    plan: Plan
    receipts: tuple[Receipt, ...]
    verification: Verification
    settled: tuple[StepRecord, ...] = ()


_EXCEPTIONS = (
    ExceptionItem(
        "hotspots",
        "not_at_carrier",
        "31234000000095 (Airway Heights)",
        "carrier lists no line with this SIM",
        "Compare the SIM card with the inventory; if the SIM is lost, tell the carrier and order a new one.",
    ),
    ExceptionItem(
        "hotspots",
        "unknown_word",
        "31234000000103 (Otis Orchards)",
        "carrier says 'HOTLINE_2'",
        "Look at the line in the carrier's portal; tell us in district.toml what its word means.",
    ),
    ExceptionItem(
        "hotspots",
        "inventory_row",
        "hotspots.csv:41: imei: spreadsheet damage: written in scientific notation, digits are lost",
        "imei: spreadsheet damage: written in scientific notation, digits are lost",
        "Correct this row of the inventory; its hotspot is left alone until then.",
    ),
)
_NOTES = (
    ExceptionItem(
        "hotspots",
        "service_test_due",
        "31234000000020 (Deer Park)",
        "restored and not tested since",
        "Before it leaves: switch it on, join its network, load a page, and record the test.",
    ),
)


def messy(*, residual: bool = False) -> SampleDay:
    """A day on which everything that can happen happens once or twice."""
    overdue = [
        step(n, "suspend", OVERDUE, home=h) for n, h in ((1, "Cheney"), (2, "North Spokane"), (3, "Moran Prairie"))
    ]
    back = [step(n, "restore", RETURNED, home=h) for n, h in ((4, "Deer Park"), (5, "Medical Lake"))]
    drifted = step(6, "suspend", OVERDUE, DRIFT, home="Spokane Valley")
    lost = step(7, "terminate", LOST, home="Fairfield")
    by_hand = step(8, "suspend", OVERDUE, home="Argonne")
    came_back = step(9, "suspend", OVERDUE, home="Argonne")
    refused = step(10, "suspend", OVERDUE, home="Cheney")
    steps = (*overdue, *back, drifted, lost, by_hand, came_back, refused)
    receipts = (
        *(receipt(s, "applied") for s in (*overdue, *back, drifted)),
        receipt(lost, "needs_approval"),
        receipt(by_hand, "waiting"),
        receipt(came_back, "skipped", "the item came back at 7:58 AM"),
        receipt(refused, "failed", "carrier.suspend: the account does not allow it"),
    )
    early = step(11, "restore", RETURNED, home="Medical Lake")
    waiting = (
        Waiting(lost.id, "hotspots", lost.action, lost.subject, lost.label, NOW, "approval"),
        Waiting(by_hand.id, "hotspots", by_hand.action, by_hand.subject, by_hand.label, NOW, "operator"),
        Waiting(
            early.id,
            "hotspots",
            early.action,
            early.subject,
            early.label,
            NOW - timedelta(hours=20),
            "carrier",
            "accepted as request-000017",
        ),
    )
    quarantined = (
        Quarantined("hotspots.csv", 41, "imei: spreadsheet damage: written in scientific notation, digits are lost"),
        Quarantined("hotspots.csv", 57, "two rows have this SIM", "31234000000111"),
    )
    facts = (
        Facts("main", NOW - timedelta(minutes=7), 140, live=True),
        Facts("carrier", NOW - timedelta(minutes=3), 143, live=True),
        Facts("hotspots.csv", NOW - timedelta(days=3, hours=2), 140, live=False, quarantined=quarantined),
    )
    gone = Withdrawal("0123456789abcdef", "the item is now returned")
    area = AreaPlan("hotspots", steps, waiting, _EXCEPTIONS, _NOTES, (gone,), facts, 127)
    plan = Plan("Spokane County Library District", DAY, NOW - timedelta(minutes=2), (area,))
    earlier = StepRecord(step(12, "restore", RETURNED, home="Otis Orchards"), "2026-11-19-1", StepState.APPLIED, NOW)
    remaining = (refused,) if residual else ()
    return SampleDay(plan, receipts, Verification(NOW, remaining), (earlier,))


def quiet() -> SampleDay:
    """A day on which nothing differs."""
    facts = (Facts("main", NOW, 140, live=True), Facts("carrier", NOW, 140, live=True))
    area = AreaPlan("hotspots", facts=facts, in_order=140)
    return SampleDay(Plan("Spokane County Library District", DAY, NOW, (area,)), (), Verification(NOW))


def worklist(count: int = 7) -> Worklist:
    """A worklist of synthetic hotspots: suspensions first, then restores."""
    rows: list[WorklistRow] = []
    for number in range(1, count + 1):
        verb, reason = ("suspend", OVERDUE) if number % 3 else ("restore", RETURNED)
        one, hotspot = step(number, verb, reason), device(number)
        rows.append(
            WorklistRow(
                one.id,
                VERBS[one.action],
                one.label,
                (("IMEI", str(hotspot.line.imei)), ("SIM (ICCID)", str(hotspot.line.iccid)), ("Number", "")),
                reason.text(TEXTS),
                risky=verb == "suspend",
            )
        )
    return Worklist(
        "2026-11-20-1-carrier",
        "carrier",
        NOW,
        NOW + timedelta(hours=10),
        tuple(rows),
        "Spokane County Library District",
        ZONE,
        sample=True,
    )


RESULTS = ("applied", "waiting", "failed", "unknown", "skipped", "vetoed", "needs_approval", "held")


@st.composite
def days(draw: st.DrawFn) -> SampleDay:
    """Any mixture of results, of rows that wait already, of differences that remain, of unusable rows."""
    count = draw(st.integers(0, 8))
    steps = [step(n, draw(st.sampled_from(["suspend", "restore", "terminate"])), OVERDUE) for n in range(1, count + 1)]
    results = {s.id: draw(st.sampled_from(RESULTS)) for s in steps}
    receipts = tuple(receipt(s, results[s.id]) for s in steps if results[s.id] != "held")
    open_ = [s for s in steps if results[s.id] in ("waiting", "unknown", "needs_approval") and draw(st.booleans())]
    remaining = tuple(s for s in steps if s not in open_ and results[s.id] != "held" and draw(st.booleans()))
    ons = st.sampled_from(["approval", "operator", "carrier", "read-back", ""])
    waiting = tuple(Waiting(s.id, s.area, s.action, s.subject, s.label, NOW, draw(ons)) for s in open_)
    bad = tuple(Quarantined("synthetic.csv", n, f"row {n} is odd") for n in range(2, 2 + draw(st.integers(0, 4))))
    listed = tuple(
        ExceptionItem("hotspots", "row", str(q), q.reason, "Correct it.") for q in bad if draw(st.booleans())
    )
    area = AreaPlan(
        "hotspots", tuple(steps), waiting, listed, facts=(Facts("synthetic.csv", NOW, 9, live=False, quarantined=bad),)
    )
    return SampleDay(Plan("Synthetic", DAY, NOW, (area,)), receipts, Verification(NOW, remaining))
