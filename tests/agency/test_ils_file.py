"""The ILS snapshot: every row is used, quarantined with line and reason, or the file is refused whole."""

import csv
import io
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.files import COLUMNS, SEPARATOR, read_ils
from scld_core.agency.model import IlsPatron
from scld_core.codecs.tables import DAMAGED
from scld_core.errors import FileRefused
from support.agency import patrons

AT = "2026-06-10T08:00:00-07:00"
GOOD = {
    "patron_id": "p1",
    "barcodes": "29082000000001;29082000000002",
    "balance": "25.50",
    "flagged": "yes",
    "referral_fee": "10.00",
    "exempt": "no",
    "as_of": AT,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that all examples write into."""
    return tmp_path_factory.mktemp("ils")


def put(folder, rows, header=COLUMNS, name="ils.csv"):
    """A snapshot of these rows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerows([header, *rows])
    path = folder / name
    path.write_bytes(out.getvalue().encode())
    return path


def row(**changes):
    """A good row with some cells changed."""
    return [(GOOD | changes)[name] for name in COLUMNS]


def read(folder, *rows, **options):
    """What is read: rows and reading."""
    reading = read_ils(put(folder, rows), **options)
    return list(reading.rows), reading


def refused_row(folder, **changes):
    """The reason why a changed row is quarantined, and its key; the row beside it is used all the same."""
    rows, reading = read(folder, row(**changes), row(patron_id="p2"))
    assert [one.patron for one in rows] == ["p2"]
    (bad,) = reading.quarantined
    assert (bad.source, bad.line) == ("ils.csv", 2)
    return bad.reason, bad.key


def test_a_row_is_read_as_it_stands(folder):
    """Amounts in cents, the present card first; the file's time is that of its oldest row."""
    rows, reading = read(folder, row(), row(patron_id="p2", as_of="2026-06-10T14:00:00Z"))
    assert rows[0] == IlsPatron(2, 2550, True, 1000, False, "p1", ("29082000000001", "29082000000002"))
    assert reading.as_of() == datetime(2026, 6, 10, 14, 0, tzinfo=UTC)
    assert reading.quarantined == []
    assert "p1" not in repr(rows)


@given(patrons())
def test_what_was_written_is_read_back(folder, several):
    """Round trip of every patron, with credits and cards of old."""
    lines = [
        row(
            patron_id=one.patron,
            barcodes=SEPARATOR.join(one.barcodes),
            balance=f"{one.balance / 100:.2f}",
            flagged=str(one.flagged),
            referral_fee=f"{one.referral_fee / 100:.2f}",
            exempt=str(one.exempt),
        )
        for one in several
    ]
    rows, reading = read(folder, *lines)
    assert tuple(rows) == several
    assert reading.quarantined == []


@pytest.mark.parametrize(
    ("text", "cents"), [("0", 0), ("-3.00", -300), ("12.5", 1250), ("0.05", 5), ("1234567.89", 123456789), ("-0.00", 0)]
)
def test_a_plain_amount_is_read_and_a_credit_is_one(folder, text, cents):
    """A negative balance is valid."""
    rows, _ = read(folder, row(balance=text))
    assert rows[0].balance == cents


AMOUNTS = {
    "$25.00": "has a currency sign",
    "1,234.50": "has a comma",
    "1,234,567.89": "has a comma",
    "(25.00)": "is in parentheses",
    "25.00-": "has its minus sign behind",
    "2.5E+3": "has an exponent",
    "NaN": "is not a number",
    "inf": "is not a number",
    "": "is blank",
    "25.005": "has more than two decimals",
    "twenty": "is not written like 1234.50",
}


@pytest.mark.parametrize(("text", "reason"), AMOUNTS.items())
def test_a_balance_in_another_form_is_quarantined_with_its_own_reason(folder, text, reason):
    """Never rounded, never guessed, and told twice in the same words: the row is read once only."""
    for _ in range(2):
        said, key = refused_row(folder, balance=text)
        assert said.startswith(f"balance {reason}")
        assert key == "p1;29082000000001;29082000000002"


@pytest.mark.parametrize("word", ["yes", "TRUE", "1", "y", "Yes", "t", "YeS"])
def test_a_yes_may_be_written_in_many_ways(folder, word):
    """In any case."""
    rows, _ = read(folder, row(flagged=word, exempt=word))
    assert (rows[0].flagged, rows[0].exempt) == (True, True)


@pytest.mark.parametrize("word", ["no", "FALSE", "0", "n", "", "f", " "])
def test_a_no_may_be_blank(folder, word):
    """A blank cell says that there is no flag."""
    rows, _ = read(folder, row(flagged=word, exempt=word))
    assert (rows[0].flagged, rows[0].exempt) == (False, False)


def test_a_blank_fee_is_none_and_a_negative_one_is_nonsense(folder):
    """Fees are charges; what takes one back is not on the account."""
    rows, _ = read(folder, row(referral_fee=""))
    assert rows[0].referral_fee == 0
    assert refused_row(folder, referral_fee="-10.00")[0] == "referral_fee is negative"


@pytest.mark.parametrize(
    ("changes", "reason", "key"),
    [
        ({"flagged": "maybe"}, "flagged must be yes or no", "p1;29082000000001;29082000000002"),
        ({"exempt": "2"}, "exempt must be yes or no", "p1;29082000000001;29082000000002"),
        ({"as_of": "2026-06-10T08:00:00"}, "as_of has no time zone", "p1;29082000000001;29082000000002"),
        ({"as_of": "06/10/2026"}, "as_of must be ISO 8601", "p1;29082000000001;29082000000002"),
        ({"as_of": "2026-02-30T08:00:00Z"}, "as_of must be ISO 8601", "p1;29082000000001;29082000000002"),
        ({"as_of": ""}, "as_of is blank", "p1;29082000000001;29082000000002"),
        ({"patron_id": ""}, "patron_id is blank", ""),
        ({"patron_id": "p1;p2"}, "patron_id has a ';'", ""),
        ({"patron_id": "a\tb"}, "patron_id has a control character", ""),
        ({"patron_id": "2.1234E+13"}, f"patron_id has {DAMAGED}", ""),
        ({"barcodes": "2.9082E+13"}, f"barcodes has {DAMAGED}", "p1;"),
        ({"barcodes": "29082000000001;2,9082E+13"}, f"barcodes has {DAMAGED}", "p1;"),
        ({"balance": "x", "barcodes": ""}, "balance is not written", "p1"),
        ({"balance": "x", "flagged": "x"}, "balance is not written like 1234.50; flagged must be", "p1;29082000000001"),
    ],
)
def test_a_row_that_cannot_be_used_says_why_and_how_it_can_be_recognised(folder, changes, reason, key):
    """Every fault of a row with its column; a ';' at the end of the key says that a number is missing."""
    said, known = refused_row(folder, **changes)
    assert said.startswith(reason)
    assert known.startswith(key)
    assert bool(key) == bool(known)


def test_cards_may_have_blanks_between_them(folder):
    """Blank parts are left out, but for a present card that is not there."""
    rows, _ = read(
        folder,
        row(barcodes=" a1 ; ;b-2; "),
        row(patron_id="p2", barcodes=";old"),
        row(patron_id="p3", barcodes=";"),
        row(patron_id="p4", barcodes=""),
    )
    assert [one.barcodes for one in rows] == [("a1", "b-2"), ("", "old"), (), ()]


def test_the_columns_may_be_renamed_reordered_and_among_others(folder):
    """By the mapping, without regard to case; what nobody asked for is not kept."""
    header = ("NAME", "Exempt", "As_Of", "Owes", "Barcodes", "referral_fee", "flagged", "Patron_ID")
    path = put(folder, [["SYNTHETIC", "no", AT, "1.00", "c1", "", "yes", "p1"]], header)
    (one,) = read_ils(path, mapping={"balance": "Owes"}).rows
    assert one == IlsPatron(2, 100, True, 0, False, "p1", ("c1",))


@pytest.mark.parametrize("name", COLUMNS)
def test_a_file_without_one_of_its_columns_is_refused(folder, name):
    """A missing column is no column of blanks."""
    header = [one for one in COLUMNS if one != name]
    with pytest.raises(FileRefused, match=f"lacks the column '{name}'"):
        read_ils(put(folder, [], header))


def test_a_column_that_stands_twice_refuses_the_file(folder):
    """Which of the two is meant cannot be known."""
    with pytest.raises(FileRefused, match="has the header 'balance' 2 times"):
        read_ils(put(folder, [], [*COLUMNS, "balance"]))


def test_damaged_lines_are_quarantined_without_a_key(folder):
    """NUL, too few cells and a truncated last line: nobody can say whose row it is."""
    good = ",".join(row())
    text = ",".join(COLUMNS) + f"\n{good}\np\0,a,1,yes,0,no,{AT}\np3,c3\n{good[:20]}"
    path = folder / "cut.csv"
    path.write_text(text)
    reading = read_ils(path)
    assert [one.patron for one in reading.rows] == ["p1"]
    told = [(one.line, one.reason, one.key) for one in reading.quarantined]
    assert told == [
        (3, "contains a NUL byte", ""),
        (4, "has 2 cells where the header has 7", ""),
        (5, "truncated last line", ""),
    ]


def test_zip_like_zeros_are_kept_and_formula_cells_are_read_as_their_text(folder):
    """The forms in which a number survives a double click."""
    rows, _ = read(folder, row(patron_id='="0012"', barcodes="'0034", balance=" 5.00 "))
    assert (rows[0].patron, rows[0].barcodes, rows[0].balance) == ("0012", ("'0034",), 500)


def test_a_workbook_is_read_and_its_damage_seen(folder):
    """Numbers of fifteen digits and more have lost some; truth values and amounts are cells of their own."""
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    book.active.append(["p1", "c1", 25.5, True, 10, False, AT])
    book.active.append(["p2", 2908200000000012345, 1, False, None, None, AT])
    book.active.append(["p3", "c3", 1.005, False, None, None, AT])
    book.save(folder / "ils.xlsx")
    book.close()
    reading = read_ils(folder / "ils.xlsx")
    assert list(reading.rows) == [IlsPatron(2, 2550, True, 1000, False, "p1", ("c1",))]
    assert [(one.line, one.reason) for one in reading.quarantined] == [
        (3, f"barcodes has {DAMAGED}"),
        (4, "balance has more than two decimals"),
    ]


@given(st.lists(st.tuples(st.sampled_from((*AMOUNTS, "1.00", "-5")), st.sampled_from(("yes", "", "x"))), max_size=6))
def test_every_row_ends_in_exactly_one_place(folder, cells):
    """Conservation: used and quarantined together are all lines of the file."""
    lines = [row(patron_id=f"p{n}", balance=balance, flagged=word) for n, (balance, word) in enumerate(cells)]
    rows, reading = read(folder, *lines)
    told = [one.line for one in rows] + [one.line for one in reading.quarantined]
    assert sorted(told) == list(range(2, len(lines) + 2))


def test_more_amounts_than_are_remembered_are_read_alike(folder, monkeypatch):
    """What is remembered is an economy only."""
    monkeypatch.setattr("scld_core.agency.files._MEMORY", 3)
    rows, _ = read(folder, *(row(patron_id=f"p{n}", balance=f"{n % 9}.00") for n in range(30)))
    assert [one.balance for one in rows] == [n % 9 * 100 for n in range(30)]
