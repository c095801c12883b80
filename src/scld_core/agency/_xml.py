"""Agency files in XML, read and written: a stream of records, and nothing that a document can make us do.

A document type is refused, and with it every entity and every file that one could name. A document
that does not end is refused whole: records behind its end would be missing without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.parsers import expat

from scld_core.agency.dialect import SEPARATOR, Dialect
from scld_core.errors import FileRefused

__all__ = ["document", "read", "stated"]

_CHUNK = 65_536
_DEEPEST = 50
_LONGEST = 131_072  # characters of one element, as many as a CSV cell may have


def read(
    path: Path, dialect: Dialect, columns: Sequence[str], encoding: str | None
) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """Line, cells and problem of each record, the cells in the order of `columns`.

    Raises FileRefused for what is no whole document of this dialect.
    """
    reader = _Reader(str(path), dialect, columns)
    parser = expat.ParserCreate(encoding)
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    reader.parser = parser
    with path.open("rb") as file:
        last = False
        while not last:
            chunk = file.read(_CHUNK)
            last = not chunk
            _feed(parser, chunk, str(path), last=last)
            yield from reader.take()
    reader.check_marks()


def stated(path: Path, dialect: Dialect) -> str:
    """The text of the element that says when the document was written; blank where it is not there.

    Raises FileRefused as `read` does, for what stands before that element.
    """
    reader = _Stated(str(path), dialect)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    reader.parser = parser
    with path.open("rb") as file:
        while reader.found is None:
            chunk = file.read(_CHUNK)
            _feed(parser, chunk, str(path), last=not chunk)
            if not chunk:
                break
    return (reader.found or "").strip()


def _feed(parser: Any, chunk: bytes, where: str, *, last: bool) -> None:
    try:
        parser.Parse(chunk, last)
    except expat.ExpatError as fault:
        problem = "is not whole XML" if last else "is not XML"
        text = expat.ErrorString(fault.code)
        raise FileRefused(f"{where}:{fault.lineno}", f"{problem}: {text}", "Export it again") from None
    except (LookupError, ValueError):  # an encoding of the declaration that Python does not have
        raise FileRefused(where, "declares an encoding that is not known", "Save it as UTF-8") from None


class _Reader:
    """The handlers of one document, and the records that they have finished."""

    def __init__(self, where: str, dialect: Dialect, columns: Sequence[str]) -> None:
        self.parser: Any = None
        self._where = where
        self._dialect = dialect
        held = {one.name: one for one in dialect.fields}
        self._fields = [held[name] for name in columns]
        base = f"{dialect.root}/{dialect.record}"
        self._record = base
        self._wanted = {f"{base}/{one.header}": place for place, one in enumerate(self._fields)}
        self._marks = {f"{dialect.root}/{name}": name for name in dialect.marks}
        self._path: list[str] = []
        self._text: list[str] | None = None
        self._length = 0
        self._line = 0
        self._cells: list[list[str]] = []
        self._problem = ""
        self._found: dict[str, str] = {}
        self._done: list[tuple[int, tuple[str, ...], str]] = []

    def take(self) -> list[tuple[int, tuple[str, ...], str]]:
        """The records finished since the last call."""
        done, self._done = self._done, []
        return done

    def doctype(self, *_: object) -> None:
        raise self._refused("has a document type, which can make a reader open files or run out of memory")

    def start(self, name: str, _: object) -> None:
        if not self._path and name != self._dialect.root:
            problem = f"begins with another element than <{self._dialect.root}>"
            raise self._refused(problem, "Name the dialect that the file is written in")
        if len(self._path) >= _DEEPEST:
            raise self._refused("has elements inside elements without end")
        self._path.append(name)
        where = "/".join(self._path)
        if where == self._record:
            self._line = self.parser.CurrentLineNumber
            self._cells = [[] for _ in self._fields]
            self._problem = ""
        if where in self._wanted or where in self._marks:
            self._text, self._length = [], 0

    def text(self, data: str) -> None:
        if self._text is None:
            return
        self._length += len(data)
        if self._length <= _LONGEST:
            self._text.append(data)
        else:
            self._problem = "has an element that is too long"

    def end(self, _: str) -> None:
        where = "/".join(self._path)
        self._path.pop()
        if where == self._record:
            self._close()
        elif self._text is not None and where in self._wanted:
            self._cells[self._wanted[where]].append("".join(self._text).strip())
            self._text = None
        elif self._text is not None and where in self._marks:
            self._mark(self._marks[where], "".join(self._text).strip())
            self._text = None

    def _close(self) -> None:
        cells: list[str] = []
        for one, values in zip(self._fields, self._cells, strict=True):
            filled = [value for value in values if value]
            if len(filled) > 1 and not one.repeats:
                self._problem = self._problem or f"{one.header}: is there {len(filled)} times"
            if not values and one.required:
                self._problem = self._problem or f"{one.header}: is not there"
            cells.append(SEPARATOR.join(filled))
        self._done.append((self._line, () if self._problem else tuple(cells), self._problem))

    def _mark(self, name: str, text: str) -> None:
        wanted = self._dialect.marks[name]
        if text != wanted:
            shown = f"'{text}'" if text.isprintable() and len(text) <= 40 else "another word"
            raise self._refused(f"has {shown} in <{name}>, where this dialect has '{wanted}'", "Name another dialect")
        self._found[name] = text

    def check_marks(self) -> None:
        """Refuse a document in which a mark never stood."""
        lacking = [name for name in self._dialect.marks if name not in self._found]
        if lacking:
            raise FileRefused(self._where, f"lacks <{lacking[0]}>", "Name the dialect that the file is written in")

    def _refused(self, problem: str, remedy: str = "Export it again") -> FileRefused:
        return FileRefused(f"{self._where}:{self.parser.CurrentLineNumber}", problem, remedy)


class _Stated(_Reader):
    """The handlers that listen for one element below the root."""

    def __init__(self, where: str, dialect: Dialect) -> None:
        super().__init__(where, dialect, ())
        self._marks = {f"{dialect.root}/{dialect.created}": dialect.created}
        self.found: str | None = None

    def _mark(self, name: str, text: str) -> None:
        del name
        self.found = self.found or text


# Written.

_NAMES = {"cp1252": "windows-1252", "iso8859-1": "iso-8859-1", "iso8859-15": "iso-8859-15"}
_Tree = dict[str, "_Tree | tuple[str, ...]"]


def document(
    dialect: Dialect, codec: str, heads: Iterable[tuple[str, str]], records: Iterable[Sequence[tuple[str, ...]]]
) -> Iterator[str]:
    """The lines of a document: the `heads` below the root, then each record with the texts of its fields."""
    yield f'<?xml version="1.0" encoding="{_NAMES.get(codec, codec)}"?>'
    yield f"<{dialect.root}>"
    for name, text in heads:
        yield f"<{name}>{_escaped(text)}</{name}>"
    for values in records:
        tree: _Tree = {}
        for one, texts in zip(dialect.fields, values, strict=True):
            if texts or one.required:
                _plant(tree, one.header.split("/"), texts or ("",))
        yield f"<{dialect.record}>{_rendered(tree)}</{dialect.record}>"
    yield f"</{dialect.root}>"


def _plant(tree: _Tree, path: Sequence[str], texts: tuple[str, ...]) -> None:
    """Put texts at the end of a path, inside the elements that other fields have made already."""
    for name in path[:-1]:
        inner = tree.setdefault(name, {})
        assert isinstance(inner, dict)  # noqa: S101 - no header lies inside another: the dialect sees to it
        tree = inner
    tree[path[-1]] = texts


def _rendered(tree: _Tree) -> str:
    shown: list[str] = []
    for name, inner in tree.items():
        texts = (_rendered(inner),) if isinstance(inner, dict) else map(_escaped, inner)
        shown += [f"<{name}>{text}</{name}>" for text in texts]
    return "".join(shown)


def _escaped(text: str) -> str:
    # A reader of XML turns every CR into LF, unless it stands as a number.
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")
