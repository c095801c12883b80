"""Timing two ways of doing one thing against each other, fairly."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

__all__ = ["ROUNDS", "Result", "duel"]

ROUNDS = 15
"""Rounds of one measurement: each times both sides, and the side that goes first alternates."""

GC = "a full collection before each timed call, the collector off during it"


@frozen
class Result:
    """One measurement: what was timed against what, and the ratio it must keep.

    `ratio` is the median over the rounds of `ours` to `baseline`, both in seconds, or of speeds where
    `unit` says so. `at_most` tells whether the limit is an upper one. `same` is whether both sides
    computed the same.
    """

    name: str
    baseline: str
    ratio: float
    limit: float
    at_most: bool
    same: bool
    ours: float
    theirs: float
    rounds: int
    gc: str = GC

    @property
    def held(self) -> bool:
        """Whether both computed the same and the ratio keeps its limit."""
        return self.same and (self.ratio <= self.limit if self.at_most else self.ratio >= self.limit)

    def as_json(self) -> Mapping[str, Any]:
        """For programs; times are in seconds."""
        return {
            "name": self.name,
            "baseline": self.baseline,
            "ratio": round(self.ratio, 3),
            "limit": self.limit,
            "at_most": self.at_most,
            "same": self.same,
            "held": self.held,
            "ours_seconds": self.ours,
            "baseline_seconds": self.theirs,
            "rounds": self.rounds,
            "gc": self.gc,
        }

    def __str__(self) -> str:
        sign = "<=" if self.at_most else ">="
        verdict = "held" if self.held else "MISSED"
        same = "both computed the same" if self.same else "THE TWO DID NOT COMPUTE THE SAME"
        return (
            f"{self.name}: {self.ratio:.2f} of {self.baseline} (limit {sign} {self.limit:g}: {verdict})\n"
            f"    ours {_ms(self.ours)}, baseline {_ms(self.theirs)}; "
            f"median of {self.rounds} interleaved rounds; {same}\n"
            f"    GC: {self.gc}"
        )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.3f} ms"


def _nothing() -> None:
    """Nothing has to be made ready."""


def timed(call: Callable[[], object]) -> float:
    """Seconds of one call, with the collector off."""
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter()
        call()
        return time.perf_counter() - start
    finally:
        gc.enable()


def duel(
    ours: Callable[[], object],
    theirs: Callable[[], object],
    *,
    rounds: int = ROUNDS,
    warm: int = 2,
    prepare: tuple[Callable[[], object], Callable[[], object]] = (_nothing, _nothing),
) -> list[tuple[float, float]]:
    """Seconds of both sides, round by round, after `warm` rounds that do not count; `prepare` is not timed."""
    found: list[tuple[float, float]] = []
    for number in range(warm + rounds):
        took = [0.0, 0.0]
        for side in (0, 1) if number % 2 else (1, 0):
            prepare[side]()
            took[side] = timed((ours, theirs)[side])
        found.append((took[0], took[1]))
    return found[warm:]


def result(
    name: str,
    baseline: str,
    pairs: list[tuple[float, float]],
    *,
    limit: float,
    at_most: bool,
    same: bool,
    gc_note: str = GC,
) -> Result:
    """The medians of `pairs` of (ours, baseline); with `at_most` false the ratio is one of speeds."""
    ratios = [a / b if at_most else b / a for a, b in pairs]
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Result(name, baseline, statistics.median(ratios), limit, at_most, same, ours, theirs, len(pairs), gc_note)
