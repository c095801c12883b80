"""Asking whether a file is there: this file, whole, and nothing that resembles it."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from scld_core.runs.model import ReadBack
from scld_core.testing.case import Check, check, refused, require
from scld_core.testing.channel_tools import OPERATIONS, Way, by_operation, lies, send
from scld_core.testing.synthetic_agency import parcel

__all__ = ["CHECKS"]

_ABSENT = (ReadBack.NOT_DONE, ReadBack.UNKNOWN)


def nothing_yet(case: Way) -> None:
    """A file that was never delivered is not there, or the way cannot tell."""
    bench = case.open()
    for number in (1, 2):
        seen = bench.channel.delivered(parcel(number))
        require(seen in _ABSENT, f"a file that nobody delivered is told as {seen.value}")


def is_there(case: Way) -> None:
    """What was answered as delivered is told as done, however often, and asking changes nothing."""
    bench = case.open()
    send(case, bench, parcel(1))
    before = None if bench.files is None else lies(case, bench)
    for _ in range(2):
        seen = bench.channel.delivered(parcel(1))
        require(seen is ReadBack.DONE, f"a file that lies there is told as {seen.value}")
    require(before is None or lies(case, bench) == before, "asking changed what lies there")


def not_another(case: Way) -> None:
    """A file of other bytes, length or name is not taken for the one that is there."""
    bench = case.open()
    there = parcel(1)
    send(case, bench, there)
    others = {
        "another number": parcel(2),
        "other bytes": parcel(1, 1),
        "fewer bytes": evolve(there, content=there.content[:-2]),
        "more bytes": evolve(there, content=there.content + b"1,1\r\n"),
        "another name": evolve(there, name="kit-sync-2026-11-02-00010.csv"),
    }
    for what, other in others.items():
        seen = bench.channel.delivered(other)
        require(seen in _ABSENT, f"a file of {what} is told as {seen.value}")


def not_a_half(case: Way) -> None:
    """A file that lies there in part is not told as delivered."""
    bench = case.open()
    put = case.lever(bench.put, "put")
    half = parcel(1)
    put(half.name, half.content[: len(half.content) // 2])
    seen = bench.channel.delivered(half)
    require(seen in _ABSENT, f"half a file is told as {seen.value}")


def taken_away(case: Way) -> None:
    """A file that the agency has taken is never told as not delivered."""
    bench = case.open()
    collect = case.lever(bench.collect, "collect")
    send(case, bench, parcel(1))
    collect()
    seen = bench.channel.delivered(parcel(1))
    require(seen in (ReadBack.DONE, ReadBack.UNKNOWN), f"a file that the agency took is told as {seen.value}")


def unreachable(case: Way) -> None:
    """While the system cannot be reached, a call raises a fault of the tree and is never answered as done."""
    bench = case.open()
    case.lever(bench.outage, "outage")()
    refused(by_operation(case, bench, parcel(1))[case.operation], case.operation)


_SENT = ("deliver",)

CHECKS: tuple[Check[Any], ...] = (
    check("channel", "delivered")(nothing_yet),
    check("channel", "delivered", also=_SENT)(is_there),
    check("channel", "delivered", also=_SENT)(not_another),
    check("channel", "delivered")(not_a_half),
    check("channel", "delivered", also=_SENT)(taken_away),
    check("channel", *OPERATIONS)(unreachable),
)
"""In the order of the report."""
