"""Ledgers that post what nobody asked for, or not what was asked."""

from __future__ import annotations

from attrs import evolve

from scld_core.errors import Conflict, NotFound, Rejected
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, Entry, EntryId, EntryKind, LegalClass, Part
from scld_core.fees.rules import Stamp, cancellation, credit
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money
from scld_core.testing.planted import shells
from scld_core.testing.planted.fees_base import MONEY, RETRY, RULES, STRANGER, STUDY, Spoilt, bug, shell
from scld_core.testing.planted.model import Planted

__all__ = ["BUGS"]


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


BUGS: tuple[Planted, ...] = (
    bug(ThroughFloat, "cents cut off a float", f"Evergreen and Polaris: {MONEY}", "charges-once"),
    bug(ShortColumn, "amounts above 9,999.99 cut", f"Evergreen: {MONEY}", "charges-once"),
    bug(ChargesTheNeighbour, "another patron charged", STRANGER, "charges-once"),
    bug(NotStored, "charge answered and not stored", STUDY, "charges-once"),
    bug(ManualCharge, "legal class lost", "Sierra: a manual charge (fees study A2)", "keeps-the-terms"),
    bug(AssessedToday, "date of the charge lost", MONEY, "keeps-the-terms"),
    bug(IgnoresKeys, "committed twice on a retry", RETRY, "same-key"),
    bug(KeyGoesWithTheCharge, "charged again after the end", "Polaris off and on (fees study A5)", "late-key"),
    bug(FirstBodyWins, "key of another charge answered", RETRY, "other-body"),
    bug(WaivesInstead, "cancellation kept as a waiver", RULES, "cancels"),
    bug(Deletes, "cancelled charge deleted", RULES, "cancels"),
    bug(CancelsTheRest, "partly paid charge cancelled", RULES, "touched-stays"),
    bug(CancelsWhatItRemembers, "payment overwritten by a cancellation", RULES, "settled-at-the-desk"),
    bug(CancelledAgain, "second cancellation answered as done", RULES, "cancelled-twice"),
    bug(UnknownIsCancelled, "unknown charge cancelled", STUDY, "unknown-charge"),
    bug(OpensAnAccount, "unknown patron charged", STUDY, "unknown-debtor"),
    bug(AnyItem, "instance stripped off an item", STUDY, "foreign-item"),
    shell(shells.denies_the_effect, "lost answer told as no effect", RETRY, "lost-answer"),
)
"""In the order of the checks."""
