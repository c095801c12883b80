"""Outlines of areas: on which side of them a point lies, and what a GeoJSON file must be."""

import json
import os
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import FileRefused, InvalidValue
from scld_core.patrons.jurisdiction_files import read_outlines
from scld_core.patrons.polygons import Feature, Side, side_of

GRID = st.integers(-6, 6)
POINTS = st.tuples(st.integers(-14, 14), st.integers(-14, 14)).map(lambda p: (p[0] / 2, p[1] / 2))


def ring(*corners):
    """A closed ring."""
    return tuple((float(x), float(y)) for x, y in (*corners, corners[0]))


def box(west, south, east, north):
    """A rectangular ring."""
    return ring((west, south), (east, south), (east, north), (west, north))


def outline(*polygons, **more):
    """A feature of polygons."""
    return Feature(number=1, area="county", polygons=polygons, **more)


@st.composite
def _boxes(draw):
    west, east = sorted(draw(st.lists(GRID, min_size=2, max_size=2, unique=True)))
    south, north = sorted(draw(st.lists(GRID, min_size=2, max_size=2, unique=True)))
    return west, south, east, north


def _in_box(point, corners):
    """The side of a rectangle, by its four inequalities."""
    west, south, east, north = corners
    if west < point[0] < east and south < point[1] < north:
        return Side.INSIDE
    closed = west <= point[0] <= east and south <= point[1] <= north
    return Side.BORDER if closed else Side.OUTSIDE


@given(_boxes(), POINTS, st.integers(0, 3), st.booleans())
def test_rectangles_agree_with_their_inequalities(corners, point, turn, backwards):
    """Wherever the ring begins and whichever way it runs."""
    corner_points = box(*corners)[:-1]
    turned = corner_points[turn:] + corner_points[:turn]
    shape = outline((ring(*(reversed(turned) if backwards else turned)),))
    assert side_of(point, shape) is _in_box(point, corners)


@given(st.lists(st.tuples(GRID, GRID), min_size=3, max_size=3, unique=True), POINTS)
def test_triangles_agree_with_their_half_planes(corners, point):
    """Exact: the signs of three areas in whole numbers decide."""
    (ax, ay), (bx, by), (cx, cy) = ((2 * x, 2 * y) for x, y in corners)
    px, py = round(2 * point[0]), round(2 * point[1])
    turns = [
        (x2 - x1) * (py - y1) - (y2 - y1) * (px - x1)
        for x1, y1, x2, y2 in ((ax, ay, bx, by), (bx, by, cx, cy), (cx, cy, ax, ay))
    ]
    if (bx - ax) * (cy - ay) == (by - ay) * (cx - ax):
        return  # three corners in line enclose nothing
    closed = all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns)
    wanted = Side.OUTSIDE if not closed else Side.BORDER if 0 in turns else Side.INSIDE
    assert side_of(point, outline((ring(*corners),))) is wanted


@given(POINTS)
def test_a_hole_is_outside_and_its_edge_a_border(point):
    """A town that is no part of the district is a hole in it; a second polygon may lie in the hole."""
    outer, hole, island = (-5, -5, 5, 5), (-3, -3, 3, 3), (-1, -1, 1, 1)
    shape = outline((box(*outer), box(*hole)), (box(*island),))
    sides = [_in_box(point, corners) for corners in (outer, hole, island)]
    closed = Side.INSIDE if sides.count(Side.INSIDE) % 2 else Side.OUTSIDE
    wanted = Side.BORDER if Side.BORDER in sides else closed
    assert side_of(point, shape) is wanted


def test_a_border_is_one_where_numbers_would_be_rounded():
    """A point in the middle of a slanting edge lies on it, to the last bit."""
    shape = outline((ring((0.1, 0.1), (0.7, 0.3), (0.3, 0.9)),))
    middle = ((0.1 + 0.7) / 2, (0.1 + 0.3) / 2)
    near = {side_of((middle[0], y), shape) for y in (middle[1] - 1e-12, middle[1] + 1e-12)}
    assert near == {Side.INSIDE, Side.OUTSIDE}


@pytest.mark.parametrize(
    "polygons", [(), ((),), ((box(0, 0, 1, 1)[:-1],),), ((((0.0, 0.0), (1.0, 1.0), (0.0, 0.0)),),)]
)
def test_what_is_no_outline(polygons):
    """A ring is closed and has three corners at least."""
    with pytest.raises(InvalidValue, match="closed rings"):
        outline(*polygons)


# Files.


def feature(area="Big City", kind="Polygon", coordinates=None, **properties):
    """A feature as GeoJSON."""
    shape = {"type": kind, "coordinates": [box(0, 0, 1, 1)] if coordinates is None else coordinates}
    return {"type": "Feature", "properties": {"jurisdiction": area, **properties}, "geometry": shape}


def written(tmp_path, data):
    """A GeoJSON file of the first of January 2026."""
    path = tmp_path / "areas.geojson"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    os.utime(path, (1767225600, 1767225600))
    return path


def collection(*features, **more):
    """A FeatureCollection."""
    return {"type": "FeatureCollection", "features": list(features), **more}


def test_outlines_are_read(tmp_path):
    """Polygons and multi-polygons, with heights or without, and the days on which they hold."""
    many = [[box(2, 2, 3, 3), box(2.25, 2.25, 2.5, 2.5)], [[[5, 5, 100], [6, 5, 100], [6, 6, 100], [5, 5, 100]]]]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    dates = {"from": "2020-01-01", "to": "2027-01-01"}
    file = read_outlines(
        written(tmp_path, collection(feature(**dates), feature("County", "MultiPolygon", many), crs=crs))
    )
    assert [(one.number, one.area) for one in file.features] == [(1, "big-city"), (2, "county")]
    assert [file.features[0].holds(date(year, 1, 1)) for year in (2019, 2020, 2026, 2027)] == [False, True, True, False]
    assert side_of((2.3, 2.3), file.features[1]) is Side.OUTSIDE
    assert side_of((5.9, 5.5), file.features[1]) is Side.INSIDE
    assert (file.source.name, file.source.dated) == ("areas.geojson", datetime(2026, 1, 1, tzinfo=UTC))
    later = datetime(2026, 3, 1, tzinfo=UTC)
    assert read_outlines(tmp_path / "areas.geojson", dated=later).source.dated == later


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("text", "jurisdiction: is blank"),
        (feature(""), "jurisdiction: is blank"),
        (feature(5), "jurisdiction: is blank"),
        (feature(kind="Point", coordinates=[1, 2]), "geometry: must be a Polygon"),
        (feature(coordinates=[]), "closed rings"),
        (feature(coordinates=[[[0, 0], [1, 0], [1, 1]]]), "closed rings"),
        (feature(coordinates=[[[0], [1, 0], [1, 1], [0]]]), "no longitude and latitude"),
        (feature(coordinates=[box(2400000, 260000, 2400001, 260001)]), "no longitude and latitude"),
        (feature(coordinates=[[["0", "0"]] * 4]), "no longitude and latitude"),
        (feature(**{"from": "1/1/2020"}), "from: must be a date"),
        (feature(to=2020), "to: must be a date"),
        ({"type": "Feature", "properties": {"jurisdiction": "x"}, "geometry": None}, "geometry: must be a Polygon"),
    ],
)
def test_a_bad_feature_is_set_aside_with_its_number_and_reason(tmp_path, bad, problem):
    """Coordinates of a state's own grid are no degrees; the other features are used."""
    file = read_outlines(written(tmp_path, collection(feature(), bad, feature())))
    assert [one.number for one in file.features] == [1, 3]
    (unusable,) = file.quarantined
    assert (unusable.line, unusable.key) == (0, "feature 2")
    assert problem in unusable.reason


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is no FeatureCollection"),
        (feature(), "is no FeatureCollection"),
        ({"type": "FeatureCollection", "features": {}}, "is no FeatureCollection"),
        (collection(crs={"type": "name", "properties": {"name": "EPSG:2285"}}), "another reference system"),
        (collection(crs={"type": "link"}), "another reference system"),
    ],
)
def test_a_file_that_cannot_be_used_whole_is_refused(tmp_path, data, problem):
    """Broken JSON, another kind of document, another reference system."""
    with pytest.raises(FileRefused, match=problem):
        read_outlines(written(tmp_path, data))


def test_a_missing_file_is_refused(tmp_path):
    """With its path."""
    with pytest.raises(FileRefused, match=r"areas\.geojson: cannot be read"):
        read_outlines(tmp_path / "areas.geojson")
