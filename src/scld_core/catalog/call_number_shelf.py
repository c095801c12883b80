"""Shelf reading: the fewest items to move so that a scanned shelf is in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from attrs import field, frozen

from scld_core.catalog.call_number import sort_key
from scld_core.catalog.call_number_shelving import Shelving
from scld_core.kernel.validate import instance, optional

__all__ = ["Move", "shelf_read"]


@frozen
class Move:
    """Take the item at `position` of the scan, and put it between its neighbours of the ordered shelf.

    Positions count from 0 in the order of the scan. `after` and `before` are the positions of the neighbours, None
    at an end of the shelf; `text`, `after_text` and `before_text` are their call numbers as scanned.
    """

    text: str = field(validator=instance(str))
    position: int = field(validator=instance(int))
    after: int | None = field(validator=optional(instance(int)))
    before: int | None = field(validator=optional(instance(int)))
    after_text: str = field(default="", validator=instance(str))
    before_text: str = field(default="", validator=instance(str))


def shelf_read(scanned: Sequence[str], shelving: Shelving | None = None) -> tuple[Move, ...]:
    """The fewest moves that put `scanned` in order; none when it is in order.

    Done one after another, each item finds the neighbour it goes `after` already in its place. Items of one place
    keep the order they were scanned in. Time grows as n log n.
    """
    keys = [sort_key(text, shelving) for text in scanned]
    staying = _longest_run(keys)
    ordered = sorted(range(len(keys)), key=keys.__getitem__)
    ends: list[int | None] = [None, *ordered, None]
    return tuple(
        _move(scanned, position, left, right)
        for (left, position), (_, right) in pairwise(pairwise(ends))
        if position is not None and position not in staying
    )


def _move(scanned: Sequence[str], position: int, after: int | None, before: int | None) -> Move:
    texts = ("" if neighbour is None else scanned[neighbour] for neighbour in (after, before))
    return Move(scanned[position], position, after, before, *texts)


def _longest_run(keys: Sequence[str]) -> frozenset[int]:
    """Positions of a longest subsequence that never goes back: piles by bisection, then the way back."""
    tops: list[str] = []
    at: list[int] = []
    before: list[int] = []
    for position, key in enumerate(keys):
        pile = bisect_right(tops, key)
        before.append(at[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [key]
        at[pile : pile + 1] = [position]
    found: set[int] = set()
    position = at[-1] if at else -1
    while position >= 0:
        found.add(position)
        position = before[position]
    return frozenset(found)
