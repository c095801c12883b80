"""Files are there whole, or as they were."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scld_core.services.files import replace_file


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(st.binary(max_size=50) | st.text(max_size=50), min_size=1))
def test_the_last_content_is_what_is_there_and_nothing_else(tmp_path, contents):
    """Bytes as they are, text as UTF-8; no other file is left in the folder."""
    path = tmp_path / "deep" / "er" / "file.txt"
    for content in contents:
        assert replace_file(path, content) == path
    expected = contents[-1].encode() if isinstance(contents[-1], str) else contents[-1]
    assert path.read_bytes() == expected
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    """The disk is full in the middle: the old file is whole, and no half one lies beside it."""
    path = replace_file(tmp_path / "file.txt", "old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_an_error_with_its_name(tmp_path):
    """A file stands where the folder belongs."""
    (tmp_path / "reports").write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="reports"):
        replace_file(tmp_path / "reports" / "a.html", "page")
