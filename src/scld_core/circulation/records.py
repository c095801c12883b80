"""Claims as the district's own store keeps them: no ILS knows their searches, and few their ends."""

from __future__ import annotations

from collections.abc import Callable

from scld_core import codecs
from scld_core.circulation.claims import Claim
from scld_core.kernel.ids import ItemId, LoanId
from scld_core.runs.model import JournalEntry
from scld_core.runs.ports import Store, Unit

__all__ = ["CLAIMS", "change_claim", "claimed_items", "keep_claim", "stored_claim", "stored_claims"]

CLAIMS = "circulation.claim"
"""The kind of record, by loan."""


def stored_claims(store: Store) -> tuple[Claim, ...]:
    """Every claim there ever was, by loan."""
    with store.transaction() as unit:
        return tuple(codecs.load(Claim, body) for _, body in unit.records(CLAIMS).items())


def stored_claim(store: Store, loan: LoanId) -> Claim | None:
    """The claim about a loan."""
    with store.transaction() as unit:
        body = unit.records(CLAIMS).get(str(loan))
    return None if body is None else codecs.load(Claim, body)


def claimed_items(store: Store) -> frozenset[ItemId]:
    """The items of which a claim is open: nothing is asked of anybody for them."""
    return frozenset(claim.item for claim in stored_claims(store) if claim.is_open)


def keep_claim(store: Store, claim: Claim) -> Claim:
    """Keep a new claim, and give what is kept of that loan: the first one stays."""
    with store.transaction() as unit:
        known = unit.records(CLAIMS).get(str(claim.loan))
        if known is not None:
            return codecs.load(Claim, known)
        _put(unit, claim, "claimed", claim.by)
    return claim


def change_claim(store: Store, loan: LoanId, change: Callable[[Claim], Claim | None], *, by: str) -> Claim | None:
    """Change the claim of a loan in one transaction, and give it as it is then.

    `change` gives None for a claim that shall stay as it is. None where there is no claim.
    """
    with store.transaction() as unit:
        body = unit.records(CLAIMS).get(str(loan))
        if body is None:
            return None
        known = codecs.load(Claim, body)
        changed = change(known)
        if changed is None:
            return known
        _put(unit, changed, changed.state.value if not changed.is_open else "searched", by)
    return changed


def _put(unit: Unit, claim: Claim, what: str, by: str) -> None:
    at = claim.ended_at or (claim.searches[-1].at if claim.searches else claim.claimed_at)
    unit.records(CLAIMS).put(str(claim.loan), codecs.dump(claim))
    unit.journal.append(JournalEntry(at, by, f"{CLAIMS}.{what}", str(claim.loan), detail=str(claim.item)))
