"""Whichever engine looks at the plain rows, the result is the same to the byte."""

import csv
import importlib
import io
import json
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime

import attrs
import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from scld_adapters.agencies.export.dialects import AGENCY_EXPORT
from scld_adapters.agencies.koha_ums.dialects import KOHA_UMS_SYNC
from scld_core.agency import _duckdb
from scld_core.agency._duckdb import Limits, sieve
from scld_core.agency.classify import Terms
from scld_core.agency.dialect import Field, MoneyForm
from scld_core.agency.fast import Engine, compare_files, engine_named
from scld_core.agency.files import COLUMNS
from scld_core.agency.model import Finding
from scld_core.errors import BadInput, FileRefused, MissingExtra
from scld_core.kernel.money import Money
from support.told import tell

AT = "2026-06-10T08:00:00-07:00"
HEADER = (
    "account",
    "patron_id",
    "cardnumber",
    "name",
    "status",
    "listed_on",
    "balance",
    "last_activity",
    "close_reason",
)
TERMS = Terms(Money(1000), stale_days=180)
MODIFIED = datetime(2026, 6, 1, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that all examples write into."""
    return tmp_path_factory.mktemp("engines")


def put(folder, name, data):
    """A file whose time is always the same, since ages are counted from it."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    tell(path, MODIFIED)
    return path


def written(header, rows):
    """A CSV of these rows."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])
    return out.getvalue()


def here(key, balance="25.00", *, cards="", flagged="yes", fee="10.00", exempt="no", at=AT):
    """A row of the snapshot."""
    return [key, cards, balance, flagged, fee, exempt, at]


def there(key, patron, balance="25.00", *, card="", name="SYNTHETIC, Name", status="open", last="2026-05-20"):
    """A row of the agency's list."""
    return [key, patron, card, name, status, "2026-03-01", balance, last, ""]


def plain(value):
    """Everything that a finding says, as text."""
    fields = (getattr(value, one.name) for one in attrs.fields(Finding))
    return json.dumps([str(one) if not isinstance(one, tuple) else [str(part) for part in one] for one in fields])


def result(paths, engine, terms=TERMS, dialect=AGENCY_EXPORT):
    """All that a comparison says, or its refusal."""
    try:
        found = compare_files(*paths, dialect, terms=terms, engine=engine)
    except FileRefused as refusal:
        return str(refusal)
    differences = [plain(one) for one in found.differences()]
    return differences, [plain(one) for one in found.findings()], found.summary()


def agree(folder, ils, agency, terms=TERMS, dialect=AGENCY_EXPORT):
    """Both engines on these files; what they say."""
    paths = put(folder, "ils.csv", ils), put(folder, "agency.csv", agency)
    slow, fast = (result(paths, engine, terms, dialect) for engine in (Engine.PYTHON, Engine.FAST))
    assert fast == slow
    return slow


def set_aside(folder, ils, agency, limits=Limits(0, (1, 1999)), dialect=AGENCY_EXPORT):  # noqa: B008 - a frozen value
    """What duckdb sets aside of these files."""
    return sieve(put(folder, "ils.csv", ils), put(folder, "agency.csv", agency), dialect, limits)


KEY = st.sampled_from(
    (
        *("p1", "p2", "p3", "p4", "p5", " p1", "'p2", '="p3"', "p-4", "P1", "p1;", ""),
        *("5E-05", "2.1E+13", "2.1E13", "12345678.0", "1E5", "#N/A"),
    )
)
CARD = st.sampled_from(
    (
        *("", "c1", "c2", "c3", "p1", "c1;c2", "c4;c3", " c1", "c1; c2", ";c2", "c,1"),
        *("2.9E+13", "2.9e13", "12345678.0;c1"),
    )
)
AMOUNT = st.sampled_from(
    ("25.00", "25.00", "25.00", "25", "25.0", "0.00", "-5.00", "30.00", "1,000.00", "$5", "", "25.001")
)
WORD = st.sampled_from(("yes", "yes", "yes", "no", "", "TRUE", "0", "maybe"))
ILS_ROW = st.tuples(
    KEY,
    CARD,
    AMOUNT,
    WORD,
    st.sampled_from(("10.00", "10.00", "0.00", "", "20.00", "-1")),
    st.sampled_from(("no", "no", "no", "yes", "x")),
    st.sampled_from((AT, AT, AT, "2026-06-09T08:00:00Z", "2026-06-10T08:00:00", "")),
)
AGENCY_ROW = st.tuples(
    st.sampled_from((*(f"A-{n}" for n in range(9)), " A-1", "A1", "")),
    KEY,
    st.sampled_from(("", "c1", "c2", "c3", "c9", "p1", " c1", "2.9E+13", "c;1")),
    st.sampled_from(("SYNTHETIC, Name", "O'Synthetic", "'=1+1", ' "Q" S', "Größe", "")),
    st.sampled_from(("open", "open", "open", "Open", "closed", "paid", "disputed", "what")),
    st.sampled_from(("2026-03-01", "", "2025-01-01", "2026-02-30", "0099-01-01", "3/1/2026")),
    AMOUNT,
    st.sampled_from(("2026-05-20", "", "2025-11-01")),
    st.sampled_from(("", "paid in full")),
)


@given(
    st.lists(ILS_ROW, max_size=8),
    st.lists(AGENCY_ROW, max_size=6),
    st.sampled_from(("\r\n", "\n")),
    st.sampled_from((TERMS, Terms(), Terms(Money(1000), Money(2500)))),
)
@example([("p1", "", "25.00", "yes", "10.00", "no", AT)] * 2, [], "\n", TERMS)
def test_both_engines_say_the_same_of_every_file(folder, ils, agency, end, terms):
    """Over rows of every form, with a body of plain ones around them."""
    body = [here(f"q{n}", f"{n + 1}.00", cards=f"k{n}") for n in range(12)]
    body += [here(f"n{n}", "0.00", flagged="no", fee="") for n in range(9)]
    listed = [there(f"Q{n}", f"q{n}", f"{n + 1}.00", card=f"k{n}") for n in range(12)]
    texts = written(COLUMNS, [*body, *ils]), written(HEADER, [*listed, *agency])
    agree(folder, *(text.replace("\r\n", end) for text in texts), terms)


def test_plain_rows_are_set_aside_and_the_others_left(folder):
    """So that the agreement above is one of two engines."""
    ils = [here(f"q{n}", cards=f"k{n};o{n}") for n in range(8)] + [
        here(f"n{n}", flagged="no", fee="") for n in range(8)
    ]
    agency = [there(f"Q{n}", f"q{n}", card=f"k{n}") for n in range(8)]
    ils[3] = here("q3", "26.00")
    found = set_aside(folder, written(COLUMNS, ils), written(HEADER, agency))
    assert (found.matches, found.not_referred) == (7, 8)
    assert [n for n, taken in enumerate(found.ils_lines, 1) if taken] == [1, 5]
    assert [n for n, taken in enumerate(found.agency_lines, 1) if taken] == [1, 5]
    assert found.as_of.isoformat() == "2026-06-10T15:00:00+00:00"
    differences, findings, summary = agree(folder, written(COLUMNS, ils), written(HEADER, agency))
    assert (len(differences), len(findings)) == (1, 8)
    assert summary.as_of == found.as_of


def plenty(*, ils=(), agency=()):
    """Enough plain rows that setting them aside pays, and these."""
    return (
        written(COLUMNS, [here(f"q{n}", cards=f"k{n}") for n in range(9)] + list(ils)),
        written(HEADER, [there(f"Q{n}", f"q{n}", card=f"k{n}") for n in range(9)] + list(agency)),
    )


@pytest.mark.parametrize(
    ("ils", "agency", "left"),
    [
        ([here("q1")], [], 8),  # a patron who stands twice
        ([here(" q1")], [], 8),  # also in another form
        ([here("x1", cards="k1")], [], 8),  # a card that two patrons hold
        ([here("x1", cards="q1")], [], 8),  # a record number among somebody's cards
        ([here("x1", cards=" k1")], [], 8),
        ([], [there("X", "q1")], 8),  # two accounts of one patron
        ([], [there("X", '="q1"')], 8),
        ([], [there("X", "zz", card="k1")], 8),
        ([], [there("Q1", "zz")], 8),  # an account that stands twice
        ([], [there(" Q1", "zz")], 8),
        ([], [there("X", "", card="o")], 9),
    ],
)
def test_whoever_has_a_number_in_common_is_left(folder, ils, agency, left):
    """A pair that matches on its own, and does not alone."""
    files = plenty(ils=ils, agency=agency)
    assert set_aside(folder, *files).matches == left
    agree(folder, *files)


DECLINED = {
    "a record over two lines": lambda i, a: (i, a.replace("SYNTHETIC, Name", "SYNTHETIC\nName", 1)),
    "a blank line": lambda i, a: (i.replace("\r\n", "\r\n\r\n", 1), a),
    "a blank first line": lambda i, a: ("\r\n" + i, a),
    "too few cells": lambda i, a: (i + "p9,c9\r\n", a),
    "a truncated last line": lambda i, a: (i + "p9,c9", a),
    "a NUL": lambda i, a: (i + "p\0,c9,1,yes,0,no," + AT + "\r\n", a),
    "line ends of old": lambda i, a: (i.replace("\r\n", "\r"), a),
    "a mark": lambda i, a: ("\ufeff" + i, a),
    "a blank before a quotation mark": lambda i, a: (i, a.replace('"SYN', ' "SYN', 1)),
    "a blank after a quotation mark": lambda i, a: (i, a.replace('Name"', 'Name" ', 1)),
    "a misplaced quotation mark": lambda i, a: (i, a.replace('Name"', 'Name"x', 1)),
    "another encoding": lambda i, a: (i, a.replace("SYNTHETIC", "GRÖSSE").encode("cp1252")),
    "a cell that is too long": lambda i, a: (i, a.replace("SYNTHETIC", "S" * 200_000, 1)),
    "too many times": lambda i, a: (
        i + "".join(f"t{n},,0,no,,no,2026-06-10T08:{n // 60:02}:{n % 60:02}Z\r\n" for n in range(101)),
        a,
    ),
    "mostly differences": lambda i, a: (i, a.replace("25.00", "26.00")),
    "nothing": lambda i, a: ("", a),
    "a header only": lambda i, a: (i.partition("\r\n")[0], a),
    "no column": lambda i, a: (i.replace("barcodes", "bar"), a),
}


@pytest.mark.parametrize("change", DECLINED.values(), ids=DECLINED)
def test_a_file_that_is_not_quite_plain_is_left_alone(folder, change):
    """The result is that of the other engine, or its refusal."""
    files = change(*plenty())
    agree(folder, *files)
    with suppress(FileRefused):
        assert set_aside(folder, *files) is None


def test_a_whole_last_line_needs_no_end(folder):
    """It is a line all the same."""
    files = [text.removesuffix("\r\n") for text in plenty()]
    assert set_aside(folder, *files).matches == 9
    agree(folder, *files)


@pytest.mark.parametrize(
    "change",
    [
        {"delimiter": ";"},
        {"encoding": "cp1252"},
        {"identity": ("patron_id", "cardnumber")},
        {"fields": tuple(evolve(one, digits=2) if one.name == "account" else one for one in AGENCY_EXPORT.fields)},
        {"fields": tuple(evolve(one, money=MoneyForm.GROUPED) for one in AGENCY_EXPORT.fields)},
        {"fields": tuple(evolve(one, date="%m/%d/%Y") for one in AGENCY_EXPORT.fields)},
        {"identity": ("name",)},
        {"fields": tuple(one for one in AGENCY_EXPORT.fields if one.name not in ("name", "cardnumber", "listed_on"))},
        {"fields": tuple(evolve(one, header=f"The {one.name}") for one in AGENCY_EXPORT.fields)},
    ],
)
def test_both_engines_follow_the_dialect(folder, change):
    """Its delimiter, keys, digits, forms and headers."""
    dialect = evolve(AGENCY_EXPORT, **change)
    header = [dialect.find(name).header if dialect.find(name) else name for name in HEADER]
    ils, agency = plenty(ils=[here("x1", "1234.50")], agency=[there("X", "x1", "1,234.50"), there("12", "q77")])
    rows = list(csv.reader(io.StringIO(agency)))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=dialect.delimiter).writerows([header, *rows[1:]])
    agree(folder, ils, out.getvalue(), dialect=dialect)


def test_a_quiet_account_is_left_and_one_day_less_is_not(folder):
    """Days are counted from the file's own time."""
    for last, matches in (("2025-12-03", 9), ("2025-12-02", 8)):
        files = list(plenty())
        rows = list(csv.reader(io.StringIO(files[1])))
        rows[1][7] = last
        files[1] = written(rows[0], rows[1:])
        assert set_aside(folder, *files, Limits(0, (1, 1999), date(2025, 12, 3))).matches == matches
        differences, _, _ = agree(folder, *files)
        assert len(differences) == 9 - matches


def test_a_field_need_not_be_declared(folder):
    """An agency may have no cards, and its statuses in other words."""
    fields = (Field("account", "No"), Field("patron_id", "Ref"), Field("balance", "Due"), Field("status", "State"))
    dialect = evolve(AGENCY_EXPORT, name="small", fields=fields)
    ils, _ = plenty()
    agency = written(("No", "Ref", "Due", "State"), [(f"A{n}", f"q{n}", "25.00", "OPEN") for n in range(9)])
    assert set_aside(folder, ils, agency, dialect=dialect).matches == 9
    agree(folder, ils, agency, dialect=dialect)


def test_a_pipe_and_a_workbook_are_left_to_the_other_engine(folder):
    """What duckdb cannot open a second time, or at all."""
    ils, agency = plenty()
    path = folder / "ils.xlsx"
    openpyxl = importlib.import_module("openpyxl")
    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(ils)):
        book.active.append(row)
    book.save(path)
    book.close()
    assert sieve(path, put(folder, "agency.csv", agency), AGENCY_EXPORT, Limits(0, (1, 1999))) is None


def test_without_duckdb_the_other_engine_is_used_and_the_extra_named(folder):
    """In a process of its own in which the library cannot be imported."""
    ils, agency = (put(folder, name, text) for name, text in zip(("ils.csv", "agency.csv"), plenty(), strict=True))
    code = (
        "import sys; sys.modules['duckdb'] = None\n"
        "from pathlib import Path\n"
        "from scld_adapters.agencies.export.dialects import AGENCY_EXPORT\n"
        "from scld_core.agency.fast import Engine, compare_files\n"
        "from scld_core.errors import MissingExtra\n"
        f"paths = Path({str(ils)!r}), Path({str(agency)!r})\n"
        "print(compare_files(*paths, AGENCY_EXPORT).summary().unexplained)\n"
        "try: compare_files(*paths, AGENCY_EXPORT, engine=Engine.FAST)\n"
        "except MissingExtra as missing: print(missing)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0", str(MissingExtra("fast", "duckdb"))]


def test_the_engine_is_chosen_where_it_helps(folder, monkeypatch):
    """By itself with duckdb, without it when told so, and with progress."""
    paths = [put(folder, name, text) for name, text in zip(("ils.csv", "agency.csv"), plenty(), strict=True)]
    heard = []
    assert result(paths, Engine.AUTO) == result(paths, Engine.PYTHON)
    compare_files(*paths, AGENCY_EXPORT, progress=heard.append)
    assert [stage.what for stage in heard] == ["sift", "read", "read", "compare"]
    monkeypatch.setattr(_duckdb, "import_module", lambda name: pytest.fail("is not to be loaded"))
    assert len(result(paths, Engine.PYTHON)[1]) == 9


def test_a_file_that_is_not_there_is_refused_alike(folder):
    """By both engines, in the same words, whichever of the two it is."""
    ils, agency = (put(folder, name, text) for name, text in zip(("ils.csv", "agency.csv"), plenty(), strict=True))
    for paths in ((folder / "absent", agency), (ils, folder / "absent")):
        said = {result(paths, engine) for engine in (Engine.PYTHON, Engine.FAST)}
        assert len(said) == 1
        assert "cannot be read" in said.pop()


def test_an_engine_is_known_by_its_name():
    """And another word is refused with those there are."""
    assert [engine_named(one.value) for one in Engine] == list(Engine)
    with pytest.raises(BadInput, match="Choose one of auto, python, fast"):
        engine_named("quick")


def test_lines_are_those_of_the_file_however_large_it_is(folder):
    """Though duckdb reads a large file in pieces, and by several threads."""
    many = range(130_000)
    ils = put(folder, "ils.csv", written(COLUMNS, (here(f"q{n}", cards=f"k{n}") for n in many)))
    agency = put(folder, "agency.csv", written(HEADER, (there(f"Q{n}", f"q{n}", card=f"k{n}") for n in many)))
    found = sieve(ils, agency, AGENCY_EXPORT, Limits(0, (1, 1999)))
    assert found.matches == len(many)
    places = {(int(row[1][1:]) + 2, int(row[6][1:]) + 2): (row[0], row[5]) for row in found.rows()}
    assert all(told == read for told, read in places.items())


MANY = [str(number) for number in range(1001, 1013)]
PLAIN_ILS = written(COLUMNS, [here(key) for key in MANY])
PLAIN_AGENCY = written(HEADER, [there(f"A-{key}", key, name="SYNTHETIC") for key in MANY])


@given(st.booleans(), st.integers(1, len(MANY)), st.sampled_from([",", ",,", ",x", ", ", '""', ""]), st.booleans())
def test_what_stands_too_much_at_the_end_of_a_line_is_seen_by_both(folder, in_ils, line, more, unended):
    """One delimiter too many makes a row malformed, whichever engine reads it, also on a last line without an end."""

    def spoilt(text):
        lines = text.splitlines()
        lines[line] += more
        return "\r\n".join(lines) + ("" if unended else "\r\n")

    said = agree(folder, spoilt(PLAIN_ILS) if in_ils else PLAIN_ILS, PLAIN_AGENCY if in_ils else spoilt(PLAIN_AGENCY))
    if more in (",", ",,", ",x", ", "):
        assert [bad.line for bad in said[2].quarantined] == [line + 1]


@given(st.booleans(), st.data())
def test_one_character_more_less_or_other_changes_both_alike(folder, in_ils, data):
    """Whatever a slip of the hand makes of a file, both say the same of it."""
    text = PLAIN_ILS if in_ils else PLAIN_AGENCY
    at = data.draw(st.integers(0, len(text) - 1))
    sign = data.draw(st.sampled_from(["", ",", '"', "\n", " ", "0", ".", "-", "E", ";", "'", "\t", "\r", "é"]))
    cut = data.draw(st.integers(0, 1))
    changed = text[:at] + sign + text[at + cut :]
    agree(folder, changed if in_ils else PLAIN_ILS, PLAIN_AGENCY if in_ils else changed)


def test_a_plain_file_is_still_set_aside_by_duckdb(folder):
    """The looks at line ends cost no plain row its quick way, with or without a last line end."""
    for ending in ("", "\r\n"):
        found = set_aside(folder, PLAIN_ILS.rstrip() + ending, PLAIN_AGENCY.rstrip() + ending)
        assert found is not None
        assert found.matches == len(MANY)


def test_a_folder_and_an_outbound_layout_are_left_to_the_reader_that_says_so(tmp_path):
    """No engine breaks off on them."""
    ils, agency = put(tmp_path, "ils.csv", PLAIN_ILS), put(tmp_path, "agency.csv", PLAIN_AGENCY)
    assert sieve(ils, tmp_path, AGENCY_EXPORT, Limits(0, (1, 1999))) is None
    assert sieve(ils, agency, KOHA_UMS_SYNC, Limits(0, (1, 1999))) is None
