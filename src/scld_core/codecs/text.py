"""The text of a CSV file as a stream of lines: decoded piece by piece and never held whole.

What the cells of a piece can need is found out for the whole piece at once, so that the rows of a
large and tidy file pass without a second look.
"""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterable, Iterator
from enum import IntEnum
from itertools import chain, compress, islice

from scld_core.errors import FileRefused

__all__ = ["Care", "CsvText", "FileBytes", "PickedLines"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
_BLOCK = 1 << 18
_USUAL = 64  # bytes of a line
_LONGEST = 1 << 24  # characters of one line; a longer one is no table, and memory has an end
_WHITE = (" ", "\t", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f")
_SIGNS = ("'", "=")


class Care(IntEnum):
    """What the cells of the rows at hand can need, each with what stands before it."""

    NONE = 0
    STRIPPING = 1  # white space around a cell
    ALL = 2  # a NUL, or a sign at the start of a cell that has a meaning


class FileBytes:
    """The bytes of an open file from its start: the first of them can be looked at before they are read."""

    def __init__(self, file: io.FileIO | PickedLines, where: str, *, hashing: bool = False) -> None:
        self.where = where
        self.hash = hashlib.sha256() if hashing else None
        self._file = file
        self._head = b""
        while len(self._head) < 4 and (more := self._read()):
            self._head += more

    @property
    def head(self) -> bytes:
        """The first bytes, at least four where there are as many."""
        return self._head

    def blocks(self) -> Iterator[bytes]:
        """All bytes, once."""
        block, self._head = self._head, b""
        while block:
            if self.hash is not None:
                self.hash.update(block)
            yield block
            block = self._read()

    def _read(self) -> bytes:
        try:
            return self._file.read(_BLOCK) or b""
        except OSError as fault:
            problem = f"cannot be read ({fault.strerror})"
            raise FileRefused(self.where, problem, "Check the path and its permissions") from None


class PickedLines:
    """Some of the lines of a file, as if the others were not there; `only` has a truth value for each."""

    def __init__(self, file: io.FileIO, only: Iterable[int]) -> None:
        self._lines = compress(io.BufferedReader(file, _BLOCK), only)

    def read(self, size: int) -> bytes:
        """About as many bytes; none at the end."""
        return b"".join(islice(self._lines, size // _USUAL))


class CsvText:
    """The decoded text of a file: its encoding, its lines once, and what is known of the present piece.

    `care` is for the lines that were taken last; a record over several lines may reach into an
    earlier piece. `delimiter` is set as soon as it is known. `ended` says, after the last line,
    whether it has its line's end. Raises FileRefused, with line and byte, where the bytes are no
    such text.
    """

    def __init__(self, data: FileBytes, encoding: str | None) -> None:
        marked = next((bom for bom in _BOMS if data.head.startswith(bom[0])), None)
        self.encoding = marked[1] if marked else encoding or "utf-8"
        self.delimiter = ""
        self.care = Care.ALL
        self.ended = True
        self.lines = chain.from_iterable(self._pieces(data, marked))

    def _pieces(self, data: FileBytes, marked: tuple[bytes, str, str] | None) -> Iterator[io.StringIO]:
        carry = ""
        for text in self._decoded(data, marked):
            whole = carry + text
            end = max(whole.rfind("\n"), whole.rfind("\r", 0, -1)) + 1  # a last CR may wait for its LF
            carry = whole[end:]
            if len(carry) > _LONGEST:
                problem = f"has a line of more than {_LONGEST:,} characters"
                raise FileRefused(data.where, problem, "Export it again as CSV with one record a line")
            yield self._piece(whole[:end])
        self.ended = carry[-1:] in ("", "\r")
        yield self._piece(carry)

    def _piece(self, text: str) -> io.StringIO:
        if "\0" in text or not self.delimiter or self._signs(text):
            self.care = Care.ALL
        elif text.isascii() and not any(sign in text for sign in _WHITE):
            self.care = Care.NONE
        else:
            self.care = Care.STRIPPING
        return io.StringIO(text, newline="")

    def _signs(self, text: str) -> bool:
        """Whether a cell may begin with an apostrophe or an equals sign."""
        befores = (self.delimiter, '"', "\n", "\r", *_WHITE)
        return any(sign in text and self._begins(sign, text, befores) for sign in _SIGNS)

    def _begins(self, sign: str, text: str, befores: tuple[str, ...]) -> bool:
        return not text.isascii() or text.startswith(sign) or any(before + sign in text for before in befores)

    def _decoded(self, data: FileBytes, marked: tuple[bytes, str, str] | None) -> Iterator[str]:
        name = marked[2] if marked else self.encoding
        if codecs.lookup(name).name == "utf-16":
            name = "utf-16-le"  # without its mark, as the systems that write it do
        decoder = codecs.getincrementaldecoder(name)()
        size = lines = 0
        try:
            for block in data.blocks():
                size += len(block)
                lines += block.count(b"\n")
                yield decoder.decode(block if size > len(block) or not marked else block[len(marked[0]) :])
            yield decoder.decode(b"", final=True)
        except UnicodeDecodeError as fault:
            rest = fault.object[fault.start :]
            line = lines - rest.count(b"\n") + 1
            problem = f"byte {size - len(rest) + 1} of the file is not {self.encoding} text"
            remedy = 'Save it as UTF-8, or declare what it is, such as encoding = "cp1252"'
            raise FileRefused(f"{data.where}:{line}", problem, remedy) from None
