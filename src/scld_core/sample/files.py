"""Making the sample district: a folder with district.toml, inventory, store, carrier and a stale extract."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scld_core.circulation.model import Circulation
from scld_core.kernel.time import local_instant
from scld_core.sample.hotspots import INVENTORY_HEADER

__all__ = ["SAMPLE_DAY", "SEED", "STALE_EXTRACT", "extract_text", "inventory_text", "sample_now", "stale"]

SAMPLE_DAY = date(2026, 3, 10)
"""A Tuesday, two days after the spring change of clocks."""

SEED = 20260310
STALE_EXTRACT = "stale-extract.csv"
_COLUMNS = ("item", "barcode", "status", "since", "loan", "due", "checked_out", "returned", "household", "as_of")


def sample_now(zone: str) -> datetime:
    """08:00 on the sample's day."""
    return local_instant(SAMPLE_DAY, time(8), ZoneInfo(zone))


def _csv(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def inventory_text(rows: Iterable[Iterable[str]]) -> str:
    """The inventory file."""
    return _csv(INVENTORY_HEADER, rows)


def extract_text(items: Iterable[Circulation], as_of: datetime) -> str:
    """The canonical hotspot-loans extract of `items`, as if made at `as_of`."""

    def text(moment: datetime | None) -> str:
        return "" if moment is None else moment.isoformat()

    rows = [
        (
            item.item.local,
            "",
            item.state.value if item.state.value != "unknown_word" else item.word,
            text(item.since),
            item.loan.id.local if item.loan else "",
            text(item.loan.due_at if item.loan else None),
            text(item.loan.out_at if item.loan else None),
            text(item.loan.returned_at if item.loan else None),
            "",
            text(as_of),
        )
        for item in items
    ]
    return _csv(_COLUMNS, rows)


def stale(now: datetime) -> datetime:
    """When the stale extract says it was made: three days before `now`."""
    return now - timedelta(days=3)
