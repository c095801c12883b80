"""The daily card question: what an address is to the district, on what evidence, and what to ask."""

from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from patron_desk import ADDRESS_TEXTS, AREAS, TODAY, VERSION, where

from scld_core.errors import FileRefused, InvalidValue
from scld_core.patrons import Address, Areas, Ask, Belonging, Place, Source, jurisdiction_of
from scld_core.patrons.jurisdiction import ASKS, REASONS
from scld_core.patrons.jurisdiction_files import area_name, read_ranges
from scld_core.patrons.polygons import Feature
from scld_core.patrons.streets import Parity, StreetRange, StreetRanges

DATED = datetime(2026, 1, 2, tzinfo=UTC)
STREETS = Source("streets.csv", DATED)
OUTLINES = Source("areas.geojson", DATED)

_spans = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(sorted)
_days = st.none() | st.dates(date(2020, 1, 1), date(2030, 1, 1))


def row(street="main st", low=1, high=99, *, line=2, **more):
    """One range."""
    return StreetRange(street=street, low=low, high=high, line=line, **({"area": "county"} | more))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["main st", "n main st", "oak ave"]),
        _spans,
        st.sampled_from(Parity),
        st.sampled_from(["", "99999", "99998"]),
        st.sampled_from([*AREAS.areas, "nowhere"]),
        st.tuples(_days, _days),
    ),
    max_size=8,
).map(
    lambda rows: tuple(
        StreetRange(
            street=street,
            low=span[0],
            high=span[1],
            parity=parity,
            postcode=postcode,
            area=area,
            valid_from=first,
            valid_to=last if not (first and last and last <= first) else None,
            line=line,
        )
        for line, (street, span, parity, postcode, area, (first, last)) in enumerate(rows, 2)
    )
)


def areas(*rows):
    """The ranges of one file."""
    return Areas(ranges=StreetRanges(rows), ranges_from=STREETS)


def asked(address, *rows, on=TODAY, policy=AREAS):
    """What an address is by ranges."""
    return jurisdiction_of(Place(address=address), areas(*rows), policy, on=on, version=VERSION)


def _oracle(number, street, zone, on, rows):
    """Every row looked at, one after the other."""
    return [
        r
        for r in rows
        if r.street == street
        and r.low <= number <= r.high
        and (r.parity.value == "both" or r.parity.value == ("odd" if number % 2 else "even"))
        and (not r.postcode or not zone or r.postcode == zone)
        and (r.valid_from or date.min) <= on < (r.valid_to or date.max)
    ]


@given(
    ROWS,
    st.integers(0, 41),
    st.sampled_from(["Main Street", "North Main St.", "OAK AVENUE", "Elm"]),
    st.sampled_from(["", "99999", "99998-1234"]),
    st.dates(date(2019, 1, 1), date(2031, 1, 1)),
)
def test_the_answer_agrees_with_looking_at_every_row(rows, number, street, postcode, on):
    """The rows named are those a brute force finds, and the answer follows from what they say alone."""
    key = {"Main Street": "main st", "North Main St.": "n main st", "OAK AVENUE": "oak ave", "Elm": "elm"}[street]
    wanted = _oracle(number, key, postcode[:5], on, rows)
    found = asked(where(f"{number} {street}", postcode=postcode, city=""), *rows, on=on)
    assert sorted(one.row for one in found.evidence) == sorted(f"line {r.line}" for r in wanted)
    assert found.areas == tuple(sorted({r.area for r in wanted}))
    gives = {AREAS.areas.get(r.area) for r in wanted}
    agreements = {r.area for r in wanted if AREAS.areas.get(r.area) is Belonging.RECIPROCAL}
    sure = len(gives) == 1 and None not in gives and len(agreements) <= 1
    assert found.belonging is (gives.pop() if sure else Belonging.UNSURE)


@given(ROWS, st.randoms(use_true_random=False), ADDRESS_TEXTS, _days)
def test_an_answer_is_total_explained_and_needs_no_order(rows, random, text, on):
    """Any address has one answer with reasons; an unsure one says what to ask, a sure one rests on a row."""
    address = Address(lines=tuple(line.strip() for line in text.split("\n")))
    found = asked(address, *rows, on=on or TODAY)
    shuffled = random.sample(rows, len(rows))
    assert evolve(found, near=()) == evolve(asked(address, *shuffled, on=on or TODAY), near=())
    assert found.reasons
    assert all(reason.text(REASONS) and reason.version == VERSION and reason.section for reason in found.reasons)
    assert bool(found.asks) is (found.belonging is Belonging.UNSURE)
    assert bool(found.evidence) or found.belonging is Belonging.UNSURE
    assert all(ASKS[ask] for ask in found.asks)


@given(ROWS, st.integers(0, 41), ROWS)
def test_a_further_row_never_makes_one_sure_answer_another(rows, number, more):
    """Rows that are added agree, or make the answer unsure; they never turn it round."""
    place = where(f"{number} Main St")
    before, after = asked(place, *rows), asked(place, *rows, *more)
    if before.belonging is not Belonging.UNSURE:
        assert after.belonging in (before.belonging, Belonging.UNSURE)


@pytest.mark.parametrize(
    ("address", "rows", "belonging", "codes", "asks"),
    [
        (where("5 Main St"), [row()], "district", ["covered"], ()),
        (where("5 Main St"), [row(), row(area="millbrook", line=3)], "district", ["covered", "covered"], ()),
        (where("5 Main St"), [row(area="big-city")], "reciprocal", ["covered"], ()),
        (where("5 Main St"), [row(area="elsewhere")], "outside", ["covered"], ()),
        (
            where("5 Main St"),
            [row(area="big-city"), row(area="other-city", line=3)],
            "unsure",
            ["covered", "covered", "contradiction"],
            (Ask.POSTCODE, Ask.MAP),
        ),
        (where("5 Main St"), [row(area="liberty")], "unsure", ["covered", "area_unknown"], (Ask.POLICY,)),
        (where("5 Main St"), [], "unsure", ["no_row"], (Ask.MAP,)),
        (where("5 N Main St"), [row()], "unsure", ["no_row"], (Ask.STREET_SPELLING, Ask.MAP)),
        (where("PO Box 5"), [row()], "unsure", ["no_residence"], (Ask.RESIDENCE,)),
        (where("5 Main St PMB 2"), [row()], "unsure", ["no_residence"], (Ask.RESIDENCE,)),
        (where("Main St"), [row()], "unsure", ["no_house_number"], (Ask.HOUSE_NUMBER,)),
        (where("RR 1 Box 5"), [row()], "unsure", ["no_house_number"], (Ask.HOUSE_NUMBER,)),
        (None, [row()], "unsure", ["no_address"], (Ask.RESIDENCE,)),
        (where("c/o Jo"), [row()], "unsure", ["no_address"], (Ask.RESIDENCE,)),
    ],
)
def test_each_answer_stands_for_itself(address, rows, belonging, codes, asks):
    """Covered, contradicted, unknown, not found and no place to live in: each has its reason and question."""
    found = asked(address, *rows)
    assert (found.belonging.value, [reason.code for reason in found.reasons], found.asks) == (belonging, codes, asks)


def test_a_street_that_is_spelled_otherwise_is_shown():
    """The wrong direction, suffix or letter brings the streets of the files that come near."""
    rows = (row("n argonne rd"), row("s argonne rd", line=3), row("pnes rd", line=4, name="Pines Rd"))
    for text in ("5 Argonne Ave", "5 Argone Rd"):
        assert asked(where(text), *rows).near == ("n argonne rd", "s argonne rd")
    assert asked(where("5 N Argonne Rd", postcode=""), *[evolve(r, low=90) for r in rows]).near == ("s argonne rd",)
    assert asked(where("5 Pine Rd"), *rows).near == ("Pines Rd",)
    assert asked(where("5 Rd Rd"), *rows).near == ()
    assert StreetRanges(rows).near("") == ()


def test_a_town_that_left_has_two_answers_on_two_days():
    """A range's last day, and a policy of another day, both change the answer."""
    left = date(2004, 1, 1)
    rows = (row(valid_to=left), row(area="elsewhere", valid_from=left, line=3))
    days = (left - timedelta(days=1), left)
    assert [asked(where("5 Main St"), *rows, on=day).belonging.value for day in days] == ["district", "outside"]


def test_the_file_and_its_date_are_in_the_sentence():
    """Who asks on what the answer rests is told the row, the file and its date."""
    (reason,) = asked(where("5 Main St"), row()).reasons
    assert reason.text(REASONS) == "county has this address, by line 2 of streets.csv of 2026-01-02"


def square(number, area, west, south, size=2.0, **more):
    """A square outline."""
    corners = ((west, south), (west + size, south), (west + size, south + size), (west, south + size), (west, south))
    return Feature(number=number, area=area, polygons=((corners,),), **more)


@pytest.mark.parametrize(
    ("point", "belonging", "codes"),
    [
        ((1.0, 1.0), "district", ["covered"]),
        ((2.0, 1.0), "unsure", ["border", "border", "contradiction"]),
        ((3.0, 1.0), "reciprocal", ["covered"]),
        ((0.0, 1.0), "unsure", ["border"]),
        ((9.0, 9.0), "unsure", ["no_row"]),
        ((1.0, 5.0), "unsure", ["no_row"]),
    ],
)
def test_a_point_is_looked_up_in_the_outlines(point, belonging, codes):
    """Inside is sure, a border and outside of everything are not."""
    shapes = (square(1, "county", 0, 0), square(2, "big-city", 2, 0), square(3, "county", 0, 4, valid_to=TODAY))
    found = jurisdiction_of(Place(point=point), Areas(features=shapes, features_from=OUTLINES), AREAS, on=TODAY)
    assert (found.belonging.value, [reason.code for reason in found.reasons]) == (belonging, codes)


def test_two_sources_that_disagree_are_named_both():
    """A street range and an outline are weighed alike; a box with a point is looked up by the point."""
    both = Areas(
        ranges=StreetRanges((row(),)),
        ranges_from=STREETS,
        features=(square(1, "big-city", 0, 0),),
        features_from=OUTLINES,
    )
    found = jurisdiction_of(Place(address=where("5 Main St"), point=(1.0, 1.0)), both, AREAS, on=TODAY)
    assert found.belonging is Belonging.UNSURE
    assert {one.source.name for one in found.evidence} == {"streets.csv", "areas.geojson"}
    boxed = jurisdiction_of(Place(address=where("PO Box 5"), point=(1.0, 1.0)), both, AREAS, on=TODAY)
    assert boxed.belonging is Belonging.RECIPROCAL
    lost = jurisdiction_of(Place(address=where("Main St"), point=(9.0, 1.0)), both, AREAS, on=TODAY)
    assert [reason.code for reason in lost.reasons] == ["no_row"]


# Files.


HEAD = "street,low,high,parity,zip,jurisdiction,from,to\n"


def written(tmp_path, text, name="streets.csv"):
    """A file."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_of_ranges_is_read(tmp_path):
    """Words in any spelling; blank means both sides, any postcode and no bound."""
    text = HEAD + "N. Main Street,100,198,EVEN,99999-1234,Big City,2020-01-01,2030-01-01\nOak Ave,1,9,,,County,,\n"
    file = read_ranges(written(tmp_path, text), dated=DATED)
    assert file.quarantined == ()
    assert file.source == STREETS
    assert file.ranges.rows == (
        row(
            "n main st",
            100,
            198,
            parity=Parity.EVEN,
            postcode="99999",
            area="big-city",
            name="N. Main Street",
            valid_from=date(2020, 1, 1),
            valid_to=date(2030, 1, 1),
        ),
        row("oak ave", 1, 9, line=3, name="Oak Ave"),
    )
    bare = read_ranges(written(tmp_path, "road;a;b;who\nOak;1;9;County\n"), mapping=_OTHER)
    assert bare.ranges.rows == (row("oak", 1, 9, name="Oak"),)
    assert bare.source.dated.tzinfo is UTC


_OTHER = {"street": "road", "low": "a", "high": "b", "jurisdiction": "who"}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",1,9,,,County,,", "street: is blank"),
        ("...,1,9,,,County,,", "street: has no letter or digit"),
        ("Oak,x,9,,,County,,", "low: must be a whole number"),
        ("Oak,1,1.2E+03,,,County,,", "high: spreadsheet damage"),
        ("Oak,9,1,,,County,,", "high: must not be below low"),
        ("Oak,1,9,left,,County,,", "parity: must be even, odd or both"),
        ("Oak,1,9,,9921,County,,", "zip: must be five digits"),
        ("Oak,1,9,,,,,", "jurisdiction: is blank"),
        ("Oak,1,9,,,County,1/2/2020,", "from: must be a date such as 2026-01-31"),
        ("Oak,1,9,,,County,,2020-02-30", "to: must be a date such as 2026-01-31"),
        ("Oak,1,9,,,County,2020-01-02,2020-01-02", "to: must be after from"),
        ("Oak,1,9", "has 3 cells where the header has 8"),
        (",x,9,,,,,", "street: is blank; jurisdiction: is blank; low: must be a whole number"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_line_and_reason(tmp_path, line, problem):
    """The others are used."""
    file = read_ranges(written(tmp_path, f"{HEAD}Elm,1,9,,,County,,\n{line}\nAsh,1,9,,,County,,\n"))
    assert [r.line for r in file.ranges.rows] == [2, 4]
    (unusable,) = file.quarantined
    assert (unusable.source, unusable.line) == ("streets.csv", 3)
    assert problem in unusable.reason


def test_a_file_without_the_columns_is_refused(tmp_path):
    """A header that says something else is no guess."""
    with pytest.raises(FileRefused, match="jurisdiction"):
        read_ranges(written(tmp_path, "street,low,high\nOak,1,9\n"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: row("Main St"),
        lambda: row(""),
        lambda: row(low=-1),
        lambda: row(postcode="9999x"),
        lambda: row(area=" "),
        lambda: row(line=0),
    ],
)
def test_what_is_no_range(make):
    """A range is of a street's key, of numbers, of a whole postcode, of a named area."""
    with pytest.raises(InvalidValue, match="StreetRange"):
        make()


@given(st.text(max_size=20))
def test_an_area_s_name_has_one_form(text):
    """Reading the form again changes nothing."""
    assert area_name(area_name(text)) == area_name(text)
