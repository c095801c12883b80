"""How a paragraph looks on a terminal of some width, and where nobody looks."""

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.markup import escape
from rich.text import Text

from scld_core.cli._rich import say

WORDS = st.text(
    st.characters(codec="ascii", categories=["L", "N", "P"], exclude_characters="\\"), min_size=1, max_size=20
)
PARAGRAPHS = st.lists(WORDS, max_size=40).map(" ".join)
HANGS = st.sampled_from([0, 4, 34])


def _said(text, width, hang, *, terminal=True):
    stream = io.StringIO()
    say(Console(file=stream, force_terminal=terminal, width=width, no_color=True), escape(text), hang=hang)
    return stream.getvalue().splitlines()


@given(PARAGRAPHS, st.integers(60, 140), HANGS)
def test_a_paragraph_is_broken_between_words_and_loses_none(text, width, hang):
    """No line is wider than the terminal, no word is cut, and further lines stand under the first one's text."""
    lines = _said(text, width, hang)
    assert all(len(line) <= width for line in lines)
    assert all(line[:hang].strip() == "" and line[hang] != " " for line in lines[1:])
    head, body = lines[0][:hang], [lines[0][hang:], *(line[hang:] for line in lines[1:])]
    assert (head + " ".join(body)).split() == text.split()


@given(PARAGRAPHS, st.integers(10, 140), HANGS)
def test_where_nobody_looks_a_paragraph_is_one_line(text, width, hang):
    """In a pipe or a file nothing is broken, however narrow the terminal behind it is said to be."""
    assert _said(text, width, hang, terminal=False) == [text]


def test_a_terminal_too_narrow_for_the_indent_breaks_lines_by_itself():
    """Beside an indent that leaves no room, breaking lines would make a column of single words."""
    text = "a few words that are longer than the terminal is wide"
    assert _said(text, 40, 34) == [text]
    assert len(_said(text, 40, 4)) == 2


def test_the_sample_fits_eighty_columns(scld, tmp_path):
    """Every line of a day, its report's name apart, fits a terminal of eighty columns."""
    told = scld("day", "--sample", tmp_path / "s", env={"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1", "TERM": "xterm"})
    lines = [Text.from_ansi(line).plain for line in told.lines]
    assert len(lines) > 40
    assert [line for line in lines if len(line) > 80 and str(tmp_path) not in line] == []
