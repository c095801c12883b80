"""The port Fees over SIP2, to be read: what a 64 says is owed. No message charges or cancels a fee."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NoReturn

from attrs import frozen

from scld_adapters._shared.faults import Call
from scld_adapters.sip2.capabilities import NOT_IN_SIP2
from scld_adapters.sip2.facts import PatronFacts
from scld_adapters.sip2.terminal import FINES, Terminal
from scld_core.errors import ProtocolViolation, UnsupportedOperation
from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeKind, ChargeTerms, Entry, EntryId, EntryKind, LegalClass, Part
from scld_core.kernel.ids import PatronId
from scld_core.kernel.money import Money

__all__ = ["Sip2Fees"]


@frozen
class Sip2Fees:
    """What each patron owes, one charge for each line, or one for all where the lines do not add up to `BV`.

    SIP2 says neither since when a fee is owed nor what has become of it: a charge is of the day on which it
    is read, so that nothing looks older than it is, and what was paid is not there.
    """

    terminal: Terminal

    @property
    def live(self) -> bool:
        """Yes: each call asks the system."""
        return True

    def account(self, patron: PatronId) -> Account:
        """What the patron owes now; ProtocolViolation where the system does not say."""
        call, at = self.terminal.call("account"), self.terminal.moment()
        card = self.terminal.ours(patron, call)
        facts = self.terminal.facts(self.terminal.patron(card, call, summary=FINES), call)
        day = at.astimezone(self.terminal.zone).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(at.tzinfo)
        owed = tuple(self._charges(patron, facts, call))
        return Account(patron=patron, as_of=at, entries=tuple(self._entry(patron, *one, day) for one in owed))

    def _charges(self, patron: PatronId, facts: PatronFacts, call: Call) -> Iterator[tuple[str, Money, str]]:
        """The name, amount and text of each charge."""
        amounts = [line.amount for line in facts.fine_lines if line.amount is not None and line.amount.cents > 0]
        lines = Money(sum(amount.cents for amount in amounts), amounts[0].currency) if amounts else None
        itemised = len(amounts) == len(facts.fine_lines) and facts.fines in (None, len(amounts))
        if facts.owed is None and not (itemised and lines is not None):
            raise call.error(ProtocolViolation, "does not say what is owed (no BV)")
        if itemised and lines is not None and facts.owed in (None, lines):
            seen: Counter[str] = Counter()
            for line, amount in zip(facts.fine_lines, amounts, strict=True):
                told = line.fee or line.text
                seen[told] += 1
                yield self.terminal.seal.name("fee", patron.local, told, str(seen[told])), amount, line.what
        elif facts.owed is not None and facts.owed.cents > 0:
            yield self.terminal.seal.name("fee", patron.local), facts.owed, ""

    def _entry(self, patron: PatronId, name: str, amount: Money, text: str, day: datetime) -> Entry:
        terms = ChargeTerms(
            kind=ChargeKind.OTHER, legal_class=LegalClass.OTHER, amount=amount, assessed_at=day, note=_note(text)
        )
        charge = Charge.of(terms, ChargeId(self.terminal.name, name), patron)
        return Entry(
            id=EntryId(self.terminal.name, name),
            kind=EntryKind.CHARGE,
            at=day,
            by="not told",
            amount=amount,
            parts=(Part(charge.id, amount),),
            charge=charge,
        )

    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Raises UnsupportedOperation."""
        del patron, terms, key
        self._unsupported("charge", "charge")

    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Raises UnsupportedOperation."""
        del charge, key, reason
        self._unsupported("cancel", "cancel_charge")

    def _unsupported(self, operation: str, why: str) -> NoReturn:
        raise UnsupportedOperation(self.terminal.name, operation, NOT_IN_SIP2[why])


def _note(text: str) -> str:
    return text.replace("\0", "")
