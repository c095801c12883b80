"""What fees needs of an ILS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from scld_core.fees.ledger import Account
from scld_core.fees.model import Charge, ChargeId, ChargeTerms, Entry
from scld_core.kernel.capability import reads, writes
from scld_core.kernel.ids import PatronId

__all__ = ["Fees"]


def _of_patron(instance: str, patron: PatronId) -> Callable[[Account], bool]:
    def about(answer: Account) -> bool:
        ours = (record.backend == instance for entry in answer.entries for record in (entry.id, *_charges(entry)))
        return answer.patron == patron and all(ours)

    return about


def _charges(entry: Entry) -> tuple[ChargeId, ...]:
    return tuple(part.charge for part in entry.parts)


class Fees(Protocol):
    """The charges of one ILS.

    A write is given an idempotency key. The same key with the same arguments, however late, gives
    the same answer and adds nothing; with other arguments it raises Conflict. A refusal raises
    Rejected, a fault before any effect Unavailable or RateLimited, and one after which the effect is
    uncertain OutcomeUnknown; then the account says whether an entry has the key.
    """

    @property
    def live(self) -> bool:
        """Whether `account` asks the ILS at the moment of the call; false for a file."""
        ...

    @reads(about=_of_patron)
    def account(self, patron: PatronId) -> Account:
        """The patron's account, with what was charged to records that were merged into this one.

        Raises NotFound for a patron whom the ILS does not know and for a record that was merged
        away; a source that lists charges only answers with an empty account.
        """
        ...

    @writes()
    def charge(self, patron: PatronId, terms: ChargeTerms, *, key: str) -> Charge:
        """Post a new charge and give it as the ILS has it.

        Raises NotFound for an unknown patron, Rejected for a record that was merged away and for an
        item of another system.
        """
        ...

    @writes()
    def cancel(self, charge: ChargeId, *, key: str, reason: str) -> Entry:
        """Say of a charge that it was never owed, for a `reason` code; gives the cancellation.

        Raises NotFound for an unknown charge, Rejected unless all of it is still owed.
        """
        ...
