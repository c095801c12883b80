"""Where the referral run finds who owes, who was told of it, and names and addresses for the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from scld_core.agency.files import read_ils
from scld_core.agency.outgoing import Outgoing
from scld_core.agency.referrals.office import Candidate, Terms
from scld_core.agency.told import Told, choose, told_beside, told_in_rows
from scld_core.codecs.tables import Row, read_table
from scld_core.errors import FileRefused, InvalidValue
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.notices import Notices, assignment_notices, read_notices, recorded
from scld_core.runs.guards import check_age
from scld_core.runs.model import Facts

__all__ = ["PEOPLE", "Debtors", "People", "noticed_in_file", "noticed_in_ils"]

T = TypeVar("T")

_UTC = ZoneInfo("UTC")

PEOPLE = (
    "patron_id",
    "surname",
    "firstname",
    "full_name",
    "address",
    "address2",
    "city",
    "zipcode",
    "state",
    "phone",
    "mobile",
    "alt_phone_1",
    "alt_phone_2",
    "email",
    "adult_or_child",
    "language",
)
"""The header of the file of names and addresses; all but the first may be absent."""


class _Newest(Generic[T]):
    """What the file of a pattern says that was made last, as `told` tells; the same file is read once."""

    def __init__(self, folder: Path, pattern: str, read: Callable[[Path], T], told: Told) -> None:
        self._folder, self._pattern = folder, pattern
        self._read, self._told = read, told
        self._kept: tuple[tuple[str, int, int], T] | None = None

    def get(self) -> T:
        """FileRefused for a file that is absent, or changes while it is read."""
        path = choose(self._folder, self._pattern, self._told)
        stamp = _stamp(path)
        if self._kept is None or self._kept[0] != stamp:
            found = self._read(path)
            if _stamp(path) != stamp:
                raise FileRefused(str(path), "changed while it was read", "Run again once it is whole")
            self._kept = (stamp, found)
        return self._kept[1]


def _stamp(path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path), stat.st_size, stat.st_mtime_ns


@frozen
class _Owing:
    """The rows of a snapshot above nothing, by line."""

    facts: Facts | None
    rows: tuple[tuple[int, int, Candidate], ...]
    lines: Mapping[str, str]
    cards: Mapping[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]], repr=False)


class Debtors:
    """Who owes, from the newest snapshot of the ILS; what exactly is read from the ILS for each of them."""

    def __init__(self, folder: Path, pattern: str, ils: str) -> None:
        self._ils = ils
        self._newest = _Newest(folder, pattern, self._read, told_in_rows)

    def candidates(self, terms: Terms) -> tuple[Candidate, ...]:
        """Everybody whose whole balance is enough for a referral: counted charges never come to more.

        Raises StaleFacts for a snapshot that is older than the limit.
        """
        owing = self._newest.get()
        if owing.facts is not None:
            check_age(owing.facts, terms.now, timedelta(minutes=terms.limits.max_fact_age_minutes))
        return tuple(candidate for _, cents, candidate in owing.rows if terms.policy.reaches(Money(cents)))

    def where(self, local: str) -> str:
        """File and line of a patron, such as ``ils.csv line 12``; blank for one whom the snapshot lacks."""
        return self._newest.get().lines.get(local, "")

    def carded(self, row: Outgoing) -> Outgoing:
        """A row of a file with the snapshot's card numbers, where the ILS itself told none."""
        cards = () if row.cardnumber else self._newest.get().cards.get(row.patron_id, ())
        if not cards:
            return row
        older = dict.fromkeys([*cards[1:], *row.previous_cards])
        return evolve(row, cardnumber=cards[0], previous_cards=tuple(one for one in older if one != cards[0]))

    def _read(self, path: Path) -> _Owing:
        reading = read_ils(path)
        owing = tuple(row for row in reading.rows if row.balance > 0)
        rows = tuple((row.line, row.balance, Candidate(PatronId(self._ils, row.patron), row.exempt)) for row in owing)
        as_of = reading.as_of()
        facts = None if as_of is None else Facts(reading.source, as_of, len(rows), live=False)
        cards = {row.patron: row.barcodes for row in owing if row.barcodes}
        return _Owing(facts, rows, {c.patron.local: f"{reading.source} line {line}" for line, _, c in rows}, cards)


# Notices.

Noticed = Callable[[], Callable[[str], Sequence[date]]]
"""Gives, anew for each look at the ILS, the look-up of the dates of lawful notices."""


def noticed_in_file(folder: Path, pattern: str, ils: str, zone: ZoneInfo) -> Noticed:
    """From the newest file of notices."""

    def read(path: Path) -> Callable[[str], Sequence[date]]:
        return assignment_notices(read_notices(path, backend=ils, zone=zone).rows, zone=zone)

    return _Newest(folder, pattern, read, partial(told_beside, zone=zone)).get


def noticed_in_ils(port: Notices, ils: str, zone: ZoneInfo) -> Noticed:
    """From the ILS itself, or from what tells for it, by the name `ils`; asked once for each patron in question.

    Raises SnapshotRefused for a list that breaks off: what is missing may be anything.
    """

    def dates(local: str) -> Sequence[date]:
        return assignment_notices(recorded(port.iter_notices(PatronId(ils, local)), ils), zone=zone)(local)

    return lambda: cache(dates)


# Names and addresses.


class People:
    """Names and addresses, from the newest file of them; none of it is kept anywhere but in the file that is sent."""

    def __init__(self, folder: Path, pattern: str, zone: ZoneInfo = _UTC) -> None:
        self._newest = _Newest(folder, pattern, _read_people, partial(told_beside, zone=zone))

    def describe(self, row: Outgoing, debtor: str) -> Outgoing:
        """The row with the debtor's name and address; as it is for one whom the file lacks.

        Raises FileRefused, with its line, for a row that says what no file to an agency may hold.
        """
        source, rows = self._newest.get()
        found = rows.get(debtor)
        if found is None:
            return row
        try:
            told: Any = {name: found[name] for name in PEOPLE[1:]}
            return evolve(row, **told)
        except InvalidValue as refusal:
            where = f"{source}:{found.line}"
            raise FileRefused(where, f"{refusal.field}: {refusal.rule}", "Mend it and export again") from None


def _read_people(path: Path) -> tuple[str, Mapping[str, Row]]:
    table = read_table(path, PEOPLE, optional=PEOPLE[1:])
    return table.source, {row["patron_id"]: row for row in table.rows}
