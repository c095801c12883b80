"""The accounts in collection as the ILS's ledger has them, each read once, and those that cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from attrs import field, frozen

from scld_core.agency.files import read_ils
from scld_core.errors import BackendError, FileRefused, InvalidValue, NotFound
from scld_core.fees.ledger import Account
from scld_core.fees.ports import Fees
from scld_core.kernel.ids import PatronId
from scld_core.patrons.ports import Patrons
from scld_core.services.agency_reports.kept import Kept
from scld_core.services.agency_reports.morning import Morning
from scld_core.services.agency_reports.queue import numbers_of

if TYPE_CHECKING:
    from scld_core.agency.desk import AgencyDesk
    from scld_core.wiring import Desk

__all__ = ["Ledger", "Unread", "read_ledger"]

_UNKNOWN = ("does not know the patron", "Customer service looks for the record under its present number.")
_EXTRACT = "Mend the row in the ILS, make a new extract, and print this report again."
_AGAIN = "Print this report again once the system answers."


@frozen
class Unread:
    """Accounts that are in no sum: how many (None where nobody knows), why, and what to do."""

    accounts: int | None
    why: str
    todo: str


@frozen
class Ledger:
    """The accounts of one ILS. `as_of` is when the oldest answer was true, None without an answer.

    `missing` says why there is no ledger to ask; blank where there is one.
    """

    name: str
    accounts: tuple[Account, ...] = field(default=(), repr=False)
    unread: tuple[Unread, ...] = ()
    as_of: datetime | None = None
    missing: str = ""


def read_ledger(desk: Desk, morning: Morning, kept: Kept) -> Ledger:
    """The account of everybody who is, or is known to have been, in collection.

    These are the patrons whom the ILS's snapshot shows with a flag or a referral fee, those of every
    difference and every step of the agency areas, and those of every referral. Merged records are one
    account.
    """
    name = desk.agency.systems.ils.name if desk.agency else "main"
    opened = desk.backends.get(name)
    if opened is None or opened.fees is None:
        why = f"No backend called {name} reads the ledger of an account"
        return Ledger(name, missing=f"{why}. Name one that does as ils under [agency], in district.toml.")
    reader = _Reader(name, opened.fees, opened.patrons)
    numbers = _known(morning, kept)
    try:
        numbers |= set(_in_snapshot(desk.agency))
    except FileRefused as refused:
        reader.others.append(Unread(None, f"The ILS's snapshot cannot be read: {refused}", "Save a new one."))
    return reader.read(sorted(numbers))


def _known(morning: Morning, kept: Kept) -> set[str]:
    found = {episode.patron for episode in kept.episodes.values()}
    found |= {numbers_of(record.step).patron for record in morning.records}
    if morning.facts is not None:
        found |= {one.patron or "" for one in morning.facts.differences}
    return found - {""}


def _in_snapshot(agency: AgencyDesk | None) -> Iterator[str]:
    path = agency.systems.comparer.files.paths()[0] if agency else None
    if path is not None:
        yield from (row.patron for row in read_ils(path).rows if row.flagged or row.referral_fee)


class _Reader:
    """Reads accounts one by one, and counts those that cannot be read by the reason."""

    def __init__(self, name: str, fees: Fees, patrons: Patrons | None) -> None:
        self.others: list[Unread] = []
        self._name, self._fees, self._patrons = name, fees, patrons
        self._found: dict[PatronId, Account] = {}
        self._refused: Counter[tuple[str, str]] = Counter()

    def read(self, numbers: list[str]) -> Ledger:
        """The accounts of these record numbers; a system that fails is asked for no further one."""
        for place, number in enumerate(numbers):
            try:
                self._one(number)
            except BackendError as fault:
                self._refused[str(fault), _AGAIN] += len(numbers) - place
                break
        self.others += [Unread(count, why, todo) for (why, todo), count in sorted(self._refused.items())]
        accounts = tuple(account for _, account in sorted(self._found.items()))
        as_of = min((account.as_of for account in accounts), default=None)
        return Ledger(self._name, accounts, tuple(self.others), as_of)

    def _one(self, number: str) -> None:
        try:
            patron = PatronId(self._name, number)
            if self._patrons is not None:
                patron = self._patrons.get(patron).id
            if patron not in self._found:
                self._found[patron] = self._fees.account(patron)
        except NotFound:
            self._refused[f"The ILS {self._name} {_UNKNOWN[0]}.", _UNKNOWN[1]] += 1
        except FileRefused as refused:
            self._refused[f"{refused.where}: {refused.problem}.", _EXTRACT] += 1
        except InvalidValue as refusal:
            self._refused[f"{refusal.owner}: {refusal.rule}.", _EXTRACT] += 1
