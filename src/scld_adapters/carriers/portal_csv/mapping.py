"""From the rows of an export to line views; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from attrs import frozen

from scld_adapters.carriers.portal_csv.settings import PortalCsvConfig
from scld_core.codecs.tables import Row, Table
from scld_core.errors import InvalidValue
from scld_core.hotspots.model import LineView
from scld_core.kernel.devices import Iccid, Imei
from scld_core.kernel.page import Quarantined
from scld_core.kernel.time import local_instant, parse_instant

__all__ = ["line_views"]

T = TypeVar("T")


@frozen
class _Numbers:
    """What a row calls its line, and what is wrong with it."""

    imei: Imei | None
    iccid: Iccid | None
    problems: tuple[str, ...] = ()

    @property
    def own(self) -> Iccid | Imei | None:
        """The number that may be there once only: the SIM, or the device where no SIM is shown."""
        return self.iccid or self.imei


def line_views(
    table: Table, config: PortalCsvConfig, as_of: datetime, zone: ZoneInfo
) -> tuple[tuple[LineView, ...], tuple[Quarantined, ...]]:
    """Each row as a line view or as quarantined with its reason, and none as both.

    The views are in the order of their numbers, whatever the order of the rows.
    """
    read = [(row, _numbers(row, config)) for row in table.rows]
    places: dict[Iccid | Imei, list[int]] = defaultdict(list)
    for row, numbers in read:
        if numbers.own is not None:
            places[numbers.own].append(row.line)
    views: list[LineView] = []
    unusable = list(table.quarantined)
    for row, numbers in read:
        try:
            views.append(_view(row, numbers, places, config=config, as_of=as_of, zone=zone))
        except InvalidValue as refusal:
            unusable.append(Quarantined(table.source, row.line, refusal.rule, _key(numbers)))
    views.sort(key=lambda view: (str(view.iccid or ""), str(view.imei or "")))
    unusable.sort(key=lambda row: row.line)
    return tuple(views), tuple(unusable)


def _numbers(row: Row, config: PortalCsvConfig) -> _Numbers:
    imei, wrong_imei = _parsed(row, "imei", Imei.parse, config)
    iccid, wrong_iccid = _parsed(row, "iccid", Iccid.parse, config)
    return _Numbers(imei, iccid, (*wrong_imei, *wrong_iccid))


def _parsed(
    row: Row, name: str, parse: Callable[[str], T], config: PortalCsvConfig
) -> tuple[T | None, tuple[str, ...]]:
    text = row[name] if name in config.columns else ""
    if not text:
        return None, ()
    try:
        return parse(text), ()
    except InvalidValue as refusal:
        return None, (f"{config.columns[name]}: {refusal.rule}",)


def _view(
    row: Row,
    numbers: _Numbers,
    places: dict[Iccid | Imei, list[int]],
    *,
    config: PortalCsvConfig,
    as_of: datetime,
    zone: ZoneInfo,
) -> LineView:
    """The row's view; raises InvalidValue, whose rule says everything that is wrong with the row."""
    problems = list(numbers.problems)
    if numbers.own is None and not problems:
        problems.append("has no number of a device or SIM")
    if numbers.own is not None and len(places[numbers.own]) > 1:
        lines = ", ".join(map(str, sorted(places[numbers.own])))
        what = "SIM" if isinstance(numbers.own, Iccid) else "device"
        problems.append(f"the same {what} is on the lines {lines}")
    word = row["status"]
    if not word:
        problems.append(f"{config.columns['status']}: is blank")
    resumes_at, wrong = _resumes_at(row, config, zone)
    problems += wrong
    if problems:
        raise InvalidValue("row", "", "; ".join(problems))
    return LineView(numbers.imei, numbers.iccid, config.state_of(word), as_of, word, resumes_at)


def _resumes_at(row: Row, config: PortalCsvConfig, zone: ZoneInfo) -> tuple[datetime | None, list[str]]:
    text = row["resumes_at"] if "resumes_at" in config.columns else ""
    if not text:
        return None, []
    try:
        return local_instant(date.fromisoformat(text), time(), zone), []
    except ValueError:
        pass
    try:
        return parse_instant(text), []
    except InvalidValue as refusal:
        return None, [f"{config.columns['resumes_at']}: {refusal.rule}, or a date"]


def _key(numbers: _Numbers) -> str:
    return "" if numbers.own is None else str(numbers.own)
