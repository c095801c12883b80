"""Ledgers that add up wrongly, or post what nobody asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from attrs import evolve

from scld_core.errors import Conflict, NotFound, Rejected, UnsupportedOperation
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, Entry, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, assessment, cancellation, credit
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.memory.fees import MemoryFees
from scld_core.testing.harness import FeesBench, Harness, World
from scld_core.testing.planted import shells
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_accounts import fees_bench, fees_harness, registry

__all__ = ["BUGS"]

_logger = logging.getLogger(__name__)


class Spoilt(MemoryFees):
    """The reference ledger of one world."""

    def __init__(self, world: World) -> None:
        self.patrons = registry(world)
        super().__init__(world.clock, self.patrons, backend=world.context.instance)
        self.world = world
        self.prepare()

    def prepare(self) -> None:
        """What a subclass needs."""

    def bench(self) -> FeesBench:
        """The bench of this ledger."""
        return fees_bench(self.world, self)


def _with_amount(entry: Entry, amount: Money) -> Entry:
    """A charge's entry with another amount."""
    if entry.charge is None:
        return entry
    made = evolve(entry.charge, amount=amount)
    return evolve(entry, amount=amount, parts=(Part(made.id, amount),), charge=made)


class DeclaredInVain(Spoilt):
    """Raises UnsupportedOperation for what it declares."""

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Not yet written."""
        raise UnsupportedOperation("kit", "cancel", f"{charge} not cancelled for {reason}, {key}")


class PatronInLog(Spoilt):
    """Logs whose account is read."""

    def account(self, patron: PatronId) -> Account:
        """As the reference does, and aloud."""
        _logger.info("account of patron %s", patron.local)
        return super().account(patron)


class Shared(Spoilt):
    """Keeps new charges where every instance of its class finds them, under the patron's bare number."""

    common: list[Charge] = []  # noqa: RUF012 - the planted bug

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """For everybody."""
        made = super().charge(patron, terms, key=key)
        self.common.append(made)
        return made

    def account(self, patron: PatronId) -> Account:
        """With the charges of other instances."""
        found = super().account(patron)
        for place, made in enumerate(self.common):
            if made.patron.local == patron.local and made.patron.backend != patron.backend:
                stamp = Stamp(id=EntryId("kit", f"shared-{place}"), at=found.as_of, by="scld")
                found = found.having(assessment(evolve(made, patron=patron), stamp))
        return found


class CountedByJoin(Spoilt):
    """Adds up a join of charges and payments, so that a charge with two payments is there twice."""

    def account(self, patron: PatronId) -> Account:
        """Thirty charged, five and five paid: fifty owed."""
        found = super().account(patron)
        paid = [part.charge for entry in found.entries if entry.kind is EntryKind.PAYMENT for part in entry.parts]
        return evolve(found, entries=tuple(self._joined(entry, paid) for entry in found.entries))

    def _joined(self, entry: Entry, paid: list[ChargeId]) -> Entry:
        times = max(paid.count(entry.parts[0].charge), 1)
        return _with_amount(entry, Money(entry.amount.cents * times))


class VoidedCounts(Spoilt):
    """Does not leave out a payment that was voided."""

    def account(self, patron: PatronId) -> Account:
        """Without what was taken back of payments."""
        found = super().account(patron)
        return evolve(found, entries=tuple(e for e in found.entries if e.kind is not EntryKind.REVERSAL))


class OneCommaRemoved(Spoilt):
    """Removes the first comma of 1,234,567.89 and reads the rest up to the next: 1234."""

    def account(self, patron: PatronId) -> Account:
        """Millions are thousands."""
        found = super().account(patron)
        return evolve(
            found,
            entries=tuple(
                _with_amount(e, Money(e.amount.cents // 100_000 * 100)) if e.amount.cents >= 10**8 else e
                for e in found.entries
            ),
        )


class WaivedIsPaid(Spoilt):
    """Knows one way only in which less is owed."""

    def account(self, patron: PatronId) -> Account:
        """Everything was paid."""
        found = super().account(patron)
        return evolve(
            found,
            entries=tuple(
                evolve(e, kind=EntryKind.PAYMENT) if e.kind is EntryKind.WAIVER else e for e in found.entries
            ),
        )


class NeverOwedLeftOut(Spoilt):
    """Leaves out a charge that was cancelled."""

    def account(self, patron: PatronId) -> Account:
        """As if nobody had ever charged it."""
        found = super().account(patron)
        gone = {s.charge.id for s in found.standings if s.cancelled}
        return evolve(found, entries=tuple(e for e in found.entries if e.parts[0].charge not in gone))


class FirstPageOnly(Spoilt):
    """Reads the first fifty entries."""

    def account(self, patron: PatronId) -> Account:
        """The beginning."""
        found = super().account(patron)
        return evolve(found, entries=found.entries[:50])


class StrictlyBefore(Spoilt):
    """Leaves out what was posted in the second of the reading; the next reading begins after it."""

    def account(self, patron: PatronId) -> Account:
        """Up to now, without now."""
        return super().account(patron).before(self.world.clock.now())


class MatchesPrefix(Spoilt):
    """Finds a patron by how the id begins, as a search does."""

    def account(self, patron: PatronId) -> Account:
        """The first that begins so and owes something."""
        owners = sorted({owner for owner, _ in self._entries if owner.local.startswith(patron.local)})
        return super().account(owners[0] if owners else patron)


class MergedKeepsOne(Spoilt):
    """Gives a merged record an account of its own, the same again."""

    def account(self, patron: PatronId) -> Account:
        """Under both ids."""
        return super().account(self.patrons.survivor(patron))


class StripsPrefix(Spoilt):
    """Strips the instance off an id and answers about its own patron of that number."""

    def account(self, patron: PatronId) -> Account:
        """Of whichever instance."""
        return super().account(evolve(patron, backend=self.world.context.instance))


class ForeignIds(Spoilt):
    """Gives items an id without its own instance."""

    def account(self, patron: PatronId) -> Account:
        """With items of nowhere."""
        found = super().account(patron)
        return evolve(found, entries=tuple(map(self._renamed, found.entries)))

    def _renamed(self, entry: Entry) -> Entry:
        made = entry.charge
        if made is None or made.item is None:
            return entry
        return evolve(entry, charge=evolve(made, item=ItemId("ils", made.item.local)))


class FromTheFuture(Spoilt):
    """Dates its answers with a clock that is ahead."""

    def account(self, patron: PatronId) -> Account:
        """An answer of tomorrow."""
        found = super().account(patron)
        return evolve(found, as_of=found.as_of + timedelta(days=1))


class NewIdsEachTime(Spoilt):
    """Numbers the entries anew with each answer, so that none can be named to it again."""

    def prepare(self) -> None:
        """How many were numbered."""
        self.numbered = 0

    def account(self, patron: PatronId) -> Account:
        """Under new ids."""
        found = super().account(patron)
        self.numbered += 1
        names = {e.id: EntryId(e.id.backend, f"{self.numbered}.{place}") for place, e in enumerate(found.entries)}
        return evolve(
            found,
            entries=tuple(
                evolve(e, id=names[e.id], reverses=None if e.reverses is None else names[e.reverses])
                for e in found.entries
            ),
        )


class Cached(Spoilt):
    """Keeps answers and gives them out as of now."""

    def prepare(self) -> None:
        """The cache."""
        self.kept: dict[PatronId, Account] = {}

    def account(self, patron: PatronId) -> Account:
        """What was true at the first question."""
        return evolve(self.kept.setdefault(patron, super().account(patron)), as_of=self.world.clock.now())


class ThroughFloat(Spoilt):
    """Multiplies a float by a hundred and cuts it off: 0.29 is 28 cents."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """About as much."""
        cents = int(float(str(terms.amount)) * 100)
        return super().charge(patron, evolve(terms, amount=Money(max(cents, 1))), key=key)


class ShortColumn(Spoilt):
    """Keeps amounts in a column of six digits, and fills it when they do not fit."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """At most 9999.99."""
        return super().charge(patron, evolve(terms, amount=min(terms.amount, Money(999_999))), key=key)


class ChargesTheNeighbour(Spoilt):
    """Charges the patron whose record comes next."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Answered as asked."""
        known = sorted({owner for owner, _ in self._entries} | {patron})
        made = super().charge(known[(known.index(patron) + 1) % len(known)], terms, key=key)
        return evolve(made, patron=patron)


class NotStored(Spoilt):
    """Answers before it stores, and then does not store."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """The charge, for the moment."""
        made = super().charge(patron, terms, key=key)
        self._entries.pop()
        return made


class ManualCharge(Spoilt):
    """Posts every charge as a manual one."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Of no kind that the law knows."""
        plain = evolve(terms, kind=ChargeKind.OTHER, legal_class=LegalClass.OTHER)
        return super().charge(patron, plain, key=key)


class AssessedToday(Spoilt):
    """Has one date only: a charge begins when it is posted."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """As of now."""
        return super().charge(patron, evolve(terms, assessed_at=self.world.clock.now()), key=key)


class IgnoresKeys(Spoilt):
    """Takes every request for a new one: what was committed before is committed again."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Once more."""
        return super().charge(patron, terms, key=f"{key}-{len(self._entries)}")


class KeyGoesWithTheCharge(Spoilt):
    """Knows a key only as long as its charge is owed: turning the feature off and on charges again."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Again, once it was cancelled."""
        known = self._posted_with(key)
        if known is not None and known[1].charge is not None:
            account = super().account(patron)
            if not account.outstanding(known[1].charge.id):
                return super().charge(patron, terms, key=f"{key}-{len(self._entries)}")
        return super().charge(patron, terms, key=key)


class FirstBodyWins(Spoilt):
    """Answers a known key with what was done for it, whatever is asked now."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """The first one."""
        try:
            return super().charge(patron, terms, key=key)
        except Conflict:
            return next(e.charge for _, e in self._entries if e.charge is not None)


class WaivesInstead(Spoilt):
    """Has no cancellation and waives the charge."""

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Forgiven, not taken back."""
        entry = super().cancel(charge, key=key, reason=reason)
        owner, last = self._entries[-1]
        if last == entry:
            self._entries[-1] = owner, evolve(entry, kind=EntryKind.WAIVER)
        return entry


class Deletes(Spoilt):
    """Deletes a charge that is cancelled, and its key with it."""

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Without a trace."""
        entry = super().cancel(charge, key=key, reason=reason)
        self._entries = [row for row in self._entries if all(part.charge != charge for part in row[1].parts)]
        return entry


class CancelsTheRest(Spoilt):
    """Cancels what is left of a charge, whatever was paid of it."""

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """All the same."""
        try:
            return super().cancel(charge, key=key, reason=reason)
        except Rejected:
            account = self._account_of(charge, "cancel")
            left = account.outstanding(charge)
            if not left:
                raise
            stamp = self._stamp(account.patron, "scld", key, reason)
            entry = credit(EntryKind.REDUCTION, Part(charge, left), stamp=stamp)
            self._entries.append((account.patron, entry))
            return entry


class CancelsWhatItRemembers(Spoilt):
    """Looks at the charge as it was when it was posted, and overwrites what came since."""

    def prepare(self) -> None:
        """What was posted here."""
        self.fresh: set[ChargeId] = set()

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """And remembers it."""
        made = super().charge(patron, terms, key=key)
        self.fresh.add(made.id)
        return made

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """With a row that is older than the payment."""
        if charge in self.fresh and self._posted_with(key) is None:
            mine = (EntryKind.CHARGE, EntryKind.CANCELLATION)
            self._entries = [row for row in self._entries if row[1].parts[0].charge != charge or row[1].kind in mine]
        return super().cancel(charge, key=key, reason=reason)


class CancelledAgain(Spoilt):
    """Answers a second cancellation with the first one, as if it had been asked for."""

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Whoever asks."""
        for _, entry in self._entries:
            if entry.kind is EntryKind.CANCELLATION and entry.parts[0].charge == charge:
                return entry
        return super().cancel(charge, key=key, reason=reason)


class UnknownIsCancelled(Spoilt):
    """Answers as done for a charge that it does not have."""

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Gone is gone."""
        try:
            return super().cancel(charge, key=key, reason=reason)
        except NotFound:
            return self._made_up(charge, key)

    def _made_up(self, charge: ChargeId, key: str) -> Entry:
        some = next(e.charge for _, e in self._entries if e.charge is not None)
        account = self.account(some.patron)
        stamp = Stamp(id=EntryId("kit", "none"), at=self.world.clock.now(), by="scld", key=key)
        return evolve(cancellation(account.standing(some.id), stamp), parts=(Part(charge, some.amount),))


class OpensAnAccount(Spoilt):
    """Opens an account for a patron whom nobody registered."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """For anybody."""
        try:
            return super().charge(patron, terms, key=key)
        except NotFound:
            return Charge.of(terms, ChargeId(self.world.context.instance, "c-new"), patron)


class AnyItem(Spoilt):
    """Strips the instance off an item's id."""

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """For its own item of that number."""
        item = terms.item and evolve(terms.item, backend=self.world.context.instance)
        return super().charge(patron, evolve(terms, item=item), key=key)


class CancelledForGood(Spoilt):
    """Does not show that a cancellation was taken back."""

    def account(self, patron: PatronId) -> Account:
        """Cancelled stays cancelled."""
        found = super().account(patron)
        gone = {e.id for e in found.entries if e.kind is EntryKind.CANCELLATION}
        return evolve(found, entries=tuple(e for e in found.entries if e.reverses not in gone))


def _undeclared() -> Harness[FeesBench]:
    whole = fees_harness(lambda world: Spoilt(world).bench(), "undeclared but answered")
    return evolve(whole, capabilities={**FULL, "fees.cancel": Unsupported("no such call")})


def _planted(make: Callable[[World], FeesBench], name: str, source: str, caught_by: str) -> Planted:
    label = f"fees: {name}"
    return Planted(label, source, f"fees.{caught_by}", "fees", lambda: fees_harness(make, label))


def _bug(kind: Callable[[World], Spoilt], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: kind(world).bench(), name, source, caught_by)


def _shell(spoil: Callable[[FeesBench], FeesBench], name: str, source: str, caught_by: str) -> Planted:
    return _planted(lambda world: spoil(Spoilt(world).bench()), name, source, caught_by)


_STUDY = "driver study, section 4: properties of every adapter"
_STRANGER = "NYPL's circulation service: a stranger answered (driver study 3 and 5.2)"
_EVERGREEN = "Evergreen's collections query (fees study A5 a)"
_UMS = "Koha's UMS plugin (fees study A5)"
_MONEY = "money in other systems (fees study B1, B5)"
_RETRY = "writes without an idempotency key (fees study A5 12, B1 Polaris)"
_RULES = "rules of cancelling and voiding (fees study B1 Koha, B6)"

BUGS: tuple[Planted, ...] = (
    _bug(DeclaredInVain, "declared but unsupported", _STUDY, "declared"),
    Planted("fees: undeclared but answered", _STUDY, "fees.declared", "fees", _undeclared),
    _bug(PatronInLog, "patron in a log", _STUDY, "keeps-patrons"),
    _shell(shells.cannot_close_twice, "second close breaks", _STUDY, "closes-twice"),
    _shell(shells.breaks_after_close, "use after close breaks", _STUDY, "after-close"),
    _bug(Shared, "instances share their accounts", _STUDY, "accounts-of-its-own"),
    _bug(CountedByJoin, "a charge with two payments counted twice", _EVERGREEN, "as-told"),
    _bug(VoidedCounts, "voided payments not excluded", _EVERGREEN, "as-told"),
    _bug(OneCommaRemoved, "only the first thousands separator removed", f"{_UMS} 9", "as-told"),
    _bug(WaivedIsPaid, "a waiver shown as a payment", _MONEY, "as-told"),
    _bug(NeverOwedLeftOut, "a cancelled charge left out", _RULES, "as-told"),
    _bug(FirstPageOnly, "first page only", "ILS returning only the first page (hotspots study C7)", "large-account"),
    _bug(MatchesPrefix, "patron matched by the beginning of an id", _STRANGER, "unknown-patron"),
    _bug(MergedKeepsOne, "merged record with an account of its own", "merges (fees study A5 PINES)", "merged-record"),
    _bug(StripsPrefix, "instance stripped off an id", _STUDY, "foreign-patron"),
    _bug(ForeignIds, "item id of another instance", _STUDY, "own-ids"),
    _bug(FromTheFuture, "answer dated in the future", _STUDY, "dated"),
    _bug(NewIdsEachTime, "entries under new ids with each answer", _STUDY, "again-the-same"),
    _bug(Cached, "payment at the desk not seen", _STUDY, "sees-changes"),
    _bug(
        StrictlyBefore, "what is posted this second left out", "Koha's cash-up summary (fees study B5)", "sees-changes"
    ),
    _shell(shells.foreign_on_outage, "foreign exception while the system is down", _STUDY, "unreachable"),
    _bug(ThroughFloat, "cents cut off a float", f"Evergreen and Polaris: {_MONEY}", "charges-once"),
    _bug(ShortColumn, "amounts above 9,999.99 cut", f"Evergreen: {_MONEY}", "charges-once"),
    _bug(ChargesTheNeighbour, "another patron charged", _STRANGER, "charges-once"),
    _bug(NotStored, "charge answered and not stored", _STUDY, "charges-once"),
    _bug(ManualCharge, "legal class lost", "Sierra: a manual charge (fees study A2)", "keeps-the-terms"),
    _bug(AssessedToday, "date of the charge lost", _MONEY, "keeps-the-terms"),
    _bug(IgnoresKeys, "committed twice on a retry", _RETRY, "same-key"),
    _bug(KeyGoesWithTheCharge, "charged again after the end", "Polaris off and on (fees study A5)", "late-key"),
    _bug(FirstBodyWins, "key of another charge answered", _RETRY, "other-body"),
    _bug(WaivesInstead, "cancellation kept as a waiver", _RULES, "cancels"),
    _bug(Deletes, "cancelled charge deleted", _RULES, "cancels"),
    _bug(CancelsTheRest, "partly paid charge cancelled", _RULES, "touched-stays"),
    _bug(CancelsWhatItRemembers, "payment overwritten by a cancellation", _RULES, "settled-at-the-desk"),
    _bug(CancelledAgain, "second cancellation answered as done", _RULES, "cancelled-twice"),
    _bug(UnknownIsCancelled, "unknown charge cancelled", _STUDY, "unknown-charge"),
    _bug(OpensAnAccount, "unknown patron charged", _STUDY, "unknown-debtor"),
    _bug(AnyItem, "instance stripped off an item", _STUDY, "foreign-item"),
    _shell(shells.denies_the_effect, "lost answer told as no effect", _RETRY, "lost-answer"),
    _bug(CancelledForGood, "reversal of a cancellation not shown", _RULES, "like-the-reference"),
    *loose_settings("fees", "ils", fees_harness(lambda world: Spoilt(world).bench()), "fees"),
)
"""In the order of the checks."""
