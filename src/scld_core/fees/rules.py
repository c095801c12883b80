"""What may be posted to an account, with every reason, and the entries that people post.

Nothing here takes an id, a clock or a key from anywhere: whoever posts gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from scld_core.errors import InvalidValue
from scld_core.fees.ledger import FINDINGS, Account, Standing
from scld_core.fees.model import Charge, Entry, EntryId, EntryKind, Part
from scld_core.kernel.decision import Decision, Reason, deny, permit
from scld_core.kernel.money import Money

__all__ = [
    "REFUSALS",
    "Stamp",
    "assessment",
    "cancellation",
    "credit",
    "may_post",
    "posting_time",
    "refused_text",
    "reversal",
]

REFUSALS: Mapping[str, str] = {finding.value: text for finding, text in FINDINGS.items()}
"""Each refusal as a sentence."""

_CREDITS = (EntryKind.PAYMENT, EntryKind.WAIVER, EntryKind.REDUCTION)


def may_post(account: Account, entry: Entry) -> Decision:
    """Whether an entry may follow the account's entries: the same for the same arguments."""
    reasons = dict.fromkeys(Reason(finding.value) for finding in account.findings(entry))
    return deny(*reasons) if reasons else permit()


def refused_text(decision: Decision) -> str:
    """The reasons of a denial in one line."""
    return "; ".join(reason.text(REFUSALS) for reason in decision.reasons)


def posting_time(account: Account, now: datetime) -> datetime:
    """When an entry of now is posted: not before the last one, should a clock have been set back.

    A period that was closed thereby stays as it was.
    """
    return max(now, account.entries[-1].at) if account.entries else now


@frozen(kw_only=True)
class Stamp:
    """What every entry is posted with: its id, when, by whom, the idempotency key, and the reason's code."""

    id: EntryId
    at: datetime
    by: str
    key: str = ""
    reason: str = ""

    def entry(
        self, kind: EntryKind, *parts: Part, charge: Charge | None = None, reverses: EntryId | None = None
    ) -> Entry:
        """The entry of `kind` over `parts`, of which there is at least one."""
        if not parts:
            raise InvalidValue("Entry", "parts", "must be at least one")
        return Entry(
            id=self.id,
            kind=kind,
            at=self.at,
            by=self.by,
            amount=sum((part.amount for part in parts), Money(0, parts[0].amount.currency)),
            parts=parts,
            key=self.key,
            reason=self.reason,
            charge=charge,
            reverses=reverses,
        )


def assessment(charge: Charge, stamp: Stamp) -> Entry:
    """The entry that makes a charge."""
    return stamp.entry(EntryKind.CHARGE, Part(charge.id, charge.amount), charge=charge)


def cancellation(standing: Standing, stamp: Stamp) -> Entry:
    """The entry that says of a charge that it was never owed. It is no waiver and counts toward no limit."""
    return stamp.entry(EntryKind.CANCELLATION, Part(standing.charge.id, standing.charge.amount))


def credit(kind: EntryKind, *parts: Part, stamp: Stamp) -> Entry:
    """A payment, waiver or reduction of one or several charges; its amount is the sum of `parts`."""
    if kind not in _CREDITS:
        raise InvalidValue("Entry", "kind", "must be payment, waiver or reduction")
    return stamp.entry(kind, *parts)


def reversal(of: Entry, stamp: Stamp) -> Entry:
    """The entry that takes back another one, whole."""
    return stamp.entry(EntryKind.REVERSAL, *of.parts, reverses=of.id)
