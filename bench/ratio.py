"""Interleaved rounds of two sides, and the median of their ratios."""

import gc
import statistics
import time
from collections.abc import Callable
from typing import Any

from attrs import frozen

ROUNDS = 9


@frozen
class Ratio:
    """`ours` and `baseline` are median seconds of a round; `ratio` is the median of the rounds' own ratios."""

    name: str
    baseline_is: str
    ours: float
    baseline: float
    ratio: float
    goal: str
    met: bool
    note: str = ""

    def line(self) -> str:
        """As a person reads it."""
        word = "met" if self.met else "MISSED"
        return (
            f"{self.name}: {self.ratio:.2f} of {self.baseline_is} (goal {self.goal}: {word}); "
            f"{self.ours * 1e3:.2f} ms against {self.baseline * 1e3:.2f} ms{'; ' + self.note if self.note else ''}"
        )


def timed(side: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result of one call; the garbage collector runs before and not during it."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        found = side()
        return time.perf_counter() - start, found
    finally:
        gc.enable()


def compare(
    name: str,
    ours: Callable[[], Any],
    baseline: Callable[[], Any],
    *,
    baseline_is: str,
    most: float,
    same: Callable[[Any, Any], bool],
    rounds: int = ROUNDS,
) -> Ratio:
    """Run both sides in turn; SystemExit when they did not compute the same."""
    pairs: list[tuple[float, float]] = []
    for _ in range(rounds):
        theirs, expected = timed(baseline)
        took, found = timed(ours)
        if not same(found, expected):
            raise SystemExit(f"{name}: the two sides computed different things")
        pairs.append((took, theirs))
    ratio = statistics.median(a / b for a, b in pairs)
    mine, base = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Ratio(name, baseline_is, mine, base, ratio, f"<= {most}x", ratio <= most)
