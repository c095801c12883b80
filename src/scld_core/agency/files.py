"""The ILS snapshot: every patron with the balance and what the ILS says of collection, read with suspicion.

A row is used only when each of its cells is exactly what the column asks for. A negative balance is a
credit and valid. What is wrong with any other row is said with its line, and the row keeps the numbers
by which it could still be recognised, so that nobody mistakes it for a patron who is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from scld_core.agency.forms import MoneyForm, amount_reader
from scld_core.agency.model import IlsPatron, Reading
from scld_core.codecs.tables import DAMAGED, Stream, is_damaged, stream_table
from scld_core.errors import InvalidValue
from scld_core.kernel.page import Quarantined
from scld_core.kernel.time import parse_instant

__all__ = ["COLUMNS", "NO", "SEPARATOR", "YES", "PatronRows", "PlainRow", "read_ils"]

COLUMNS = ("patron_id", "barcodes", "balance", "flagged", "referral_fee", "exempt", "as_of")
"""The header of the canonical snapshot."""

SEPARATOR = ";"
"""Stands between the numbers of one patron, the present card first."""

PlainRow = tuple[int, str, str, int, bool, int, bool]
"""Line, patron, cards with ``;`` between, balance, flagged, referral fee and exempt; amounts in cents."""

T = TypeVar("T")

YES = ("yes", "true", "1", "y", "t")
NO = ("no", "false", "0", "n", "f", "")
_MEMORY = 1 << 16  # amounts remembered; most of a file's amounts repeat


class PatronRows(Iterator[IlsPatron]):
    """The rows of a snapshot, once: as values one by one, or all the rest of them `plain`."""

    def __init__(self, plain: Iterator[PlainRow]) -> None:
        self.plain = plain

    def __next__(self) -> IlsPatron:
        line, patron, cards, balance, flagged, fee, exempt = next(self.plain)
        numbers = tuple(cards.split(SEPARATOR)) if cards else ()
        return IlsPatron(line, balance, flagged, fee, exempt, patron, numbers)


def read_ils(
    source: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    only: Sequence[int] | None = None,
) -> Reading[IlsPatron]:
    """Read the snapshot of an ILS, CSV or XLSX, row by row.

    `mapping` gives the file's own header for a column of `COLUMNS`. The `key` of a quarantined row is
    its patron and cards with ``;`` between, or its patron and a ``;`` where the cards cannot be read.
    `as_of` is the oldest of the file. A patron that stands twice is for the reconciliation to judge.
    `only` picks lines, as in `stream_table`. Raises FileRefused for a file that cannot be used whole.
    """
    stream = stream_table(
        source, COLUMNS, mapping=mapping, delimiter=delimiter, encoding=encoding, sheet=sheet, only=only
    )
    reader = _Reader(stream)
    return Reading(stream.source, PatronRows(reader.rows()), stream.quarantined, lambda: reader.as_of)


class _Fault(ValueError):
    """What is wrong with one cell."""


class _Reader:
    """Turns cells into plain rows, and remembers the oldest time that a row was true at."""

    def __init__(self, stream: Stream) -> None:
        self.as_of: datetime | None = None
        self._stream = stream
        self._balances = _Remembered(_amount)
        self._fees = _Remembered(_fee)
        self._words = _Remembered(_word)
        self._moments = _Remembered(self._moment)

    def rows(self) -> Iterator[PlainRow]:
        """Every row that can be used, in the file's order; the others are quarantined on the way."""
        quarantined, name = self._stream.quarantined, self._stream.source
        balances, fees, moments, words = self._balances, self._fees, self._moments, self._words
        for line, cells in self._stream.rows:
            patron, cards, balance, flagged, fee, exempt, as_of = cells
            try:
                if not patron.isalnum():
                    _check_patron(patron)
                if not cards.isalnum():
                    cards = _cards(cards)
                moments[as_of]  # pyright: ignore[reportUnusedExpression] - a moment that was seen is known to be good
                yield line, patron, cards, balances[balance], words[flagged], fees[fee], words[exempt]
            except _Fault:
                quarantined.append(Quarantined(name, line, self._fault(cells), _key(patron, cells[1])))

    def _moment(self, text: str) -> datetime:
        moment = _moment(text)
        self.as_of = moment if self.as_of is None else min(self.as_of, moment)
        return moment

    def _fault(self, cells: tuple[str, ...]) -> str:
        """Everything that is wrong with a row, each with its column."""
        patron, cards, balance, flagged, fee, exempt, as_of = cells
        checks: tuple[tuple[str, Callable[[str], object], str], ...] = (
            ("patron_id", _check_patron, patron),
            ("barcodes", _cards, cards),
            ("balance", self._balances.__getitem__, balance),
            ("flagged", self._words.__getitem__, flagged),
            ("referral_fee", self._fees.__getitem__, fee),
            ("exempt", self._words.__getitem__, exempt),
            ("as_of", _moment, as_of),
        )
        return "; ".join(f"{column} {fault}" for column, check, text in checks if (fault := _of(check, text)))


def _of(check: Callable[[str], object], text: str) -> str:
    try:
        check(text)
    except _Fault as fault:
        return str(fault)
    return ""


class _Remembered(dict[str, T]):
    """Values by their text; one that is not known yet is read, and one that cannot be is a _Fault."""

    def __init__(self, read: Callable[[str], T]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> T:
        try:
            value = self._read(text)
        except ValueError as fault:
            raise _Fault(str(fault)) from None
        if len(self) < _MEMORY:
            self[text] = value
        return value


_amount = amount_reader(MoneyForm.PLAIN)


def _fee(text: str) -> int:
    cents = _amount(text) if text else 0
    if cents < 0:
        raise _Fault("is negative")
    return cents


def _word(text: str) -> bool:
    word = text.casefold()
    if word not in YES and word not in NO:
        raise _Fault("must be yes or no")
    return word in YES


def _check_patron(text: str) -> None:
    if not text:
        raise _Fault("is blank")
    if SEPARATOR in text:
        raise _Fault(f"has a '{SEPARATOR}', which stands between the numbers of one patron")
    _check_number(text)


def _check_number(text: str) -> None:
    if is_damaged(text):
        raise _Fault(f"has {DAMAGED}")
    if not text.isprintable():
        raise _Fault("has a control character")


def _cards(text: str) -> str:
    """The cards without white space around; a blank in the first place says that there is no present one."""
    if not text:
        return text
    numbers = [number.strip() for number in text.split(SEPARATOR)]
    for number in numbers:
        _check_number(number)
    kept = [numbers[0], *filter(None, numbers[1:])]
    return SEPARATOR.join(kept) if any(kept) else ""


def _moment(text: str) -> datetime:
    if not text:
        raise _Fault("is blank")
    try:
        return parse_instant(text)
    except InvalidValue as refusal:
        raise _Fault(refusal.rule) from None


def _key(patron: str, cards: str) -> str:
    """By what a row can still be recognised; see `read_ils`."""
    known: list[str] = []
    try:
        _check_patron(patron)
        known.append(patron)
        known += _cards(cards).strip(SEPARATOR).split(SEPARATOR)
    except _Fault:
        return SEPARATOR.join([*known, ""]) if known else ""
    return SEPARATOR.join(filter(None, known))
