"""The `fast` extra: duckdb sets aside the rows of which nothing can be said but that they match.

It decides nothing else. A pair of rows is set aside only when every cell is in its simplest form,
both sides say the same, and no other row of either file has one of their numbers; a patron who is not
in collection, only when the agency's list has none of the patron's numbers. Every other line is read
and judged by the same code as without duckdb, so that the result is the same to the byte. A file in a
form that is not quite plain is left to that code altogether.
"""

from __future__ import annotations

import csv
import mmap
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import field, frozen

from scld_core.agency.dialect import Dialect, Direction, Field, Layout, MoneyForm
from scld_core.agency.files import COLUMNS, NO, SEPARATOR, YES
from scld_core.agency.model import AccountStatus
from scld_core.agency.reconcile import MatchRow
from scld_core.codecs.tables import stream_table
from scld_core.errors import InvalidValue, MissingExtra
from scld_core.kernel.cells import from_cell
from scld_core.kernel.time import parse_instant

__all__ = ["Limits", "Sieved", "sieve"]

_PART = 0.5  # of the rows: when more are left to be looked at, setting the others aside was no help
_MOST_MOMENTS = 100
_FIRST = 10_000  # rows in which they are looked for
_BLOCK = 1 << 20
_OVERLAP = 4
_LONGEST = 100_000  # bytes of a line; a cell of it could be too long for the csv module
_AMOUNTS = {
    MoneyForm.PLAIN: r"-?[0-9]{1,13}(\.[0-9]{1,2})?",
    MoneyForm.GROUPED: r"-?(0|[1-9][0-9]{0,2})(,[0-9]{3}){0,3}\.[0-9]{2}",
}


@frozen
class Limits:
    """What makes a match of two equal rows: a balance above `owed`, a fee in between, activity since `active`."""

    owed: int
    fees: tuple[int, int]
    active: date | None = None


@frozen
class Sieved:
    """What was set aside: how many rows of which sort, and which lines are left.

    `ils_lines` and `agency_lines` have a truth value for each line, as `stream_table` takes them.
    `as_of` is the oldest time in a row of the ILS that was set aside.
    """

    matches: int
    not_referred: int
    as_of: datetime | None
    ils_lines: bytearray = field(repr=False)
    agency_lines: bytearray = field(repr=False)
    connection: Any = field(repr=False)

    def rows(self) -> Iterator[MatchRow]:
        """The plain matches by patron."""
        found = self.connection.cursor().execute(_LISTING)
        while rows := found.fetchmany(10_000):
            for *numbers, name, listed, active in rows:
                yield (*numbers, from_cell(name), active or listed)


def sieve(ils: Path, agency: Path, dialect: Dialect, limits: Limits) -> Sieved | None:
    """Set aside what is plain; None where the files are not in a form for it, or little would be gained.

    Raises MissingExtra without duckdb, and FileRefused as the readers do.
    """
    try:
        duckdb: Any = import_module("duckdb")
    except ImportError:
        raise MissingExtra("fast", "duckdb") from None
    if dialect.direction is not Direction.INBOUND or not (ils.is_file() and agency.is_file()):
        return None  # the readers say what is wrong with that
    if dialect.layout is not Layout.DELIMITED or dialect.every is not None or dialect.encoding != "utf-8":
        return None
    if set(dialect.key) - set(_KEYS) or any(one.date for one in dialect.fields):
        return None
    left = _File.of(ils, {name: name for name in COLUMNS}, required=COLUMNS, delimiter=None)
    right = _File.of(
        agency,
        {one.name: one.header for one in dialect.fields if one.name in _AGENCY},
        required=[one.name for one in dialect.fields if one.required],
        delimiter=dialect.delimiter,
    )
    if left is None or right is None:
        return None
    connection = duckdb.connect(":memory:")
    try:
        return _sieved(connection, (left, right), dialect, limits)
    except duckdb.Error:  # it reads CSV more strictly in some ways; the other reader then says what is wrong
        return None


_KEYS = ("account", "patron_id", "cardnumber")
_AGENCY = (*_KEYS, "name", "status", "listed_on", "balance", "last_activity", "close_reason")


@frozen
class _File:
    """A CSV file: where its columns stand, what is between them, and whether it has a quotation mark anywhere."""

    path: Path
    places: Mapping[str, int]
    width: int
    delimiter: str
    quoted: bool

    @classmethod
    def of(cls, path: Path, columns: Mapping[str, str], *, required: Any, delimiter: str | None) -> _File | None:
        """What is known of a file from its header; None for one that is not plain CSV."""
        optional = [name for name in columns if name not in required]
        found = stream_table(path, tuple(columns), mapping=columns, optional=optional, delimiter=delimiter)
        if found.encoding != "utf-8" or not path.is_file():
            return None
        with path.open("rb") as file:
            line = file.readline().rstrip(b"\r\n")
        if b"\r" in line:
            return None  # line ends of old
        first = next(csv.reader([line.decode()], delimiter=found.delimiter), None)
        if first is None or tuple(map(from_cell, first)) != found.header:
            return None  # a blank line comes before it
        folded = [name.casefold() for name in found.header]
        places = {name: folded.index(own.casefold()) for name, own in columns.items() if own.casefold() in folded}
        return cls(path, places, len(found.header), found.delimiter, _has_quotes(path))

    def select(self, name: str) -> str:
        """The column as text, blank where the file has none."""
        return f"coalesce(column{self.places[name]}, '')" if name in self.places else "''"

    @property
    def rows(self) -> str:
        """The file as a table."""
        columns = ", ".join(f"'column{number}': 'VARCHAR'" for number in range(self.width))
        form = (
            f"delim={_text(self.delimiter)}, quote='\"', escape='\"', header=false, skip=1, auto_detect=false, "
            f"strict_mode=true, null_padding=false, max_line_size={_LONGEST}, columns={{{columns}}}"
        )
        return f"read_csv({_text(str(self.path))}, {form})"

    @property
    def blanks(self) -> str:
        """How many cells at the end of a row are blank; of no interest where no cell can hold a delimiter."""
        counted = "0"
        if not self.quoted:
            return counted
        for place in range(self.width):
            counted = f"CASE WHEN coalesce(column{place}, '') = '' THEN 1 + {counted} ELSE 0 END"
        return counted

    @property
    def lines_and_rows(self) -> str:
        """The file as a table, with the line of each row."""
        # Counted while the file is read, by one thread: the order of a stored table is not the file's in every case.
        return f"(SELECT *, CAST(1 + row_number() OVER () AS INTEGER) AS line FROM {self.rows})"  # noqa: S608


def _has_quotes(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(b'"') >= 0


def _count_lines(file: _File) -> tuple[int, int] | None:
    """The lines of a file with plain line ends and plain quotation marks, and what its rows must agree with.

    That is the delimiters at the line ends where a cell may hold one, and otherwise those that are too many
    in the whole file. None for a file that is not plain.
    """
    lines = returns = ends = last = marks = 0
    before, delimiter = b"", file.delimiter.encode()
    edges = (file.delimiter.encode(), b" ", b"\t", b"\n", b"\r")
    with file.path.open("rb") as opened:
        while block := opened.read(_BLOCK):
            whole = before + block
            signs = (sign for space, signs in _ODD.items() if file.quoted and space in whole for sign in signs)
            if b"\0" in block or any(_is_odd(sign, whole, edges) for sign in signs):
                return None
            lines += block.count(b"\n")
            if b"\r" in block:
                returns += block.count(b"\r")
            ends += whole.count(b"\r\n") - before.count(b"\r\n")
            marks += 0 if file.quoted else block.count(delimiter)
            last += _at_ends(whole, delimiter) - _at_ends(before, delimiter) if file.quoted else 0
            before = whole[-max(_OVERLAP, file.width + 2) :]
    if not before or returns != ends:
        return None
    open_ended = before[-1:] != b"\n"
    if not file.quoted:
        return lines + open_ended, marks - (file.width - 1) * (lines + open_ended)
    return lines + open_ended, last + (_at_ends(before + b"\n", delimiter) - _at_ends(before, delimiter)) * open_ended


def _at_ends(text: bytes, delimiter: bytes) -> int:
    """How many delimiters stand before line ends, with nothing but delimiters between."""
    found = more = 0
    ends = (b"\n", b"\r\n") if b"\r" in text else (b"\n",)
    ending = delimiter
    while (more := sum(text.count(ending + end) for end in ends)) > 0:
        found += more
        ending += delimiter
    return found


_ODD = {b" ": (b' "', b'" '), b"\t": (b'\t"', b'"\t')}  # a quotation mark beside white space: not all readers agree


def _is_odd(sign: bytes, text: bytes, edges: tuple[bytes, ...]) -> bool:
    """Whether the sign stands at an edge of a cell."""
    if sign not in text:
        return False
    return any((edge + sign if sign.endswith(b'"') else sign + edge) in text for edge in edges)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _among(words: Any) -> str:
    return "(" + ", ".join(map(_text, words)) + ")"


# What is asked of duckdb; all text in it is declared or quoted.

_NUMBER = "[A-Za-z0-9]([A-Za-z0-9._:/-]*[A-Za-z0-9])?"
_NUMBERS = f"{_NUMBER}({SEPARATOR}{_NUMBER})*"
_ROUNDED = f"[0-9][eE]-[0-9]|[0-9][.][0-9]+[eE]|[0-9]{{8}}[.]0+({SEPARATOR}|$)"

_LISTING = f"""
    SELECT i.line, i.patron, split_part(i.cards, '{SEPARATOR}', 1), i.cents, i.fee,
           a.line, a.account, a.name, a.listed_on, a.last_activity
    FROM matched m JOIN ils i ON i.line = m.i JOIN agency a ON a.line = m.a ORDER BY i.patron
"""  # noqa: S608


def _simple(column: str, pattern: str = _NUMBER) -> str:
    rounded = f"(contains({column}, '-') OR contains({column}, '.')) AND regexp_matches({column}, '{_ROUNDED}')"
    return f"(regexp_full_match({column}, '{pattern}') AND NOT ({rounded}))"


def _cents(column: str, pattern: str) -> str:
    plain = f"CAST(replace({column}, ',', '') AS DECIMAL(18, 2))"
    return f"CASE WHEN regexp_full_match({column}, '{pattern}') THEN CAST({plain} * 100 AS BIGINT) END"


def _word(column: str) -> str:
    return f"CASE WHEN lower({column}) IN {_among(YES)} THEN true WHEN lower({column}) IN {_among(NO)} THEN false END"


def _dated(column: str) -> str:
    """Whether a day is in its simplest form, or absent."""
    day = f"TRY_CAST({column} AS DATE)"
    return f"({column} = '' OR (CAST({day} AS VARCHAR) = {column} AND year({day}) >= 1900))"


def _whole(column: str, declared: Field, *, blank: bool) -> str:
    """Whether a number of an account is in its simplest form, with as many digits as are declared."""
    digits = f" AND regexp_full_match({column}, '[0-9]{{{declared.digits}}}')" if declared.digits else ""
    return f"(({_simple(column)}{digits})" + (f" OR {column} = '')" if blank else ")")


def _ils_table(file: _File, moments: Iterable[str]) -> str:
    """The snapshot as a table; what is not in its simplest form becomes NULL, or is not `simple`."""
    of, plain = file.select, _AMOUNTS[MoneyForm.PLAIN]
    patron, cards, fee = of("patron_id"), of("barcodes"), of("referral_fee")
    return f"""
        CREATE TABLE ils AS SELECT line, {file.blanks} AS blanks, {patron} AS patron, {cards} AS cards,
            CAST(list_position([{", ".join(map(_text, moments))}]::VARCHAR[], {of("as_of")}) AS INTEGER) AS moment,
            {_simple(patron)} AND ({cards} = '' OR {_simple(cards, _NUMBERS)}) AS simple,
            {_cents(of("balance"), plain)} AS cents, {_word(of("flagged"))} AS flagged, {_word(of("exempt"))} AS exempt,
            CASE WHEN {fee} = '' THEN 0 ELSE {_cents(fee, plain)} END AS fee
        FROM {file.lines_and_rows}"""  # noqa: S608


def _agency_table(file: _File, dialect: Dialect) -> str:
    """The agency's list, in the same way."""
    of, fields = file.select, {one.name: one for one in dialect.fields}
    whole = " AND ".join(_whole(of(name), fields[name], blank=name != "account") for name in _KEYS if name in fields)
    opened = [word for word, status in dialect.statuses.items() if status is AccountStatus.OPEN]
    listed, active = of("listed_on"), of("last_activity")
    dated = " AND ".join(map(_dated, (listed, active)))
    return f"""
        CREATE TABLE agency AS SELECT line, {file.blanks} AS blanks, {of("account")} AS account,
            {of("patron_id")} AS patron, {of("cardnumber")} AS card, {of("name")} AS name, {whole} AS simple,
            {_cents(of("balance"), _AMOUNTS[fields["balance"].money])} AS cents,
            lower({of("status")}) IN {_among(opened)} AS opened, {dated} AS dated,
            TRY_CAST({listed} AS DATE) AS listed_on, TRY_CAST({active} AS DATE) AS last_activity
        FROM {file.lines_and_rows}"""  # noqa: S608


def _sieved(connection: Any, files: tuple[_File, _File], dialect: Dialect, limits: Limits) -> Sieved | None:
    run = connection.execute
    run("SET temp_directory = ''")  # nothing of the files is written to a disk
    moments = _moments(run, files[0])
    if moments is None:
        return None
    with ThreadPoolExecutor(3) as pool:
        statements = (_ils_table(files[0], moments), _agency_table(files[1], dialect))
        loading = [pool.submit(connection.cursor().execute, statement) for statement in statements]
        lines = list(pool.map(_count_lines, files))
        for done in loading:
            done.result()
    asked = "SELECT count(*), coalesce(sum(blanks), 0) FROM"
    told = [run(f"{asked} {name}").fetchone() for name in ("ils", "agency")]
    if [(rows + 1, int(blanks)) for rows, blanks in told] != lines:
        return None  # a record over two lines, a blank line, a delimiter too many, or nothing that can be counted
    rows = [int(count) for count, _ in told]
    _taint(run)
    _set_aside(run, dialect, limits)
    left = (
        run("SELECT line FROM ils ANTI JOIN settled ON line = settled.i").fetchall(),
        run("SELECT line FROM agency ANTI JOIN matched ON line = matched.a").fetchall(),
    )
    if sum(map(len, left)) > _PART * sum(rows):
        return None
    ils_lines, agency_lines = (_mask(count + 1, found) for count, found in zip(rows, left, strict=True))
    matches = _one(run("SELECT count(*) FROM matched"))
    times = run("SELECT DISTINCT moment FROM ils SEMI JOIN settled ON line = settled.i").fetchall()
    every = list(moments.values())
    as_of: datetime | None = min((every[int(place) - 1] for (place,) in times), default=None)
    return Sieved(matches, rows[0] - len(left[0]) - matches, as_of, ils_lines, agency_lines, connection)


def _one(found: Any) -> int:
    return int(found.fetchone()[0])


def _mask(lines: int, chosen: list[tuple[int]]) -> bytearray:
    mask = bytearray(lines)
    mask[0] = 1  # the header
    for (line,) in chosen:
        mask[line - 1] = 1
    return mask


def _moments(run: Any, file: _File) -> dict[str, datetime] | None:
    """The times that the first rows of the ILS were true at, by their text; None when they are too many.

    Rows of another time are left: as a rule there is one for the whole file.
    """
    some = f"(SELECT * FROM {file.rows} LIMIT {_FIRST})"  # noqa: S608
    texts = run(f"SELECT DISTINCT {file.select('as_of')} FROM {some} LIMIT {_MOST_MOMENTS + 1}").fetchall()  # noqa: S608
    if len(texts) > _MOST_MOMENTS:
        return None
    found: dict[str, datetime] = {}
    for (text,) in texts:
        try:
            found[text] = parse_instant(text)
        except InvalidValue:
            continue
    return found


def _taint(run: Any) -> None:
    """The numbers of rows that are not simple, as the other reader will understand them."""
    numbers: set[str] = set()
    for columns in run("""
        SELECT patron, cards, '' FROM ils WHERE NOT simple
        UNION ALL SELECT account, patron, card FROM agency WHERE NOT simple""").fetchall():
        for cell in columns:
            numbers.update(part.strip() for part in from_cell(cell).split(SEPARATOR))
    run("CREATE TABLE tainted (number UBIGINT)")
    run("INSERT INTO tainted SELECT hash(unnest(?::VARCHAR[]))", [sorted(numbers - {""})])


def _twice(*columns: str) -> str:
    """The agency's rows that have something in common with another one."""
    key = f"hash({', '.join(columns)})"
    several = f"SELECT {key} FROM agency GROUP BY {key} HAVING count(*) > 1"  # noqa: S608
    return f"SELECT line FROM agency WHERE {key} IN ({several})"  # noqa: S608


def _set_aside(run: Any, dialect: Dialect, limits: Limits) -> None:
    """Fill `matched` with pairs of rows, and `settled` with the rows of the ILS that need no look."""
    names = {"account": "account", "patron_id": "patron", "cardnumber": "card"}
    active = (
        "true"
        if limits.active is None
        else (f"coalesce(last_activity, listed_on, DATE '9999-12-31') >= DATE '{limits.active.isoformat()}'")
    )
    # Numbers are compared by their hashes where a chance hit only leaves a row more to be looked at.
    run(f"""
        CREATE TABLE numbers AS SELECT i, patron, hash(card) AS number, CAST(length(card) AS INTEGER) AS length FROM (
            SELECT line AS i, patron, unnest(string_split(cards, '{SEPARATOR}')) AS card FROM ils WHERE cards <> '');
        CREATE TABLE met AS SELECT n.i, a.line AS a FROM numbers n JOIN agency a ON hash(a.card) = n.number
            WHERE a.patron <> n.patron
        UNION ALL SELECT n.i, a.line FROM (FROM numbers WHERE length IN (SELECT DISTINCT length(patron) FROM agency)) n
            JOIN agency a ON hash(a.patron) = n.number WHERE a.patron <> n.patron;
        CREATE TABLE spoilt AS SELECT i FROM met
        UNION SELECT line FROM ils WHERE hash(patron) IN (
            SELECT hash(patron) FROM ils GROUP BY hash(patron) HAVING count(*) > 1)
        UNION SELECT line FROM ils WHERE hash(patron) IN (SELECT number FROM tainted)
        UNION SELECT i FROM numbers WHERE number IN (SELECT number FROM tainted);
        DROP TABLE numbers;
        CREATE TABLE spoilt_there AS SELECT a FROM met
        UNION {_twice("patron")}
        UNION {_twice("card")} AND card <> ''
        UNION {_twice(*(names[name] for name in dialect.key))}
        UNION SELECT line FROM agency WHERE hash(account) IN (SELECT number FROM tainted)
            OR hash(patron) IN (SELECT number FROM tainted) OR hash(card) IN (SELECT number FROM tainted);
        CREATE TABLE good AS SELECT line AS i, patron, cents, flagged, fee, exempt FROM ils
            ANTI JOIN spoilt ON line = spoilt.i
            WHERE simple AND cents IS NOT NULL AND fee >= 0 AND exempt IS NOT NULL AND flagged IS NOT NULL
            AND moment IS NOT NULL;
        CREATE TABLE matched AS SELECT g.i, a.line AS a FROM good g
            JOIN agency a ON a.patron = g.patron AND a.cents = g.cents
            WHERE a.simple AND a.opened AND a.dated AND g.flagged AND NOT g.exempt AND g.cents > {limits.owed}
            AND g.fee BETWEEN {limits.fees[0]} AND {limits.fees[1]} AND {active}
            AND a.line NOT IN (SELECT a FROM spoilt_there);
        CREATE TABLE settled AS SELECT i FROM matched
        UNION ALL SELECT i FROM good ANTI JOIN agency a ON a.patron = good.patron WHERE NOT flagged AND fee = 0;
    """)  # noqa: S608
