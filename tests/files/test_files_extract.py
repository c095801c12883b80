"""Rows of an extract become circulation or are quarantined with a reason; nothing is guessed."""

import hashlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from extracts import AS_OF, put, row
from hypothesis import given
from hypothesis import strategies as st

from scld_adapters.files.backend import read_extract
from scld_adapters.files.extract import COLUMNS
from scld_adapters.files.settings import STATE_WORDS, FilesConfig
from scld_core.calendars import Calendar
from scld_core.circulation.model import Circulation, ItemState, Loan
from scld_core.codecs.tables import write_csv
from scld_core.errors import FileRefused
from scld_core.kernel.ids import ItemId, LoanId
from scld_core.patrons.model import Household

ZONE = ZoneInfo("America/Los_Angeles")
WHEN = datetime(2026, 3, 10, 14, 55, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for all examples of this module."""
    return tmp_path_factory.mktemp("extracts")


def read(folder, rows, name="hotspot-loans.csv", **config):
    """Write and read."""
    path = put(folder, rows, name)
    return read_extract(path, FilesConfig(path=name, **config), backend="main", zone=ZONE)


def only(folder, cells, **config):
    """The one item of an extract of one row."""
    extract = read(folder, [cells], **config)
    assert extract.quarantined == ()
    (found,) = extract.items.values()
    return found


def refused(folder, rows, **config):
    """The text of the refusal."""
    with pytest.raises(FileRefused) as refusal:
        read(folder, rows, **config)
    return str(refusal.value)


def reasons(extract):
    """Reason by line."""
    return {unusable.line: unusable.reason for unusable in extract.quarantined}


def test_a_whole_row_is_a_circulation_with_its_loan(folder):
    """Every column has its place."""
    cells = row(
        "i1", "on_loan", "2026-03-09T23:59:00-07:00", barcode="39999000000012", since="2026-03-01T18:00:00Z",
        loan="77", checked_out="2026-03-01T10:00:00-08:00", household="h-1",
    )  # fmt: skip
    out = datetime(2026, 3, 1, 18, tzinfo=UTC)
    due = datetime(2026, 3, 10, 6, 59, tzinfo=UTC)
    item = ItemId("main", "i1")
    loan = Loan(LoanId("main", "77"), item, due, out, household=Household("h-1"))
    assert only(folder, cells) == Circulation(item, ItemState.ON_LOAN, WHEN, loan, out, "on_loan")


def test_a_loan_without_a_number_is_known_by_its_item_and_start(folder):
    """Its id is the same in every extract, and another one for the next loan."""
    first = only(folder, row("i1", checked_out="2026-03-01T10:00:00-08:00")).loan
    assert str(first.id) == "main:i1@2026-03-01T18:00:00+00:00"
    assert str(only(folder, row("i1")).loan.id) == "main:i1@2026-03-10T07:00:00+00:00"


def test_a_row_without_a_due_date_has_no_loan(folder):
    """A returned item has been in its state since its return, unless the file says otherwise."""
    at = datetime(2026, 3, 9, 18, tzinfo=UTC)
    found = only(folder, row("i1", "checked_in", "", returned="2026-03-09T18:00:00Z"))
    assert (found.loan, found.since) == (None, at)
    found = only(folder, row("i1", "checked_in", "2026-03-08", returned="2026-03-09T18:00:00Z", since=AS_OF))
    assert (found.loan.returned_at, found.since) == (at, WHEN)
    assert only(folder, row("i1", "lost", "", returned="2026-03-09T18:00:00Z")).since is None


@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_a_bare_due_date_means_the_end_of_that_day(folder, day):
    """Agreement with the calendar on every day, both nights on which the clocks change among them."""
    found = only(folder, row("i1", due=day.isoformat()))
    assert found.loan.due_at == Calendar("America/Los_Angeles").end_of_business_day(day)


def test_the_days_on_which_the_clocks_change_have_23_and_25_hours(folder):
    """The due day of a spring night ends an hour earlier in UTC than that of the night before."""

    def end(day):
        return only(folder, row("i1", due=day)).loan.due_at

    assert end("2026-03-08") - end("2026-03-07") == timedelta(hours=23)
    assert end("2026-11-01") - end("2026-10-31") == timedelta(hours=25)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"since": "2026-03-01T10:00:00"}, "since: has no time zone"),
        ({"checked_out": "2026-03-01"}, "checked_out: has no time zone"),
        ({"due": "2026-03-09 23:59"}, "due: has no time zone"),
        ({"due": "03/09/2026"}, "due: must be ISO 8601 such as 2026-11-01T08:00:00-08:00"),
        ({"due": "2026-02-30"}, "due: is no day of the calendar"),
        ({"due": "9999-12-31"}, "due: is no day of the calendar"),
        ({"due": ""}, "due: is blank, but the item is on loan"),
        ({"returned": "2026-03-09T10:00:00Z"}, "status: is on loan, but the row has a time of return"),
        ({"status": "checked_in", "returned": "yesterday"}, "returned: must be ISO 8601"),
        ({"item": ""}, "item: is blank"),
        ({"status": ""}, "status: is blank"),
        ({"barcode": "3.1E+13"}, "barcode: must be 1 to 32 ASCII letters or digits"),
        ({"loan": "7\u200b8"}, "loan: must be printable text"),
        ({"household": "29082000000000"}, "household: must be an opaque key, and looks like the number of a card"),
        ({"household": "33082000000000"}, "household: must be an opaque key, and looks like the number of a card"),
        (
            {"household": "509-555-0123"},
            "household: must be an opaque key, and looks like the number of a card",
        ),
        ({"household": "1 Synthetic St"}, "household: must be an opaque key of 1 to 64 letters"),
        ({"household": "SYNTHETIC, ADA"}, "household: must be an opaque key of 1 to 64 letters"),
        ({"household": "ada@example.org"}, "household: must be an opaque key of 1 to 64 letters"),
        ({"as_of": ""}, "as_of: is blank"),
        ({"as_of": "2026-03-10T07:55:00"}, "as_of: has no time zone"),
    ],
)
def test_a_bad_cell_costs_its_row_and_says_why(folder, cells, said):
    """By name, never by guess, and without the cell's content; the other rows are used."""
    extract = read(folder, [row("i1"), {**row("i2"), **cells}, row("i3")])
    assert [str(item) for item in extract.items] == ["main:i1", "main:i3"]
    assert reasons(extract)[3].split("; ")[0].startswith(said)
    assert "2908" not in reasons(extract)[3]


def test_the_words_of_the_ils_are_translated(folder):
    """Without regard to case; the canonical words are known beside them, and may be translated too."""
    words = {"CHECKEDOUT": "on_loan", "Stacks ": "checked_in", "missing": "lost"}
    rows = [row("i1", "CheckedOut"), row("i2", "STACKS", ""), row("i3", "missing", ""), row("i4", "withdrawn", "")]
    found = read(folder, rows, words=words).items.values()
    assert [(one.state, one.word) for one in found] == [
        (ItemState.ON_LOAN, "CheckedOut"),
        (ItemState.CHECKED_IN, "STACKS"),
        (ItemState.LOST, "missing"),
        (ItemState.WITHDRAWN, "withdrawn"),
    ]


def test_an_unknown_word_is_kept_and_means_nothing(folder):
    """It is shown to people; the item is not left out."""
    found = only(folder, row("i1", "On the 4th shelf"))
    assert (found.state, found.word) == (ItemState.UNKNOWN_WORD, "On the 4th shelf")
    assert only(folder, row("i1", "unknown_word")).state is ItemState.UNKNOWN_WORD


def test_two_rows_about_one_item_or_one_loan_cost_both(folder):
    """Which of them is true cannot be known."""
    rows = [row("i1", loan="7"), row("i2", loan="7"), row("i3"), row("i1", "lost", ""), row("i4", "nowhere", "x")]
    extract = read(folder, rows)
    assert [str(item) for item in extract.items] == ["main:i3"]
    assert reasons(extract) == {
        2: "is about the same item as line 5; is about the same loan as line 3",
        3: "is about the same loan as line 2",
        5: "is about the same item as line 2",
        6: "due: must be ISO 8601 such as 2026-11-01T08:00:00-08:00",
    }


def test_an_extract_with_several_times_is_refused(folder):
    """Two files that were put together are no snapshot; the same instant in another zone is one time."""
    assert len(read(folder, [row("i1"), row("i2", as_of="2026-03-10T14:55:00Z")]).items) == 2
    said = refused(folder, [row("i1"), row("i2", as_of="2026-03-09T14:55:00Z")])
    assert "states several times of extraction in as_of (lines 2 and 3)" in said


@pytest.mark.parametrize("stated", ["", "2026-03-10T07:55:00"])
def test_an_extract_without_a_time_is_refused(folder, stated):
    """The file's own date is no statement about the facts in it."""
    said = refused(folder, [row("i1", as_of=stated)])
    assert "no row states in as_of when it was extracted (line 2: " in said
    assert "with its offset" in said
    assert "no row states in as_of" in refused(folder, [])


def sidecar(path, **other):
    """The manifest of a file, with the given values instead of the true ones."""
    data = path.read_bytes()
    true = {
        "as_of": AS_OF,
        "rows": data.count(b"\r\n") - 1,
        "sha256": f'"{hashlib.sha256(data).hexdigest().upper()}"',
    }
    lines = "".join(f"{key} = {value}\n" for key, value in (true | other).items())
    path.with_name(path.name + ".meta.toml").write_text(lines)


def of_manifest(tmp_path, rows=None, /, *, config=None, columns=COLUMNS, **other):
    """An extract with a manifest beside it, read."""
    path = put(tmp_path, rows or [row("i1", as_of=""), row("i2", as_of="")], columns=columns)
    sidecar(path, **other)
    return read_extract(path, FilesConfig(path=path.name, **(config or {})), backend="main", zone=ZONE)


@pytest.mark.parametrize("config", [{}, {"extracted_at": "manifest"}])
@pytest.mark.parametrize("columns", [COLUMNS, ("item", "status", "due")])
def test_a_manifest_says_when_the_extract_was_made(tmp_path, config, columns):
    """With a blank column as_of or none at all, declared or not."""
    extract = of_manifest(tmp_path, config=config, columns=columns)
    assert (extract.as_of, len(extract.items)) == (WHEN, 2)
    assert {found.as_of for found in extract.items.values()} == {WHEN}


def test_a_manifest_and_a_column_must_agree(tmp_path):
    """Then each row must state the time too."""
    extract = of_manifest(tmp_path, [row("i1"), row("i2", as_of="")])
    assert reasons(extract) == {3: "as_of: is blank"}
    with pytest.raises(FileRefused, match="states another time in as_of than its manifest"):
        of_manifest(tmp_path, [row("i1")], as_of="2026-03-10T07:56:00-07:00")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sha256": f'"{"0" * 64}"'}, "is not the file that hotspot-loans.csv.meta.toml was written for"),
        ({"rows": 3}, "has 2 rows and its manifest says 3"),
        ({"as_of": "2026-03-10T07:55:00"}, "its manifest cannot be used: .*as_of: has no time zone"),
        ({"rows": '"2"'}, "rows: must be a whole number"),
        ({"sha256": '"abc"'}, "sha256: must be 64 hexadecimal digits"),
        ({"rwos": 2}, "Did you mean 'rows'"),
        ({"as_of": "="}, "is not TOML"),
    ],
)
def test_a_manifest_that_does_not_fit_refuses_the_file(tmp_path, wrong, said):
    """A half-copied file is caught, and so is a broken manifest."""
    with pytest.raises(FileRefused, match=said):
        of_manifest(tmp_path, **wrong)


def test_a_manifest_that_only_dates_its_file_is_one_too(tmp_path):
    """What a person writes by hand has no hash; what it leaves out is not checked."""
    path = put(tmp_path, [row("i1", as_of="")])
    path.with_name(path.name + ".meta.toml").write_text(f"as_of = {AS_OF}\n")
    assert read_extract(path, FilesConfig(path=path.name), backend="main", zone=ZONE).as_of == WHEN


def test_a_row_that_does_not_fit_the_header_counts_for_the_manifest(tmp_path):
    """The manifest counts what is in the file, usable or not."""
    path = put(tmp_path, [row("i1")])
    path.write_bytes(path.read_bytes() + b"i2,x\r\n")
    sidecar(path)
    extract = read_extract(path, FilesConfig(path=path.name), backend="main", zone=ZONE)
    assert list(reasons(extract)) == [3]


def test_a_declared_manifest_must_be_there(folder):
    """An extract without it is of unknown age."""
    assert "has no manifest other.csv.meta.toml" in refused(
        folder, [row("i1")], name="other.csv", extracted_at="manifest"
    )


def test_a_declared_column_must_be_filled(tmp_path):
    """A manifest does not stand in for it."""
    with pytest.raises(FileRefused, match="no row states in as_of"):
        of_manifest(tmp_path, config={"extracted_at": "column"})


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "item": st.sampled_from(["i1", "i2", "i3", "i4", "i5", "i6", ""]),
            "status": st.sampled_from([*STATE_WORDS, "Odd word", ""]),
            "due": st.sampled_from(["2026-03-09", "2026-03-12T10:00:00Z", "2026-03-09T10:00", ""]),
            "loan": st.sampled_from(["", "", "7", "8"]),
            "returned": st.sampled_from(["", "2026-03-09T10:00:00Z"]),
            "as_of": st.sampled_from([AS_OF, AS_OF, ""]),
        }
    ).filter(lambda cells: any(cells.values())),  # a blank row is no row
    max_size=7,
).map(lambda rows: [row("anchor"), *rows])


@given(ROWS)
def test_every_row_is_an_item_or_quarantined(folder, rows):
    """Conservation, and no item of a used row stands in another row."""
    extract = read(folder, rows)
    assert len(extract.items) + len(extract.quarantined) == len(rows)
    assert len({unusable.line for unusable in extract.quarantined}) == len(extract.quarantined)
    written = [cells["item"] for cells in rows]
    assert all(written.count(item.local) == 1 for item in extract.items)
    assert all(found.state is not ItemState.ON_LOAN or found.loan for found in extract.items.values())


@given(ROWS.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
def test_the_order_of_the_rows_does_not_matter(folder, orders):
    """The same items, and the same keys among the unusable rows."""
    one, two = (read(folder, rows) for rows in orders)
    assert dict(one.items) == dict(two.items)
    assert sorted(u.key for u in one.quarantined) == sorted(u.key for u in two.quarantined)


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
KEYS = st.text("abcdefghijkl0123456789-", min_size=1, max_size=8)
LOANS = st.builds(
    Loan, st.builds(LoanId, st.just("main"), KEYS), st.just(ItemId("main", "x")), MOMENTS, st.none() | MOMENTS,
    household=st.none() | st.just(Household("h7")),
)  # fmt: skip


@given(st.dictionaries(KEYS, st.tuples(LOANS, st.none() | MOMENTS), min_size=1, max_size=4), MOMENTS)
def test_what_is_written_canonically_is_read_back(folder, loans, as_of):
    """Round trip of open loans through the canonical file."""

    def text(moment):
        return "" if moment is None else moment.isoformat()

    shown = []
    for number, (local, (loan, since)) in enumerate(loans.items()):
        item = ItemId("main", local)
        own = LoanId("main", f"{loan.id.local}-{number}")
        loan = Loan(own, item, loan.due_at, loan.out_at, household=loan.household)  # noqa: PLW2901
        shown.append(Circulation(item, ItemState.ON_LOAN, as_of, loan, since, "on_loan"))
    rows = [
        {
            "item": one.item.local, "status": one.state.value, "since": text(one.since), "loan": one.loan.id.local,
            "due": text(one.loan.due_at), "checked_out": text(one.loan.out_at),
            "household": str(one.loan.household or ""), "as_of": text(as_of),
        }
        for one in shown
    ]  # fmt: skip
    path = folder / "round.csv"
    path.write_bytes(write_csv(rows, COLUMNS, text_safe=("item", "loan")))
    extract = read_extract(path, FilesConfig(path="round.csv"), backend="main", zone=ZONE)
    assert list(extract.items.values()) == shown
