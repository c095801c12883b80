"""Which carrier line belongs to which device: by SIM and by IMEI, and never by one against the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar

from attrs import frozen

from scld_core.hotspots.model import Device, LineView, ServiceState
from scld_core.kernel.devices import Iccid, Imei

__all__ = ["Matched", "Mismatch", "match_lines"]

N = TypeVar("N", Iccid, Imei)


@frozen
class Mismatch:
    """Why a device has no line that can be trusted: a code of text.py and its detail."""

    code: str
    detail: str


@frozen
class Matched:
    """Each device's line or mismatch, and the lines that belong to no device (ended ones left out)."""

    lines: dict[Device, LineView | Mismatch]
    strangers: tuple[LineView, ...]


def match_lines(devices: Iterable[Device], views: Sequence[LineView]) -> Matched:
    """Match by both numbers: one that agrees while the other is not shown is enough, a contradiction is not."""
    by_sim = _index((view.iccid, view) for view in views)
    by_imei = _index((view.imei, view) for view in views)
    lines = {d: _one(d, by_sim.get(d.line.iccid, []), by_imei.get(d.line.imei, [])) for d in devices}
    claimed = {id(v) for d in lines for v in (*by_sim.get(d.line.iccid, []), *by_imei.get(d.line.imei, []))}
    strangers = (v for v in views if id(v) not in claimed and v.state is not ServiceState.TERMINATED)
    return Matched(lines, tuple(strangers))


def _index(pairs: Iterable[tuple[N | None, LineView]]) -> dict[N, list[LineView]]:
    found: dict[N, list[LineView]] = defaultdict(list)
    for number, view in pairs:
        if number is not None:
            found[number].append(view)
    return found


def _current(views: list[LineView]) -> list[LineView]:
    """Without ended lines where others remain: an account keeps showing the SIMs a device had before."""
    return [view for view in views if view.state is not ServiceState.TERMINATED] or views


def _one(device: Device, sims: list[LineView], imeis: list[LineView]) -> LineView | Mismatch:
    sims, imeis = _current(sims), _current(imeis)
    if not sims and not imeis:
        return Mismatch("not_at_carrier", f"{device.line} is not in the account of {device.carrier}")
    if len(sims) > 1 or len(imeis) > 1:
        return Mismatch("line_twice", f"{device.carrier} lists {device.line} more than once")
    view = (sims or imeis)[0]
    if sims and imeis and sims[0] is not imeis[0]:
        return Mismatch(
            "sim_swapped",
            f"{device.carrier} has the SIM {device.line.iccid} and the device {device.line.imei} on two lines",
        )
    if view.imei not in (None, device.line.imei):
        return Mismatch("sim_swapped", f"{device.carrier} has the SIM {device.line.iccid} in the device {view.imei}")
    if view.iccid not in (None, device.line.iccid):
        return Mismatch("sim_swapped", f"{device.carrier} has the device {device.line.imei} with the SIM {view.iccid}")
    return view
