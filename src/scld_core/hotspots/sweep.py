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
    active = [k for k, wish in wishes.items() if wish is Wish.ACTIVE and states.get(k) is not ServiceState.ACTIVE]
    other = [k for k, wish in wishes.items() if wish is not Wish.ACTIVE and not _settled(wish, states.get(k))]
    missing = wishes.keys() - states.keys()
    both = active + other
    differing = tuple(k for k in both if k not in missing) if missing else tuple(both)
    return Sweep(
        differing,
        frozenset(missing),
        frozenset(states.keys() - wishes.keys()),
        len(wishes) - len(differing) - len(missing),
    )


def _settled(wish: Wish, state: ServiceState | None) -> bool:
    if wish is Wish.SUSPENDED:
        return state is ServiceState.SUSPENDED
    return state is ServiceState.TERMINATED
