"""What the day's run adds for hotspots: the worklists and bulk files of what people must do by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen

from scld_core import codecs
from scld_core.hotspots.model import BulkFile, BulkRow, LineOrder
from scld_core.hotspots.ports import BulkDelivery, CarrierLines
from scld_core.hotspots.text import REASONS, VERBS
from scld_core.runs.model import Risk, StepRecord, StepState
from scld_core.services.worklist import Worklist, WorklistFiles, WorklistRow, write_worklist

__all__ = ["Delivery", "deliver"]


@frozen
class Delivery:
    """The files that left for one carrier: the page and CSV to tick, and the bulk file if it takes one."""

    carrier: str
    rows: int
    files: WorklistFiles
    bulk: Path | None


def deliver(
    records: Iterable[StepRecord], carriers: Mapping[str, CarrierLines], folder: Path, now: datetime, *, run: str
) -> tuple[Delivery, ...]:
    """Write one worklist for each carrier that has steps waiting for an operator."""
    by_carrier: dict[str, list[tuple[StepRecord, LineOrder]]] = defaultdict(list)
    for record in records:
        if record.state is StepState.WAITING_OPERATOR:
            order = codecs.load(LineOrder, record.step.payload)
            by_carrier[order.carrier].append((record, order))
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(
        _deliver(carrier, rows, carriers[carrier], folder, now, run=run) for carrier, rows in sorted(by_carrier.items())
    )


def _deliver(
    carrier: str, rows: list[tuple[StepRecord, LineOrder]], port: CarrierLines, folder: Path, now: datetime, *, run: str
) -> Delivery:
    bulk: BulkFile | None = None
    if isinstance(port, BulkDelivery):
        bulk = port.bulk_file([BulkRow(r.step.id, r.step.action.partition(".")[2], o.line, _why(r)) for r, o in rows], now)
    expires = bulk.expires if bulk else now + timedelta(hours=24)
    worklist = Worklist(f"{run}-{carrier}", carrier, now, expires, tuple(_row(r, o) for r, o in rows))
    files = write_worklist(worklist, folder)
    path = None
    if bulk is not None:
        path = folder / bulk.name
        temporary = path.with_suffix(path.suffix + ".tmp")
        temporary.write_bytes(bulk.content)
        temporary.replace(path)
    return Delivery(carrier, len(rows), files, path)


def _why(record: StepRecord) -> str:
    return " ".join(reason.text(REASONS) for reason in record.step.reasons)


def _row(record: StepRecord, order: LineOrder) -> WorklistRow:
    return WorklistRow(
        step=record.step.id,
        action=VERBS[record.step.action],
        label=record.step.label,
        identifiers=(("IMEI", str(order.line.imei)), ("SIM (ICCID)", str(order.line.iccid)), ("Number", str(order.line.msisdn or ""))),
        why=_why(record),
        risky=record.step.risk is not Risk.ROUTINE,
    )
