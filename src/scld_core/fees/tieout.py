"""The ledger between two instants, closed: what Finance adds up, on every axis to the same total.

For each row and each total::

    opening + new - paid - waived - cancelled - reduced - reversed = closing
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import Enum

from attrs import field, fields, frozen

from scld_core.errors import InvalidValue
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, Entry, EntryKind
from scld_core.kernel.money import Money
from scld_core.kernel.time import Interval
from scld_core.kernel.validate import instance

__all__ = ["Axis", "Examined", "Flaw", "Movement", "TieOut", "Untied", "examine", "tie_out"]


class Axis(Enum):
    """By what the rows are told apart."""

    BRANCH = "branch"
    KIND = "kind"
    LEGAL_CLASS = "legal_class"


@frozen(kw_only=True)
class Movement:
    """One row, in one currency; InvalidValue when it does not tie out.

    `new` is charged in the period. `reversed` is what was taken back of charges, less what was taken
    back of payments, waivers, cancellations and reductions: below zero when more is owed for it. The
    other columns are what was posted, whether or not it was taken back later.
    """

    opening: Money
    new: Money
    paid: Money
    waived: Money
    cancelled: Money
    reduced: Money
    reversed: Money
    closing: Money

    def __attrs_post_init__(self) -> None:
        owed = self.opening + self.new - self.paid - self.waived - self.cancelled - self.reduced - self.reversed
        if owed != self.closing:
            raise InvalidValue("Movement", "closing", "must be what the other columns come to")

    def __add__(self, other: Movement) -> Movement:
        return Movement(**{name: getattr(self, name) + getattr(other, name) for name in _COLUMNS})


_COLUMNS = tuple(attribute.name for attribute in fields(Movement))
_POSTED = {
    EntryKind.CHARGE: "new",
    EntryKind.PAYMENT: "paid",
    EntryKind.WAIVER: "waived",
    EntryKind.CANCELLATION: "cancelled",
    EntryKind.REDUCTION: "reduced",
    EntryKind.REVERSAL: "reversed",
}


@frozen
class TieOut:
    """A period with its rows by axis; InvalidValue unless the rows of each axis add up to `total`.

    A charge without a branch has a row of its own, under the blank name, and is in every total.
    """

    period: Interval = field(validator=instance(Interval))
    total: Movement = field(validator=instance(Movement))
    rows: Mapping[Axis, Mapping[str, Movement]]

    def __attrs_post_init__(self) -> None:
        nothing = _movement(Counter(), self.total.opening.currency)
        for axis in Axis:
            if sum(self.rows[axis].values(), nothing) != self.total:
                raise InvalidValue("TieOut", axis.value, "must add up to the total")


class Flaw(Enum):
    """Why a charge is in no sum."""

    NOT_CLOSED = "not-closed"
    OTHER_CURRENCY = "other-currency"


_RULES = {
    Flaw.NOT_CLOSED: ("Movement", "closing", "must be what the other columns come to"),
    Flaw.OTHER_CURRENCY: ("Account", "entries", "must be in {}, as the period's other sums are"),
}


@frozen
class Untied:
    """A charge that is in no sum, and why.

    `off_by` is what is owed of it at the end less what the other columns come to; of a charge in
    another currency, what is owed of it then.
    """

    charge: ChargeId = field(validator=instance(ChargeId))
    flaw: Flaw = field(validator=instance(Flaw))
    off_by: Money = field(validator=instance(Money))


@frozen
class Examined:
    """The sums of every charge that ties out, and each of the others by its number."""

    sums: TieOut
    untied: tuple[Untied, ...] = ()


def tie_out(accounts: Iterable[Account], period: Interval, *, currency: str = "USD") -> TieOut:
    """The sums of the entries posted in `period`, which needs an end, over `accounts` read once.

    Each part of an entry counts for the branch, kind and legal class of its charge. Raises
    InvalidValue for an account in another currency, and when a charge does not tie out.
    """
    found = examine(accounts, period, currency=currency)
    for one in found.untied:
        owner, name, rule = _RULES[one.flaw]
        raise InvalidValue(owner, name, rule.format(currency))
    return found.sums


def examine(accounts: Iterable[Account], period: Interval, *, currency: str = "USD") -> Examined:
    """The same, with what does not tie out set aside and named; no figure is made to fit.

    The answer is the same whatever the order of `accounts`.
    """
    total: Counter[str] = Counter()
    rows: dict[Axis, dict[str, Counter[str]]] = {axis: {} for axis in Axis}
    untied: list[Untied] = []
    for account in accounts:
        own = account.balance.currency
        for charge, moved in _moved(account, period):
            off = moved["closing"] - _owed(moved)
            if account.entries and own != currency:
                untied.append(Untied(charge.id, Flaw.OTHER_CURRENCY, Money(moved["closing"], own)))
            elif off:
                untied.append(Untied(charge.id, Flaw.NOT_CLOSED, Money(off, own)))
            else:
                total.update(moved)
                for axis in Axis:
                    rows[axis].setdefault(_place(charge, axis), Counter()).update(moved)
    by_axis = {axis: {name: _movement(sums, currency) for name, sums in sorted(rows[axis].items())} for axis in Axis}
    return Examined(
        TieOut(period, _movement(total, currency), by_axis), tuple(sorted(untied, key=lambda one: one.charge))
    )


def _owed(moved: Mapping[str, int]) -> int:
    """What should be owed at the end."""
    gone = sum(moved.get(name, 0) for name in _COLUMNS if name not in ("opening", "new", "closing"))
    return moved.get("opening", 0) + moved.get("new", 0) - gone


def _moved(account: Account, period: Interval) -> Iterable[tuple[Charge, Counter[str]]]:
    """Each charge with what it adds to the columns; opening and closing come from standings, the rest from entries."""
    if period.end is None:
        raise InvalidValue("Interval", "end", "is needed: sums are taken between two instants")
    found = {charge.id: (charge, Counter[str]()) for charge in account.charges}
    for column, moment in (("opening", period.start), ("closing", period.end)):
        for standing in account.before(moment).standings:
            found[standing.charge.id][1][column] += standing.outstanding.cents
    for entry in account.entries:
        if entry.at in period:
            sign = _sign(account, entry)
            for part in entry.parts:
                found[part.charge][1][_POSTED[entry.kind]] += sign * part.amount.cents
    return [(charge, moved) for charge, moved in found.values() if any(moved.values())]


def _sign(account: Account, entry: Entry) -> int:
    taken_back = account.entry(entry.reverses) if entry.reverses else None
    return 1 if taken_back is None or taken_back.kind is EntryKind.CHARGE else -1


def _place(charge: Charge, axis: Axis) -> str:
    if axis is Axis.BRANCH:
        return "" if charge.branch is None else str(charge.branch)
    return charge.kind.value if axis is Axis.KIND else charge.legal_class.value


def _movement(cents: Mapping[str, int], currency: str) -> Movement:
    return Movement(**{name: Money(cents.get(name, 0), currency) for name in _COLUMNS})
