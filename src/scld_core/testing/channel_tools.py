"""What the checks of a way to the agency share: how each operation is called, and what lies there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scld_core.agency.ports import Parcel
from scld_core.runs.model import Answer, AnswerKind
from scld_core.testing.case import Case, Excused, require
from scld_core.testing.harness import ChannelBench

__all__ = ["OPERATIONS", "Way", "by_operation", "found", "lies", "only", "send"]

Way = Case[ChannelBench]

OPERATIONS = ("deliver", "delivered")


def by_operation(case: Way, bench: ChannelBench, parcel: Parcel) -> Mapping[str, Callable[[], Any]]:
    """A call of each operation."""
    return {
        "deliver": lambda: bench.channel.deliver(parcel, key=case.key()),
        "delivered": lambda: bench.channel.delivered(parcel),
    }


def send(case: Way, bench: ChannelBench, parcel: Parcel, key: str = "") -> Answer:
    """Deliver; excuses the check where a person carries the file, and finds anything but DONE at fault."""
    answer = bench.channel.deliver(parcel, key=key or case.key())
    if answer.kind is AnswerKind.FOR_OPERATOR:
        raise Excused("a person carries the file; nothing is sent")
    require(answer.kind is AnswerKind.DONE, f"a delivery is answered {answer.kind.value}")
    return answer


def lies(case: Way, bench: ChannelBench) -> list[tuple[str, bytes]]:
    """What the agency finds, in the order of the names."""
    return sorted(case.lever(bench.files, "files")())


def found(case: Way, bench: ChannelBench, name: str) -> list[bytes]:
    """What the agency finds under one name."""
    return [content for there, content in lies(case, bench) if there == name]


def only(case: Way, bench: ChannelBench, *parcels: Parcel) -> None:
    """Find the channel at fault unless the agency finds exactly `parcels`, whole, each once."""
    wanted = {parcel.name: parcel.content for parcel in parcels}
    there = lies(case, bench)
    missing = wanted.keys() - {name for name, _ in there}
    require(not missing, f"{len(missing)} of {len(wanted)} files are not there under their names")
    for name, content in there:
        require(name in wanted, "something lies there that was not delivered, or under another name")
        right = wanted[name]
        require(content == right, f"a file of {len(right)} bytes lies there as other {len(content)} bytes")
    require(len(there) == len(wanted), "a file lies there twice")
