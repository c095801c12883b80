"""Kajeet's words <-> ours; pure. A word that is not known is kept and never acted on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from scld_adapters.carriers.kajeet.settings import KajeetSettings
from scld_adapters.carriers.kajeet.wire import BadRow, WireDevice
from scld_core.errors import InvalidValue
from scld_core.hotspots.model import LineView, ServiceState
from scld_core.kernel.devices import Iccid, Imei, Line
from scld_core.kernel.page import Quarantined

__all__ = ["belongs", "contradicts", "state_of", "to_view"]

_WORDS = {"active": ServiceState.ACTIVE, "suspended": ServiceState.SUSPENDED}


def _plain(word: str) -> str:
    return " ".join(word.replace("_", " ").replace("-", " ").casefold().split())


def _lookup(word: str, words: Mapping[str, ServiceState]) -> ServiceState:
    known = {_plain(name): state for name, state in words.items()}
    return known.get(_plain(word), ServiceState.UNKNOWN_WORD)


def state_of(device: WireDevice, settings: KajeetSettings) -> tuple[ServiceState, str]:
    """The line's service, and Kajeet's own word for it.

    In mode media a line whose status is active has the service that its Media Center status says.
    """
    state = _lookup(device.status, {**_WORDS, **settings.words})
    if settings.mode == "status" or state is not ServiceState.ACTIVE:
        return state, device.status
    word = device.media_status or ""
    return _lookup(word, settings.media_words), f"{device.status}, Media Center: {word or 'no word'}"


def _imei(device: WireDevice) -> Imei | None:
    return Imei.parse(device.imei) if device.imei else None


def _iccid(device: WireDevice) -> Iccid | None:
    return Iccid.parse(device.iccid) if device.iccid else None


def to_view(row: WireDevice | BadRow, settings: KajeetSettings, *, at: datetime, source: str) -> LineView | Quarantined:
    """The line as we see it, or why the row cannot be used."""
    if isinstance(row, BadRow):
        return Quarantined(source, 0, row.problem, row.mdn)
    try:
        imei, iccid = _imei(row), _iccid(row)
    except InvalidValue as problem:
        return Quarantined(source, 0, str(problem), row.mdn)
    if imei is None and iccid is None:
        return Quarantined(source, 0, "has neither an IMEI nor an ICCID", row.mdn)
    state, word = state_of(row, settings)
    return LineView(imei, iccid, state, at, word)


def belongs(view: LineView, line: Line) -> bool:
    """Whether `view` shows the device or the SIM of `line`."""
    return view.imei == line.imei or view.iccid == line.iccid


def contradicts(view: LineView, line: Line) -> bool:
    """Whether one of the numbers that `view` shows is another than `line` has."""
    return view.imei not in (None, line.imei) or view.iccid not in (None, line.iccid)
