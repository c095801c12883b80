"""Titles, items, ISBNs and what they are looked for by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.catalog import Query, Title, answers_to, isbn13
from scld_core.errors import InvalidValue
from scld_core.kernel.ids import TitleId
from scld_core.testing import strategies

DIGITS = st.text("0123456789", min_size=9, max_size=9)


def ten(body):
    """An ISBN of ten, by the definition: the weighted sum with its check is a multiple of eleven."""
    signs = "0123456789X"
    return next(
        body + sign
        for value, sign in enumerate(signs)
        if (sum((10 - at) * int(digit) for at, digit in enumerate(body)) + value) % 11 == 0
    )


@given(DIGITS, st.sampled_from(("", "-", " ", "\u2010")))
def test_both_lengths_of_an_isbn_are_one(body, mark):
    """An ISBN of ten and the same of thirteen have one form, whatever stands between their digits."""
    short = ten(body)
    long = isbn13(short)
    assert long.startswith("978" + body)
    assert isbn13(mark.join(long)) == isbn13(mark.join(short.lower())) == long


@given(DIGITS, st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_no_isbn(body, place, by):
    """Every single wrong digit is noticed, in both lengths."""
    short = ten(body)
    if short[place].isdigit():
        wrong = short[:place] + str((int(short[place]) + by) % 10) + short[place + 1 :]
        assert isbn13(wrong) is None
    long = isbn13(short)
    at = place + 3
    assert isbn13(long[:at] + str((int(long[at]) + by) % 10) + long[at + 1 :]) is None


@given(st.text(max_size=20))
def test_any_text_is_an_isbn_or_none(text):
    """Reading never raises, and what it gives is read as itself."""
    found = isbn13(text)
    assert found is None or isbn13(found) == found


@pytest.mark.parametrize("text", ["", "978", "9770306406157", "0306406153", "97803064061570", "X306406152", "ISBN"])
def test_what_is_no_isbn(text):
    """Too short or long, another prefix, a wrong check, an X in front, no number."""
    assert isbn13(text) is None


@pytest.mark.parametrize(
    ("given_", "rule"),
    [
        ({}, "must be given"),
        ({"title": "?!"}, "must be given"),
        ({"isbn": "0306406153"}, "ISBN"),
        ({"isbn": 5}, "ISBN"),
    ],
)
def test_a_query_without_anything_to_look_for_is_refused(given_, rule):
    """Nothing, signs without a word, a wrong ISBN."""
    with pytest.raises(InvalidValue, match=rule):
        Query(**given_)


@given(strategies.titles, strategies.queries, st.sampled_from(("title", "author")), st.text(max_size=5))
def test_asking_for_more_never_finds_more(title, query, name, word):
    """A word more in a request finds no title that was not found without it."""
    asked = f"{getattr(query, name)} {word}".strip()
    if asked.isprintable():
        narrower = codecs.structure(Query, {**codecs.unstructure(query), name: asked}, where="query")
        assert answers_to(title, query) or not answers_to(title, narrower)


@given(strategies.titles)
def test_a_title_answers_to_itself(title):
    """In capitals, with its words in any order, and by any of its ISBNs."""
    name = " ".join(reversed(title.title.upper().split()))
    for isbn in title.isbns:
        assert answers_to(title, Query(isbn=isbn))
        assert answers_to(title, Query(title=name, isbn=isbn))


@given(strategies.titles, strategies.items, strategies.libraries, strategies.queries)
def test_values_survive_the_codec(title, item, library, query):
    """What is written is read as the same."""
    for value in (title, item, library, query):
        assert codecs.load(type(value), codecs.dump(value)) == value


def test_a_blank_title_is_one_that_was_not_told():
    """An ILS may know a title by its items alone; a line end in a title is refused."""
    assert Title(TitleId("main", "t1"), "").title == ""
    with pytest.raises(InvalidValue, match="one line"):
        Title(TitleId("main", "t1"), "two\nlines")
