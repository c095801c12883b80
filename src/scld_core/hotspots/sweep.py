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
    """Keys whose state is not the wished one, and how many keys are in order."""

    differing: tuple[K, ...]
    in_order: int


def sweep(wishes: Mapping[K, Wish], states: Mapping[K, ServiceState]) -> Sweep[K]:
    """Compare two mappings of the same keys; `differing` keeps the order of `wishes`."""
    active, suspended = Wish.ACTIVE, Wish.SUSPENDED  # a member of an Enum is slow to reach, a local name is not
    on, off, ended = ServiceState.ACTIVE, ServiceState.SUSPENDED, ServiceState.TERMINATED
    differing = tuple(
        [
            key
            for key, wish in wishes.items()
            if states[key] is not (on if wish is active else off if wish is suspended else ended)
        ]
    )
    return Sweep(differing, len(wishes) - len(differing))
