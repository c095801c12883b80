"""A patron's account as the fold of its entries: at every prefix, what was charged is what became of it.

For each charge, at any time::

    amount = paid + waived + cancelled + reduced + reversed + outstanding,  0 <= outstanding <= amount

An account that breaks this, or another rule of `FINDINGS`, cannot be built.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from enum import Enum

from attrs import evolve, field, frozen

from scld_core.errors import InvalidValue
from scld_core.fees.model import Charge, ChargeId, Entry, EntryId, EntryKind
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.kernel.privacy import personal
from scld_core.kernel.validate import each, instance, instant

__all__ = ["FINDINGS", "Account", "Finding", "Standing"]

_LOWERING = (EntryKind.PAYMENT, EntryKind.WAIVER, EntryKind.REDUCTION)


class Finding(Enum):
    """Why an entry cannot follow the entries before it."""

    ENTRY_KNOWN = "entry-known"
    KEY_KNOWN = "key-known"
    GOES_BACK = "goes-back"
    OTHER_CURRENCY = "other-currency"
    OTHER_PATRON = "other-patron"
    CHARGE_KNOWN = "charge-known"
    CHARGE_UNKNOWN = "charge-unknown"
    MORE_THAN_OWED = "more-than-owed"
    TOUCHED = "touched"
    ENTRY_UNKNOWN = "entry-unknown"
    REVERSAL_IS_FINAL = "reversal-is-final"
    REVERSED_ALREADY = "reversed-already"
    NOT_THE_WHOLE = "not-the-whole"


FINDINGS = {
    Finding.ENTRY_KNOWN: "another entry has this id",
    Finding.KEY_KNOWN: "another entry has this key",
    Finding.GOES_BACK: "an entry is posted before the one that it follows",
    Finding.OTHER_CURRENCY: "the account is in another currency",
    Finding.OTHER_PATRON: "the charge is another patron's",
    Finding.CHARGE_KNOWN: "another charge has this id",
    Finding.CHARGE_UNKNOWN: "the account has no such charge",
    Finding.MORE_THAN_OWED: "it is more than is owed of the charge",
    Finding.TOUCHED: "something of the charge was paid, waived or cancelled already",
    Finding.ENTRY_UNKNOWN: "the account has no such entry to take back",
    Finding.REVERSAL_IS_FINAL: "a reversal is not taken back; what it undid is done anew",
    Finding.REVERSED_ALREADY: "the entry was taken back already",
    Finding.NOT_THE_WHOLE: "a reversal takes back an entry whole",
}
"""Each finding as a sentence that names no person."""


@frozen
class Standing:
    """What became of one charge; each amount is net of what was taken back.

    `reversed` is the whole amount once the charge itself was taken back.
    """

    charge: Charge = field(validator=instance(Charge))
    paid: Money
    waived: Money
    cancelled: Money
    reduced: Money
    reversed: Money

    @property
    def outstanding(self) -> Money:
        """What is still owed, never below zero."""
        return self.charge.amount - self.paid - self.waived - self.cancelled - self.reduced - self.reversed

    @property
    def untouched(self) -> bool:
        """Whether all of it is still owed: only then may it be cancelled."""
        return self.outstanding == self.charge.amount


class _Book:
    """Entries so far, while they are being folded."""

    def __init__(self, patron: PatronId) -> None:
        self.patron = patron
        self.charges: dict[ChargeId, Charge] = {}
        self.entries: dict[EntryId, Entry] = {}
        self.keys: dict[str, Entry] = {}
        self.gone: dict[ChargeId, Counter[EntryKind]] = {}
        self.undone: set[EntryId] = set()
        self.last: Entry | None = None

    def owed(self, charge: ChargeId) -> int:
        return self.charges[charge].amount.cents - self.gone[charge].total()

    def standing(self, charge: ChargeId) -> Standing:
        made, gone = self.charges[charge], self.gone[charge]
        kinds = (*_LOWERING[:2], EntryKind.CANCELLATION, EntryKind.REDUCTION, EntryKind.CHARGE)
        return Standing(made, *(Money(gone[kind], made.amount.currency) for kind in kinds))

    def findings(self, entry: Entry) -> Iterator[Finding]:
        if entry.id in self.entries:
            yield Finding.ENTRY_KNOWN
        if entry.key and entry.key in self.keys:
            yield Finding.KEY_KNOWN
        if self.last is not None and entry.at < self.last.at:
            yield Finding.GOES_BACK
        if self.last is not None and entry.amount.currency != self.last.amount.currency:
            yield Finding.OTHER_CURRENCY
            return
        yield from _BY_KIND[entry.kind](self, entry)

    def new(self, entry: Entry) -> Iterator[Finding]:
        made = entry.charge
        if made is not None and made.patron != self.patron:
            yield Finding.OTHER_PATRON
        if made is not None and made.id in self.charges:
            yield Finding.CHARGE_KNOWN

    def lower(self, entry: Entry) -> Iterator[Finding]:
        for part in entry.parts:
            if part.charge not in self.charges:
                yield Finding.CHARGE_UNKNOWN
            elif part.amount.cents > self.owed(part.charge):
                yield Finding.MORE_THAN_OWED

    def cancel(self, entry: Entry) -> Iterator[Finding]:
        for part in entry.parts:
            if part.charge not in self.charges:
                yield Finding.CHARGE_UNKNOWN
            elif self._touched(part.charge) or part.amount != self.charges[part.charge].amount:
                yield Finding.TOUCHED

    def undo(self, entry: Entry) -> Iterator[Finding]:
        found = self.entries.get(entry.reverses) if entry.reverses else None
        if found is None:
            yield Finding.ENTRY_UNKNOWN
        elif found.kind is EntryKind.REVERSAL:
            yield Finding.REVERSAL_IS_FINAL
        elif found.id in self.undone:
            yield Finding.REVERSED_ALREADY
        elif found.parts != entry.parts:
            yield Finding.NOT_THE_WHOLE
        elif found.kind is EntryKind.CHARGE and self._touched(found.parts[0].charge):
            yield Finding.TOUCHED

    def _touched(self, charge: ChargeId) -> bool:
        return self.owed(charge) != self.charges[charge].amount.cents

    def post(self, entry: Entry) -> None:
        self.entries[entry.id] = self.last = entry
        if entry.key:
            self.keys[entry.key] = entry
        if entry.charge is not None:
            self.charges[entry.charge.id] = entry.charge
            self.gone[entry.charge.id] = Counter()
            return
        of = entry if entry.reverses is None else self.entries[entry.reverses]
        # A charge is taken back by going; what lowered it is taken back by coming.
        sign = -1 if of is not entry and of.kind is not EntryKind.CHARGE else 1
        for part in entry.parts:
            self.gone[part.charge][of.kind] += sign * part.amount.cents
        if of is not entry:
            self.undone.add(of.id)


_BY_KIND: dict[EntryKind, Callable[[_Book, Entry], Iterator[Finding]]] = {
    EntryKind.CHARGE: _Book.new,
    EntryKind.CANCELLATION: _Book.cancel,
    EntryKind.REVERSAL: _Book.undo,
    **dict.fromkeys(_LOWERING, _Book.lower),
}


@frozen(kw_only=True)
class Account:
    """The entries of one patron, oldest first, as they were known at `as_of`.

    Entries that break a rule raise InvalidValue, which names the rule and no value.
    """

    patron: PatronId = personal(validator=instance(PatronId))
    as_of: datetime = field(validator=instant)
    entries: tuple[Entry, ...] = field(default=(), validator=each(instance(Entry)))
    _book: _Book = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        book = _Book(self.patron)
        for entry in self.entries:
            for finding in book.findings(entry):
                raise InvalidValue("Account", "entries", FINDINGS[finding])
            book.post(entry)
        object.__setattr__(self, "_book", book)

    @property
    def charges(self) -> tuple[Charge, ...]:
        """Every charge there ever was, oldest first."""
        return tuple(self._book.charges.values())

    @property
    def standings(self) -> tuple[Standing, ...]:
        """What became of each charge, in the same order."""
        return tuple(map(self._book.standing, self._book.charges))

    @property
    def balance(self) -> Money:
        """What is owed in all, by every entry."""
        currency = self.entries[0].amount.currency if self.entries else "USD"
        return Money(sum(map(self._book.owed, self._book.charges)), currency)

    def before(self, moment: datetime) -> Account:
        """The account with the entries posted before `moment`, and without those at it.

        Half-open, so that a month's closing balance is the next one's opening balance.
        """
        count = bisect_left(self.entries, moment, key=lambda entry: entry.at)
        return self if count == len(self.entries) else evolve(self, entries=self.entries[:count])

    def balance_at(self, moment: datetime) -> Money:
        """What was owed in all by the entries posted before `moment`."""
        return self.before(moment).balance

    def standing(self, charge: ChargeId) -> Standing:
        """What became of one charge; InvalidValue when the account has no such charge."""
        if charge not in self._book.charges:
            raise InvalidValue("Account", "charges", FINDINGS[Finding.CHARGE_UNKNOWN])
        return self._book.standing(charge)

    def outstanding(self, charge: ChargeId, moment: datetime | None = None) -> Money:
        """What is owed of one charge, by the entries posted before `moment` when it is given.

        InvalidValue when there is no such charge, or was none yet.
        """
        return (self if moment is None else self.before(moment)).standing(charge).outstanding

    def posted_with(self, key: str) -> Entry | None:
        """The entry that was posted with an idempotency key: what reading back looks for."""
        return self._book.keys.get(key)

    def entry(self, id: EntryId) -> Entry | None:  # noqa: A002 - the field's name
        """The entry with an id."""
        return self._book.entries.get(id)

    def findings(self, entry: Entry) -> tuple[Finding, ...]:
        """Everything that keeps an entry from following; none when it may be posted."""
        return tuple(self._book.findings(entry))

    def having(self, entry: Entry) -> Account:
        """The account with one more entry; InvalidValue when it may not follow."""
        return evolve(self, entries=(*self.entries, entry))
