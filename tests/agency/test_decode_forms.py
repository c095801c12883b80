"""Amounts and dates: read exactly as declared, written so that they read back."""

from contextlib import suppress
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.forms import MoneyForm, amount_reader, amount_text, date_form, date_reader, is_rounded, lost_zero
from scld_core.errors import InvalidValue

PATTERNS = ("", "%m/%d/%Y", "%d/%m/%Y", "%-m/%-d/%Y", "%Y%m%d", "%d-%b-%Y", "%-d. %-m. %Y", "%Y/%m/%d", "%d%b%Y")
cents = st.integers(1 - 10**17, 10**17 - 1)


@given(cents, st.sampled_from(MoneyForm))
def test_an_amount_is_read_as_it_was_written(amount, form):
    """A round trip of every amount of up to 15 digits, in either form."""
    assert amount_reader(form)(amount_text(amount, form)) == amount


@given(st.integers(1 - 10**17, -(10**5)) | st.integers(10**5, 10**17 - 1))
def test_the_forms_do_not_read_each_other_from_a_thousand_on(amount):
    """1,234.50 is no plain amount, and 1234.50 no grouped one; a workbook's number may be plain in both."""
    for form, other in ((MoneyForm.PLAIN, MoneyForm.GROUPED), (MoneyForm.GROUPED, MoneyForm.PLAIN)):
        with pytest.raises(ValueError, match="written like"):
            amount_reader(form)(amount_text(amount, other))
    assert amount_reader(MoneyForm.GROUPED, workbook=True)(amount_text(amount, MoneyForm.PLAIN)) == amount


def test_few_decimals_are_enough_where_nothing_is_grouped():
    """12, 12.5 and 12.50 are plain amounts; a grouped one has its two decimals, or 1,234 could be a decimal comma."""
    plain = amount_reader(MoneyForm.PLAIN)
    assert [plain(text) for text in ("12", "12.5", "12.50", "-0.05")] == [1_200, 1_250, 1_250, -5]
    for text in ("1,234", "1,234.5", "12,34.50", "1,2345.00", "01,234.50", ",234.50"):
        with pytest.raises(ValueError, match="is not written like"):
            amount_reader(MoneyForm.GROUPED)(text)


@given(st.text(max_size=10), st.sampled_from(MoneyForm))
def test_a_text_is_an_amount_that_prints_back_or_refused(text, form):
    """What is read at all is the same amount as a text of the plain form without its commas."""
    with suppress(ValueError):
        read = amount_reader(form)(text)
        assert amount_reader(MoneyForm.PLAIN)(text.replace(",", "")) == read


@given(st.dates(date(1900, 1, 1), date(9999, 12, 31)), st.sampled_from(PATTERNS))
def test_a_date_is_read_as_it_was_written(day, pattern):
    """A round trip of every date in every pattern, month names in any case."""
    form = date_form(pattern)
    assert form.read(form.write(day)) == form.read(form.write(day).upper()) == day


@pytest.mark.parametrize("pattern", [one for one in PATTERNS if "b" not in one])
def test_reading_agrees_with_the_standard_library(pattern):
    """Every day of two years reads as strptime reads it."""
    form = date_form(pattern)
    for ordinal in range(date(2024, 1, 1).toordinal(), date(2026, 1, 1).toordinal(), 3):
        text = form.write(date.fromordinal(ordinal))
        plain = (pattern or "%Y-%m-%d").replace("%-", "%")
        assert form.read(text) == datetime.strptime(text, plain).date()  # noqa: DTZ007


def test_a_time_of_day_is_dropped_and_written():
    """A pattern may have a time; a date without one is written at midnight."""
    form = date_form("%m/%d/%Y %H:%M:%S")
    assert form.read("3/4/2026 9:05:00") == date(2026, 3, 4)
    assert form.write(datetime(2026, 3, 4, 9, 5)) == "03/04/2026 09:05:00"  # noqa: DTZ001
    assert form.write(date(2026, 3, 4)) == "03/04/2026 00:00:00"


def test_numbers_that_touch_must_have_all_their_digits():
    """2026111 could be January 11 or November 1: it is neither."""
    for pattern, text in (("%Y%m%d", "2026111"), ("%d%b%Y", "4Mar2026")):
        with pytest.raises(ValueError, match="is not written as"):
            date_form(pattern).read(text)
    assert date_form("%m/%d/%Y").read("3/4/2026") == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("%m/%d/%y", "must have the year with four digits"),
        ("%m/%Y", "must have year, month and day once each"),
        ("%m/%b/%d/%Y", "must have year, month and day once each"),
        ("%d/%d/%m/%Y", "must have year, month and day once each"),
        ("%q/%m/%d/%Y", "has %q, which is none of"),
        ("%m/%d/%Y %", "has %, which is none of"),
        ("mm/dd/yyyy", "must have year, month and day once each"),
    ],
)
def test_a_pattern_that_cannot_be_relied_on_is_refused(pattern, rule):
    """A two-digit year, a missing or doubled part, an unknown directive."""
    with pytest.raises(InvalidValue, match=rule):
        date_form(pattern)


@pytest.mark.parametrize("text", ["03/04/26", "3-4-26", "4 Mar 26", "4-Mar-26", "3.4.26"])
def test_a_year_of_two_digits_is_named(text):
    """The century is never guessed."""
    with pytest.raises(ValueError, match="has a year of two digits; it is declared as %m/%d/%Y"):
        date_reader("%m/%d/%Y")(text)


def test_a_date_cell_of_a_workbook_is_read_whatever_is_declared():
    """A real date has no pattern; the same text in a CSV file is not the declared one."""
    read = date_reader("%m/%d/%Y", workbook=True)
    assert read("2026-03-04") == read("2026-03-04T09:30:00") == read("03/04/2026") == date(2026, 3, 4)
    assert read("") is None
    with pytest.raises(ValueError, match="is not written as"):
        date_reader("%m/%d/%Y")("2026-03-04")


def test_damage_is_what_cannot_be_anything_else():
    """2.1E+13 is damage, 12E3 may be somebody's number; 2139 is no ZIP code of Massachusetts, and one elsewhere."""
    assert [is_rounded(text) for text in ("2.1E+13", "2,1e+13", "2E+13", "12E3", "A-1", "")] == [True] * 3 + [False] * 3
    assert lost_zero("2139", "ma")
    assert not any((lost_zero("02139", "MA"), lost_zero("2139", "WA"), lost_zero("", "MA")))
