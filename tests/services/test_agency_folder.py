"""A folder of results is whole or as it was."""

import pytest

from scld_core.errors import BadInput
from scld_core.services.agency.folder import staged

NAMES = ("page.html", "rows.csv")


def _write(folder, texts, *, inputs=(), fail=False):
    with staged(folder, NAMES, inputs=inputs) as staging:
        for name, text in texts.items():
            staging.text(name).write(text)
        if fail:
            raise RuntimeError(folder)
        return staging.publish()


def _contents(folder):
    return {path.name: path.read_bytes().decode() for path in folder.iterdir()}


def test_every_file_gets_its_name_in_the_order_of_writing(tmp_path):
    """The folder and those above it are made, and nothing but the files is in it."""
    folder = tmp_path / "a" / "b"
    paths = _write(folder, {"rows.csv": "1\r\n", "page.html": "2"})
    assert [path.name for path in paths] == ["rows.csv", "page.html"]
    assert _contents(folder) == {"rows.csv": "1\r\n", "page.html": "2"}


def test_a_second_run_replaces_its_own_files_only(tmp_path):
    """What somebody else put beside them stays, and so does an earlier file that is not written again."""
    _write(tmp_path, {"rows.csv": "1", "page.html": "2"})
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    _write(tmp_path, {"rows.csv": "3"})
    assert _contents(tmp_path) == {"rows.csv": "3", "page.html": "2", "notes.txt": "mine"}


@pytest.mark.parametrize("there", [False, True])
def test_what_fails_leaves_nothing_behind(tmp_path, there):
    """Neither half a file nor a folder that was made for it; an earlier result stays whole."""
    folder = tmp_path / "made" / "out"
    if there:
        _write(folder, {"rows.csv": "earlier"})
    with pytest.raises(RuntimeError):
        _write(folder, {"rows.csv": "half"}, fail=True)
    assert (_contents(folder) == {"rows.csv": "earlier"}) if there else not (tmp_path / "made").exists()


def test_an_input_is_never_replaced_by_a_result(tmp_path):
    """A file of that name in that very folder is refused before anything is read; elsewhere it is nobody's concern."""
    ours = tmp_path / "rows.csv"
    ours.write_text("the ILS", encoding="utf-8")
    with pytest.raises(BadInput, match=r"rows\.csv: would be replaced"):
        _write(tmp_path / "." / "x" / "..", {"rows.csv": "result"}, inputs=[ours])
    assert _contents(tmp_path) == {"rows.csv": "the ILS"}
    _write(tmp_path / "out", {"rows.csv": "result"}, inputs=[ours])
    assert (tmp_path / "out" / "rows.csv").read_text(encoding="utf-8") == "result"


def test_a_folder_that_cannot_be_written_is_refused_with_a_remedy(tmp_path):
    """A file stands where the folder should be."""
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(BadInput, match=r"out: cannot be written: .*--out"):
        _write(tmp_path / "out", {"rows.csv": ""})


def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    """Also where the account may look and not write."""
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(BadInput, match="Permission denied"):
        _write(tmp_path, {"rows.csv": ""})
