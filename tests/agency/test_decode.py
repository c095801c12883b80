"""Reading an agency's list: every row is used or quarantined with its line and reason, or the file is refused."""

import os
from contextlib import suppress

import openpyxl
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.agency.columns import INBOUND
from scld_core.agency.decode import read_accounts, read_file, read_outgoing, read_sent
from scld_core.agency.dialect import Field
from scld_core.agency.model import AccountStatus
from scld_core.agency.reading import Lookup
from scld_core.errors import FileRefused
from support.agency_files import DIALECTS, EXPORT, put, taken

HEADER = ",".join(INBOUND)
GOOD = "A1,100,29082000123450,Doe,open,2026-01-31,25.00,2026-02-01,"
SYNC = DIALECTS["koha-ums-sync"]
SYNC_HEADER = "borrowernumber,surname,firstname,cardnumber,Due"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("decode")


def read(folder, *lines, header=HEADER, dialect=EXPORT, end="\n", **more):
    """Rows, and line and reason of the others."""
    return taken(read_file(put(folder, end.join((header, *lines)) + end), dialect, **more))


def line(**cells):
    """A good row with some cells replaced."""
    facts = dict(zip(INBOUND, GOOD.split(","), strict=True)) | cells
    return ",".join(facts.values())


def test_a_good_row_is_all_that_it_says(folder):
    """Each column arrives in its field, amounts in cents, with the row's line."""
    (found,), lost = read(folder, line(close_reason="moved"))
    assert (found.account, found.patron, found.card, found.name) == ("A1", "100", "29082000123450", "Doe")
    assert (found.line, found.status, found.balance, found.close_reason) == (2, AccountStatus.OPEN, 2_500, "moved")
    assert (str(found.listed_on), str(found.last_activity)) == ("2026-01-31", "2026-02-01")
    assert lost == []


def test_what_may_be_absent_is_absent(folder):
    """A file of account, status and balance alone is a list; blank dates and numbers are not there."""
    (found,), lost = read(folder, "A1,Paid in  Full,-1.5", header="account,status,balance")
    assert (found.patron, found.card, found.name, found.listed_on, found.last_activity) == ("", "", "", None, None)
    assert (found.status, found.balance, lost) == (AccountStatus.PAID, -150, [])


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"account": ""}, "account: is blank"),
        ({"account": "1.2E+13"}, "account: spreadsheet damage: the number was turned into scientific notation"),
        ({"patron_id": '"2,1234E+13"'}, "patron_id: spreadsheet damage"),
        ({"cardnumber": "2.9082E+13"}, "cardnumber: spreadsheet damage"),
        ({"cardnumber": "29\x0182"}, "cardnumber: has control characters"),
        ({"cardnumber": "29\x0082"}, "contains a NUL byte"),
        ({"status": ""}, "status: is blank"),
        (
            {"status": "opne"},
            "status: has a word that the dialect does not declare (nearest: 'open'); `scld agency map`",
        ),
        ({"status": "qqq"}, "status: has a word that the dialect does not declare; `scld agency map`"),
        ({"balance": ""}, "balance: is blank"),
        ({"balance": '"1,234.50"'}, "balance: has a comma, and this column is declared as written like 1234.50"),
        ({"balance": '"1.234,50"'}, "balance: has a comma"),
        ({"balance": "$25.00"}, "balance: has a currency sign"),
        ({"balance": "(25.00)"}, "balance: is in parentheses"),
        ({"balance": "25.00-"}, "balance: has its minus sign behind"),
        ({"balance": "2.5E+03"}, "balance: has an exponent"),
        ({"balance": "NaN"}, "balance: is not a number"),
        ({"balance": "-inf"}, "balance: is not a number"),
        ({"balance": "25.005"}, "balance: has more than two decimals"),
        ({"balance": "25."}, "balance: is not written like 1234.50"),
        ({"balance": "٢٥"}, "balance: is not written like 1234.50"),
        ({"listed_on": "2026-02-30"}, "listed_on: is no day of the calendar"),
        ({"listed_on": "03/04/2026"}, "listed_on: is not written as %Y-%m-%d"),
        ({"listed_on": "2026-3-4"}, "listed_on: is not written as %Y-%m-%d"),
        ({"listed_on": "2026-W10-1"}, "listed_on: is not written as %Y-%m-%d"),
        ({"listed_on": "03/04/26"}, "listed_on: has a year of two digits"),
        ({"last_activity": "0026-03-04"}, "last_activity: is before 1900"),
        ({"last_activity": "0000-00-00"}, "last_activity: is no day of the calendar"),
        ({"close_reason": "moved,away"}, "has 10 cells where the header has 9"),
        ({"close_reason": '"a"b'}, "has a misplaced quotation mark"),
    ],
)
def test_a_bad_cell_puts_its_row_in_quarantine(folder, cells, reason):
    """Only that row is lost, with its line and the reason; the row keeps a number by which it can be known."""
    rows, lost = read(folder, line(account="A0"), line(**cells), line(account="A2"))
    assert [found.account for found in rows] == ["A0", "A2"]
    assert [(at, text[: len(reason)]) for at, text in lost] == [(3, reason)]


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=15),
    st.sampled_from(sorted(set(INBOUND) - {"account"})),
)
def test_a_cell_is_right_or_its_row_is_quarantined(folder, text, column):
    """Whatever stands in a cell: the good rows around it are read, and its own row is in one place exactly."""
    cell = '"' + text.replace('"', '""') + '"'
    rows, lost = read(folder, line(account="A0"), line(**{column: cell}), line(account="A2"), end="\r\n")
    assert {found.account for found in rows} >= {"A0", "A2"}
    assert len(rows) + len(lost) == 3


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_give_rows_or_a_refusal(folder, content, headed):
    """Reading is total: rows and quarantine, or FileRefused, never another exception."""
    whole = HEADER.encode() + b"\n" + content if headed else content
    for dialect in (EXPORT, SYNC, DIALECTS["symphony-xml"]):
        with suppress(FileRefused):
            taken(read_file(put(folder, whole), dialect))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (GOOD, "lacks the column"),
        ("", "is empty, which this dialect does not use for 'nothing'"),
        ("  \n", "is empty"),
        ("No qualifying records\n", "lacks the column"),
        (HEADER.replace("status", "state"), r"lacks the column 'status' \(nearest header: 'state'\)"),
        (HEADER.replace(",", ";") + "\n", "lacks"),
        (HEADER + ",balance\n", "has the header 'balance' 2 times"),
        (HEADER.encode() + b"\nA1,1,2,\xc5se,open,,1.00,,\n", "is not utf-8 text"),
        (HEADER + '\nA1,1,2,"Doe,open,,1.00,,\nA2,1,2,Doe,open,,1.00,,\n', "rows may be hidden"),
        (b"PK\x03\x04no workbook", "is not a whole XLSX workbook"),
        (b"\xd0\xcf\x11\xe0", "is an old .xls"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_before_its_first_row(folder, content, reason):
    """A wrong header, delimiter, encoding or form raises when the file is opened, not halfway through."""
    with pytest.raises(FileRefused, match=reason):
        read_file(put(folder, content), EXPORT)


def test_a_declared_encoding_and_a_byte_order_mark_are_followed(folder):
    """Latin-1 is read where it is declared; a mark says what it is whatever was declared."""
    row = line(name="Åse") + "\n"
    for content, encoding in (
        ((HEADER + "\n" + row).encode("cp1252"), "cp1252"),
        ((HEADER + "\n" + row).encode("utf-8-sig"), None),
        ((HEADER + "\n" + row).encode("utf-16"), "cp1252"),
    ):
        (found,), _ = taken(read_accounts(put(folder, content), EXPORT, encoding=encoding))
        assert found.name == "Åse"


def test_extra_and_reordered_columns_do_no_harm(folder):
    """Columns are found by their headers, in any case and order, and others are dropped."""
    (found,), lost = read(folder, "x,1.00,OPEN,A1", header="SSN,Balance,STATUS,Account")
    assert (found.account, found.balance, found.status, lost) == ("A1", 100, AccountStatus.OPEN, [])


def test_a_cut_off_last_line_is_quarantined(folder):
    """A row that ends with the file and lacks cells is said to be truncated."""
    rows, lost = taken(read_file(put(folder, f"{HEADER}\n{GOOD}\nA2,101,29"), EXPORT))
    assert ([found.account for found in rows], lost) == (["A1"], [(3, "truncated last line")])


def test_formula_cells_are_undone(folder):
    """A number kept as ="0012" and a name behind an apostrophe are what they were."""
    (found,), _ = read(folder, line(account='"=""0012"""', name="'=Doe"))
    assert (found.account, found.name) == ("0012", "=Doe")


# Keys that come again.


def test_the_same_row_again_is_a_duplicate(folder):
    """Of equal rows the first is used, the later ones name its line."""
    rows, lost = read(folder, GOOD, line(account="A2"), GOOD, "A3", GOOD)
    assert [found.line for found in rows] == [2, 3]
    assert lost == [(4, "repeats line 2"), (5, "has 1 cells where the header has 9"), (6, "repeats line 2")]


def test_rows_that_contradict_each_other_are_all_left_out(folder):
    """Two balances of one account: none of them is used, each names the lines; more than five are not all named."""
    reason = "the same account stands in lines 2, 4 with different content, so none of them is used"
    assert read(folder, GOOD, line(account="A2"), line(balance="26.00"))[1] == [(2, reason), (4, reason)]
    rows, lost = read(folder, *(line(balance=f"{cents}.00") for cents in range(7)))
    assert (rows, len(lost)) == ([], 7)
    assert "lines 2, 3, 4, 5, 6 and more with" in lost[0][1]


def test_a_damaged_row_contradicts_a_good_one(folder):
    """An account with one readable balance and one unreadable is not believed."""
    rows, lost = read(folder, GOOD, line(balance="$26.00"))
    assert (rows, len(lost)) == ([], 2)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=12))
def test_every_row_lands_in_one_place(folder, accounts):
    """Against a plain count: an account's first row is used when all its rows are equal, the others never."""
    lines = [line(account=f"A{account}", balance=f"{balance}.00") for account, balance in accounts]
    rows, lost = read(folder, *lines)
    balances = {account: {b for a, b in accounts if a == account} for account, _ in accounts}
    first = {account: place for place, (account, _) in reversed(list(enumerate(accounts, 2)))}
    assert [found.line for found in rows] == sorted(at for account, at in first.items() if len(balances[account]) == 1)
    assert sorted([found.line for found in rows] + [at for at, _ in lost]) == list(range(2, len(accounts) + 2))


def test_the_same_file_twice_over_gives_each_row_once(folder):
    """A file appended to itself: its second header is a bad row, its rows are duplicates."""
    whole = f"{HEADER}\n{GOOD}\n{line(account='A2')}\n"
    rows, lost = taken(read_file(put(folder, whole + whole), EXPORT))
    assert [found.account for found in rows] == ["A1", "A2"]
    assert [at for at, _ in lost] == [4, 5, 6]


def test_several_columns_may_identify_a_row(folder):
    """A dialect whose rows are known by account and patron together tells them apart by both."""
    own = evolve(EXPORT, identity=("account", "patron_id"))
    assert read(folder, GOOD, line(patron_id="101"), GOOD, dialect=own)[1] == [(4, "repeats line 2")]
    assert len(read(folder, line(account="", patron_id=""), line(account="", patron_id=""), dialect=own)[1]) == 2


def test_a_quarantined_row_keeps_the_numbers_that_can_be_read(folder):
    """The patron's and the card's, a blank one for each that is damaged; the account's could be another's number."""
    lines = (
        line(balance="x"),
        line(account="A2", patron_id="1.0E+13", balance="x"),
        line(account="A3", patron_id="", cardnumber="", balance="x"),
        line(account="", patron_id="", cardnumber="2.9E+13"),
        line(account="A6", cardnumber="1;2", balance="x"),
        "A5",
    )
    reading = read_accounts(put(folder, "\n".join((HEADER, *lines)) + "\n"), EXPORT)
    assert list(reading.rows) == []
    keys = ["100;29082000123450", ";29082000123450", "", "", "100;", ""]
    assert [one.key for one in reading.quarantined] == keys


def test_what_repeats_is_looked_up_and_memory_has_an_end():
    """The same text is worked out once, as long as there is room for it."""
    worked_out = []
    lookup = Lookup(lambda text: worked_out.append(text) or len(text), most=1)
    assert [lookup[text] for text in ("a", "a", "bb", "bb")] == [1, 1, 2, 2]
    assert worked_out == ["a", "bb", "bb"]


# Numbers of a known length.


def test_lost_leading_zeros_are_recognised_where_the_length_is_declared(folder):
    """A card of 12 digits where 14 are declared was cut by a spreadsheet; other lengths are not numbers of ours."""
    fields = tuple(evolve(one, digits=14) if one.name == "cardnumber" else one for one in EXPORT.fields)
    own = evolve(EXPORT, fields=fields)
    rows, lost = read(
        folder,
        GOOD,
        line(account="A2", cardnumber="123456789012"),
        line(account="A3", cardnumber="2908200012345X"),
        line(account="A4", cardnumber=""),
        dialect=own,
    )
    assert [found.account for found in rows] == ["A1", "A4"]
    assert lost == [
        (3, "cardnumber: spreadsheet damage: has 12 digits of 14, so its leading zeros are lost"),
        (4, "cardnumber: must have 14 digits"),
    ]


def test_a_list_of_open_accounts_needs_no_status(folder):
    """A dialect may say the status of every row of a file that has no such column."""
    fields = tuple(one for one in EXPORT.fields if one.name != "status")
    own = evolve(EXPORT, fields=fields, statuses={}, every=AccountStatus.OPEN)
    (found,), _ = read(folder, "A1,2.00", header="account,balance", dialect=own)
    assert found.status is AccountStatus.OPEN


# Workbooks.


def book(folder, rows, name="book.xlsx", title="Sheet"):
    """A workbook with these rows."""
    made = openpyxl.Workbook()
    made.active.title = title
    for cells in rows:
        made.active.append(cells)
    made.save(folder / name)
    made.close()
    return folder / name


def test_a_workbook_has_dates_and_amounts_of_its_own(folder):
    """Real dates and numbers are read whatever pattern the CSV of the same export has; text keeps to its pattern."""
    from datetime import date, datetime

    fields = tuple(
        evolve(one, date="%m/%d/%Y") if "on" in one.name or "act" in one.name else one for one in EXPORT.fields
    )
    own = evolve(
        EXPORT, fields=(*fields[:6], Field("balance", "balance", money=SYNC.find("total_due").money), *fields[7:])
    )
    path = book(
        folder,
        [
            list(INBOUND),
            ["A1", 100, 29082000123450, "Doe", "open", date(2026, 3, 4), 1234.5, datetime(2026, 3, 4, 9, 30), None],  # noqa: DTZ001
            ["A2", 101, 2908200012345012, "Doe", "open", "03/04/2026", "1,234.50", "03/14/2026", None],
            ["A3", 102, "2", "Doe", "open", "14/03/2026", 1.005, None, None],
        ],
    )
    rows, lost = taken(read_accounts(path, own))
    assert [(found.account, found.balance, str(found.listed_on)) for found in rows] == [("A1", 123_450, "2026-03-04")]
    assert lost[0][1].startswith("cardnumber: spreadsheet damage")
    assert lost[1][1] == "balance: has more than two decimals"


def test_a_worksheet_is_found_by_its_name(folder):
    """The dialect names a worksheet; another one is refused with the nearest."""
    path = book(folder, [["account", "status", "balance"], ["A1", "open", 1]], title="Accounts")
    assert len(taken(read_file(path, evolve(EXPORT, sheet="Accounts")))[0]) == 1
    with pytest.raises(FileRefused, match="Accounts"):
        read_file(path, evolve(EXPORT, sheet="Acounts"))


# What we sent.


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Doe,Ann,,5.00", "borrowernumber or cardnumber: must be there"),
        ("1.0E+13,Doe,Ann,,5.00", "borrowernumber: spreadsheet damage"),
        ("100,Doe,Ann,2.9E+13,5.00", "cardnumber: spreadsheet damage"),
        ("100,Doe,Ann,,5.0", "Due: is not written like 1,234.50"),
        ("100,Doe,Ann,,", "Due: is blank"),
    ],
)
def test_a_row_that_we_sent_is_read_as_strictly(folder, row, reason):
    """The files that go out are read back by the same rules, by either reader."""
    path = put(folder, f"{SYNC_HEADER}\n{row}\n99,Doe,Bob,,0.00\n")
    rows, lost = taken(read_sent(path, SYNC))
    assert [found.patron for found in rows] == ["99"]
    assert [text[: len(reason)] for _, text in lost] == [reason]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"state": "MA", "zipcode": "2139"}, "zipcode: has lost its leading zero"),
        ({"state": "NJ", "zipcode": "7030-1234"}, "zipcode: has lost its leading zero"),
        ({"dateofbirth": "1957-02-29"}, "dateofbirth: is no day of the calendar"),
        ({"Total_Plus_Fee": "1,5"}, "Total_Plus_Fee: has a comma"),
        ({"surname": "Do\x01e"}, "surname: must be text without control characters"),
        ({"borrowernumber": ""}, "borrowernumber: or cardnumber must be set"),
        ({"cardnumber": "1 2"}, "cardnumber: must be printable text without spaces"),
        ({"cardnumber": "1\x012"}, "cardnumber: has control characters"),
    ],
)
def test_a_whole_row_that_we_sent_is_read_with_every_fact_right(folder, cells, reason):
    """With names and addresses, whatever is wrong in one of them quarantines the row under the file's own header."""
    header = [one.header for one in DIALECTS["koha-ums-new"].fields]
    good = dict.fromkeys(header, "") | {"borrowernumber": "100", "Total_Due": "5.00", "state": "WA", "zipcode": "99201"}
    text = "\r\n".join(",".join(f'"{cell}"' for cell in facts.values()) for facts in (good | cells,))
    path = put(folder, ",".join(header) + "\r\n" + text + "\r\n")
    rows, lost = taken(read_outgoing(path, DIALECTS["koha-ums-new"]))
    assert (rows, [text[: len(reason)] for _, text in lost]) == ([], [reason])


def test_the_word_of_a_change_is_one_of_three(folder):
    """Sierra's status column knows new, updated and removed, in any case; another word quarantines the row."""
    dialect = DIALECTS["sierra-new"]
    header = ",".join(one.header for one in dialect.fields)
    path = put(folder, f"{header}\n1,,Doe,5.00,,,NEW\n2,,Doe,5.00,,,gone\n3,,Doe,5.00,,,\n")
    rows, lost = taken(read_outgoing(path, dialect))
    assert [found.change and found.change.value for found in rows] == ["new", None]
    assert lost == [(3, "Status: must be new, updated or removed")]


# The file itself.


def test_a_file_that_changes_while_it_is_read_is_refused(folder):
    """The two looks at a file must be at the same file."""
    path = put(folder, f"{HEADER}\n{GOOD}\n")
    reading = read_file(path, EXPORT)
    path.write_text(f"{HEADER}\n{line(account='A9')}\n{GOOD}\n")
    with pytest.raises(FileRefused, match="has changed while it was read"):
        list(reading.rows)


def test_what_is_no_file_is_refused(folder):
    """A path that is not there, a folder and a pipe are said to be so."""
    with pytest.raises(FileRefused, match="cannot be read"):
        read_file(folder / "none.csv", EXPORT)
    with pytest.raises(FileRefused, match="is no file"):
        read_file(folder, EXPORT)
    os.mkfifo(folder / "pipe")
    with pytest.raises(FileRefused, match="Save it to a file first"):
        read_file(folder / "pipe", EXPORT)
