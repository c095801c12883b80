"""Laws of call numbers over arbitrary text and over texts that look like call numbers."""

import sqlite3
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scld_core.catalog import ENGLISH_ARTICLES, STANDARD, CallNumber, Kind, Shelving, sort_key
from scld_core.catalog.call_number_fold import atoms, fold
from scld_core.catalog.call_number_labels import MAY_LABEL
from scld_core.catalog.call_number_machine import LONGEST, ROOM, START, forget, start
from scld_core.catalog.call_number_parts import LABELS
from scld_core.catalog.call_number_rules import HEAD, Reader

OTHER = Shelving(mac=True, articles=ENGLISH_ARTICLES, lc=True)
MIXED = Shelving(prefixes=("E", "J", "", "FIC", "LARGE PRINT DVD"), spellings=(("LP", "J FIC"),), before_names=("FIC",))
shelvings = st.sampled_from([STANDARD, OTHER, MIXED, Shelving(mac=True), Shelving(articles=ENGLISH_ARTICLES)])

_WORDS = ("J", "j", "E", "FIC", "B", "92", "REF", "LARGE", "PRINT", "DVD", "LP", "QA", "QA76", "BET", "mcdonald", "Mc")
_MORE = (
    "A",
    "THE",
    "S64",
    "A75a",
    "V2",
    "v.2",
    "v.",
    "vol",
    "10",
    "1-2",
    "3/4",
    "SEASON",
    "S02E05",
    "part",
    "pt.",
    "#3",
)
_NUMBERS = (
    "641",
    "641.5",
    ".5",
    "796.357/64",
    "796/.357",
    "1.42",
    "5",
    "1997",
    "1997x",
    "2009/2010",
    "2001.5",
    "12345",
)
_SIGNS = (
    "/",
    "-",
    ".",
    "'",
    ",",
    "é",
    "ß",
    "Ж",
    "½",
    "\u200b",
    "SMITH-JONES",
    "O'BRIEN",
    "B/92",
    "JFIC",
    "E185",
    "c.2",
)
tokens = st.sampled_from(_WORDS + _MORE + _NUMBERS + _SIGNS) | st.text(max_size=4)
texts = st.lists(st.tuples(tokens, st.sampled_from((" ", " ", " ", "", "/", "-"))), max_size=7).map(
    lambda pairs: "".join(token + joint for token, joint in pairs)
)
marks = st.sampled_from(
    ("BET", "mcd", "A", "the", "ser", "S", "e", "j", "ref", "S64", "e25", "A75a", "S6v", "VOL", "B")
)
common = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(
            ("", "", "J ", "FIC ", "J FIC ", "E ", "REF ", "B ", "LARGE PRINT ", "QA ", "TALES ", "JFIC ", "92 ")
        ),
        st.sampled_from(("", "", "5 ", "92 ", "641 ", "641.5 ", "641.59 ", "1997 ")),
        marks,
        st.sampled_from(("", "", " v.2", " V. 10", " v.010", " v.100", " SMI")),
        st.sampled_from(("", "", " 2019", " 1399", " 10")),
    ),
)
anything = texts | common | st.text()


def place(call):
    """The order of a call number from the meaning of its parts, without the key: the oracle."""
    ranks = {kind: rank for rank, kind in enumerate(Kind)}
    return [(ranks[part.kind], meaning(part, call.shelving)) for part in call.parts]


def meaning(part, shelving):
    if part.kind in (Kind.EARLY, Kind.LATE):
        return shelving.prefixes.index(part.value)
    if part.kind is Kind.WORD:
        foreign = [not char.isascii() for char in part.value]
        return foreign[0], [(not out, ord(char)) for out, char in zip(foreign, part.value, strict=True)]
    if part.kind in (Kind.DECIMALS, Kind.CUTTER):
        return Fraction(int(part.value), 10 ** len(part.value)), len(part.value)
    return LABELS.index(part.label), int(part.value)


@given(anything, shelvings)
def test_any_text_is_read(text, shelving):
    """Parsing is total; the key has digits and small letters alone, and is the same from both doors."""
    call = CallNumber.parse(text, shelving)
    assert call.text == str(call) == text
    assert set(call.sort_key) <= set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert call.sort_key == sort_key(text, shelving)


@given(anything, shelvings)
def test_short_cuts_read_what_the_rules_read(text, shelving):
    """Token by token or by the shape of the whole, the parts are those that the rules find in the whole text."""
    parts, _, rest = Reader(shelving).read(HEAD, atoms(text), final=True)
    call = CallNumber.parse(text, shelving)
    assert (call.parts, rest) == (parts, ())
    assert call.sort_key == "".join(part.code for part in parts)


@given(anything, anything, shelvings)
def test_the_order_of_keys_is_the_order_of_parts(one, other, shelving):
    """Keys compare as the meanings of the parts do; equal keys are equal parts, and nothing else is equal."""
    a, b = CallNumber.parse(one, shelving), CallNumber.parse(other, shelving)
    assert (a.sort_key < b.sort_key) == (place(a) < place(b))
    assert (a.sort_key == b.sort_key) == (a.parts == b.parts) == (place(a) == place(b))


@given(anything, anything, anything)
def test_comparison_is_a_total_order(one, two, three):
    """Antisymmetric, transitive, total; equality and hash agree with it."""
    a, b, c = map(CallNumber.parse, (one, two, three))
    assert [a < b, a == b, a > b].count(True) == 1
    assert (a <= b) == (a < b or a == b) == (b >= a) == (not b < a)
    assert not (a <= b <= c) or a <= c
    assert a != b or hash(a) == hash(b)


@given(anything, shelvings)
def test_case_does_not_count(text, shelving):
    """Capitals and small letters have one key."""
    assert sort_key(text, shelving) == sort_key(text.swapcase(), shelving) == sort_key(text.casefold(), shelving)


@given(anything)
def test_folding_twice_is_folding_once(text):
    """What is folded stays as it is."""
    assert fold(fold(text)) == fold(text)


@given(st.lists(tokens.filter(lambda token: token.isalnum() and token.isascii()), max_size=6), st.data())
def test_spaces_and_idle_punctuation_do_not_count(words, data):
    """More white space, brackets, commas, quotes and invisible signs around the words change nothing."""
    noise = st.text(alphabet=' \t\n,;:!?()[]"_*+\u2009\u00ab\u00bb', max_size=3)
    noisy = "".join(data.draw(noise) + word + data.draw(noise) + " " for word in words)
    assert sort_key(noisy) == sort_key(" ".join(words))


@given(st.text(alphabet="ABCDEMcz ", max_size=8), st.data())
def test_accents_do_not_count(text, data):
    """A combining accent behind any letter changes nothing, composed or not."""
    marks = st.sampled_from(("", "\u0301", "\u0308", "\u0327"))
    accented = "".join(char + (data.draw(marks) if char.isalpha() else "") for char in text)
    assert sort_key("FIC " + accented) == sort_key("FIC " + text)


@given(st.integers(0, 999), st.text(alphabet="0123456789", max_size=6), st.sampled_from("0123456789"), texts)
def test_a_further_decimal_never_sorts_before(whole, decimals, digit, rest):
    """641.59 is never before 641.5, whatever follows either; 92 alone is a biography and no class."""
    assume(decimals or whole != 92)
    assert sort_key(f"J {whole}.{decimals}{digit} {rest}") > sort_key(f"J {whole}.{decimals}")
    assert sort_key(f"{whole}.{decimals}{digit} AAA") > sort_key(f"{whole}.{decimals} ZZZ") or not decimals


@given(st.integers(0, 10**30), st.integers(0, 10**30), st.sampled_from(("v.", "vol. ", "S.", "no. ", "BOOK ", "DISC ")))
def test_volumes_are_integers(one, other, label):
    """Numbers behind a label compare as integers of any length, with leading zeros or not."""
    a, b = (sort_key(f"641.5 BET {label}{number}") for number in (one, other))
    assert (a < b, a == b) == (one < other, one == other)
    assert a == sort_key(f"641.5 BET {label}00{one}")


@given(st.lists(texts, max_size=8))
def test_every_collation_of_a_database_agrees(listed):
    """SQLite sorts the keys alike by bytes and without regard to case, and as Python does."""
    with sqlite3.connect(":memory:") as connection:
        connection.execute("CREATE TABLE item (key TEXT)")
        connection.executemany("INSERT INTO item VALUES (?)", [(sort_key(text),) for text in listed])
        for collation in ("BINARY", "NOCASE"):
            rows = connection.execute(f"SELECT key FROM item ORDER BY key COLLATE {collation}")
            assert [key for (key,) in rows] == sorted(map(sort_key, listed))
    connection.close()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "J 641.5973/0973 S64a v.2 2019",
            "LATE:J CLASS:641 DECIMALS:59730973 WORD:s CUTTER:64 WORD:a NUMBER:2 YEAR:2019",
        ),
        ("QA76.73 .P98 1997", "WORD:qa NUMBER:76 DECIMALS:73 WORD:p CUTTER:98 YEAR:1997"),
        ("DVD FRIENDS S02E05", "LATE:DVD WORD:friends NUMBER:2 NUMBER:5"),
        ("2001.5 A", "COUNT:2001 DECIMALS:5 WORD:a"),
        ("B", "LATE:B"),
        ("VOL", "WORD:vol"),
        ("LARGE", "WORD:large"),
        ("3D", "CLASS:003 WORD:d"),
        ("QA SMI", "WORD:qa WORD:smi"),
        ("FIC\tVOLODINE", "LATE:FIC WORD:volodine"),
        ("641.5 PT. 2009", "CLASS:641 DECIMALS:5 NUMBER:2009"),
        ("641-645", "CLASS:641 NUMBER:645"),
        ("", ""),
    ],
)
def test_parts_say_what_was_read(text, parts):
    """Each part has its kind and its folded value."""
    assert " ".join(f"{part.kind.name}:{part.value}" for part in CallNumber.parse(text).parts) == parts


def test_numbers_of_two_shelf_orders_do_not_compare():
    """They are not equal, and asking which is first is an error."""
    one, other = CallNumber.parse("FIC A"), CallNumber.parse("FIC A", Shelving(mac=True))
    assert one != other
    assert one != "FIC A"
    for compare in ("__lt__", "__le__", "__gt__", "__ge__"):
        assert getattr(one, compare)(other) is NotImplemented
    with pytest.raises(TypeError):
        sorted([one, other])
    assert CallNumber.parse("FIC A", Shelving(mac=True)) == other


def test_what_is_kept_is_bounded():
    """Long tokens are not kept, and a full table begins anew with the same answers."""
    forget()
    sort_key("641.5 " + "x" * (LONGEST + 1) + "'")
    behind = start(STANDARD)["641.5"][1]
    assert not behind
    entry = behind["y"]
    behind.update((f"kept{number}", entry) for number in range(ROOM))
    assert behind["BET"][0] == "6bet"
    assert len(behind) == 1
    forget()
    assert not behind
    assert not START


def test_no_short_label_is_an_initial():
    """A letter with a space behind it is never a label: labels of one letter need a point or a number at once."""
    for letter in sorted(word for word in MAY_LABEL if len(word) == 1):
        assert [part.kind for part in CallNumber.parse(f"641.5 {letter} 2").parts][2] is Kind.WORD


def test_letters_of_every_plane_are_one_with_their_capitals():
    """No letter of Unicode's first plane has another key as a capital, as a small letter or folded."""
    chars = [char for char in map(chr, range(0x10000)) if char.upper() != char.lower()]
    wrong = [char for char in chars if len({fold(char), fold(char.upper()), fold(char.lower()), fold(fold(char))}) > 1]
    assert wrong == []


def test_neighbours_of_a_sorted_list_agree_with_their_keys():
    """Sorting the values and sorting the keys is one thing."""
    listed = ["J 500", "500", "FIC A", "641.59 A", "641.5 Z", "DVD SEASON 10", "DVD SEASON 2"]
    calls = sorted(map(CallNumber.parse, listed))
    assert all(a.sort_key <= b.sort_key for a, b in pairwise(calls))


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("641.5 BET v.\u0661\u0662", "641.5 BET v.12"),
        ("051 TIM v.1\u20132", "051 TIM v.1-2"),
        ("051 TIM v.1\u20442", "051 TIM v.1/2"),
        ("\ufeff641\u200b.5\u00ad BET", "641.5 BET"),
        ("796.357\u203264", "796.357/64"),
        ("FIC O\u02bcBRIEN", "FIC OBRIEN"),
        ("FIC \u0141\u00d3D\u0179", "FIC LODZ"),
    ],
)
def test_signs_of_other_keyboards_are_the_plain_ones(text, plain):
    """Digits of other scripts, dashes, fraction slashes, primes and invisible signs read as what they stand for."""
    assert sort_key(text) == sort_key(plain)


def test_a_vowel_sign_is_part_of_its_word():
    """Signs that belong to a letter in its script stay, so two words that differ in them differ."""
    assert sort_key("FIC \u0915\u093f") != sort_key("FIC \u0915\u0940") != sort_key("FIC \u0915")
