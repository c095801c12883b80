"""The same script on two backends: where their answers part, one of them is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from scld_core.testing.duel import Call, Difference, Duel
from scld_core.testing.duel_calendars import CalendarsDuel
from scld_core.testing.duel_catalog import CatalogDuel
from scld_core.testing.duel_channel import ChannelDuel
from scld_core.testing.duel_fees import FeesDuel
from scld_core.testing.duel_holds import HoldsDuel
from scld_core.testing.duel_lines import LinesDuel
from scld_core.testing.duel_loans import LoansDuel
from scld_core.testing.duel_notices import NoticesDuel
from scld_core.testing.duel_patrons import PatronsDuel
from scld_core.testing.duel_store import StoreDuel
from scld_core.testing.harness import Harness

__all__ = ["DUELS", "Call", "Difference", "differ", "play", "script"]

DUELS: Mapping[str, Callable[[Harness[Any], Harness[Any]], Duel]] = {
    "lines": LinesDuel,
    "loans": LoansDuel,
    "channel": ChannelDuel,
    "fees": FeesDuel,
    "patrons": PatronsDuel,
    "notices": NoticesDuel,
    "holds": HoldsDuel,
    "catalog": CatalogDuel,
    "calendars": CalendarsDuel,
    "store": StoreDuel,
}
"""How two backends of each port are set against each other."""


def script(duel: Duel, *, seed: int, length: int) -> tuple[Call, ...]:
    """Calls drawn evenly from what the two can do; the same for the same seed."""
    random = Random(seed)  # noqa: S311 - chooses calls, guards nothing
    return tuple(random.choice(duel.calls) for _ in range(length))


def play(duel: Duel, calls: Sequence[Call]) -> Difference | None:
    """Do the calls until the answers part; gives the first difference, or None."""
    for place, call in enumerate(calls, 1):
        expected, found = duel.do(call)
        if expected != found:
            return Difference(place, call, _told(expected), _told(found))
    return None


def _told(answer: object) -> str:
    text = repr(answer)
    return text if len(text) <= 400 else text[:400] + "…"


def differ(reference: Harness[Any], subject: Harness[Any], *, seed: int, length: int = 60) -> Difference | None:
    """Run one seeded script on both; gives the first difference, or None when they agree to the end."""
    with DUELS[subject.port](reference, subject) as duel:
        return play(duel, script(duel, seed=seed, length=length))
