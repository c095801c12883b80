"""Worklists out, ticked files back: every row accounted for, and nothing guessed."""

import csv
import io
import itertools
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from scld_core.errors import FileRefused, InvalidValue
from scld_core.reporting import write_html
from scld_core.runs.people import Confirmation
from scld_core.services.worklist import (
    COLUMNS,
    Worklist,
    WorklistRow,
    read_confirmations,
    worklist_report,
    write_worklist,
)
from support.day_pages import NOW, worklist

YES = ("x", "X", "yes", "Yes", "y", "1", "✓", "✔", "✔️", "☑", " x ")
NO = ("", "no", "No", "n", "0", " ")
STEPS = st.from_regex(r"[0-9a-f]{16}", fullmatch=True) | st.sampled_from(
    ["0000000000000001", "1234567890123456", "12345678e1234567", "00000000000e0000"]
)


def row(step: str, *, risky: bool = True) -> WorklistRow:
    return WorklistRow(
        step, "Suspend", "39999000000016 (Cheney)", (("IMEI", "350000000000014"),), "Overdue.", risky=risky
    )


def listed(*steps: str) -> Worklist:
    return Worklist("r-1", "carrier", NOW, NOW + timedelta(hours=1), tuple(map(row, steps)))


def ticked(text: str, name: str = "w.csv", folder: Path | None = None):
    with TemporaryDirectory() as made:
        path = (folder or Path(made)) / name
        path.write_text(text, encoding="utf-8")
        return read_confirmations(path)


def lines(*rows: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows((COLUMNS, *rows))
    return out.getvalue()


@given(st.lists(STEPS, max_size=6, unique=True), st.data())
def test_what_a_person_ticks_in_the_written_file_is_what_is_read(steps, data):
    """Round trip: each written row comes back once, in order, as ticked, also for ids that look like numbers."""
    with TemporaryDirectory() as folder:
        written = write_worklist(listed(*steps), Path(folder)).csv
        with written.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert all(list(r) == list(COLUMNS) and r["done"] == r["rechecked"] == "" for r in rows)
        wanted = []
        for number, (one, cells) in enumerate(zip(steps, rows, strict=True), 2):
            done, again = data.draw(st.booleans()), data.draw(st.booleans())
            cells["done"] = data.draw(st.sampled_from(YES if done else NO))
            cells["rechecked"] = data.draw(st.sampled_from(YES if again else NO))
            note = data.draw(st.sampled_from(["", "called first", "[odd] note"]))
            cells["note"] = f"{cells['note']} {note}"
            wanted.append(Confirmation(one, done, again, note, number))
        read = ticked(lines(*(tuple(r.values()) for r in rows)))
        assert read.rows == tuple(wanted)
        assert read.quarantined == ()


@given(st.lists(STEPS, min_size=1, max_size=4, unique=True))
def test_a_written_file_confirms_nothing_until_somebody_ticks_it(steps):
    """The file as it leaves reads as not done, row by row."""
    with TemporaryDirectory() as folder:
        read = read_confirmations(write_worklist(listed(*steps), Path(folder)).csv)
    assert [(r.step, r.done, r.rechecked, r.note) for r in read.rows] == [(s, False, False, "") for s in steps]


@given(STEPS)
def test_no_step_is_a_number_to_a_spreadsheet(step):
    """A cell that a spreadsheet would round on a double click is marked as text."""
    with TemporaryDirectory() as folder:
        text = write_worklist(listed(step), Path(folder)).csv.read_text(encoding="utf-8")
    cell = text.splitlines()[1].split(",")[0]
    with pytest.raises(ValueError):
        float(cell)
    assert cell.removeprefix("scld-") == step


WORDS = st.sampled_from([*YES, *NO, "maybe", "true", "2", "done", "xx", "ok"])
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a" * 16, "b" * 16, "c" * 16, "1.23E+15", "", "abc"]),
        WORDS,
        WORDS,
        st.sampled_from(["", "n", "m"]),
    ),
    max_size=8,
)


def meaning(word: str) -> str:
    bare = word.strip().lower()
    return "yes" if bare in {w.strip().lower() for w in YES} else "no" if bare in {w.strip() for w in NO} else bare


@given(ROWS)
def test_every_row_is_confirmed_collapsed_or_quarantined_with_its_line(rows):
    """Conservation, by a second look at the rows: none lost, none in two places, none guessed."""
    rows = [r for r in rows if any(cell.strip() for cell in r)]  # the reader skips blank rows
    read = ticked(lines(*rows))
    refused = {q.line for q in read.quarantined}
    assert len(refused) == len(read.quarantined)
    assert all(q.source == "w.csv" and q.reason for q in read.quarantined)
    kept = {r.step: r for r in read.rows}
    assert len(kept) == len(read.rows)
    numbered = [(line, *cells) for line, cells in enumerate(rows, 2)]
    for step, same in itertools.groupby(sorted(numbered, key=lambda r: r[1]), key=lambda r: r[1]):
        group = list(same)
        said = {(meaning(done), meaning(again)) for _, _, done, again, _ in group}
        clear = len(step) == 16 and len(said) == 1 and said <= set(itertools.product(("yes", "no"), repeat=2))
        assert clear == (step in kept)
        assert all((line in refused) != clear for line, *_ in group)
        if clear:
            (told,) = said
            assert (kept[step].done, kept[step].rechecked) == (told[0] == "yes", told[1] == "yes")
            assert kept[step].line == group[0][0]
            assert set(kept[step].note.split("; ")) - {""} == {note for *_, note in group} - {""}


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_answer(rows, random):
    """Sorting the file in a spreadsheet before it comes back makes no difference."""
    mixed = list(rows)
    random.shuffle(mixed)

    def answers(of):
        read = ticked(lines(*of))
        told = {(r.step, r.done, r.rechecked, frozenset(r.note.split("; "))) for r in read.rows}
        return told, sorted(q.key for q in read.quarantined)

    assert answers(rows) == answers(mixed)


def test_reasons_name_what_is_wrong():
    """Each quarantined row says which cell and what to write, or which lines contradict each other."""
    a = "a" * 16
    read = ticked(
        lines((a, "x", "", ""), (a, "", "", ""), ("b" * 16, "maybe", "perhaps", ""), ("1.2E+15", "x", "", ""))
    )
    assert [(q.line, q.key) for q in read.quarantined] == [(2, a), (3, a), (4, "b" * 16), (5, "")]
    said = [q.reason for q in read.quarantined]
    assert said[0] == said[1] == "the rows of this step contradict each other (lines 2, 3)"
    assert said[2] == "done and rechecked must be x, yes, y, 1 or a tick; or no, n, 0 or empty"
    assert "did a spreadsheet change it?" in said[3]


def test_a_clear_row_beside_an_unreadable_one_of_its_step_does_not_count():
    """Who wrote both an x and a maybe has not confirmed."""
    a = "a" * 16
    read = ticked(lines((a, "x", "x", ""), (a, "maybe", "x", "")))
    assert read.rows == ()
    assert [q.line for q in read.quarantined] == [2, 3]
    assert "contradict" in read.quarantined[0].reason
    assert "must be x" in read.quarantined[1].reason


def test_rows_the_table_reader_refuses_are_kept_with_their_lines():
    """A torn row is among the quarantined, beside our own refusals, in the file's order."""
    a = "a" * 16
    read = ticked(f"step,done,rechecked,note\r\n{a},x\r\n{'b' * 16},maybe,,\r\n{'c' * 16},x,x,ok\r\n")
    assert [q.line for q in read.quarantined] == [2, 3]
    assert [r.step for r in read.rows] == ["c" * 16]


@pytest.mark.parametrize(
    "text", ["", "step,done\r\n", "item,done,rechecked,note\r\n", "step;fertig;rechecked;note\r\n"]
)
def test_a_file_that_is_no_worklist_is_refused_whole(text):
    """A foreign header means a foreign file: nothing in it is a confirmation."""
    with pytest.raises(FileRefused):
        ticked(text)


def test_a_workbook_comes_back_too(tmp_path):
    """Staff who save the list as a workbook have confirmed all the same, with numbers as ticks."""
    book = openpyxl.Workbook()
    for cells in (COLUMNS, ("a" * 16, 1, "x", None), ("scld-1234567890123456", "x", None, "moved")):
        book.active.append(cells)
    book.save(tmp_path / "ticked.xlsx")
    book.close()
    assert read_confirmations(tmp_path / "ticked.xlsx").rows == (
        Confirmation("a" * 16, True, True, "", 2),
        Confirmation("1234567890123456", True, False, "moved", 3),
    )


def test_the_same_worklist_twice_changes_nothing_and_leaves_nothing_behind(tmp_path):
    """Writing again is idempotent, and no temporary file remains."""
    first = write_worklist(worklist(), tmp_path / "new")
    before = {path.name: path.read_bytes() for path in first.csv.parent.iterdir()}
    assert write_worklist(worklist(), tmp_path / "new") == first
    assert {path.name: path.read_bytes() for path in first.csv.parent.iterdir()} == before
    assert sorted(before) == ["worklist-2026-11-20-1-carrier.csv", "worklist-2026-11-20-1-carrier.html"]


def test_a_file_that_somebody_ticked_is_never_replaced(tmp_path):
    """Ticks are evidence: a later list of the same id takes the next free name, page and file together."""
    first = write_worklist(listed("a" * 16), tmp_path)
    first.csv.write_text(lines(("a" * 16, "x", "x", "")), encoding="utf-8")
    second = write_worklist(listed("a" * 16), tmp_path)
    third = write_worklist(listed("b" * 16), tmp_path)
    assert read_confirmations(first.csv).rows[0].done
    assert [f.csv.name for f in (second, third)] == ["worklist-r-1-2.csv", "worklist-r-1-3.csv"]
    assert [f.html.name for f in (second, third)] == ["worklist-r-1-2.html", "worklist-r-1-3.html"]
    assert "worklist-r-1-2.csv" in second.html.read_text(encoding="utf-8")


def test_a_write_that_fails_leaves_neither_file_nor_scrap(tmp_path):
    """A full disk or a blocked name never leaves half a worklist under its name."""
    (tmp_path / "worklist-r-1.html").mkdir()
    with pytest.raises(OSError):
        write_worklist(listed("a" * 16), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["worklist-r-1.html"]


def test_the_page_has_each_row_in_order_with_what_to_type_and_its_boxes():
    """Every row with its identifiers in the portal's order; a second box where a person's service is taken."""
    made = worklist()
    report = worklist_report(made, "w.csv")
    rows = report.sections[0].tables[0].rows
    assert [r[0] for r in rows] == list(range(1, 8))
    for wanted, (_, what, typed, rechecked, done) in zip(made.rows, rows, strict=True):
        assert what.lines == (f"{wanted.action} {wanted.label}",)
        assert what.small == (wanted.why, f"step {wanted.step}")
        assert typed.lines == tuple(f"{name}  {value}" for name, value in wanted.identifiers if value)
        assert (rechecked, done) == (True if wanted.risky else None, True)
    html = write_html(report)
    assert html.count('class="box"') == 7 + sum(r.risky for r in made.rows)
    assert "Synthetic sample data" in html
    assert "Use this list before Fri Nov 20, 2026, 6:02 PM PST." in html


def test_an_empty_or_real_worklist_says_so():
    """No rows is a sentence; a real district's page carries no sample banner."""
    html = write_html(worklist_report(listed(), "w.csv"))
    assert "Nothing to do." in html
    assert "Synthetic" not in html


def test_labels_cannot_break_out_of_their_bracket(tmp_path):
    """The label that helps a reader of the CSV never becomes somebody's note, nor a formula."""
    odd = evolve(row("a" * 16), action="=Suspend", label="3999]\0\n(x)")
    files = write_worklist(evolve(listed(), rows=(odd,)), tmp_path)
    assert read_confirmations(files.csv).rows[0].note == ""
    assert files.csv.read_text(encoding="utf-8").splitlines()[1] == f"{'a' * 16},,,[=Suspend 3999)  (x)]"


def test_a_worklist_names_each_step_once_and_has_a_safe_file_name():
    """Two rows for one step could be ticked differently; an id with a slash would leave its folder."""
    with pytest.raises(InvalidValue):
        listed("a" * 16, "a" * 16)
    for name in ("../x", "a/b", "", ".hidden"):
        with pytest.raises(InvalidValue):
            evolve(listed(), id=name)
    with pytest.raises(InvalidValue):
        row("no step")
