"""Agency files to rows: exactly what the dialect declares, the rest in quarantine with its line and reason.

A file whose header, encoding, form or manifest cannot be trusted is refused whole, before its first
row is given away: it is looked through once for that and for repeated keys, and read a second time
for its rows, so that neither pass holds the file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from scld_core.agency.columns import INBOUND, Shape
from scld_core.agency.dialect import SEPARATOR, Dialect, Direction, Field
from scld_core.agency.forms import amount_reader, date_reader
from scld_core.agency.manifest import Manifest
from scld_core.agency.model import AccountStatus, AgencyAccount, Reading, SentAccount
from scld_core.agency.outgoing import Change, Outgoing
from scld_core.agency.raw import RawFile, open_raw
from scld_core.agency.reading import Cells, Decoder, Lookup, Unusable, header_of, number_check, prove, reading
from scld_core.errors import BadInput, InvalidValue
from scld_core.kernel.money import Money

__all__ = ["read_accounts", "read_file", "read_outgoing", "read_sent"]


def read_file(
    source: Path, dialect: Dialect, *, encoding: str | None = None, manifest: Manifest | None = None
) -> Reading[AgencyAccount] | Reading[SentAccount]:
    """Read an agency file of either direction: as `read_accounts` or as `read_sent`, as the dialect says."""
    if dialect.direction is Direction.INBOUND and manifest is None:
        return read_accounts(source, dialect, encoding=encoding)
    return read_sent(source, dialect, encoding=encoding, manifest=manifest)


def read_accounts(
    source: Path, dialect: Dialect, *, encoding: str | None = None, only: Sequence[int] | None = None
) -> Reading[AgencyAccount]:
    """The accounts of an inbound file; `encoding` where the file differs from its dialect.

    `only` picks lines of a delimited file, as in `stream_table`. Raises FileRefused for a file that
    cannot be used whole, and BadInput for an outbound dialect.
    """
    _expect(dialect, Direction.INBOUND)
    held = {one.name for one in dialect.fields}
    file = open_raw(source, dialect, [name for name in INBOUND if name in held], encoding=encoding, only=only)
    return reading(file, _account_decoder(file))


def read_sent(
    source: Path, dialect: Dialect, *, encoding: str | None = None, manifest: Manifest | None = None
) -> Reading[SentAccount]:
    """Whom an outbound file told the agency of, and which balance; nothing else of it is kept.

    With a `manifest` the file must be exactly the one that it was made of. Raises FileRefused for a
    file that cannot be used whole, and BadInput for an inbound dialect.
    """
    _expect(dialect, Direction.OUTBOUND)
    wanted = {"patron_id", "cardnumber", "total_due", *dialect.key}
    file = open_raw(source, dialect, [one.name for one in dialect.fields if one.name in wanted], encoding=encoding)
    decode = _sent_decoder(file)
    if manifest is not None:
        prove(file, decode, attrgetter("balance"), manifest)
    return reading(file, decode)


def read_outgoing(
    source: Path, dialect: Dialect, *, encoding: str | None = None, manifest: Manifest | None = None
) -> Reading[Outgoing]:
    """Every fact of an outbound file, names and addresses included; otherwise as `read_sent`."""
    _expect(dialect, Direction.OUTBOUND)
    file = open_raw(source, dialect, [one.name for one in dialect.fields], encoding=encoding)
    decode = _outgoing_decoder(file)
    if manifest is not None:
        prove(file, decode, lambda row: row.total_due.cents, manifest)
    return reading(file, decode)


def _expect(dialect: Dialect, direction: Direction) -> None:
    if dialect.direction is not direction:
        problem = f"is for {dialect.direction.value} files, and this file was to be {direction.value}"
        remedy = "A list from the agency is inbound, a file that we sent is outbound"
        raise BadInput(f"dialect {dialect.name}", problem, remedy)


# Inbound.


def _account_decoder(file: RawFile) -> Decoder[AgencyAccount]:
    # A consortium's file has a million rows, so what repeats is looked up, and plain numbers pass at once.
    dialect, absent = file.dialect, len(file.columns)
    pick = itemgetter(*(file.columns.index(name) if name in file.columns else absent for name in INBOUND))
    whole = file.columns == tuple(INBOUND)
    check = _number_checks(dialect, ("account", "patron_id", "cardnumber"))
    amounts = Lookup(_amounts(file, "balance"))
    listed_on, last_activity = (Lookup(_dates(file, name)) for name in ("listed_on", "last_activity"))
    header = header_of(dialect, "status")
    declared = dialect.statuses if dialect.every is None else {"": dialect.every}
    statuses = Lookup(lambda word: _status(word, declared, header))

    def decode(line: int, cells: Cells) -> AgencyAccount:
        account, patron, card, name, word, listed, balance, last, reason = cells if whole else pick((*cells, ""))
        check(account, patron, card)
        return AgencyAccount(
            line,
            statuses[word],
            amounts[balance],
            account,
            patron,
            card,
            name,
            listed_on[listed],
            last_activity[last],
            reason,
        )

    return decode


def _number_checks(dialect: Dialect, names: tuple[str, str, str]) -> Callable[[str, str, str], None]:
    """What raises Unusable unless the account is there and each of the three numbers is whole."""
    checks = [number_check(dialect, name) for name in names]
    simple = not any(one.digits for one in dialect.fields)

    def check(account: str, patron: str, card: str) -> None:
        if simple and account.isalnum() and patron.isalnum() and card.isalnum():
            return
        if not account:
            raise Unusable(header_of(dialect, names[0]), "is blank")
        for one, number in zip(checks, (account, patron, card), strict=True):
            one(number)

    return check


def _status(word: str, statuses: Mapping[str, AccountStatus], header: str) -> AccountStatus:
    """The status of a word in any case; an unknown one is not repeated, it may be somebody's name."""
    plain = " ".join(word.casefold().split())
    if found := statuses.get(plain):
        return found
    if not plain:
        raise Unusable(header, "is blank")
    near = difflib.get_close_matches(plain, statuses, n=1)
    hint = f" (nearest: '{near[0]}')" if near else ""
    where = "`scld agency map` lists the words of a file, to be declared under [statuses]"
    raise Unusable(header, f"has a word that the dialect does not declare{hint}; {where}")


# Outbound.


def _sent_decoder(file: RawFile) -> Decoder[SentAccount]:
    dialect, absent = file.dialect, len(file.columns)
    names = ("patron_id", "cardnumber", "total_due")
    pick = itemgetter(*(file.columns.index(name) if name in file.columns else absent for name in names))
    numbers = [number_check(dialect, name) for name in names[:2]]
    amounts = Lookup(_amounts(file, "total_due"))
    known_by = " or ".join(header_of(dialect, name) for name in names[:2])

    def decode(line: int, cells: Cells) -> SentAccount:
        patron, card, due = pick((*cells, ""))
        for check, number in zip(numbers, (patron, card), strict=True):
            check(number)
        if not patron and not card:
            raise Unusable(known_by, "must be there, or nobody can be found by the row")
        return SentAccount(line, amounts[due], patron, card)

    return decode


def _outgoing_decoder(file: RawFile) -> Decoder[Outgoing]:
    fields = [one for one in file.dialect.fields if one.name in file.columns]
    readers = [(one.name, _reader(file, one)) for one in fields]

    def decode(line: int, cells: Cells) -> Outgoing:
        del line  # a row of ours is known by its patron
        facts = {name: read(cell) for (name, read), cell in zip(readers, cells, strict=True)}
        try:
            return Outgoing(**facts)
        except InvalidValue as fault:
            raise Unusable(header_of(file.dialect, fault.field), fault.rule) from None

    return decode


def _reader(file: RawFile, one: Field) -> Callable[[str], Any]:
    """What turns a cell into the fact of that field."""
    shape = file.dialect.columns[one.name].shape
    if shape is Shape.AMOUNT:
        cents, needed = _amounts(file, one.name), not file.dialect.columns[one.name].blank
        return lambda cell: Money(cents(cell)) if cell or needed else None
    if shape is Shape.DATE:
        return _dates(file, one.name)
    if shape is Shape.WORD:
        return lambda cell: _change(cell, one.header)
    if shape is Shape.TEXT:
        return str
    check = number_check(file.dialect, one.name)

    def numbers(cell: str) -> str | tuple[str, ...]:
        found = tuple(filter(None, cell.split(SEPARATOR))) if one.repeats else (cell,)
        for number in found:
            check(number)
        return found if one.repeats else cell

    return numbers


def _change(word: str, header: str) -> Change | None:
    if not word:
        return None
    try:
        return Change(word.casefold())
    except ValueError:
        raise Unusable(header, "must be new, updated or removed") from None


# Both.


def _amounts(file: RawFile, name: str) -> Callable[[str], int]:
    form = file.dialect.find(name)
    assert form is not None  # noqa: S101 - a dialect without its amount does not exist
    read = amount_reader(form.money, workbook=file.workbook)
    header = form.header

    def cents(cell: str) -> int:
        try:
            return read(cell)
        except ValueError as fault:
            raise Unusable(header, str(fault)) from None

    return cents


def _dates(file: RawFile, name: str) -> Callable[[str], Any]:
    form = file.dialect.find(name)
    header, pattern = (form.header, form.date) if form else (name, "")
    read = date_reader(pattern, workbook=file.workbook)

    def day(cell: str) -> Any:
        try:
            return read(cell)
        except ValueError as fault:
            raise Unusable(header, str(fault)) from None

    return day
