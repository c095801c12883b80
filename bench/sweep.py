"""Desired against actual for 3,000 and 100,000 devices, against plain dicts and sets."""

from collections.abc import Iterator
from random import Random
from typing import Any

from bench.ratio import Ratio, compare
from scld_core.hotspots.model import ServiceState, Wish
from scld_core.hotspots.sweep import sweep


def _world(count: int) -> tuple[dict[str, Wish], dict[str, ServiceState]]:
    rng = Random(7)
    keys = [f"main:i{number}" for number in range(count)]
    wishes = {k: rng.choices(list(Wish), [90, 9, 1])[0] for k in keys if rng.random() > 0.01}
    states = {k: rng.choices(list(ServiceState), [88, 9, 1, 1, 0.5, 0.5])[0] for k in keys if rng.random() > 0.01}
    return wishes, states


def plain(wishes: dict[str, Wish], states: dict[str, ServiceState]) -> tuple[Any, ...]:
    """What a script would write: four lists by hand."""
    settled = {
        Wish.ACTIVE: ServiceState.ACTIVE,
        Wish.SUSPENDED: ServiceState.SUSPENDED,
        Wish.TERMINATED: ServiceState.TERMINATED,
    }
    suspend, restore, terminate = [], [], []
    for key in wishes.keys() & states.keys():
        wish = wishes[key]
        if states[key] is not settled[wish]:
            (restore if wish is Wish.ACTIVE else suspend if wish is Wish.SUSPENDED else terminate).append(key)
    missing = wishes.keys() - states.keys()
    unknown = states.keys() - wishes.keys()
    return suspend, restore, terminate, missing, unknown


def _same(found: Any, expected: tuple[Any, ...]) -> bool:
    suspend, restore, terminate, missing, unknown = expected
    return (
        set(found.differing) == {*suspend, *restore, *terminate}
        and len(found.differing) == len(suspend) + len(restore) + len(terminate)
        and found.missing == missing
        and found.strangers == unknown
    )


def run() -> Iterator[Ratio]:
    """Both sizes."""
    for count in (3_000, 100_000):
        wishes, states = _world(count)
        yield compare(
            f"sweep of {count:,} devices",
            lambda w=wishes, s=states: sweep(w, s),
            lambda w=wishes, s=states: plain(w, s),
            baseline_is="plain dicts and sets",
            most=2.0,
            same=_same,
        )
