"""When the way breaks: what is told is what happened, and the same key brings the file whole."""

from __future__ import annotations

from typing import Any

from scld_core.agency.ports import Parcel
from scld_core.errors import AdapterBug, BackendError, OutcomeUnknown, Retry
from scld_core.runs.model import ReadBack
from scld_core.testing.case import Check, check, fail, require
from scld_core.testing.channel_tools import Way, found, only, send
from scld_core.testing.harness import ChannelBench
from scld_core.testing.synthetic_agency import parcel

__all__ = ["CHECKS"]

_LARGE = Parcel(parcel(1).name, parcel(1).content * 900)


def _fault(case: Way, bench: ChannelBench, one: Parcel, key: str) -> BackendError | None:
    """What a delivery raises, None when it is answered as done."""
    try:
        send(case, bench, one, key)
    except AdapterBug as bug:
        fail(f"a fault on the way: {bug}")
    except BackendError as fault:
        require(not isinstance(fault, OutcomeUnknown) or fault.key == key, "OutcomeUnknown does not carry its key")
        return fault
    return None


def _read_back(case: Way, bench: ChannelBench, one: Parcel, *wrong: ReadBack) -> None:
    if case.declares("delivered"):
        seen = bench.channel.delivered(one)
        require(seen not in wrong, f"after a fault on the way the file is told as {seen.value}")


def broken_off(case: Way) -> None:
    """A delivery that breaks off leaves no half file under its name, is never told as done, and can be repeated."""
    bench, key = case.open(), case.key()
    case.lever(bench.cut, "cut")()
    fault = _fault(case, bench, _LARGE, key)
    there = found(case, bench, _LARGE.name)
    require(there in ([], [_LARGE.content]), "a delivery that broke off left half a file under its name")
    if not there:
        if fault is None:
            fail("a delivery that broke off is answered as done")
        kind = type(fault).__name__
        require(fault.retry is not Retry.NEVER, f"a delivery that broke off is told as {kind}, never to be repeated")
        _read_back(case, bench, _LARGE, ReadBack.DONE)
    send(case, bench, _LARGE, key)
    only(case, bench, _LARGE)


def lost_answer(case: Way) -> None:
    """A file that arrived and whose receipt is lost is OutcomeUnknown, can be read back, and comes once."""
    bench, key = case.open(), case.key()
    case.lever(bench.lose, "lose")()
    fault = _fault(case, bench, parcel(1), key)
    only(case, bench, parcel(1))
    if fault is not None:
        kind = type(fault).__name__
        require(fault.retry is Retry.SAME_KEY, f"the answer was lost after the effect, and {kind} says that it was not")
    _read_back(case, bench, parcel(1), ReadBack.NOT_DONE, ReadBack.PENDING)
    send(case, bench, parcel(1), key)
    only(case, bench, parcel(1))


CHECKS: tuple[Check[Any], ...] = (
    check("channel", "deliver", writes=True)(broken_off),
    check("channel", "deliver", writes=True)(lost_answer),
)
"""In the order of the report."""
