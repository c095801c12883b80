"""Dialects that a library declares for itself, in TOML: proposed from a file, saved, confirmed and loaded.

The file has ``[dialect]`` with the keys of `Dialect`, ``[columns]`` with our name and the file's header
for each column (or a table with header, date, money, digits, required, repeats), ``[statuses]`` with the
agency's words, and ``confirmed``, which a person sets to true.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from attrs import asdict, field, frozen

from scld_core.agency.columns import INBOUND, OUTBOUND
from scld_core.agency.dialect import Dialect, Direction, Empty, Field, Holds, Layout
from scld_core.agency.forms import MoneyForm
from scld_core.agency.model import AccountStatus
from scld_core.agency.propose import Guess, Proposal, propose
from scld_core.agency.shapes import UNDECIDED
from scld_core.codecs import Problem, attempt, dotted, raise_all, read_toml, unknown_key
from scld_core.errors import BadInput, InvalidValue

__all__ = ["Proposal", "find_dialect", "load_dialect", "propose", "save"]


def find_dialect(dialects: Iterable[Dialect], name: str) -> Dialect:
    """The dialect of that name; BadInput says which there are, the nearest first."""
    known = {one.name: one for one in dialects}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    names = ", ".join(sorted(known)) or "none"
    remedy = f"{hint}There are: {names}; or give a TOML file that declares one"
    raise BadInput(f"dialect {name}", "there is no such dialect", remedy)


# In.


@frozen
class _Column:
    header: str
    date: str = ""
    money: MoneyForm = MoneyForm.PLAIN
    digits: int = 0
    required: bool = True
    repeats: bool = False


@frozen
class _Table:
    """[dialect]; what each key means is said at Dialect."""

    name: str
    holds: Holds = Holds.ACCOUNTS
    title: str = ""
    source: str = ""
    direction: Direction = Direction.INBOUND
    layout: Layout = Layout.DELIMITED
    delimiter: str = ","
    encoding: str = "utf-8"
    line_end: str = "\r\n"
    empty: Empty = Empty.HEADER
    sentence: str = ""
    file_name: str = ""
    identity: tuple[str, ...] = ()
    every: AccountStatus | None = None
    sheet: str = ""
    root: str = ""
    record: str = ""
    marks: Mapping[str, str] = field(factory=dict[str, str])
    created: str = ""
    created_as: str = ""


@frozen
class _Document:
    dialect: _Table
    columns: Mapping[str, _Column]
    statuses: Mapping[str, AccountStatus] = field(factory=dict[str, AccountStatus])
    confirmed: bool = True


def load_dialect(path: Path) -> Dialect:
    """The dialect that a TOML file declares.

    Raises BadInput that names every mistake with its path, an unknown key with the nearest valid one;
    everything that is not decided yet; and a file that nobody has confirmed.
    """
    data = read_toml(path)
    where = str(path)
    raise_all("", list(_open_points(data)), error=BadInput, document=where)
    found, problems = attempt(_Document, _whole_columns(data))
    raise_all("", problems, error=BadInput, document=where)
    document = cast("_Document", found)
    raise_all("", list(_wrong_columns(document)), error=BadInput, document=where)
    if not document.confirmed:
        remedy = "Compare it with the file, then write confirmed = true"
        raise BadInput(where, "nobody has confirmed it: confirmed is false", remedy)
    return _built(document, where)


def _open_points(data: Any, *path: str) -> Iterator[Problem]:
    """Where the document still has a question mark."""
    if data == UNDECIDED:
        yield Problem(path, "is not decided yet", "Write what it is in place of the question mark")
    elif isinstance(data, dict):
        for key, value in cast("dict[str, Any]", data).items():
            yield from _open_points(value, *path, key)


def _whole_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    """The document with each column as a table, where it may be only its header."""
    columns = data.get("columns")
    if not isinstance(columns, dict):
        return dict(data)
    tables = cast("dict[str, Any]", columns).items()
    return {**data, "columns": {name: {"header": told} if isinstance(told, str) else told for name, told in tables}}


def _wrong_columns(document: _Document) -> Iterator[Problem]:
    known = INBOUND if document.dialect.direction is Direction.INBOUND else OUTBOUND
    for name, told in document.columns.items():
        if name not in known:
            yield unknown_key(name, known, "columns")
        else:
            try:
                Field(name, **asdict(told))
            except InvalidValue as refusal:
                at = "date" if refusal.owner == "DateForm" else refusal.field
                yield Problem(("columns", name, at), refusal.rule)


def _built(document: _Document, where: str) -> Dialect:
    told = document.dialect
    facts: dict[str, Any] = asdict(told, recurse=False)
    facts |= {"title": told.title or told.name, "source": told.source or f"declared in {Path(where).name}"}
    try:
        return Dialect(
            fields=tuple(Field(name, **asdict(column)) for name, column in document.columns.items()),
            statuses={" ".join(word.casefold().split()): status for word, status in document.statuses.items()},
            **facts,
        )
    except InvalidValue as refusal:
        at = {"fields": ("columns",), "statuses": ("statuses",)}.get(refusal.field, ("dialect", refusal.field))
        raise BadInput(f"{where}: {dotted(*at)}", refusal.rule) from None


# Out.


def save(proposal: Proposal, path: Path, *, name: str = "", confirmed: bool = False) -> None:
    """Write a proposal as TOML, with a comment on whatever is unsure.

    `confirmed` says that a person has looked at it; BadInput when something only a person can decide
    is still open. `name` is the dialect's, made of the file's name when it is blank.
    """
    if confirmed and proposal.undecided:
        problem = f"{len(proposal.undecided)} questions are open: " + "; ".join(proposal.undecided)
        raise BadInput(str(path), problem, "Save it unconfirmed, answer them in the file, and write confirmed = true")
    text = "\n".join(_toml(proposal, name or _name_of(path), confirmed=confirmed)) + "\n"
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as fault:
        raise BadInput(
            str(path), f"cannot be written ({fault.strerror})", "Check the path and its permissions"
        ) from None


def _name_of(path: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.stem.casefold()).strip("-") or "agency"


def _toml(proposal: Proposal, name: str, *, confirmed: bool) -> Iterator[str]:
    yield f"# Which column of {_comment(proposal.source)} is which: proposed from its header and {proposal.rows} rows."
    yield "# Look at each line; answer what is marked with ?; then set confirmed to true."
    yield from (f"# Question: {_comment(text)}" for text in proposal.questions)
    yield f"confirmed = {str(confirmed).lower()}"
    yield ""
    yield "[dialect]"
    yield f"name = {_quoted(name)}"
    yield f"title = {_quoted(f'List of accounts, mapped from {proposal.source}')}"
    yield 'source = "proposed from a file of the agency; its own description was not seen"'
    yield 'direction = "inbound"'
    yield 'holds = "accounts"'
    yield f"delimiter = {_quoted(proposal.delimiter)}"
    yield f"encoding = {_quoted(proposal.encoding)}"
    if proposal.sheet:
        yield f"sheet = {_quoted(proposal.sheet)}"
    yield ""
    yield "[columns]"
    held = {one.column for one in proposal.guesses}
    for one in proposal.guesses:
        yield f"{one.column} = {_told(one)}  # {one.sureness.value}: {_comment(one.reason)}"
    yield from (
        f'{column} = "{UNDECIDED}"  # no header was found for it'
        for column in ("account", "balance")
        if column not in held
    )
    if not {"patron_id", "cardnumber"} & held:
        yield f'cardnumber = "{UNDECIDED}"  # or patron_id: no header was found for either'
    if "status" not in held:
        yield f'status = "{UNDECIDED}"  # no header was found for it; without one, delete this line and [statuses]'
    if proposal.unused:
        yield "# Not used: " + ", ".join(map(_comment, proposal.unused))
    yield ""
    yield "[statuses]"
    for word, status in proposal.statuses:
        yield f"{_quoted(word)} = {_quoted(status.value if status else UNDECIDED)}"
    if not proposal.statuses:
        known = ", ".join(status.value for status in AccountStatus)
        yield f'"a word of the agency" = "{UNDECIDED}"  # one line for each word: {known}'


def _told(one: Guess) -> str:
    parts = [f"header = {_quoted(one.header)}"]
    if one.date not in ("", "%Y-%m-%d"):
        parts.append(f"date = {_quoted(one.date)}")
    if one.money is MoneyForm.GROUPED:
        parts.append(f"money = {_quoted(one.money.value)}")
    if one.digits:
        parts.append(f"digits = {one.digits}")
    return _quoted(one.header) if len(parts) == 1 else "{ " + ", ".join(parts) + " }"


def _quoted(text: str) -> str:
    """A TOML string; JSON's form is one, but for the one control character that it leaves bare."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(text: str) -> str:
    """Text that cannot end its comment."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
