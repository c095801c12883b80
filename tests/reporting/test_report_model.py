"""What a report refuses, and how it hides personal data."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import InvalidValue
from scld_core.kernel.money import Money
from scld_core.reporting import Badge, Column, Figure, Kind, Personal, Prose, Report, Section, Table
from scld_core.reporting.words import clock_words, day_words, instant_words, money_words, span_words

ZONE = ZoneInfo("America/Los_Angeles")
NOW = datetime(2026, 11, 20, 16, 2, tzinfo=UTC)
GOOD = {
    Kind.TEXT: ("text", Prose(("one", "two"))),
    Kind.ID: ("3999900000001", Prose(("IMEI 1",))),
    Kind.NUMBER: (0, 12345),
    Kind.MONEY: (Money(0), Money(-500, "CAD")),
    Kind.INSTANT: (NOW,),
    Kind.BADGE: (Badge("Done"),),
    Kind.TICK: (True, False),
}


def report(*sections, figures=()):
    return Report("Day", "Synthetic", date(2026, 11, 20), NOW, ZONE, sections=sections, figures=figures)


def test_each_kind_takes_its_own_cells_blank_and_personal_ones_and_no_others():
    """A table holds exactly the cells its columns promise, so that a writer never guesses."""
    for kind, own in GOOD.items():
        for cell in (*own, None, Personal("somebody")):
            assert Table("t", (Column("c", kind),), ((cell,),)).rows == ((cell,),)
        for other, cells in GOOD.items():
            if other is not kind and {kind, other} != {Kind.TEXT, Kind.ID}:
                with pytest.raises(InvalidValue, match="row 1, c"):
                    Table("t", (Column("c", kind),), ((cells[0],),))


@pytest.mark.parametrize("moment", [datetime(2026, 11, 20), NOW.astimezone(timezone(timedelta(hours=-8)))])  # noqa: DTZ001
def test_an_instant_that_is_not_in_utc_is_refused(moment):
    """A local or naive time in a cell would be shown an offset away from the truth."""
    with pytest.raises(InvalidValue):
        Table("t", (Column("c", Kind.INSTANT),), ((moment,),))


@given(width=st.integers(1, 4), cells=st.integers(0, 6))
def test_a_row_has_a_cell_for_every_column(width, cells):
    """A short or long row is refused: nothing slides under a wrong heading."""
    columns, row = tuple(Column(f"c{n}") for n in range(width)), ("x",) * cells
    if cells == width:
        assert Table("t", columns, (row,)).rows == (row,)
    else:
        with pytest.raises(InvalidValue, match="must have"):
            Table("t", columns, (row,))


def test_a_table_needs_columns_and_one_name_for_a_row():
    """Two cells that name one row leave a screen reader without an answer."""
    for columns in ((), (Column("a", names_row=True), Column("b", names_row=True))):
        with pytest.raises(InvalidValue):
            Table("t", columns)


def test_section_keys_are_unique_and_figures_point_to_them():
    """A link on the page always leads somewhere, and to one place."""
    assert report(Section("a", "A"), figures=(Figure("f", 1, section="a"), Figure("g", 2)))
    with pytest.raises(InvalidValue):
        report(Section("a", "A"), Section("a", "B"))
    with pytest.raises(InvalidValue):
        report(Section("a", "A"), figures=(Figure("f", 1, section="b"),))
    with pytest.raises(InvalidValue):
        Section("Not A Slug", "A")


@given(st.text(min_size=1))
def test_no_repr_of_a_report_tells_personal_data(secret):
    """A log line or traceback that prints a whole report shows the mask."""
    marked = f"<{secret}>"
    table = Table("t", (Column("c"),), ((Personal(marked),),))
    assert repr(report(Section("s", "S", tables=(table,)))) == repr(
        report(Section("s", "S", tables=(Table("t", (Column("c"),), ((Personal("other"),),)),)))
    )


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_in_words_reads_back_to_its_minute(moment):
    """Words and zone abbreviation together tell every minute apart, also in the hour that comes twice."""
    text = instant_words(moment, ZONE)
    wall, _, abbreviation = text.rpartition(" ")
    offset = {"PST": -8, "PDT": -7}[abbreviation]
    zone = timezone(timedelta(hours=offset))
    read = datetime.strptime(wall, "%a %b %d, %Y, %I:%M %p").replace(tzinfo=zone)
    assert read.astimezone(UTC) == moment.replace(second=0, microsecond=0)
    assert text.endswith(clock_words(moment, ZONE))


@given(st.integers(-(10**9), 10**9), st.sampled_from(["USD", "CAD"]))
def test_money_in_words_reads_back_to_its_cent(cents, currency):
    """Two decimals always, a true minus sign, the currency only where it is not the usual one."""
    text = money_words(Money(cents, currency))
    assert Money.parse(text.replace(",", "").replace("\N{MINUS SIGN}", "-")) == Money(cents, currency)
    assert text.removesuffix(" CAD")[-3] == "."


def test_words_leave_out_the_year_the_reader_knows():
    """The year is written only where it is another one."""
    assert instant_words(NOW, ZONE, year=2026) == "Fri Nov 20, 8:02 AM PST"
    assert instant_words(NOW, ZONE, year=2027) == "Fri Nov 20, 2026, 8:02 AM PST"
    assert day_words(date(2026, 11, 20)) == "Friday, November 20, 2026"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "under a minute"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=3, hours=23), "3 days"),
    ],
)
def test_a_span_is_never_rounded_up(span, words):
    """An age in words is at most the age."""
    assert span_words(span) == words
