"""Tables as streams: the same as whole tables, without ever holding one."""

import codecs
import os
import subprocess
import sys
import threading
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core.codecs import text as text_module
from scld_core.codecs.tables import DAMAGED, is_damaged, read_table, stream_table
from scld_core.errors import FileRefused

COLUMNS = ("item", "status")
CELL = st.text(st.sampled_from("ab '=\"\t\0\u00a0é\r\n,"), max_size=5)


def put(folder, data, name="t.csv"):
    """The file with these bytes or this text."""
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that all examples write into."""
    return tmp_path_factory.mktemp("stream")


def told(make):
    """What reading gives: rows and quarantine, or the refusal."""
    try:
        return make()
    except FileRefused as refusal:
        return str(refusal)


@given(st.lists(st.lists(CELL, min_size=1, max_size=3), max_size=6), st.booleans(), st.integers(1, 40))
def test_the_stream_gives_what_the_table_gives_however_the_pieces_fall(folder, records, ended, block):
    """Rows, lines, quarantine and refusals do not depend on where the file is cut for reading."""
    text = "item,status\n" + "\n".join(",".join(record) for record in records) + ("\n" if ended else "")
    path = put(folder, text)

    def table():
        found = read_table(path, COLUMNS)
        return [(row.line, (row["item"], row["status"])) for row in found.rows], list(found.quarantined), found.sha256

    def stream():
        found = stream_table(path, COLUMNS)
        rows = list(found.rows)
        return rows, found.quarantined

    whole = told(table)
    before = text_module._BLOCK
    text_module._BLOCK = block
    try:
        pieces, again = told(stream), told(table)
    finally:
        text_module._BLOCK = before
    assert again == whole
    assert pieces == (whole if isinstance(whole, str) else whole[:2])


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_bytes_that_are_no_text_are_named_with_line_and_byte_wherever_they_are(folder, mark):
    """Even far behind the first piece, and after the rows before them were taken."""
    good = mark + b"item,status\n" + b"i1,lost\n" * 100_000
    path = put(folder, good + "i2,verlängert\n".encode("cp1252"))
    rows = stream_table(path, COLUMNS).rows
    assert next(rows) == (2, ("i1", "lost"))
    with pytest.raises(FileRefused) as refusal:
        list(rows)
    used = "utf-8-sig" if mark else "utf-8"
    assert f":100002: byte {len(good) + 8} of the file is not {used} text" in str(refusal.value)


def test_a_character_may_be_cut_in_two_by_a_piece(folder):
    """At every place of a short file, in both widths."""
    before = text_module._BLOCK
    for encoding in ("utf-8", "utf-16", "utf-16-be"):
        data = "item,status\r\ni1,größer €\r\n".encode(encoding)
        data = codecs.BOM_UTF16_BE + data if encoding == "utf-16-be" else data
        for block in range(1, len(data) + 1):
            text_module._BLOCK = block
            try:
                rows = list(stream_table(put(folder, data), COLUMNS).rows)
            finally:
                text_module._BLOCK = before
            assert rows == [(2, ("i1", "größer €"))]


def test_a_declared_utf_16_needs_no_mark(folder):
    """As the systems that write it leave it out."""
    path = put(folder, "item,status\ni1,größer\n".encode("utf-16-le"))
    assert list(stream_table(path, COLUMNS, encoding="utf-16").rows) == [(2, ("i1", "größer"))]


def test_a_large_file_is_not_held(folder):
    """The memory of a pass does not grow with the file."""
    path = put(folder, "item,status\n" + "i1,lost\n" * 150_000)
    tracemalloc.start()
    try:
        assert sum(1 for _ in stream_table(path, COLUMNS).rows) == 150_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a thing of POSIX")
def test_a_pipe_can_be_read(folder):
    """What cannot be read twice is read once."""
    path = folder / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"item,status\ni1,lost\n" * 1,))
    writer.start()
    assert list(stream_table(path, COLUMNS).rows) == [(2, ("i1", "lost"))]
    writer.join()


def test_a_stream_that_is_dropped_closes_its_file(folder):
    """In a process that makes an error of every warning."""
    path = put(folder, "item,status\ni1,lost\n")
    code = (
        "import gc\nfrom pathlib import Path\nfrom scld_core.codecs.tables import stream_table\n"
        f"stream = stream_table(Path({str(path)!r}), ['item'])\ndel stream\ngc.collect()\nprint('closed')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("closed\n", "")


def test_a_line_without_end_is_refused(folder, monkeypatch):
    """Memory has an end, whatever the file says."""
    monkeypatch.setattr(text_module, "_LONGEST", 1000)
    monkeypatch.setattr(text_module, "_BLOCK", 100)
    with pytest.raises(FileRefused, match="has a line of more than 1,000 characters"):
        list(stream_table(put(folder, "item,status\ni1," + "x" * 5000), COLUMNS).rows)


def test_lines_can_be_picked(folder):
    """Rows and quarantine keep the numbers that their lines have in the file."""
    path = put(folder, "item,status\ni1,lost\ni2,lost\ni3\ni4,lost\ni5\n")
    stream = stream_table(path, COLUMNS, only=(1, 0, 1, 1, 1, 0))
    assert list(stream.rows) == [(3, ("i2", "lost")), (5, ("i4", "lost"))]
    assert [(one.line, one.reason) for one in stream.quarantined] == [(4, "has 1 cells where the header has 2")]


def test_columns_may_all_be_absent(folder):
    """A row is blank cells then, and as many rows as there are."""
    path = put(folder, "item\ni1\n\ni2\n")
    assert list(stream_table(path, ("note",), optional=("note",)).rows) == [(2, ("",)), (4, ("",))]


def test_a_fault_of_the_disk_is_told(folder, monkeypatch):
    """While it is read as when it is opened."""

    class Broken:
        def read(self, size):
            raise OSError(5, "Input/output error")

    with pytest.raises(FileRefused, match=r"cannot be read \(Input/output error\)"):
        text_module.FileBytes(Broken(), "t.csv")


@pytest.mark.parametrize("number", ["2.1234E+13", "2,9082E+13", "8.91480000000000E+18", "1e+05", "4E-05"])
def test_a_number_in_scientific_notation_is_spreadsheet_damage(number):
    """However the spreadsheet's language writes it."""
    assert is_damaged(number)
    assert DAMAGED.startswith("spreadsheet damage: the number was turned into scientific notation")


@pytest.mark.parametrize("number", ["29082000123450", "12E34", "E13", "A1E+5", "", "1.5", "1E5"])
def test_an_ordinary_number_is_not(number):
    """Letters are parts of real numbers too; a spreadsheet always writes the exponent's sign."""
    assert not is_damaged(number)
