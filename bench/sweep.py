"""`sweep`: every wish against every observed state, against plain dicts that yield the same two lists."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial
from random import Random
from typing import TypeVar

from bench.ratio import Result, duel, result
from scld_core.hotspots.model import ServiceState, Wish
from scld_core.hotspots.sweep import sweep
from scld_core.kernel.ids import ItemId

__all__ = ["run"]

LIMIT = 2.0
SIZES = (3_000, 100_000)
SEED = 20260310

K = TypeVar("K", bound=Hashable)
Lists = tuple[list[K], list[K]]
"""To suspend or end, to restore."""


def plain(wishes: dict[K, Wish], states: dict[K, ServiceState]) -> Lists[K]:
    """What one would write without a library, and with care for speed."""
    active, suspended = Wish.ACTIVE, Wish.SUSPENDED
    on, off, ended = ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.TERMINATED
    suspend: list[K] = []
    restore: list[K] = []
    for key, wish in wishes.items():
        state = states[key]
        if wish is active:
            if state is not on:
                restore.append(key)
        elif state is not (off if wish is suspended else ended):
            suspend.append(key)
    return suspend, restore


def ours(wishes: Mapping[K, Wish], states: Mapping[K, ServiceState]) -> Lists[K]:
    """The library's sweep, and its differences cut in two as the plan does."""
    found = sweep(wishes, states)
    suspend: list[K] = []
    restore: list[K] = []
    for key in found.differing:
        (restore if wishes[key] is Wish.ACTIVE else suspend).append(key)
    return suspend, restore


def case(size: int, make: Callable[[int], K]) -> tuple[dict[K, Wish], dict[K, ServiceState]]:
    """A synthetic district: one line in twenty has any state."""
    rng = Random(SEED)
    wishes: dict[K, Wish] = {}
    states: dict[K, ServiceState] = {}
    for number in range(size):
        key = make(number)
        wish = rng.choices(tuple(Wish), (85, 12, 3))[0]
        chance = rng.random()
        wishes[key] = wish
        states[key] = rng.choice(tuple(ServiceState)) if chance < 0.05 else ServiceState(wish.value)
    shuffled = list(states.items())
    rng.shuffle(shuffled)
    return wishes, dict(shuffled)


def run() -> Iterator[Result]:
    """Two sizes, each keyed by text and by the ids that the plan uses; both sides get the same mappings."""
    kinds: tuple[tuple[str, Callable[[int], Hashable]], ...] = (
        ("ItemId keys", lambda number: ItemId("main", f"i{number}")),
        ("text keys", lambda number: f"main:i{number}"),
    )
    for size in SIZES:
        for word, make in kinds:
            wishes, states = case(size, make)
            mine, other = ours(wishes, states), plain(wishes, states)
            same = mine == other
            pairs = duel(partial(ours, wishes, states), partial(plain, wishes, states))
            name = f"sweep of {size:,} devices, {word}"
            yield result(name, "plain dicts", pairs, limit=LIMIT, at_most=True, same=same)
