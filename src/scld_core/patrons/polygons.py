"""Outlines of areas, and on which side of them a point lies, without rounding.

Coordinates are pairs of longitude and latitude as in GeoJSON (RFC 7946). Only the edges beside the point are
calculated with, and those in fractions, so that a border is a border.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from enum import Enum
from fractions import Fraction
from itertools import chain, pairwise

from attrs import Factory, field, frozen

from scld_core.kernel.validate import at_least, instance, matching, nonempty, optional

__all__ = ["Feature", "Point", "Polygon", "Ring", "Side", "side_of"]

Point = tuple[float, float]
Ring = tuple[Point, ...]
Polygon = tuple[Ring, ...]
"""An outer ring and its holes; the first point of a ring is also its last."""


class Side(Enum):
    """Where a point lies."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    BORDER = "border"


def _is_ring(ring: Ring) -> bool:
    return len(ring) >= 4 and ring[0] == ring[-1]


def _box(feature: Feature) -> tuple[float, float, float, float]:
    points = [*chain.from_iterable(chain.from_iterable(feature.polygons))] or [(0.0, 0.0)]  # refused right after
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


@frozen(kw_only=True)
class Feature:
    """One area's outline on certain days: the number of the feature in its file, from 1, and its polygons.

    In force from `valid_from` up to but without `valid_to`; None is without bound.
    """

    number: int = field(validator=[instance(int), at_least(1)])
    area: str = field(validator=nonempty)
    polygons: tuple[Polygon, ...] = field(
        repr=False,
        validator=matching(
            lambda v: bool(v) and all(p and all(map(_is_ring, p)) for p in v),
            "must be polygons of closed rings of at least four points",
        ),
    )
    valid_from: date | None = field(default=None, validator=optional(instance(date)))
    valid_to: date | None = field(default=None, validator=optional(instance(date)))
    box: tuple[float, float, float, float] = field(init=False, repr=False, default=Factory(_box, takes_self=True))

    def holds(self, on: date) -> bool:
        """Whether the outline is in force on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on < self.valid_to)


def side_of(point: Point, feature: Feature) -> Side:
    """Where a point lies: a hole is outside, and its edge is a border as well."""
    west, south, east, north = feature.box
    if not (west <= point[0] <= east and south <= point[1] <= north):
        return Side.OUTSIDE
    sides = {_of_polygon(point, polygon) for polygon in feature.polygons}
    return next((side for side in (Side.BORDER, Side.INSIDE) if side in sides), Side.OUTSIDE)


def _of_polygon(point: Point, polygon: Polygon) -> Side:
    """By the number of edges that a ray to the east crosses."""
    crossed = 0
    for start, end in _edges(polygon):
        if not min(start[1], end[1]) <= point[1] <= max(start[1], end[1]):
            continue
        turn = _turn(start, end, point)
        if turn == 0 and min(start[0], end[0]) <= point[0] <= max(start[0], end[0]):
            return Side.BORDER
        if (start[1] > point[1]) != (end[1] > point[1]) and (turn > 0) == (end[1] > start[1]):
            crossed += 1
    return Side.INSIDE if crossed % 2 else Side.OUTSIDE


def _edges(rings: Iterable[Ring]) -> Iterator[tuple[Point, Point]]:
    return chain.from_iterable(map(pairwise, rings))


def _turn(start: Point, end: Point, point: Point) -> Fraction:
    """Positive when the point is to the left of the way from `start` to `end`, zero when it is in line."""
    (ax, ay), (bx, by), (px, py) = ((Fraction(x), Fraction(y)) for x, y in (start, end, point))
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)
