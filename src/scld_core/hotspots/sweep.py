"""The comparison at the heart of the daily run: every wish against every observed state."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

from attrs import frozen

from scld_core.hotspots.model import ServiceState, Wish

__all__ = ["Sweep", "sweep"]

K = TypeVar("K", bound=Hashable)


@frozen
class Sweep(Generic[K]):
    """Keys whose state is not the wished one, keys without a state, states without a wish."""

    differing: tuple[K, ...]
    missing: frozenset[K]
    strangers: frozenset[K]
    in_order: int


def sweep(wishes: Mapping[K, Wish], states: Mapping[K, ServiceState]) -> Sweep[K]:
    """Compare two mappings; `differing` keeps the order of `wishes`."""
    shown = states.get
    active, suspended = Wish.ACTIVE, Wish.SUSPENDED  # a member of an Enum is slow to reach, a local name is not
    on, off, ended = ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.TERMINATED
    differing = tuple(
        [
            key
            for key, wish in wishes.items()
            if (state := shown(key)) is not (on if wish is active else off if wish is suspended else ended)
            and state is not None
        ]
    )
    missing = frozenset(wishes).difference(states)  # of a dict, this uses the hashes that are there already
    strangers = frozenset(states).difference(wishes)
    return Sweep(differing, missing, strangers, len(wishes) - len(differing) - len(missing))
