"""The port `Fees` over an extract of charges: accounts as they were when it was made, and nothing is written.

An extract knows of a charge its amount and what is left of it. What is between the two was paid,
waived or cancelled; which of them, nobody can tell from the file, so it is shown as a reduction.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from typing import NoReturn, TypeVar
from zoneinfo import ZoneInfo

from attrs import field, frozen

from scld_adapters.files.settings import READ_ONLY
from scld_core.codecs.tables import Row, Table
from scld_core.errors import FileRefused, InvalidValue, NotFound, UnsupportedOperation
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, Entry, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, credit
from scld_core.kernel.ids import ItemId, LocationId, PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.page import Quarantined
from scld_core.kernel.time import local_instant, parse_instant

__all__ = ["CHARGE_COLUMNS", "CHARGE_OPTIONAL", "Charges", "FileFees", "read_charges"]

CHARGE_COLUMNS = (
    "charge",
    "patron_id",
    "kind",
    "legal_class",
    "amount",
    "outstanding",
    "assessed_at",
    "branch",
    "item",
    "as_of",
)
CHARGE_OPTIONAL = ("branch", "item", "as_of")

T = TypeVar("T")
W = TypeVar("W", ChargeKind, LegalClass)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_BY = "extract"


@frozen
class _Line:
    """One usable row: the charge, and what is left of it."""

    charge: Charge
    outstanding: Money


@frozen
class Charges:
    """One file as read: the usable rows by patron, the unusable ones by patron, and when all of it was true."""

    source: str
    as_of: datetime
    lines: Mapping[str, Sequence[_Line]] = field(repr=False)
    unusable: Mapping[str, Quarantined] = field(repr=False)

    def account(self, patron: PatronId) -> Account:
        """The patron's account; FileRefused when a row about the patron cannot be used.

        An account from which a charge is missing would be a lower one, and nobody would know.
        """
        if patron.local in self.unusable:
            bad = self.unusable[patron.local]
            raise FileRefused(f"{self.source}:{bad.line}", bad.reason, "Correct the row in the ILS and export again")
        lines = sorted(self.lines.get(patron.local, ()), key=lambda line: line.charge.assessed_at)
        entries = (*map(self._assessed, lines), *(self._reduced(line) for line in lines if _gone(line)))
        return Account(patron=patron, as_of=self.as_of, entries=entries)

    def _assessed(self, line: _Line) -> Entry:
        return assessment(line.charge, self._stamp(line, "", line.charge.assessed_at))

    def _reduced(self, line: _Line) -> Entry:
        part = Part(line.charge.id, _gone(line))
        return credit(EntryKind.REDUCTION, part, stamp=self._stamp(line, ":reduced", self.as_of))

    def _stamp(self, line: _Line, suffix: str, at: datetime) -> Stamp:
        charge = line.charge.id
        return Stamp(id=EntryId(charge.backend, charge.local + suffix), at=at, by=_BY)


def _gone(line: _Line) -> Money:
    return line.charge.amount - line.outstanding


class FileFees:
    """Accounts as the newest extract shows them."""

    live = False

    def __init__(self, instance: str, extract: Callable[[], Charges]) -> None:
        self._instance = instance
        self._extract = extract

    def account(self, patron: PatronId) -> Account:
        """The account as the extract shows it; empty for a patron with no row, who may be unknown."""
        if patron.backend != self._instance:
            raise NotFound(self._instance, "account", "no patron with this id")
        return self._extract().account(patron)

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Raises UnsupportedOperation."""
        del patron, terms, key
        self._refuse("charge")

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Raises UnsupportedOperation."""
        del charge, key, reason
        self._refuse("cancel")

    def _refuse(self, operation: str) -> NoReturn:
        raise UnsupportedOperation(self._instance, operation, READ_ONLY)


@frozen
class _Cells:
    """The cells of one row; what is wrong with them gathers in `problems`, which repeat no cell."""

    row: Row
    problems: list[str] = field(factory=list[str])

    def read(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The value of a cell, None when it is blank or cannot be read."""
        if not self.row[name]:
            return None
        try:
            return parse(self.row[name])
        except InvalidValue as refusal:
            self.problems.append(f"{name}: {refusal.rule}")
            return None

    def need(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The same of a cell that may not be blank."""
        if not self.row[name]:
            self.problems.append(f"{name}: is blank")
        return self.read(name, parse)


def read_charges(table: Table, *, backend: str, zone: ZoneInfo, as_of: datetime, stated: bool) -> Charges:
    """Every row as a charge, or set aside under its patron; `stated`: whether each row must state as_of itself.

    A row whose patron cannot be read makes every account doubtful: FileRefused.
    """
    for bad in table.quarantined:
        raise FileRefused(f"{table.source}:{bad.line}", bad.reason, "Whose charge it is cannot be told; export again")
    twice = {number for number, count in Counter(row["charge"] for row in table.rows).items() if count > 1}
    lines: defaultdict[str, list[_Line]] = defaultdict(list)
    unusable: dict[str, Quarantined] = {}
    for row in table.rows:
        patron = _patron(row, table.source, backend)
        cells = _Cells(row)
        if stated:
            cells.need("as_of", parse_instant)
        if row["charge"] in twice:
            cells.problems.append("charge: is there more than once")
        line = _line(cells, patron, zone, as_of)
        if line is None or cells.problems:
            reason = "; ".join(cells.problems)
            unusable.setdefault(patron.local, Quarantined(table.source, row.line, reason, row["charge"]))
        else:
            lines[patron.local].append(line)
    return Charges(table.source, as_of, lines, unusable)


def _patron(row: Row, source: str, backend: str) -> PatronId:
    try:
        return PatronId(backend, row["patron_id"])
    except InvalidValue as refusal:
        problem = f"patron_id: {refusal.rule}"
        raise FileRefused(f"{source}:{row.line}", problem, "Whose charge it is cannot be told; export again") from None


def _line(cells: _Cells, patron: PatronId, zone: ZoneInfo, as_of: datetime) -> _Line | None:
    number = cells.need("charge", lambda text: ChargeId(patron.backend, text))
    kind = cells.need("kind", lambda text: _word(text, ChargeKind))
    legal_class = cells.need("legal_class", lambda text: _word(text, LegalClass))
    amount, left = cells.need("amount", _above_zero), cells.need("outstanding", Money.parse)
    assessed_at = cells.need("assessed_at", lambda text: _assessed_at(text, zone))
    item = cells.read("item", lambda text: ItemId(patron.backend, text))
    branch = cells.read("branch", LocationId.parse)
    if not (number and kind and legal_class and amount and left is not None and assessed_at):
        return None
    if amount.currency != left.currency or not Money(0, amount.currency) <= left <= amount:
        cells.problems.append("outstanding: must be from zero to the amount")
    if assessed_at > as_of:
        cells.problems.append("assessed_at: is after the extract was made")
    try:
        made = Charge(
            id=number,
            patron=patron,
            kind=kind,
            legal_class=legal_class,
            amount=amount,
            assessed_at=assessed_at,
            item=item,
            branch=branch,
        )
    except InvalidValue as refusal:
        cells.problems.append(f"{refusal.field}: {refusal.rule}")
        return None
    return _Line(made, left)


def _above_zero(text: str) -> Money:
    amount = Money.parse(text)
    if amount.cents <= 0:
        raise InvalidValue("Charge", "amount", "must be above zero")
    return amount


def _word(text: str, kind: type[W]) -> W:
    try:
        return kind(text.casefold())
    except ValueError:
        raise InvalidValue(kind.__name__, "", "must be one of " + ", ".join(w.value for w in kind)) from None


def _assessed_at(text: str, zone: ZoneInfo) -> datetime:
    """An instant; or a date, which means the beginning of that day in the district."""
    if not _DATE.fullmatch(text):
        return parse_instant(text)
    try:
        return local_instant(date.fromisoformat(text), time(0), zone)
    except (ValueError, OverflowError):
        raise InvalidValue("Charge", "assessed_at", "is no day of the calendar") from None
