"""TOML files that people wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scld_core import codecs
from scld_core.errors import BadInput


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path):
    """Editors that put a byte order mark before the text do no harm."""
    path = tmp_path / "d.toml"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + b'[district]\nname = "caf\xc3\xa9"\n')
        assert codecs.read_toml(path) == {"district": {"name": "café"}}


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"a = 1\nb = \n", 2, "is not TOML"),
        (b"a = 1\n\nb = 'open", 3, "is not TOML"),
        (b"a = 1\na = 2\n", 2, "is not TOML"),
        (b"a = 1\nb = 'caf\xe9'\n", 2, "is not UTF-8"),
        (b"a = 1\nb = \x00\n", 2, "is not TOML"),
        (b"day = 2026-02-30\n", 1, "is not TOML"),
    ],
)
def test_a_syntax_mistake_is_named_with_its_line(tmp_path, content, line, words):
    """The refusal names the file, the line and what to do."""
    path = tmp_path / "d.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words) as caught:
        codecs.read_toml(path)
    assert caught.value.where == f"{path}:{line}"


def test_a_file_that_cannot_be_opened_is_bad_input(tmp_path):
    """A missing file and a folder are refused by name."""
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(BadInput, match="cannot be read"):
            codecs.read_toml(path)


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "9" * 10_000])
def test_endless_nesting_and_endless_numbers_are_refused(text):
    """What would break the reader is refused like any other mistake."""
    with pytest.raises(BadInput, match="too large or too deep"):
        codecs.parse_toml(text, where="d.toml")


@given(st.text())
def test_no_text_whatever_raises_anything_but_bad_input(text):
    """Any text is either tables or bad input."""
    try:
        outcome = codecs.parse_toml(text, where="d.toml")
    except BadInput as fault:
        outcome = fault
    assert isinstance(outcome, dict) or outcome.where.startswith("d.toml")
