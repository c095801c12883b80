"""What every kind of agency file has in common when it is read: quarantine, damaged numbers, manifests."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from scld_core.agency.dialect import SEPARATOR, Dialect
from scld_core.agency.forms import is_rounded
from scld_core.agency.manifest import Manifest
from scld_core.agency.model import Reading
from scld_core.agency.raw import RawFile
from scld_core.agency.repeats import repeats
from scld_core.codecs.tables import DAMAGED
from scld_core.errors import FileRefused
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined

__all__ = ["Cells", "Decoder", "Lookup", "Unusable", "header_of", "number_check", "prove", "reading"]

T = TypeVar("T")

_MEMORY = 50_000

Cells = tuple[str, ...]
Decoder = Callable[[int, Cells], T]
"""Line and cells to a row; raises Unusable."""


class Unusable(Exception):
    """A row that cannot be used: the column and what is wrong with it. Never leaves this area."""

    def __init__(self, column: str, rule: str) -> None:
        super().__init__(f"{column}: {rule}")


class Lookup(dict[str, T]):
    """What a function made of each text, remembered for the first `most` of them; what it raised is not."""

    def __init__(self, make: Callable[[str], T], *, most: int = _MEMORY) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, text: str) -> T:
        made = self._make(text)
        if len(self) < self._most:
            self[text] = made
        return made


def reading(file: RawFile, decode: Decoder[T]) -> Reading[T]:
    """The file's rows by `decode`, and the others in quarantine.

    The `key` of a quarantined row has its patron's and card's numbers with ``;`` between, as far as
    they can be read.
    """
    names = file.columns
    file.check_header()
    again = repeats(file, what=" and ".join(header_of(file.dialect, name) for name in file.dialect.key))
    quarantined: list[Quarantined] = []
    source = file.path.name
    known_as = _known_as(names)

    def rows() -> Iterator[T]:
        for line, cells, problem in file.records():
            reason = problem or (again.get(line, "") if again else "")
            if not reason:
                try:
                    row = decode(line, cells)
                except Unusable as fault:
                    reason = str(fault)
                else:
                    yield row
                    continue
            quarantined.append(Quarantined(source, line, reason, known_as(cells) if cells else ""))

    return Reading(source, rows(), quarantined)


def prove(file: RawFile, decode: Decoder[T], owed: Callable[[T], int], manifest: Manifest) -> None:
    """Raise FileRefused unless the file is the one that the manifest was made of, to the byte, row and cent."""
    where = str(file.path)
    remedy = "Take the file that was delivered with this manifest"
    if manifest.dialect != file.dialect.name:
        raise FileRefused(where, f"its manifest is for the dialect {manifest.dialect}", remedy)
    with file.path.open("rb") as opened:
        found = hashlib.file_digest(opened, "sha256").hexdigest()
    if found != manifest.sha256:
        raise FileRefused(where, f"is not the file of batch {manifest.sequence}: its fingerprint differs", remedy)
    again = reading(file, decode)
    amounts = [owed(row) for row in again.rows]
    rows, total = len(amounts) + len(again.quarantined), Money(sum(amounts))
    for what, has, should in (("rows", rows, manifest.rows), ("control total", total, manifest.total)):
        if has != should:
            raise FileRefused(where, f"has {has} as its {what} where its manifest has {should}", remedy)


def _known_as(names: Sequence[str]) -> Callable[[Cells], str]:
    """What gives the patron's and the card's number of a row, a blank one for each that cannot be read.

    The account's number is none of them: another system may have the same one for somebody else.
    """
    places = [names.index(name) for name in ("patron_id", "cardnumber") if name in names]

    def key(cells: Cells) -> str:
        found = [cells[at] for at in places if cells[at]]
        return SEPARATOR.join("" if _number_fault(number) or SEPARATOR in number else number for number in found)

    return key


def header_of(dialect: Dialect, name: str) -> str:
    """What the file calls a column; our own name where the dialect lacks it."""
    found = dialect.find(name)
    return found.header if found else name


def _number_fault(text: str, digits: int = 0) -> str:
    """What is wrong with a number that identifies something; blank when nothing is."""
    if is_rounded(text):
        return DAMAGED
    if not text.isprintable():
        return "has control characters"
    if digits and text and not (len(text) == digits and text.isdigit()):
        if text.isdigit() and len(text) < digits:
            return f"spreadsheet damage: has {len(text)} digits of {digits}, so its leading zeros are lost"
        return f"must have {digits} digits"
    return ""


def number_check(dialect: Dialect, name: str) -> Callable[[str], None]:
    """What raises Unusable for a damaged number of that column."""
    found = dialect.find(name)
    digits, header = (found.digits, found.header) if found else (0, name)

    def check(text: str) -> None:
        if (digits or not text.isalnum()) and (fault := _number_fault(text, digits)):
            raise Unusable(header, fault)

    return check
