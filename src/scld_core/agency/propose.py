"""Which column of an agency's export is which: proposed from names and values, decided by a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from itertools import islice
from pathlib import Path

from attrs import frozen

from scld_core.agency.columns import INBOUND, Column, Shape
from scld_core.agency.forms import MoneyForm
from scld_core.agency.header_names import how_named
from scld_core.agency.model import AccountStatus
from scld_core.agency.shapes import UNDECIDED, Seen, look_at
from scld_core.agency.statuses import STATUS_WORDS
from scld_core.codecs.tables import DELIMITERS, stream_table
from scld_core.errors import FileRefused

__all__ = ["Guess", "Proposal", "Sureness", "propose"]

_SAMPLE = 2_000  # rows


class Sureness(Enum):
    """How much speaks for a guess."""

    SURE = "sure"  # its name and its values say so
    LIKELY = "likely"  # its name says so, in other words
    UNSURE = "unsure"  # only its values say so, or name and values disagree


@frozen
class Guess:
    """One canonical column: the header that is proposed for it, how its values are written, and why."""

    column: str
    header: str
    sureness: Sureness
    reason: str
    date: str = ""
    money: MoneyForm | None = None
    digits: int = 0


@frozen
class Proposal:
    """What a file's columns seem to be.

    `statuses` has every word of the sample, None where nobody can know what it means. `questions` are
    for a person, `undecided` those of them without whose answer the file cannot be read. `unused` are
    headers that stay out. Holds no value of any row but status words.
    """

    source: str
    rows: int
    guesses: tuple[Guess, ...]
    statuses: tuple[tuple[str, AccountStatus | None], ...]
    questions: tuple[str, ...]
    undecided: tuple[str, ...]
    unused: tuple[str, ...]
    delimiter: str
    encoding: str
    sheet: str = ""

    def lines(self) -> tuple[str, ...]:
        """The proposal as people read it: the columns, the status words, the questions."""
        width = max((len(one.header) for one in self.guesses), default=0)
        return (
            f"{self.source}: {self.rows} rows looked at",
            *(f"  {g.column:<14}{g.header:<{width}}  {g.sureness.value}: {g.reason}" for g in self.guesses),
            *(f"  status '{word}' means {status.value if status else UNDECIDED}" for word, status in self.statuses),
            *((f"  not used: {', '.join(self.unused)}",) if self.unused else ()),
            *(f"  question: {text}" for text in self.questions),
        )


def propose(source: Path, *, encoding: str | None = None, sheet: str | None = None) -> Proposal:
    """Look at the header and the first rows of an agency's export, CSV or XLSX.

    A date's order is never guessed: a value with a day after the 12th proves it, or it is asked for.
    Raises FileRefused for a file that is no table.
    """
    questions: list[str] = []
    used = encoding
    try:
        delimiter, headers = _headers(source, used, sheet)
        sample, read_as = _sample(source, headers, delimiter, used, sheet)
    except FileRefused as refusal:
        if encoding is not None or "utf-8 text" not in refusal.problem:
            raise
        used = "cp1252"
        questions.append("the file is not UTF-8 and was read as cp1252: look whether names have the right letters")
        delimiter, headers = _headers(source, used, sheet)
        sample, read_as = _sample(source, headers, delimiter, used, sheet)
    seen = {header: look_at(row[place] for row in sample) for place, header in enumerate(headers)}
    guesses = tuple(_guesses(seen, questions))
    statuses = tuple(
        (word, STATUS_WORDS.get(word)) for one in guesses if one.column == "status" for word in seen[one.header].words
    )
    undecided = tuple(_undecided({one.column: one for one in guesses}, seen, statuses))
    remarks = (text for one in guesses for text in _remarks(one, seen[one.header]))
    order = list(INBOUND)
    return Proposal(
        source=source.name,
        rows=len(sample),
        guesses=tuple(sorted(guesses, key=lambda one: order.index(one.column))),
        statuses=statuses,
        questions=(*questions, *undecided, *remarks),
        undecided=undecided,
        unused=tuple(header for header in seen if header not in {one.header for one in guesses}),
        delimiter=delimiter,
        encoding=used or ("utf-16" if read_as == "utf-16" else "utf-8"),
        sheet=sheet or "",
    )


def _headers(source: Path, encoding: str | None, sheet: str | None) -> tuple[str, list[str]]:
    """The delimiter under which the header names the most columns we know, then the most columns; and them."""
    found: list[tuple[tuple[int, int], str, list[str]]] = []
    refusals: list[FileRefused] = []
    for delimiter in DELIMITERS:
        try:
            stream = stream_table(source, ["-"], optional=["-"], delimiter=delimiter, encoding=encoding, sheet=sheet)
        except FileRefused as refusal:
            refusals.append(refusal)
            continue
        headers = [header for header in stream.header if header]
        known = sum(how_named(header, column) == 2 for header in headers for column in INBOUND)
        found.append(((known, len(headers)), delimiter, headers))
    if not found:
        raise refusals[0]
    _, delimiter, headers = max(found, key=lambda one: one[0])
    return delimiter, headers


def _sample(
    source: Path, headers: Sequence[str], delimiter: str, encoding: str | None, sheet: str | None
) -> tuple[list[tuple[str, ...]], str]:
    stream = stream_table(source, headers, delimiter=delimiter, encoding=encoding, sheet=sheet)
    return [cells for _, cells in islice(stream.rows, _SAMPLE)], stream.encoding


# From names and values to guesses.


def _fits(column: Column, seen: Seen, name: str) -> int:
    """1 when the values are of the column's kind, -1 when they are not, 0 when they do not say."""
    if not seen.filled or column.shape is Shape.TEXT:
        return 0
    if column.shape is Shape.DATE:
        return 1 if seen.dates else -1
    if column.shape is Shape.AMOUNT:
        return 1 if seen.money or seen.dollars else -1
    if column.shape is Shape.WORD:
        return 1 if seen.known_words else (0 if seen.words else -1)
    if name == "cardnumber":
        return int(seen.digits > 0)
    return -1 if seen.dates and not seen.digits else 0


def _guesses(seen: Mapping[str, Seen], questions: list[str]) -> Iterator[Guess]:
    """By name first, the surest before the others; then by values alone where only one header is left."""
    scores = [
        (how_named(header, column) * 2 + _fits(INBOUND[column], shown, column), column, header)
        for header, shown in seen.items()
        for column in INBOUND
        if how_named(header, column)
    ]
    taken: dict[str, str] = {}
    for score, column, header in sorted(scores, key=lambda one: (-one[0], list(seen).index(one[2]))):
        if column in taken or header in taken.values():
            continue
        rivals = [
            other for s, c, other in scores if (s, c) == (score, column) and other not in (header, *taken.values())
        ]
        if rivals:
            questions.append(f"{column}: '{header}' and '{rivals[0]}' both fit; '{header}' is proposed")
        taken[column] = header
        yield _guess(column, header, seen[header], rivals=bool(rivals))
    for column in ("balance", "status", "cardnumber", "listed_on"):
        left = [header for header in seen if header not in taken.values() and _shown(column, seen[header])]
        if column not in taken and len(left) == 1:
            taken[column] = left[0]
            yield _guess(column, left[0], seen[left[0]], rivals=False)


def _shown(column: str, seen: Seen) -> bool:
    """Whether the values alone speak for a column."""
    if column == "balance":
        return seen.cents
    if column == "status":
        return seen.known_words > 0
    return seen.digits > 0 if column == "cardnumber" else seen.dates is not None


def _guess(column: str, header: str, seen: Seen, *, rivals: bool) -> Guess:
    named, fits = how_named(header, column), _fits(INBOUND[column], seen, column)
    shape = INBOUND[column].shape
    sureness = Sureness.UNSURE
    if not rivals and fits >= 0 and named:
        sureness = Sureness.SURE if named == 2 and (seen.filled or shape is Shape.TEXT) else Sureness.LIKELY
    return Guess(
        column,
        header,
        sureness,
        _reason(column, seen, named, fits),
        date=seen.dates.pattern if shape is Shape.DATE and seen.dates else "",
        money=seen.money if shape is Shape.AMOUNT else None,
        digits=seen.digits if column == "cardnumber" else 0,
    )


_BY_NAME = ("its name says nothing", "its name has a word for it", "its name")
_KINDS = {Shape.DATE: "dates", Shape.AMOUNT: "amounts", Shape.WORD: "status words", Shape.NUMBER: "numbers"}


def _reason(column: str, seen: Seen, named: int, fits: int) -> str:
    kind = "14-digit numbers" if column == "cardnumber" else _KINDS.get(INBOUND[column].shape, "text")
    if not seen.filled:
        return f"{_BY_NAME[named]}; every value in the sample is blank"
    values = {1: f"its values are {kind}", 0: "", -1: f"but its values are not {kind}"}[fits]
    return "; ".join(filter(None, (_BY_NAME[named], values)))


# What is left to a person.


def _undecided(
    held: Mapping[str, Guess], seen: Mapping[str, Seen], statuses: Sequence[tuple[str, AccountStatus | None]]
) -> Iterator[str]:
    for column in ("account", "balance"):
        if column not in held:
            yield f"{column}: no column could be found for {INBOUND[column].says}"
    if "status" not in held:
        yield 'status: no column says it; if the file lists open accounts only, write every = "open" under [dialect]'
    elif not statuses:
        yield "status: its words could not be listed; write each of them under [statuses]"
    if not {"patron_id", "cardnumber"} & set(held):
        yield "patron_id, cardnumber: no column has either, and nobody is identified by name"
    for one in held.values():
        dates = seen[one.header].dates
        if one.date == UNDECIDED and dates:
            forms = " or ".join(dates.candidates)
            why = "dates are written in two ways" if dates.mixed else "no date has a day after the 12th"
            yield f"{one.column}: {why} in '{one.header}', so its order cannot be known: {forms}?"
    for word, status in statuses:
        if status is None:
            yield f"status: what does '{word}' mean?"


def _remarks(one: Guess, seen: Seen) -> Iterator[str]:
    """What else a person should know of a column."""
    if seen.mixed and one.money:
        yield f"{one.column}: some amounts have thousands commas and some have not; the latter will be quarantined"
    if seen.dollars and INBOUND[one.column].shape is Shape.AMOUNT:
        yield f"{one.column}: {seen.dollars} amounts have a currency sign and will be quarantined; export plain numbers"
    if seen.rounded:
        yield f"{one.column}: {seen.rounded} numbers are in scientific notation and have lost digits; export as text"
    if seen.short and one.digits:
        yield f"{one.column}: {seen.short} card numbers have fewer than 14 digits; a spreadsheet may have cut zeros"
