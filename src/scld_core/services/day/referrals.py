"""What the day's run adds for referrals: the worklists of files and postings that a person must do by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from scld_core import codecs
from scld_core.agency.referrals.batch import AREA, SEND, SendOrder
from scld_core.agency.referrals.desk import ReferralDesk
from scld_core.agency.referrals.effects import EffectOrder
from scld_core.agency.referrals.text import REASONS, VERBS
from scld_core.runs.model import Risk, StepRecord, StepState
from scld_core.services.day.hotspots import Delivery
from scld_core.services.files import replace_file
from scld_core.services.worklist import Wording, Worklist, WorklistRow
from scld_core.settings import Settings

__all__ = ["deliver_referrals"]

_A_DAY = timedelta(days=1)
_UNREAL = "No patron or account on this page is real."
_FILES = Wording(
    columns=("File", "Rows", "Total"),
    recheck="All rows there",
    before=(
        "The file lies beside this page. Bring it to the agency as it is, or enter its rows in the portal in their "
        "order. Tick it when the agency has all of it: the tick is the receipt, and fee, flag and block follow."
    ),
    unreal=_UNREAL,
)
_POSTINGS = Wording(columns=("Patron", "Amount"), recheck="Patron rechecked", unreal=_UNREAL)


def deliver_referrals(
    records: Iterable[StepRecord], desk: ReferralDesk, folder: Path, now: datetime, *, run: str, settings: Settings
) -> tuple[Delivery, ...]:
    """One worklist for the files, each beside it, and one for what is posted to the ILS."""
    waiting = [record for record in records if record.step.area == AREA and record.state is StepState.WAITING_OPERATOR]
    files = [record for record in waiting if record.step.action == SEND]
    postings = [record for record in waiting if record.step.action != SEND]
    made = (
        ("files", "files for the agency", tuple(_file(desk, r) for r in files), _FILES),
        ("postings", "the ILS, for referrals", tuple(_posting(r) for r in postings), _POSTINGS),
    )
    district = settings.district
    deliveries: list[Delivery] = []
    for name, title, rows, wording in made:
        if not rows:
            continue
        worklist = Worklist(
            f"{run}-referrals-{name}",
            title,
            now,
            now + _A_DAY,
            rows,
            district=district.name,
            zone=ZoneInfo(district.timezone),
            sample=district.sample,
            wording=wording,
        )
        deliveries.append(Delivery.of(worklist, title, folder))
    for record in files:
        name, content = desk.file(codecs.load(SendOrder, record.step.payload))
        replace_file(folder / name, content)
    return tuple(deliveries)


def _file(desk: ReferralDesk, record: StepRecord) -> WorklistRow:
    order = codecs.load(SendOrder, record.step.payload)
    name, _ = desk.file(order)
    numbers = (("File", name), ("Rows", str(len(order.lines))), ("Total", str(order.total)))
    return _row(record, name, numbers)


def _posting(record: StepRecord) -> WorklistRow:
    order = codecs.load(EffectOrder, record.step.payload)
    amount = "" if order.amount is None else str(order.amount)
    return _row(record, order.referral, (("Patron", order.patron), ("Amount", amount)))


def _row(record: StepRecord, label: str, numbers: tuple[tuple[str, str], ...]) -> WorklistRow:
    step = record.step
    why = " ".join(reason.text(REASONS) for reason in step.reasons)
    return WorklistRow(step.id, VERBS[step.action], label, numbers, why, risky=step.risk is not Risk.ROUTINE)
