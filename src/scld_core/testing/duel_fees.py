"""Two ledgers into which the same things are posted, by the port and at the desk."""

from __future__ import annotations

from typing import Any

from scld_core.errors import InvalidValue, NotFound
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, Entry, EntryId, EntryKind, Part
from scld_core.fees.rules import Stamp, credit, posting_time, reversal
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.testing.duel import Call, Side, Sides
from scld_core.testing.fees_tools import fee
from scld_core.testing.harness import FeesBench, Harness
from scld_core.testing.synthetic import INSTANCE
from scld_core.testing.synthetic_accounts import COUNT, MERGED, ledger, patron

__all__ = ["FeesDuel"]

_PATRONS = (1, 2, 3)  # whose accounts change
_NOBODY = {COUNT: patron(999), COUNT + 1: patron(MERGED[0])}  # one that nobody has, and a record that was merged
_DESK = ("pay", "waive", "take_back")


class FeesDuel(Sides[FeesBench]):
    """Two ILSs with equal accounts.

    Charges are compared by what they are for and what became of them, not by their ids. `charge`
    with a choice of 1 repeats the last key as it was, with 2 for another amount; `cancel` with 1
    repeats the last cancellation. `number` is the patron, for `cancel` and the desk's verbs too: they
    are about the patron's charge that the choice names, counted from the last. Payments, waivers and
    reversals go over the lever `show`. A source that shows reductions is compared by what is left of
    each charge; one that is not live and says nothing new is compared no further.
    """

    def __init__(self, reference: Harness[FeesBench], subject: Harness[FeesBench]) -> None:
        super().__init__(reference, subject, lambda case: case.open(ledger()))
        self._posted: dict[int, tuple[str, int]] = {}
        self._cancelled: dict[int, tuple[str, tuple[Charge | None, ...]]] = {}
        self._count = 0
        self._behind = False
        self.remembers = reference.remembers_keys and subject.remembers_keys
        self.shows = all(side.bench.show for side in self.sides)
        self._coarse = not all(map(_tells, self.sides))
        self._account = _left if self._coarse else _entries
        if self._coarse and any(self.offers(verb) for verb in ("charge", "cancel")):
            self.shows = False  # ids differ after a charge, and entries cannot be matched
        self.calls = self._calls()

    def _calls(self) -> tuple[Call, ...]:
        found = [Call("account", number) for number in (*range(COUNT), *_NOBODY)]
        repeats = (0, 1, 2) if self.remembers else (0, 1)
        found += [Call("charge", number, choice) for number in (*_PATRONS, *_NOBODY) for choice in repeats]
        found += [Call("cancel", number, choice) for number in _PATRONS for choice in (0, 1, 2)]
        offered = [call for call in found if self.offers(call.verb)]
        desk = [Call(verb, number, choice) for verb in _DESK for number in _PATRONS for choice in (0, 1)]
        return (*offered, *(desk if self.shows else ()))

    def do(self, call: Call) -> tuple[Any, Any]:
        """One call on both, and the patron's account afterwards."""
        if self._behind:
            return None, None
        for side in self.sides:
            side.case.clock.tick(seconds=60)
        if call.verb == "account":
            return self.both(lambda side: self._account(side, call.number))
        if call.verb == "charge":
            return self._charge(call)
        if call.verb == "cancel":
            return self._cancel(call)
        return self._desk(call)

    def _charge(self, call: Call) -> tuple[Any, Any]:
        self._count += 1
        new = self.sides[0].case.key(), 100 + self._count
        key, cents = self._posted.get(call.number, new) if call.choice else new
        self._posted[call.number] = key, cents
        given = fee(cents + (1 if call.choice == 2 else 0))

        def work(side: Side[FeesBench]) -> object:
            made = side.bench.fees.charge(_patron(call.number), given, key=key)
            return made.terms, self._account(side, call.number)

        return self.both(work)

    def _cancel(self, call: Call) -> tuple[Any, Any]:
        place = 0 if call.choice == 1 else call.choice
        new = self.sides[0].case.key(), tuple(_chosen(side, call.number, place) for side in self.sides)
        key, charges = self._cancelled.get(call.number, new) if call.choice == 1 else new
        self._cancelled[call.number] = key, charges
        chosen = {id(side): charge for side, charge in zip(self.sides, charges, strict=True)}

        def work(side: Side[FeesBench]) -> object:
            charge = chosen[id(side)]
            if charge is None:
                return "nothing to cancel"
            gone = side.bench.fees.cancel(charge.id, key=key, reason="error")
            return gone.kind, gone.amount, self._account(side, call.number)

        return self.both(work)

    def _desk(self, call: Call) -> tuple[Any, Any]:
        self._count += 1
        reference = self.sides[0].bench.fees.account(_patron(call.number))
        for side in self.sides:
            before = reference if self._coarse else side.bench.fees.account(_patron(call.number))
            self._behind = not self._at_the_desk(side, before, call) or self._behind
        return (None, None) if self._behind else self.both(lambda side: self._account(side, call.number))

    def _at_the_desk(self, side: Side[FeesBench], before: Account, call: Call) -> bool:
        """Show the account with one more entry; gives whether the ILS says something as new."""
        now = side.case.clock.now()
        stamp = Stamp(id=EntryId(INSTANCE, f"desk-{self._count}"), at=posting_time(before, now), by="desk")
        try:
            after = before.having(_entry(before, call, stamp))
        except (InvalidValue, IndexError):
            return True  # the same on both: there is nothing to pay, or to take back
        assert side.bench.show is not None  # `shows` says so
        side.bench.show(after)
        return side.bench.fees.live or side.bench.fees.account(_patron(call.number)).as_of >= now


def _entry(account: Account, call: Call, stamp: Stamp) -> Entry:
    if call.verb == "take_back":
        return reversal(account.entries[-1 - call.choice], stamp)
    standing = account.standings[-1 - call.choice]
    cents = standing.outstanding.cents if call.choice else (standing.outstanding.cents + 1) // 2
    kind = EntryKind.PAYMENT if call.verb == "pay" else EntryKind.WAIVER
    return credit(kind, Part(standing.charge.id, Money(cents)), stamp=stamp)


def _patron(number: int) -> PatronId:
    return _NOBODY.get(number) or patron(number)


def _chosen(side: Side[FeesBench], number: int, place: int) -> Charge | None:
    charges = side.bench.fees.account(_patron(number)).charges
    return charges[-1 - place] if place < len(charges) else None


def _known(side: Side[FeesBench], number: int) -> Account:
    """The account, empty for a patron whom the ILS does not know: whether it can tell is its own affair."""
    try:
        return side.bench.fees.account(_patron(number))
    except NotFound:
        return Account(patron=_patron(number), as_of=side.case.clock.now())


def _tells(side: Side[FeesBench]) -> bool:
    """Whether the ILS tells what lowered a charge; one that cannot be read does not show that it does not."""
    try:
        accounts = [_known(side, number) for number in range(COUNT)]
    except Exception:  # noqa: BLE001 - the calls will show it
        return True
    return not any(standing.reduced for account in accounts for standing in account.standings)


def _entries(side: Side[FeesBench], number: int) -> object:
    """What became of every charge, and by which entries, without ids."""
    account = _known(side, number)
    rows = [(s.charge.terms, s.paid, s.waived, s.cancelled, s.reversed, s.outstanding) for s in account.standings]
    return rows, [(entry.kind, entry.at, entry.amount) for entry in account.entries]


def _left(side: Side[FeesBench], number: int) -> object:
    """What is left of every charge, in the order of their dates."""
    standings = _known(side, number).standings
    return sorted(
        (s.charge.assessed_at, s.charge.kind.value, s.charge.amount.cents, s.outstanding.cents) for s in standings
    )
