"""What the day's run adds for hotspots: the worklists and bulk files of what people must do by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from attrs import frozen

from scld_core import codecs
from scld_core.hotspots.model import BulkFile, BulkRow, LineOrder
from scld_core.hotspots.ports import BulkDelivery, CarrierLines
from scld_core.hotspots.text import REASONS, VERBS
from scld_core.runs.model import Risk, StepRecord, StepState
from scld_core.services.files import replace_file
from scld_core.services.worklist import Worklist, WorklistFiles, WorklistRow, write_worklist
from scld_core.settings import Settings

__all__ = ["Delivery", "deliver"]

_A_DAY = timedelta(days=1)


@frozen
class Delivery:
    """The files that left for one carrier: the page and CSV to tick, and the bulk file if it takes one.

    `steps` are the ids of its rows.
    """

    carrier: str
    rows: int
    files: WorklistFiles
    bulk: Path | None
    steps: frozenset[str] = frozenset()

    @classmethod
    def of(cls, worklist: Worklist, title: str, folder: Path, bulk: Path | None = None) -> Self:
        """Write a worklist; the bulk file is there already."""
        steps = frozenset(row.step for row in worklist.rows)
        return cls(title, len(worklist.rows), write_worklist(worklist, folder), bulk, steps)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files in the order in which a person needs them."""
        return tuple(path for path in (self.files.html, self.files.csv, self.bulk) if path is not None)


def deliver(
    records: Iterable[StepRecord],
    carriers: Mapping[str, CarrierLines],
    folder: Path,
    now: datetime,
    *,
    run: str,
    settings: Settings,
) -> tuple[Delivery, ...]:
    """Write one worklist for each carrier that has steps waiting for an operator."""
    by_carrier: dict[str, list[tuple[StepRecord, LineOrder]]] = defaultdict(list)
    for record in records:
        if record.state is StepState.WAITING_OPERATOR:
            order = codecs.load(LineOrder, record.step.payload)
            by_carrier[order.carrier].append((record, order))
    district = settings.district
    deliveries: list[Delivery] = []
    for carrier, rows in sorted(by_carrier.items()):
        bulk = _bulk(carriers.get(carrier), rows, now)  # None: the district has renamed or dropped it since
        worklist = Worklist(
            f"{run}-{carrier}",
            carrier,
            now,
            bulk.expires if bulk else now + _A_DAY,
            tuple(_row(record, order) for record, order in rows),
            district=district.name,
            zone=ZoneInfo(district.timezone),
            sample=district.sample,
        )
        path = None if bulk is None else replace_file(folder / bulk.name, bulk.content)
        deliveries.append(Delivery.of(worklist, carrier, folder, path))
    return tuple(deliveries)


def _bulk(port: object, rows: Iterable[tuple[StepRecord, LineOrder]], now: datetime) -> BulkFile | None:
    if not isinstance(port, BulkDelivery):
        return None
    return port.bulk_file([BulkRow(r.step.id, r.step.action.partition(".")[2], o.line, _why(r)) for r, o in rows], now)


def _why(record: StepRecord) -> str:
    return " ".join(reason.text(REASONS) for reason in record.step.reasons)


def _row(record: StepRecord, order: LineOrder) -> WorklistRow:
    return WorklistRow(
        step=record.step.id,
        action=VERBS[record.step.action],
        label=record.step.label,
        identifiers=(
            ("IMEI", str(order.line.imei)),
            ("SIM (ICCID)", str(order.line.iccid)),
            ("Number", str(order.line.msisdn or "")),
        ),
        why=_why(record),
        risky=record.step.risk is not Risk.ROUTINE,
    )
