"""The file that an operator uploads: what to do with which line, and until when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_core.codecs.tables import write_csv
from scld_core.errors import InvalidValue
from scld_core.hotspots.account import Verb
from scld_core.hotspots.model import BulkFile, BulkRow

__all__ = ["batch_name", "make_bulk_file"]

_NUMBERS = ("imei", "iccid", "msisdn")


def batch_name(instance: str, now: datetime, zone: ZoneInfo) -> str:
    """The batch of a local day: what an operator's step refers to, and how its bulk files begin."""
    return f"{instance}-{now.astimezone(zone).date().isoformat()}"


def make_bulk_file(
    rows: Sequence[BulkRow], now: datetime, *, instance: str, hours: int, config: PortalCsvConfig, zone: ZoneInfo
) -> BulkFile:
    """The file for `rows` in their order, in UTF-8 with commas.

    Its name carries the local date and the first digits of the content's SHA-256, and the expiry too
    where no column does. Raises InvalidValue, without a file, for rows that contradict each other.
    """
    _check(rows)
    expires = now + timedelta(hours=hours)
    local = expires.astimezone(zone)
    until = local.isoformat(timespec="minutes")
    cells = [_cells(row, until, config) for row in rows]
    safe = [config.header_of(name) for name in _NUMBERS] if config.text_safe else []
    content = write_csv(cells, [config.header_of(c) for c in config.bulk_columns], text_safe=safe)
    shown = "" if "use_before" in config.bulk_columns else f"-before-{local:%Y-%m-%dT%H%M}"
    digest = hashlib.sha256(content).hexdigest()[:8]
    return BulkFile(f"{batch_name(instance, now, zone)}{shown}-{digest}.csv", content, expires)


def _check(rows: Sequence[BulkRow]) -> None:
    asked: dict[str, str] = {}
    for row in rows:
        if row.action not in [verb.value for verb in Verb]:
            raise InvalidValue("BulkRow", "action", "must be " + ", ".join(verb.value for verb in Verb))
        if asked.setdefault(str(row.line.iccid), row.action) != row.action:
            raise InvalidValue("BulkRow", "action", f"asks for two different things of SIM {row.line.iccid}")


def _cells(row: BulkRow, until: str, config: PortalCsvConfig) -> Mapping[str, str]:
    """The row by the portal's headers; what is not in bulk_columns is left out."""
    cells = {
        "imei": str(row.line.imei),
        "iccid": str(row.line.iccid),
        "msisdn": str(row.line.msisdn or ""),
        "action": config.word_of(Verb(row.action)),
        "use_before": until,
        "step": row.step,
        "why": row.why,
    }
    return {config.header_of(column): cells[column] for column in config.bulk_columns}
