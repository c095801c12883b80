"""Opening a way to the agency, using only what is declared, keeping secrets, and closing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from scld_core.plugins.seed import Seed
from scld_core.runs.model import ReadBack
from scld_core.testing.case import Check, check, require
from scld_core.testing.channel_tools import OPERATIONS, Way, by_operation, lies, send
from scld_core.testing.checks.opening import closing, listening, offered, quiet_words, unseen
from scld_core.testing.harness import ChannelBench
from scld_core.testing.synthetic import CARD, PATRON, SECRET
from scld_core.testing.synthetic_agency import parcel

__all__ = ["CHECKS"]


def declared(case: Way) -> None:
    """What is declared works, and what is not raises UnsupportedOperation and leaves nothing there."""
    bench = case.open()
    if not offered(case, by_operation(case, bench, parcel(1))[case.operation]) and bench.files is not None:
        require(not lies(case, bench), "an operation that is not offered left a file there")


def keeps_secrets(case: Way) -> None:
    """No secret and nothing of a file's content shows in a log, an exception or a repr, also when calls go wrong."""
    with listening() as heard:
        bench = case.open()
        said = [repr(bench.channel)]
        call = by_operation(case, bench, parcel(1))[case.operation]
        said.append(quiet_words(call))
        if bench.put is not None:
            bench.put(parcel(2).name, parcel(2, 1).content)
            said.append(quiet_words(by_operation(case, bench, parcel(2))[case.operation]))
        for prepare in (bench.cut, bench.lose, bench.outage):
            if prepare is not None:
                prepare()
                said.append(quiet_words(by_operation(case, bench, parcel(3))[case.operation]))
    for canary, what in ((SECRET, "a secret"), (PATRON, "a patron's data"), (CARD, "a patron's data")):
        unseen(canary, what, said=said, heard=heard)


def _calls(case: Way, bench: ChannelBench) -> Iterable[Callable[[], object]]:
    return by_operation(case, bench, parcel(1)).values()


def files_of_its_own(case: Way) -> None:
    """Two instances of one backend know nothing of each other's files."""
    first, second = case.open(instance="kit-a"), case.open(instance="kit-b")
    send(case, first, parcel(1))
    require(not lies(case, second), "a file for one agency lies at another")
    if case.declares("delivered"):
        seen = second.channel.delivered(parcel(1))
        require(seen is not ReadBack.DONE, "a file for one agency is told as delivered to another")


CHECKS: tuple[Check[Any], ...] = (
    check("channel", *OPERATIONS, always=True)(declared),
    check("channel", *OPERATIONS)(keeps_secrets),
    *closing("channel", Seed, _calls),
    check("channel", "deliver", writes=True)(files_of_its_own),
)
"""In the order of the report."""
