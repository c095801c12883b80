"""Reading the facts of the day, with the guards that refuse to plan on half of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from attrs import frozen

from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.circulation.ports import Loans
from scld_core.errors import BackendError, FileRefused, SnapshotRefused, UnsupportedOperation
from scld_core.hotspots.cases import HotspotFacts, Ruling
from scld_core.hotspots.inventory import Inventory
from scld_core.hotspots.model import Device, LineView, ServiceTest
from scld_core.hotspots.policy import HotspotPolicy
from scld_core.hotspots.ports import CarrierLines
from scld_core.kernel.ids import ItemId
from scld_core.kernel.page import Quarantined
from scld_core.runs.action import Progress, Stage
from scld_core.runs.guards import Snapshot, check_age, check_present, take_snapshot
from scld_core.runs.model import StepRecord

__all__ = ["Systems", "gather"]


@frozen
class Systems:
    """The systems this area stands between, and how to ask for the rest."""

    ils: str
    loans: Loans
    carriers: Mapping[str, CarrierLines]
    inventory: Callable[[], Inventory]
    tests: Callable[[], Mapping[ItemId, tuple[ServiceTest, ...]]]
    ruling: Callable[[datetime], Ruling]


def gather(systems: Systems, ruling: Ruling, records: tuple[StepRecord, ...], progress: Progress) -> HotspotFacts:
    """Read inventory, ILS and carriers whole.

    Raises StaleFacts or SnapshotRefused rather than give a part. A carrier that cannot be reached, or
    whose file cannot be used, is an exception of its own, and its devices are left alone: the others go on.
    Raises FileRefused where that leaves none.
    """
    inventory = systems.inventory()
    if not inventory.devices:
        raise SnapshotRefused(
            f"{inventory.source} has no hotspot that can be used ({len(inventory.quarantined)} rows cannot be); "
            "enter your hotspots there, or look at what became of the file; nothing was changed"
        )
    quarantined: dict[str, tuple[Quarantined, ...]] = {"inventory_row": inventory.quarantined}
    progress(Stage("read", 0, 1 + len(systems.carriers), systems.ils))
    circulation = _circulation(systems, inventory.devices, ruling)
    quarantined["ils_row"] = circulation.quarantined
    sources = [circulation.facts]
    lines: dict[str, tuple[LineView, ...] | None] = {}
    refused: list[FileRefused] = []
    for number, (name, port) in enumerate(systems.carriers.items(), 1):
        progress(Stage("read", number, 1 + len(systems.carriers), name))
        try:
            snapshot = _lines(name, port, inventory.devices, ruling)
        except UnsupportedOperation:
            lines[name] = None
            continue
        except (BackendError, FileRefused) as fault:
            refused += [fault] if isinstance(fault, FileRefused) else []
            quarantined["carrier_down"] = (*quarantined.get("carrier_down", ()), Quarantined(name, 0, str(fault)))
            continue
        lines[name] = snapshot.rows
        quarantined["carrier_row"] = (*quarantined.get("carrier_row", ()), *snapshot.quarantined)
        sources.append(snapshot.facts)
    if refused and len(refused) == len(systems.carriers):
        raise refused[0]
    items = {row.item: row for row in circulation.rows}
    return HotspotFacts(
        inventory.devices,
        items,
        lines,
        records,
        systems.tests(),
        quarantined,
        tuple(sources),
        inventory=inventory.source,
    )


def _age(policy: HotspotPolicy) -> timedelta:
    return timedelta(minutes=policy.max_fact_age_minutes)


def _circulation(systems: Systems, devices: Collection[Device], ruling: Ruling) -> Snapshot[Circulation]:
    items = {device.item for device in devices}
    pages = systems.loans.iter_items(sorted(items))
    found = take_snapshot(systems.ils, pages, lambda row: row.item, live=systems.loans.live)
    check_age(found.facts, ruling.now, _age(ruling.policy))
    present = sum(row.item in items for row in found.rows)
    missing = ruling.policy.max_missing_fraction
    check_present(
        systems.ils,
        "hotspot items",
        expected=len(items),
        present=present,
        max_missing=missing,
        unusable=found.quarantined,
    )
    overdue = take_snapshot(systems.ils, systems.loans.iter_overdue(ruling.now), _loan_key, live=systems.loans.live)
    _check_overdue(systems.ils, found, {loan.item for loan in overdue.rows}, ruling)
    return found


def _loan_key(loan: Loan) -> str:
    return str(loan.id)


def _check_overdue(ils: str, found: Snapshot[Circulation], overdue: set[ItemId], ruling: Ruling) -> None:
    """The ILS's overdue list must name what its item list shows as overdue: else a filter is wrong."""
    late = {
        row.item
        for row in found.rows
        if row.state is ItemState.ON_LOAN and row.loan is not None and row.loan.due_at <= ruling.now
    }
    if len(late - overdue) > ruling.policy.max_missing_fraction * len(late):
        raise SnapshotRefused(
            f"{ils} shows {len(late)} hotspots past their due date, but its overdue list lacks "
            f"{len(late - overdue)} of them; nothing was changed"
        )


def _lines(name: str, port: CarrierLines, devices: Collection[Device], ruling: Ruling) -> Snapshot[LineView]:
    found = take_snapshot(name, port.iter_lines(), lambda row: (row.imei, row.iccid), live=port.live)
    check_age(found.facts, ruling.now, _age(ruling.policy))
    ours = {device.line.iccid for device in devices if device.carrier == name}
    imeis = {device.line.imei for device in devices if device.carrier == name}
    present = sum(row.iccid in ours or row.imei in imeis for row in found.rows)
    check_present(
        name,
        "of our lines",
        expected=len(ours),
        present=min(present, len(ours)),
        max_missing=ruling.policy.max_missing_fraction,
        unusable=found.quarantined,
    )
    return found
