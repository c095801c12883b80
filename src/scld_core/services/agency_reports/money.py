"""For Finance: what was owed, what was added, what became of it, and what is owed; tied out on every axis. No names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from functools import reduce
from typing import TYPE_CHECKING

from attrs import fields, frozen

from scld_core.agency.kinds import MEANINGS
from scld_core.fees.model import LegalClass
from scld_core.fees.tieout import Axis, Examined, Flaw, Movement, TieOut, Untied, examine
from scld_core.kernel.money import Money
from scld_core.kernel.time import Interval
from scld_core.reporting.audience import Asked, Audience, Days
from scld_core.reporting.model import Callout, Column, Figure, Kind, Report, Row, Section, Table, Tone
from scld_core.reporting.words import day_words, instant_words, money_words
from scld_core.services.agency_reports.kept import read_kept
from scld_core.services.agency_reports.ledger import Ledger, read_ledger
from scld_core.services.agency_reports.morning import Morning, look
from scld_core.services.agency_reports.page import counted, page, zone_of
from scld_core.services.agency_reports.queue import Work, queue
from scld_core.services.agency_reports.work import work_table

if TYPE_CHECKING:
    from scld_core.wiring import Desk

__all__ = ["agency_money"]

_TITLES: Mapping[Axis, str] = {
    Axis.BRANCH: "By library",
    Axis.LEGAL_CLASS: "By legal class",
    Axis.KIND: "By kind of charge",
}
_FIRST: Mapping[Axis, str] = {Axis.BRANCH: "Library", Axis.LEGAL_CLASS: "Legal class", Axis.KIND: "Kind"}
_COLUMNS = tuple(attribute.name for attribute in fields(Movement))
_MONEY = tuple(Column(name.capitalize(), Kind.MONEY) for name in _COLUMNS)
_WHOSE = (
    "Its accounts are those with a flag or a referral fee in the ILS's snapshot, and those of every difference, step "
    "and referral that is kept."
)
_NO_LIBRARY = "No library named"
_LAW = "Opening + new - paid - waived - cancelled - reduced - reversed = closing, in every row and every total."
_FLAWS: Mapping[Flaw, tuple[str, str]] = {
    Flaw.NOT_CLOSED: ("Its entries do not come to what is owed of it.", "Compare the charge's entries in the ILS."),
    Flaw.OTHER_CURRENCY: ("It is in another currency.", "Account for it apart."),
}


@frozen
class _Books:
    """Everything the page is made of."""

    days: Days
    period: Interval
    ledger: Ledger
    examined: Examined

    @property
    def sums(self) -> TieOut:
        """Of everything that ties out."""
        return self.examined.sums

    @property
    def exceptions(self) -> int:
        """How many rows say that something is in no sum."""
        return len(self.ledger.unread) + len(self.examined.untied)


def agency_money(desk: Desk, asked: Asked) -> Report:
    """The ledger of the accounts in collection over days: those asked for, or the month so far."""
    morning, kept = look(desk), read_kept(desk)
    ledger = read_ledger(desk, morning, kept)
    days = asked.days or _month(desk.runs.business_day)
    period = _period(desk, days)
    books = _Books(days, period, ledger, examine(ledger.accounts, period))
    mine = tuple(row for row in queue(desk, morning) if row.audience is Audience.FINANCE)
    return page(
        desk,
        "Collection agency: money",
        f"{day_words(days.first)} to {day_words(days.last)}",
        figures=_figures(books),
        callouts=(*_callouts(desk, books), *morning.callouts),
        sections=tuple(_sections(books, morning, mine)),
        footer=("No patron's name or number is on this page.", _WHOSE),
    )


def _month(today: date) -> Days:
    return Days(today.replace(day=1), today)


def _period(desk: Desk, days: Days) -> Interval:
    """From the end of the business day before the first to the end of the last."""
    calendar = desk.settings.opening_hours()
    before = days.first - timedelta(days=1)
    return Interval(calendar.end_of_business_day(before), calendar.end_of_business_day(days.last))


def _callouts(desk: Desk, books: _Books) -> Iterator[Callout]:
    ledger, zone = books.ledger, zone_of(desk)
    if ledger.missing:
        yield Callout(ledger.missing, Tone.BAD, "No ledger")
    elif books.exceptions:
        rows = counted(books.exceptions, "row")
        text = f"What is in no sum is named below, in {rows}. The sums are of all the rest; no figure was made to fit."
        yield Callout(text, Tone.BAD, "Does not tie out")
    end = books.period.end
    if ledger.as_of is not None and end is not None and ledger.as_of < end:
        at = instant_words(ledger.as_of, zone)
        yield Callout(
            f"The ledger is as of {at}; what was posted after that is not here.", Tone.ATTENTION, "Not over yet"
        )


def _figures(books: _Books) -> tuple[Figure, ...]:
    total, costs = books.sums.total, _of_class(books.sums, lambda name: name == LegalClass.COLLECTION_COST.value)
    if not books.ledger.accounts:
        hint = "The ledger was asked, and gave none." if books.ledger.unread else "There was none to read."
        return (Figure("Accounts read", 0, Tone.BAD, hint),)
    return (
        Figure(
            "Unexplained differences",
            books.exceptions,
            Tone.BAD if books.exceptions else Tone.GOOD,
            "Rows that do not tie out, named below." if books.exceptions else "Every axis comes to the same total.",
            "exceptions",
        ),
        Figure("Accounts", len(books.ledger.accounts), hint="in collection, read from the ledger"),
        Figure("Opening", money_words(total.opening), section="total"),
        Figure("New", money_words(total.new), section="total"),
        Figure("Paid", money_words(total.paid), section="total"),
        Figure("Closing", money_words(total.closing), section="total"),
        Figure("Of it collection cost", money_words(costs.closing), hint="RCW 19.16.500(1)(b)", section="total"),
    )


def _sections(books: _Books, morning: Morning, mine: tuple[Work, ...]) -> Iterator[Section]:
    if not books.ledger.missing:
        yield _exceptions(books)
    if books.ledger.accounts:
        yield _apart(books.sums)
        for axis, title in _TITLES.items():
            rows = {(name or _NO_LIBRARY): row for name, row in books.sums.rows[axis].items()}
            table = _table(title, _FIRST[axis], rows, books.sums.total)
            empty = "No account in collection had anything owed or posted in these days."
            yield Section(axis.value.replace("_", "-"), title, tables=(table,), empty=empty)
    yield _differences(morning)
    table = work_table("What asks for Finance, the oldest first", mine)
    yield Section("finance", "What asks for Finance", tables=(table,), empty="Nothing asks for Finance.")


def _exceptions(books: _Books) -> Section:
    columns = (
        Column("Charge", Kind.ID, names_row=True),
        Column("Accounts", Kind.NUMBER),
        Column("Off by", Kind.MONEY),
        Column("Why it is in no sum"),
        Column("What to do"),
    )
    rows: list[Row] = [(None, one.accounts, None, one.why, one.todo) for one in books.ledger.unread]
    rows += map(_untied, books.examined.untied)
    table = Table("What does not tie out", columns, tuple(rows))
    return Section("exceptions", "What does not tie out", tables=(table,), empty="Everything ties out.")


def _untied(one: Untied) -> Row:
    why, todo = _FLAWS[one.flaw]
    return str(one.charge), 1, one.off_by, why, todo


def _of_class(sums: TieOut, wanted: Callable[[str], bool]) -> Movement:
    zero = Money(0, sums.total.opening.currency)
    nothing = Movement(**dict.fromkeys(_COLUMNS, zero))
    chosen = (row for name, row in sums.rows[Axis.LEGAL_CLASS].items() if wanted(name))
    return reduce(Movement.__add__, chosen, nothing)


def _apart(sums: TieOut) -> Section:
    """The debt to the library, and what the referral itself has cost, which the law keeps apart."""
    cost = LegalClass.COLLECTION_COST.value
    rows = {
        "Charges of the library": _of_class(sums, lambda name: name != cost),
        "Collection cost": _of_class(sums, lambda name: name == cost),
    }
    return Section("total", "In all", _LAW, (_table("In all", "What", rows, sums.total),))


def _table(caption: str, first: str, rows: Mapping[str, Movement], total: Movement) -> Table:
    named: list[Row] = [(_words(name), *_amounts(row)) for name, row in rows.items()]
    if named:
        named.append(("Total", *_amounts(total)))
    return Table(caption, (Column(first, names_row=True), *_MONEY), tuple(named))


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize() if "_" in name or name.islower() else name


def _amounts(row: Movement) -> tuple[Money, ...]:
    return tuple(getattr(row, name) for name in _COLUMNS)


def _differences(morning: Morning) -> Section:
    """Where both sides have an amount and it is not the same, by kind."""
    sums: dict[str, Counter[str]] = {}
    for found in () if morning.facts is None else morning.facts.differences:
        other = found.agency if found.agency is not None else found.sent
        if found.ils is not None and other is not None and found.delta:
            amounts = {"rows": 1, "ils": found.ils.cents, "other": other.cents, "delta": found.delta.cents}
            sums.setdefault(found.kind.value, Counter()).update(amounts)
            sums.setdefault("", Counter()).update(amounts)
    whole = sums.pop("", Counter())
    columns = (
        Column("Kind", names_row=True),
        Column("Accounts", Kind.NUMBER),
        Column("ILS", Kind.MONEY),
        Column("Agency", Kind.MONEY),
        Column("Difference", Kind.MONEY),
        Column("What it says"),
    )
    rows = [_difference(kind.value, sums[kind.value], one.says) for kind, one in MEANINGS.items() if kind.value in sums]
    if rows:
        rows.append(_difference("Total", whole, ""))
    intro = "Accounts that both sides have with different amounts, by what is found of them."
    table = Table("Where the amounts differ", columns, tuple(rows))
    empty = "No amount differs." if morning.facts else "Nothing was compared."
    return Section("differences", "Where the ILS and the agency differ", intro if rows else "", (table,), empty=empty)


def _difference(name: str, sums: Counter[str], says: str) -> Row:
    amounts = (Money(sums[column]) for column in ("ils", "other", "delta"))
    return (name, sums["rows"], *amounts, says)
