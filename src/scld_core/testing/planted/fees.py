"""Ledgers that answer wrongly about what is owed."""

from __future__ import annotations

import logging
from datetime import timedelta

from attrs import evolve

from scld_core.errors import UnsupportedOperation
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeTerms, Entry, EntryId, EntryKind, Part
from scld_core.fees.rules import Stamp, assessment
from scld_core.kernel.capability import Unsupported
from scld_core.kernel.ids import ItemId, PatronId
from scld_core.kernel.money import Money
from scld_core.testing.harness import FeesBench, Harness
from scld_core.testing.planted import fees_writes, shells
from scld_core.testing.planted.fees_base import EVERGREEN, MONEY, RULES, STRANGER, STUDY, UMS, Spoilt, bug, shell
from scld_core.testing.planted.loose import loose_settings
from scld_core.testing.planted.model import Planted
from scld_core.testing.references import FULL
from scld_core.testing.references_accounts import fees_harness

__all__ = ["BUGS", "Spoilt"]

_logger = logging.getLogger(__name__)


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


BUGS: tuple[Planted, ...] = (
    bug(DeclaredInVain, "declared but unsupported", STUDY, "declared"),
    Planted("fees: undeclared but answered", STUDY, "fees.declared", "fees", _undeclared),
    bug(PatronInLog, "patron in a log", STUDY, "keeps-patrons"),
    shell(shells.cannot_close_twice, "second close breaks", STUDY, "closes-twice"),
    shell(shells.breaks_after_close, "use after close breaks", STUDY, "after-close"),
    bug(Shared, "instances share their accounts", STUDY, "accounts-of-its-own"),
    bug(CountedByJoin, "a charge with two payments counted twice", EVERGREEN, "as-told"),
    bug(VoidedCounts, "voided payments not excluded", EVERGREEN, "as-told"),
    bug(OneCommaRemoved, "only the first thousands separator removed", f"{UMS} 9", "as-told"),
    bug(WaivedIsPaid, "a waiver shown as a payment", MONEY, "as-told"),
    bug(NeverOwedLeftOut, "a cancelled charge left out", RULES, "as-told"),
    bug(FirstPageOnly, "first page only", "ILS returning only the first page (hotspots study C7)", "large-account"),
    bug(MatchesPrefix, "patron matched by the beginning of an id", STRANGER, "unknown-patron"),
    bug(MergedKeepsOne, "merged record with an account of its own", "merges (fees study A5 PINES)", "merged-record"),
    bug(StripsPrefix, "instance stripped off an id", STUDY, "foreign-patron"),
    bug(ForeignIds, "item id of another instance", STUDY, "own-ids"),
    bug(FromTheFuture, "answer dated in the future", STUDY, "dated"),
    bug(NewIdsEachTime, "entries under new ids with each answer", STUDY, "again-the-same"),
    bug(Cached, "payment at the desk not seen", STUDY, "sees-changes"),
    bug(
        StrictlyBefore, "what is posted this second left out", "Koha's cash-up summary (fees study B5)", "sees-changes"
    ),
    shell(shells.foreign_on_outage, "foreign exception while the system is down", STUDY, "unreachable"),
    *fees_writes.BUGS,
    bug(CancelledForGood, "reversal of a cancellation not shown", RULES, "like-the-reference"),
    *loose_settings("fees", "ils", fees_harness(lambda world: Spoilt(world).bench()), "fees"),
)
"""In the order of the checks."""
